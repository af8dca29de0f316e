//! One of the consumers of the group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use async_trait::async_trait;
use tokio::time::Instant;

use super::{GROUP, RedisError, Shared, ensure_group, scripts, server, size};
use crate::error::QueueError;
use crate::queue::{Consumer, Delivery, Receipt, ReceiptKind};

/// Id, then names and values in turn.
pub(super) type Entry = (String, Vec<Vec<u8>>);

/// How often streams that nobody can wait for are looked at.
const PAUSE: Duration = Duration::from_millis(25);

/// A consumer that was not heard of for so long, and for ten leases, is gone.
const GONE: Duration = Duration::from_secs(600);

/// An entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EntryId {
    partition: u16,
    id: String,
    bytes: u64,
}

/// A partition that is ours, and what of it is out.
struct Held {
    until: Instant,
    out: Vec<String>,
}

pub(super) struct RedisConsumer {
    shared: Arc<Shared>,
    /// Its own: a read that waits holds up all others on a connection.
    connection: ConnectionManager,
    name: String,
    streams: Vec<String>,
    /// When alerts of others are looked for whose lease is over, and from where on.
    next_claim: Instant,
    claim_from: String,
    next_sweep: Instant,
    held: BTreeMap<u16, Held>,
    turn: u16,
}

fn failed(error: ::redis::RedisError) -> RedisError {
    RedisError::of("take alerts from")(error)
}

impl RedisConsumer {
    pub(super) async fn join(shared: Arc<Shared>) -> Result<Self, RedisError> {
        let connection = server::connect(&shared.client).await?;
        let now = Instant::now();
        Ok(Self {
            streams: shared.stream_keys(),
            turn: fastrand::u16(..shared.partitions()),
            shared,
            connection,
            name: format!("{:032x}", fastrand::u128(..)),
            next_claim: now,
            claim_from: "0-0".to_owned(),
            next_sweep: now,
            held: BTreeMap::new(),
        })
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(self.shared.settings.lease_seconds.get())
    }

    fn lease_ms(&self) -> u64 {
        self.shared
            .settings
            .lease_seconds
            .get()
            .saturating_mul(1000)
    }

    /// Alerts as they go out. An entry that someone else added is counted and removed.
    async fn deliveries(
        &mut self,
        partition: u16,
        entries: Vec<Entry>,
        redelivered: u64,
    ) -> Result<Vec<Delivery>, RedisError> {
        let mut foreign = Vec::new();
        let mut deliveries = Vec::with_capacity(entries.len());
        for (id, mut values) in entries {
            if values.len() != 2 || values.first().is_none_or(|name| name != b"a") {
                foreign.push(EntryId {
                    partition,
                    id,
                    bytes: 0,
                });
                continue;
            }
            let payload = values.pop().unwrap_or_default();
            let entry = EntryId {
                partition,
                id,
                bytes: size(payload.len()),
            };
            deliveries.push(Delivery {
                payload: payload.into(),
                receipt: Receipt(ReceiptKind::Redis(entry)),
                redelivered,
            });
        }
        let counters = &self.shared.counters;
        counters.delivered.add(deliveries.len());
        if redelivered > 0 {
            counters.redelivered.add(deliveries.len());
        }
        if !foreign.is_empty() {
            tracing::error!(count = foreign.len(), "entries of the stream are no alerts");
            counters.corrupted.add(foreign.len());
            self.remove(&foreign).await.map_err(failed)?;
        }
        Ok(deliveries)
    }

    async fn remove(&mut self, entries: &[EntryId]) -> ::redis::RedisResult<usize> {
        let mut command = ::redis::cmd("EVAL");
        command
            .arg(scripts::ACKNOWLEDGE)
            .arg(self.streams.len() + 1)
            .arg(self.shared.bytes_key())
            .arg(&self.streams)
            .arg(GROUP);
        for entry in entries {
            let key = u32::from(entry.partition) + 2;
            command.arg(key).arg(&entry.id).arg(entry.bytes);
        }
        command.query_async(&mut self.connection).await
    }

    /// Takes over what others have had for longer than the lease.
    async fn claim(&mut self, stream: &str, max: usize) -> ::redis::RedisResult<Vec<Entry>> {
        let (next, entries, _): (String, Vec<Entry>, Vec<String>) = ::redis::cmd("XAUTOCLAIM")
            .arg(stream)
            .arg(GROUP)
            .arg(&self.name)
            .arg(self.lease_ms())
            .arg(&self.claim_from)
            .arg("COUNT")
            .arg(max)
            .query_async(&mut self.connection)
            .await?;
        self.claim_from = next;
        if self.claim_from == "0-0" {
            self.next_claim = Instant::now() + self.lease() / 4;
        }
        Ok(entries)
    }

    /// Removes consumers that are gone.
    async fn sweep(&mut self) -> ::redis::RedisResult<()> {
        let gone = GONE.max(self.lease() * 10);
        for stream in &self.streams {
            let _removed: u64 = ::redis::cmd("EVAL")
                .arg(scripts::SWEEP)
                .arg(1)
                .arg(stream)
                .arg(GROUP)
                .arg(u64::try_from(gone.as_millis()).unwrap_or(u64::MAX))
                .query_async(&mut self.connection)
                .await?;
        }
        self.next_sweep = Instant::now() + gone;
        Ok(())
    }

    /// Where order is free: what is there, or what comes within some time.
    async fn read(&mut self, max: usize, until: Instant) -> Result<Vec<Delivery>, RedisError> {
        let Some(stream) = self.streams.first().cloned() else {
            return Ok(Vec::new());
        };
        if self.next_claim <= Instant::now() {
            let claimed = self.claim(&stream, max).await.map_err(failed)?;
            if !claimed.is_empty() {
                return self.deliveries(0, claimed, 1).await;
            }
        }
        let now = Instant::now();
        let wait = until.min(self.next_claim).saturating_duration_since(now);
        let wait_ms = wait.min(server::WAIT_MAX).as_millis();
        let mut command = ::redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(GROUP).arg(&self.name);
        command.arg("COUNT").arg(max);
        if wait_ms > 0 {
            command
                .arg("BLOCK")
                .arg(u64::try_from(wait_ms).unwrap_or(1));
        }
        let read: Option<Vec<(String, Vec<Entry>)>> = command
            .arg("STREAMS")
            .arg(stream)
            .arg(">")
            .query_async(&mut self.connection)
            .await
            .map_err(failed)?;
        let entries = read.into_iter().flatten().flat_map(|(_, entries)| entries);
        self.deliveries(0, entries.collect(), 0).await
    }

    /// Where order is kept: what a partition has that nobody else has.
    async fn take(&mut self, max: usize) -> Result<Vec<Delivery>, RedisError> {
        let now = Instant::now();
        self.held.retain(|_, held| held.until > now);
        let count = self.shared.partitions();
        for offset in 0..count {
            let partition = (self.turn + offset) % count;
            if self.held.contains_key(&partition) {
                continue;
            }
            let (again, entries): (u64, Vec<Entry>) = ::redis::cmd("EVAL")
                .arg(scripts::TAKE)
                .arg(2)
                .arg(self.streams.get(usize::from(partition)))
                .arg(self.lease_key(partition))
                .arg(GROUP)
                .arg(&self.name)
                .arg(&self.name)
                .arg(self.lease_ms())
                .arg(max)
                .query_async(&mut self.connection)
                .await
                .map_err(failed)?;
            if !entries.is_empty() {
                let held = Held {
                    until: now + self.lease(),
                    out: entries.iter().map(|(id, _)| id.clone()).collect(),
                };
                self.held.insert(partition, held);
                self.turn = (partition + 1) % count;
                return self.deliveries(partition, entries, again).await;
            }
        }
        tokio::time::sleep(PAUSE).await;
        Ok(Vec::new())
    }

    fn lease_key(&self, partition: u16) -> String {
        self.shared.key(format_args!("lease:{partition}"))
    }

    /// Gives back the leases of partitions of which nothing is out any more.
    async fn release(&mut self, done: &[EntryId]) -> ::redis::RedisResult<()> {
        let mut free = Vec::new();
        for (partition, held) in &mut self.held {
            held.out.retain(|id| {
                !done
                    .iter()
                    .any(|entry| entry.partition == *partition && entry.id == *id)
            });
            if held.out.is_empty() {
                free.push(*partition);
            }
        }
        for partition in free {
            self.held.remove(&partition);
            let _released: u64 = release_command(self.lease_key(partition), &self.name)
                .query_async(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    async fn try_next(&mut self, max: usize, until: Instant) -> Result<Vec<Delivery>, RedisError> {
        if self.next_sweep <= Instant::now() {
            self.sweep().await.map_err(failed)?;
        }
        match self.shared.settings.partitions {
            None => self.read(max, until).await,
            Some(_) => self.take(max).await,
        }
    }
}

fn release_command(key: String, token: &str) -> ::redis::Cmd {
    let mut command = ::redis::cmd("EVAL");
    command.arg(scripts::RELEASE).arg(1).arg(key).arg(token);
    command
}

#[async_trait]
impl Consumer for RedisConsumer {
    async fn next_batch(
        &mut self,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Delivery>, QueueError> {
        let until = Instant::now() + patience;
        if max == 0 {
            return Ok(Vec::new());
        }
        loop {
            match self.try_next(max, until).await {
                Ok(taken) if !taken.is_empty() || Instant::now() >= until => return Ok(taken),
                Ok(_) => {}
                Err(RedisError::Command { source, .. }) if source.code() == Some("NOGROUP") => {
                    // The server lost its data, or someone removed the group.
                    for stream in &self.streams {
                        ensure_group(&mut self.connection, stream).await?;
                    }
                }
                Err(error) => {
                    if let RedisError::Command { source, .. } = &error {
                        self.shared.note(source);
                    }
                    return Err(error.into());
                }
            }
        }
    }

    async fn acknowledge(&mut self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        let mut entries = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            match receipt.0 {
                ReceiptKind::Redis(entry) => entries.push(entry),
                _ => return Err(QueueError::ForeignReceipt),
            }
        }
        let failed = RedisError::of("acknowledge alerts of");
        for some in entries.chunks(super::SCRIPT_ALERTS_MAX) {
            let removed = self.remove(some).await.map_err(&failed)?;
            self.shared.counters.acknowledged.add(removed);
        }
        self.release(&entries).await.map_err(&failed)?;
        Ok(())
    }
}

impl Drop for RedisConsumer {
    fn drop(&mut self) {
        // Others need not wait until the leases are over, where a runtime is left to say so.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        for partition in self.held.keys() {
            let command = release_command(self.lease_key(*partition), &self.name);
            let mut connection = self.connection.clone();
            runtime.spawn(async move {
                let released: ::redis::RedisResult<u64> =
                    command.query_async(&mut connection).await;
                if let Err(error) = released {
                    tracing::debug!(%error, "a lease ends by itself");
                }
            });
        }
    }
}
