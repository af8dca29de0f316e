//! A consumer that has one batch of a partition out at a time.
//!
//! The server has a consumer for each partition, and a bucket of leases says who may ask it. Whoever takes a
//! lease and finds deliveries that were never acknowledged makes the consumer anew, so that it begins with them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::kv;
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::consumer::{PullConsumer, deliveries, pull_consumer};
use super::{NatsError, Shared, stream};
use crate::error::QueueError;
use crate::queue::{Consumer, Delivery, Receipt, ReceiptKind};
use crate::settings::Partitions;

/// How often an empty queue is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// A partition that is ours.
struct Held {
    revision: u64,
    until: Instant,
    out: HashSet<String>,
}

pub(super) struct OrderedConsumer {
    shared: Arc<Shared>,
    leases: kv::Store,
    consumers: BTreeMap<u16, PullConsumer>,
    held: BTreeMap<u16, Held>,
    /// Partition that is asked first.
    turn: u16,
    count: u16,
}

fn take_failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> NatsError {
    NatsError::Take(error.into())
}

impl OrderedConsumer {
    pub(super) async fn join(shared: Arc<Shared>) -> Result<Self, NatsError> {
        let settings = &shared.settings;
        let bucket = format!("{}-leases", settings.stream);
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| NatsError::Stream {
            action: "make the bucket of leases of",
            stream: settings.stream.clone(),
            source,
        };
        // As the client makes buckets, which first asks servers of 2.9 what it does not understand. The same again
        // does no harm.
        let config = Config {
            name: format!("KV_{bucket}"),
            subjects: vec![format!("$KV.{bucket}.>")],
            max_messages_per_subject: 1,
            max_age: Duration::from_secs(settings.lease_seconds.get()),
            num_replicas: usize::from(settings.replicas.get()),
            storage: StorageType::File,
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            allow_direct: true,
            ..Config::default()
        };
        let made = shared.context.create_stream(config).await;
        made.map_err(|error| failed(error.into()))?;
        let leases = shared.context.get_key_value(&bucket).await;
        let leases = leases.map_err(|error| failed(error.into()))?;
        let count = Partitions::count(settings.partitions);
        let mut consumers = BTreeMap::new();
        for partition in 0..count {
            consumers.insert(partition, pull_consumer(&shared, Some(partition)).await?);
        }
        Ok(Self {
            turn: fastrand::u16(..count),
            shared,
            leases,
            consumers,
            held: BTreeMap::new(),
            count,
        })
    }

    /// Takes the lease of a partition, unless another has it.
    async fn lease(&mut self, partition: u16) -> Result<bool, NatsError> {
        let began = Instant::now();
        let key = partition.to_string();
        match self.leases.create(&key, "".into()).await {
            Ok(revision) => {
                let lease = Duration::from_secs(self.shared.settings.lease_seconds.get());
                let held = Held {
                    revision,
                    until: began + lease,
                    out: HashSet::new(),
                };
                self.held.insert(partition, held);
                Ok(true)
            }
            Err(error) if error.kind() == kv::CreateErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(take_failed(error)),
        }
    }

    async fn release(&mut self, partition: u16) -> Result<(), NatsError> {
        let Some(held) = self.held.remove(&partition) else {
            return Ok(());
        };
        // Another has it if our time was over; then it is not ours to delete.
        if held.until > Instant::now() {
            let key = partition.to_string();
            let deleted = self
                .leases
                .delete_expect_revision(&key, Some(held.revision));
            deleted.await.map_err(take_failed)?;
        }
        Ok(())
    }

    /// What a partition that is ours has, from the first alert on that nobody acknowledged.
    async fn pull(&mut self, partition: u16, max: usize) -> Result<Vec<Delivery>, NatsError> {
        let shared = Arc::clone(&self.shared);
        let Some(consumer) = self.consumers.get_mut(&partition) else {
            return Ok(Vec::new());
        };
        let info = consumer.get_info().await.map_err(take_failed)?;
        if info.num_ack_pending > 0 {
            let name = stream::consumer_name(Some(partition));
            let stream = &shared.settings.stream;
            let context = &shared.context;
            let deleted = context.delete_consumer_from_stream(name, stream).await;
            deleted.map_err(take_failed)?;
            *consumer = pull_consumer(&shared, Some(partition)).await?;
        } else if info.num_pending == 0 {
            return Ok(Vec::new());
        }
        let fetch = consumer.fetch().max_messages(max).messages();
        let mut messages = fetch.await.map_err(take_failed)?;
        let mut taken = Vec::new();
        while let Some(message) = timeout(stream::ANSWER, messages.next())
            .await
            .map_err(take_failed)?
        {
            taken.push(message.map_err(NatsError::Take)?);
        }
        let taken = deliveries(&shared, taken);
        if let Some(held) = self.held.get_mut(&partition) {
            held.out = taken
                .iter()
                .filter_map(|delivery| match &delivery.receipt.0 {
                    ReceiptKind::Nats(subject) => Some(subject.clone()),
                    _ => None,
                })
                .collect();
        }
        Ok(taken)
    }

    /// Asks each partition once.
    async fn try_next(&mut self, max: usize) -> Result<Vec<Delivery>, NatsError> {
        let now = Instant::now();
        let idle: Vec<u16> = self
            .held
            .iter()
            // Nothing is out of it: a future was dropped, or a call failed, before it told.
            .filter(|(_, held)| held.out.is_empty() || held.until <= now)
            .map(|(partition, _)| *partition)
            .collect();
        for partition in idle {
            self.release(partition).await?;
        }
        for offset in 0..self.count {
            let partition = (self.turn + offset) % self.count;
            if self.held.contains_key(&partition) || !self.lease(partition).await? {
                continue;
            }
            let taken = self.pull(partition, max).await?;
            if !taken.is_empty() {
                self.turn = (partition + 1) % self.count;
                return Ok(taken);
            }
            self.release(partition).await?;
        }
        Ok(Vec::new())
    }

    async fn is_empty(&self) -> Result<bool, NatsError> {
        let stream = &self.shared.settings.stream;
        let stream = self.shared.context.get_stream(stream).await;
        let stream = stream.map_err(take_failed)?;
        Ok(stream.cached_info().state.messages == 0)
    }
}

#[async_trait]
impl Consumer for OrderedConsumer {
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
            let tried = match self.is_empty().await {
                Ok(true) => Ok(Vec::new()),
                Ok(false) => self.try_next(max).await,
                Err(error) => Err(error),
            };
            let is_over = Instant::now() + PAUSE >= until;
            match tried {
                Ok(taken) if is_over || !taken.is_empty() => return Ok(taken),
                Err(error) if is_over => return Err(error.into()),
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "nats gives no alerts, asking again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn acknowledge(&mut self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        let mut subjects = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            match receipt.0 {
                ReceiptKind::Nats(subject) => subjects.push(subject),
                _ => return Err(QueueError::ForeignReceipt),
            }
        }
        // Confirmed, because the next batch goes out as soon as the lease is given back.
        let client = &self.shared.client;
        let confirmed = subjects
            .iter()
            .map(|subject| client.request(subject.clone(), "".into()));
        for confirmed in join_all(confirmed).await {
            confirmed.map_err(|error| NatsError::Acknowledge(error.into()))?;
        }
        self.shared.counters.acknowledged.add(subjects.len());
        let mut done = Vec::new();
        for (partition, held) in &mut self.held {
            held.out.retain(|subject| !subjects.contains(subject));
            if held.out.is_empty() {
                done.push(*partition);
            }
        }
        for partition in done {
            self.release(partition).await?;
        }
        Ok(())
    }
}

impl Drop for OrderedConsumer {
    fn drop(&mut self) {
        // Others need not wait until the leases are over, where a runtime is left to say so.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        for (partition, held) in std::mem::take(&mut self.held) {
            let leases = self.leases.clone();
            runtime.spawn(async move {
                let key = partition.to_string();
                let revision = Some(held.revision);
                if let Err(error) = leases.delete_expect_revision(&key, revision).await {
                    tracing::debug!(%error, partition, "a lease ends by itself");
                }
            });
        }
    }
}
