//! Alerts in a file: the default, for one collector.
//!
//! One connection writes, others read without waiting for it (WAL). What another process does with the file, such
//! as a query, is safe; several collectors on one file work, but share its one writer.

mod connections;
mod ledger;
mod migration;
mod outbox;
mod reading;
mod record;
mod retention;
#[cfg(test)]
mod tests;

use crate::clock::{Clock, milliseconds};
use crate::row::{Row, first_id_of, unpack};
use crate::{
    Aggregation, Claim, Closed, Cursor, DeadLetter, DeadLetterSelection, Expired, Incoming, Limits,
    OutboxId, Query, Recorded, Settlement, SqliteSettings, Store, StoreError, StoreStats,
    StoredAlert,
};
use async_trait::async_trait;
use connections::Connections;
use reading::RawAlert;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A store in a file.
pub struct SqliteStore {
    connections: Connections,
    clock: Clock,
    limits: Limits,
    /// Begins every cursor, so that one of another store is told apart.
    identity: String,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    corrupt_rows: AtomicU64,
    dead_letters_dropped: AtomicU64,
    /// Rows of the outbox since its size was looked at.
    noted: AtomicU64,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and makes or updates its tables.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or is of a newer version.
    pub async fn open(settings: &SqliteSettings, clock: Clock) -> Result<Self, StoreError> {
        let owned = settings.clone();
        let opening = tokio::task::spawn_blocking(move || Connections::open(&owned));
        let connections = match opening.await {
            Ok(connections) => connections?,
            Err(error) => {
                return Err(StoreError::Settings(format!("cannot be opened: {error}")));
            }
        };
        let identity = connections
            .read("cannot read the identity", |connection| {
                connection.query_row("SELECT name FROM identity", [], |row| row.get(0))
            })
            .await?;
        Ok(Self {
            connections,
            clock,
            limits: settings.limits,
            identity,
            counters: Arc::default(),
        })
    }

    /// Looks at the size of the outboxes if enough was added.
    async fn bound(&self, noted: u64, enough: u64) -> Result<u64, StoreError> {
        let before = self.counters.noted.fetch_add(noted, Ordering::Relaxed);
        if before.saturating_add(noted) < enough {
            return Ok(0);
        }
        self.counters.noted.store(0, Ordering::Relaxed);
        let (limits, now_ms) = (self.limits, self.clock.now_ms());
        let overflow = self
            .connections
            .write("cannot bound the outbox", move |connection| {
                outbox::bound(connection, limits, now_ms)
            })
            .await?;
        self.counters
            .dead_letters_dropped
            .fetch_add(overflow.dead_letters, Ordering::Relaxed);
        Ok(overflow.notifications)
    }

    fn stored(&self, raw: &RawAlert) -> Option<StoredAlert> {
        let Some(alert) = unpack(&raw.packed) else {
            self.counters.corrupt_rows.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        Some(StoredAlert {
            cursor: self.cursor(raw.seq),
            alert,
            group_count: u64::try_from(raw.group_count).unwrap_or(0),
        })
    }

    fn cursor(&self, seq: i64) -> Cursor {
        Cursor(format!("{}-{seq}", self.identity))
    }

    fn place(&self, cursor: &Cursor) -> Result<i64, StoreError> {
        cursor
            .0
            .split_once('-')
            .filter(|(identity, _)| *identity == self.identity)
            .and_then(|(_, seq)| seq.parse().ok())
            .ok_or_else(|| StoreError::InvalidCursor(cursor.0.clone()))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn record(
        &self,
        batch: &[Incoming],
        sinks: &[String],
        aggregation: Aggregation,
    ) -> Result<Recorded, StoreError> {
        let (batch, sinks) = (batch.to_vec(), sinks.to_vec());
        let sink_count = u64::try_from(sinks.len()).unwrap_or(u64::MAX);
        let window_ms = milliseconds(aggregation.window);
        let clock = self.clock.clone();
        let rows =
            tokio::task::spawn_blocking(move || batch.iter().map(Row::new).collect::<Vec<_>>())
                .await
                .map_err(|error| StoreError::Settings(error.to_string()))?;
        let mut recorded = self
            .connections
            .write("cannot store alerts", move |connection| {
                record::record(connection, &rows, &sinks, window_ms, clock.now_ms())
            })
            .await?;
        let noted = recorded.notifications.saturating_mul(sink_count);
        recorded.overflowed = self.bound(noted, self.limits.outbox_max / 10).await?;
        Ok(recorded)
    }

    async fn close_windows(&self, sinks: &[String]) -> Result<Closed, StoreError> {
        let (sinks, now_ms) = (sinks.to_vec(), self.clock.now_ms());
        let mut closed = self
            .connections
            .write("cannot close windows", move |connection| {
                record::close_windows(connection, &sinks, now_ms)
            })
            .await?;
        closed.overflowed = self.bound(closed.notifications, 1).await?;
        Ok(closed)
    }

    async fn claim(
        &self,
        sink: &str,
        max: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let (name, now_ms) = (sink.to_owned(), self.clock.now_ms());
        let (max, lease_ms) = (i64::try_from(max).unwrap_or(i64::MAX), milliseconds(lease));
        let raw = self
            .connections
            .write(
                "cannot claim what a sink is to be told",
                move |connection| outbox::claim(connection, &name, max, lease_ms, now_ms),
            )
            .await?;
        let (claims, gone) = decode_claims(raw, now_ms);
        if !gone.is_empty() {
            let count = u64::try_from(gone.len()).unwrap_or(u64::MAX);
            self.counters
                .corrupt_rows
                .fetch_add(count, Ordering::Relaxed);
            let name = sink.to_owned();
            self.connections
                .write("cannot give up what cannot be read", move |connection| {
                    outbox::give_up_gone(connection, &name, &gone, now_ms)
                })
                .await?;
        }
        Ok(claims)
    }

    async fn settle(
        &self,
        sink: &str,
        settlements: Vec<(OutboxId, Settlement)>,
    ) -> Result<(), StoreError> {
        let (name, now_ms) = (sink.to_owned(), self.clock.now_ms());
        self.connections
            .write("cannot note what a sink was told", move |connection| {
                outbox::settle(connection, &name, &settlements, now_ms)
            })
            .await
    }

    async fn dead_letters(
        &self,
        selection: &DeadLetterSelection,
        max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let selection = selection.clone();
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let raw = self
            .connections
            .read("cannot read dead letters", move |connection| {
                outbox::dead_letters(connection, &selection, max)
            })
            .await?;
        let letters = raw.into_iter().map(|letter| DeadLetter {
            id: letter.id,
            sink: letter.sink,
            reason: letter.reason,
            attempts: u32::try_from(letter.attempts).unwrap_or(0),
            since_ms: u64::try_from(letter.since_ms).unwrap_or(0),
            notification: letter.told.notification(),
        });
        Ok(letters.collect())
    }

    async fn retry_dead_letters(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError> {
        let (selection, now_ms) = (selection.clone(), self.clock.now_ms());
        self.connections
            .write("cannot retry dead letters", move |connection| {
                outbox::retry(connection, &selection, now_ms)
            })
            .await
    }

    async fn purge_dead_letters(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError> {
        let selection = selection.clone();
        self.connections
            .write("cannot purge dead letters", move |connection| {
                outbox::delete(connection, &selection)
            })
            .await
    }

    async fn query(&self, query: &Query) -> Result<Vec<StoredAlert>, StoreError> {
        let query = query.clone();
        let raw = self
            .connections
            .read("cannot query alerts", move |connection| {
                reading::query(connection, &query)
            })
            .await?;
        Ok(raw.iter().filter_map(|raw| self.stored(raw)).collect())
    }

    async fn after(
        &self,
        cursor: Option<&Cursor>,
        query: &Query,
        max: usize,
    ) -> Result<(Vec<StoredAlert>, Cursor), StoreError> {
        const ACTION: &str = "cannot read the feed";
        let Some(cursor) = cursor else {
            let since = query
                .since_ns
                .map(|since_ns| first_id_of(since_ns / 1_000_000).to_bytes());
            let seq = self
                .connections
                .read(ACTION, move |connection| {
                    reading::beginning(connection, since)
                })
                .await?;
            return Ok((Vec::new(), self.cursor(seq)));
        };
        let (seq, query) = (self.place(cursor)?, query.clone());
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let (raw, reached) = self
            .connections
            .read(ACTION, move |connection| {
                reading::after(connection, seq, &query, max)
            })
            .await?;
        let alerts = raw.iter().filter_map(|raw| self.stored(raw)).collect();
        Ok((alerts, self.cursor(reached)))
    }

    async fn expire(&self, keep: Duration) -> Result<Expired, StoreError> {
        let before_ms = self.clock.now_ms().saturating_sub(milliseconds(keep));
        let before_id = first_id_of(u64::try_from(before_ms).unwrap_or(0)).to_bytes();
        retention::expire(&self.connections, before_id, before_ms).await
    }

    async fn stats(&self) -> Result<StoreStats, StoreError> {
        let stats = self
            .connections
            .read("cannot count", reading::stats)
            .await?;
        Ok(StoreStats {
            corrupt_rows: self.counters.corrupt_rows.load(Ordering::Relaxed),
            dead_letters_dropped: self.counters.dead_letters_dropped.load(Ordering::Relaxed),
            ..stats
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.connections
            .read("cannot reach the database", |connection| {
                connection.query_row("SELECT 1", [], |_| Ok(()))
            })
            .await
    }
}

/// Notifications, and what stands for none any more.
fn decode_claims(raw: Vec<outbox::RawClaim>, now_ms: i64) -> (Vec<Claim>, Vec<OutboxId>) {
    let mut claims = Vec::with_capacity(raw.len());
    let mut gone = Vec::new();
    for claim in raw {
        let age_ms = now_ms.saturating_sub(claim.noted_at_ms);
        match claim.told.notification() {
            Some(notification) => claims.push(Claim {
                id: claim.id,
                notification,
                attempts: u32::try_from(claim.id.claim)
                    .map_or(0, |claims| claims.saturating_sub(1)),
                age: Duration::from_millis(u64::try_from(age_ms).unwrap_or(0)),
            }),
            None => gone.push(claim.id),
        }
    }
    (claims, gone)
}
