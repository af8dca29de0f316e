//! Alerts on a PostgreSQL server, 13 or newer, that any number of collectors share.
//!
//! The tables lie in the first schema of the user's search path; best in a database of its own that the user owns.

mod connections;
mod ledger;
mod migration;
mod outbox;
mod partition;
mod reading;
mod record;
mod settings;

pub use settings::PostgresSettings;

use crate::bounds::ALERTS_GONE;
use crate::clock::{Clock, milliseconds};
use crate::row::{self, Row, first_id_of, unpack};
use crate::told::Told;
use crate::{
    Aggregation, Claim, Closed, Cursor, DeadLetter, DeadLetterSelection, ErrorKind, Expired,
    Incoming, Limits, OutboxId, Query, Recorded, Settlement, Store, StoreError, StoreStats,
    StoredAlert,
};
use async_trait::async_trait;
use connections::Connections;
use outbox::Part;
use partition::Day;
use reading::{Place, RawAlert};
use saker_alert_formats::Notification;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// A store on a server.
pub struct PostgresStore {
    connections: Connections,
    limits: Limits,
    /// Begins every cursor, so that one of another store is told apart.
    identity: String,
    /// Days whose partitions are known to be there.
    days: Mutex<BTreeSet<Day>>,
    clock: Clock,
    corrupt_rows: AtomicU64,
    dead_letters_dropped: AtomicU64,
    /// Rows of the outbox since its size was looked at.
    noted: AtomicU64,
}

/// Others stored the same alerts at the same time, again and again.
#[derive(Debug, thiserror::Error)]
#[error("the batch met others with the same alerts too often")]
struct TooManyConflicts;

impl PostgresStore {
    /// Connects, and makes or updates the tables.
    ///
    /// # Errors
    ///
    /// The server cannot be reached or refuses, or the tables are of a newer version.
    pub async fn open(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let connections = Connections::new(settings)?;
        let identity = migration::migrate(&connections).await?;
        let store = Self {
            connections,
            limits: settings.limits,
            identity,
            days: Mutex::default(),
            clock: Clock::system(),
            corrupt_rows: AtomicU64::default(),
            dead_letters_dropped: AtomicU64::default(),
            noted: AtomicU64::default(),
        };
        store.make_partitions(Day::ahead(store.today())).await?;
        Ok(store)
    }

    fn today(&self) -> Day {
        Day::of_ms(u64::try_from(self.clock.now_ms()).unwrap_or(0))
    }

    /// Makes partitions that are not known to be there.
    async fn make_partitions(&self, days: BTreeSet<Day>) -> Result<(), StoreError> {
        let known = || self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: BTreeSet<Day> = days.difference(&known()).copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut connection = self.connections.get().await?;
        partition::make(&mut connection, &missing)
            .await
            .map_err(|error| self.connections.failure("cannot make partitions", error))?;
        known().extend(missing);
        Ok(())
    }

    /// Looks at the size of the outboxes if enough was added.
    async fn bound(&self, noted: u64, enough: u64) -> Result<u64, StoreError> {
        let before = self.noted.fetch_add(noted, Ordering::Relaxed);
        if before.saturating_add(noted) < enough {
            return Ok(0);
        }
        self.noted.store(0, Ordering::Relaxed);
        let mut connection = self.connections.get().await?;
        let overflow = outbox::bound(&mut connection, self.limits)
            .await
            .map_err(|error| self.connections.failure("cannot bound the outbox", error))?;
        self.dead_letters_dropped
            .fetch_add(overflow.dead_letters, Ordering::Relaxed);
        Ok(overflow.notifications)
    }

    fn stored(&self, raw: &RawAlert) -> Option<StoredAlert> {
        let Some(alert) = unpack(&raw.packed) else {
            self.corrupt_rows.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        Some(StoredAlert {
            cursor: self.cursor(raw.place),
            alert,
            group_count: u64::try_from(raw.group_count).unwrap_or(0),
        })
    }

    fn cursor(&self, place: Place) -> Cursor {
        let Place { batch, place } = place;
        Cursor(format!("{}-{batch}.{place}", self.identity))
    }

    fn place(&self, cursor: &Cursor) -> Result<Place, StoreError> {
        let place = || {
            let (identity, place) = cursor.0.split_once('-')?;
            let (batch, place) = place.split_once('.')?;
            let place = Place {
                batch: batch.parse().ok()?,
                place: place.parse().ok()?,
            };
            (identity == self.identity).then_some(place)
        };
        place().ok_or_else(|| StoreError::InvalidCursor(cursor.0.clone()))
    }

    async fn give_up(&self, sink: &str, gone: Vec<OutboxId>) -> Result<(), StoreError> {
        let count = u64::try_from(gone.len()).unwrap_or(u64::MAX);
        self.corrupt_rows.fetch_add(count, Ordering::Relaxed);
        let reason = || ALERTS_GONE.to_owned();
        let dead = |id| (id, Settlement::DeadLetter { reason: reason() });
        self.settle(sink, gone.into_iter().map(dead).collect())
            .await
    }
}

/// Several rows may stand for the same part.
fn notification(told: &HashMap<Part, Told>, part: Part) -> Option<Notification> {
    told.get(&part).cloned()?.notification()
}

#[async_trait]
impl Store for PostgresStore {
    async fn record(
        &self,
        batch: &[Incoming],
        sinks: &[String],
        aggregation: Aggregation,
    ) -> Result<Recorded, StoreError> {
        const ACTION: &str = "cannot store alerts";
        if batch.is_empty() {
            return Ok(Recorded::default());
        }
        let owned = batch.to_vec();
        // Compressing takes a while.
        let rows =
            tokio::task::spawn_blocking(move || owned.iter().map(Row::new).collect::<Vec<_>>())
                .await
                .map_err(|error| self.connections.other(ACTION, ErrorKind::Transient, error))?;
        let possible = Day::possible(self.today());
        let days = rows.iter().map(|row| Day::of_ms(row::milliseconds(row.id)));
        self.make_partitions(days.filter(|day| possible.contains(day)).collect())
            .await?;
        let window_ms = milliseconds(aggregation.window);
        let mut connection = self.connections.get().await?;
        let mut recorded = record::record(&mut connection, &rows, sinks, window_ms)
            .await
            .map_err(|error| self.connections.failure(ACTION, error))?
            .ok_or_else(|| {
                self.connections
                    .other(ACTION, ErrorKind::Transient, TooManyConflicts)
            })?;
        drop(connection);
        let sink_count = u64::try_from(sinks.len()).unwrap_or(u64::MAX);
        let noted = recorded.notifications.saturating_mul(sink_count);
        recorded.overflowed = self.bound(noted, self.limits.outbox_max / 10).await?;
        Ok(recorded)
    }

    async fn close_windows(&self, sinks: &[String]) -> Result<Closed, StoreError> {
        let mut connection = self.connections.get().await?;
        let mut closed = record::close_windows(&mut connection, sinks)
            .await
            .map_err(|error| self.connections.failure("cannot close windows", error))?;
        drop(connection);
        closed.overflowed = self.bound(closed.notifications, 1).await?;
        Ok(closed)
    }

    async fn claim(
        &self,
        sink: &str,
        max: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let failure = |error| {
            self.connections
                .failure("cannot claim what a sink is to be told", error)
        };
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let mut connection = self.connections.get().await?;
        let raw = outbox::claim(&mut connection, sink, max, milliseconds(lease))
            .await
            .map_err(failure)?;
        if raw.is_empty() {
            return Ok(Vec::new());
        }
        let parts: Vec<_> = raw.iter().map(|claim| claim.part).collect();
        let told = outbox::told(&mut connection, &parts)
            .await
            .map_err(failure)?;
        drop(connection);
        let mut claims = Vec::with_capacity(raw.len());
        let mut gone = Vec::new();
        for claim in raw {
            match notification(&told, claim.part) {
                Some(notification) => claims.push(Claim {
                    id: claim.id,
                    notification,
                    attempts: u32::try_from(claim.id.claim)
                        .map_or(0, |claims| claims.saturating_sub(1)),
                    age: Duration::from_millis(u64::try_from(claim.age_ms).unwrap_or(0)),
                }),
                None => gone.push(claim.id),
            }
        }
        if !gone.is_empty() {
            self.give_up(sink, gone).await?;
        }
        Ok(claims)
    }

    async fn settle(
        &self,
        sink: &str,
        settlements: Vec<(OutboxId, Settlement)>,
    ) -> Result<(), StoreError> {
        let mut connection = self.connections.get().await?;
        outbox::settle(&mut connection, sink, &settlements)
            .await
            .map_err(|error| {
                self.connections
                    .failure("cannot note what a sink was told", error)
            })
    }

    async fn dead_letters(
        &self,
        selection: &DeadLetterSelection,
        max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let failure = |error| self.connections.failure("cannot read dead letters", error);
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let mut connection = self.connections.get().await?;
        let raw = outbox::dead_letters(&mut connection, selection, max)
            .await
            .map_err(failure)?;
        let parts: Vec<_> = raw.iter().map(|letter| letter.part).collect();
        let told = outbox::told(&mut connection, &parts)
            .await
            .map_err(failure)?;
        let letters = raw.into_iter().map(|letter| DeadLetter {
            id: letter.id,
            sink: letter.sink,
            reason: letter.reason,
            attempts: u32::try_from(letter.attempts).unwrap_or(0),
            since_ms: u64::try_from(letter.since_ms).unwrap_or(0),
            notification: notification(&told, letter.part),
        });
        Ok(letters.collect())
    }

    async fn retry_dead_letters(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError> {
        let mut connection = self.connections.get().await?;
        outbox::retry(&mut connection, selection)
            .await
            .map_err(|error| self.connections.failure("cannot retry dead letters", error))
    }

    async fn purge_dead_letters(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError> {
        let mut connection = self.connections.get().await?;
        outbox::delete(&mut connection, selection)
            .await
            .map_err(|error| self.connections.failure("cannot purge dead letters", error))
    }

    async fn query(&self, query: &Query) -> Result<Vec<StoredAlert>, StoreError> {
        let connection = self.connections.get().await?;
        let raw = reading::query(&connection, query)
            .await
            .map_err(|error| self.connections.failure("cannot query alerts", error))?;
        Ok(raw.iter().filter_map(|raw| self.stored(raw)).collect())
    }

    async fn after(
        &self,
        cursor: Option<&Cursor>,
        query: &Query,
        max: usize,
    ) -> Result<(Vec<StoredAlert>, Cursor), StoreError> {
        let failure = |error| self.connections.failure("cannot read the feed", error);
        let start = cursor.map(|cursor| self.place(cursor)).transpose()?;
        let connection = self.connections.get().await?;
        let Some(start) = start else {
            let since = query
                .since_ns
                .map(|since_ns| Uuid::from_bytes(first_id_of(since_ns / 1_000_000).to_bytes()));
            let place = reading::beginning(&connection, since)
                .await
                .map_err(failure)?;
            return Ok((Vec::new(), self.cursor(place)));
        };
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let (raw, reached) = reading::after(&connection, start, query, max)
            .await
            .map_err(failure)?;
        let alerts = raw.iter().filter_map(|raw| self.stored(raw)).collect();
        Ok((alerts, self.cursor(reached)))
    }

    async fn expire(&self, keep: Duration) -> Result<Expired, StoreError> {
        let failure = |error| {
            self.connections
                .failure("cannot delete what has expired", error)
        };
        let now_ms = self.clock.now_ms();
        let keep_ms = milliseconds(keep);
        let before_ms = u64::try_from(now_ms.saturating_sub(keep_ms)).unwrap_or(0);
        let mut connection = self.connections.get().await?;
        let expired = partition::expire(&mut connection, before_ms, now_ms, keep_ms)
            .await
            .map_err(failure)?;
        drop(connection);
        self.days
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.make_partitions(Day::ahead(self.today())).await?;
        Ok(expired)
    }

    async fn stats(&self) -> Result<StoreStats, StoreError> {
        let failure = |error| self.connections.failure("cannot count", error);
        let connection = self.connections.get().await?;
        Ok(StoreStats {
            outbox: outbox::counts(&connection, "outbox")
                .await
                .map_err(failure)?,
            dead_letters: outbox::counts(&connection, "dead_letters")
                .await
                .map_err(failure)?,
            held: reading::held(&connection).await.map_err(failure)?,
            corrupt_rows: self.corrupt_rows.load(Ordering::Relaxed),
            dead_letters_dropped: self.dead_letters_dropped.load(Ordering::Relaxed),
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let connection = self.connections.get().await?;
        connection
            .client
            .simple_query("SELECT 1")
            .await
            .map(drop)
            .map_err(|error| self.connections.failure("cannot reach the database", error))
    }
}
