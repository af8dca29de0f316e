//! Taking alerts from the queue into the store.
//!
//! A batch is acknowledged to the queue once the store has it. While the store does not take it, it is offered again
//! and again; if this process ends before, the queue hands it to another. What cannot be decoded goes into a file with
//! the reason ([`undecodable`]), so that it does not come for ever.

pub(crate) mod undecodable;

use crate::config::WorkerSettings;
use crate::metrics::Metrics;
use crate::wake::Wake;
use prost::Message;
use saker_alert_clients::Backoff;
use saker_alert_queue::{AlertQueue, Consumer, Delivery, Receipt};
use saker_alert_store::{Aggregation, Incoming, Recorded, Store};
use saker_proto::{AlertId, v1};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use undecodable::{Undecodable, UndecodableFile};

/// How long to wait for alerts before looking whether to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pauses after failures.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Takes alerts from the queue into the store.
#[derive(Clone)]
pub(crate) struct Worker {
    /// Where they come from.
    pub(crate) queue: Arc<dyn AlertQueue>,
    /// Where they go.
    pub(crate) store: Arc<dyn Store>,
    /// Names of the sinks that are to be told.
    pub(crate) sinks: Arc<[String]>,
    /// How repeats are put together.
    pub(crate) aggregation: Aggregation,
    /// How many at a time.
    pub(crate) settings: WorkerSettings,
    /// Where goes what is none.
    pub(crate) undecodable: Arc<UndecodableFile>,
    /// Wakes those who pass on what is stored.
    pub(crate) wake: Wake,
    /// Its numbers.
    pub(crate) metrics: Arc<Metrics>,
    /// Says when to end.
    pub(crate) stop: CancellationToken,
}

/// A batch as it came out of the queue.
#[derive(Default)]
struct Batch {
    incoming: Vec<Incoming>,
    undecodable: Vec<Undecodable>,
    receipts: Vec<Receipt>,
}

impl Worker {
    /// Works until it is to stop.
    pub(crate) async fn run(self) {
        let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
        while !self.stop.is_cancelled() {
            match self.queue.consumer().await {
                Ok(mut consumer) => self.consume(consumer.as_mut(), &mut backoff).await,
                Err(error) => self.failed("queue_join", &error, &mut backoff).await,
            }
        }
    }

    /// Works until it is to stop, or to join the queue anew.
    async fn consume(&self, consumer: &mut dyn Consumer, backoff: &mut Backoff) {
        loop {
            let next = consumer.next_batch(self.settings.batch_alerts, PATIENCE);
            let deliveries = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                deliveries = next => deliveries,
            };
            match deliveries {
                Ok(deliveries) if deliveries.is_empty() => {}
                Ok(deliveries) => {
                    backoff.reset();
                    if !self.handle(consumer, Batch::of(deliveries)).await {
                        return;
                    }
                }
                Err(error) => {
                    self.failed("queue_take", &error, backoff).await;
                    return;
                }
            }
        }
    }

    /// Stores a batch and acknowledges it; tells whether the consumer is to go on.
    async fn handle(&self, consumer: &mut dyn Consumer, batch: Batch) -> bool {
        let Batch {
            incoming,
            undecodable,
            receipts,
        } = batch;
        if !undecodable.is_empty() {
            let count = u64::try_from(undecodable.len()).unwrap_or(u64::MAX);
            self.metrics.worker.count("undecodable", count);
            self.undecodable.keep(undecodable).await;
        }
        if !incoming.is_empty() && !self.store(&incoming).await {
            return false;
        }
        if let Err(error) = consumer.acknowledge(receipts).await {
            // They come again, and the store knows them by their ids.
            self.metrics.worker.retried("queue_acknowledge");
            tracing::warn!(%error, "alerts that are stored could not be taken off the queue and come again");
            return false;
        }
        true
    }

    /// Offers a batch to the store until it has it, or this process ends.
    async fn store(&self, incoming: &[Incoming]) -> bool {
        let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
        loop {
            let begun = Instant::now();
            match self
                .store
                .record(incoming, &self.sinks, self.aggregation)
                .await
            {
                Ok(recorded) => {
                    self.count(&recorded, begun.elapsed());
                    if recorded.new > 0 {
                        self.wake.wake();
                    }
                    return true;
                }
                Err(error) => self.failed("store", &error, &mut backoff).await,
            }
            if self.stop.is_cancelled() {
                return false;
            }
        }
    }

    fn count(&self, recorded: &Recorded, elapsed: Duration) {
        let metrics = &self.metrics.worker;
        metrics.count("new", recorded.new);
        metrics.count("duplicate", recorded.duplicates);
        metrics.aggregated.inc_by(recorded.aggregated);
        metrics.notifications.inc_by(recorded.notifications);
        metrics.overflowed.inc_by(recorded.overflowed);
        metrics.batch.observe(elapsed.as_secs_f64());
    }

    /// Notes a failure, and waits before the next attempt.
    async fn failed(&self, stage: &str, error: &(dyn Error + Send + Sync), backoff: &mut Backoff) {
        self.metrics.worker.retried(stage);
        let pause = backoff.pause();
        // Said once for each spell of failures; the numbers tell how it goes on.
        if backoff.failures() == 1 {
            let error = crate::chain(error);
            tracing::warn!(
                stage,
                error,
                "alerts cannot be taken on; trying again until it works"
            );
        }
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Batch {
    fn of(deliveries: Vec<Delivery>) -> Self {
        let mut batch = Self::default();
        for delivery in deliveries {
            match incoming(&delivery) {
                Ok(alert) => batch.incoming.push(alert),
                Err(reason) => batch.undecodable.push(Undecodable {
                    payload: delivery.payload,
                    reason,
                }),
            }
            batch.receipts.push(delivery.receipt);
        }
        batch
    }
}

fn incoming(delivery: &Delivery) -> Result<Incoming, String> {
    let alert = v1::Alert::decode(delivery.payload.clone()).map_err(|error| error.to_string())?;
    let id = AlertId::from_slice(&alert.id)
        .ok_or_else(|| format!("its id has {} bytes, and an id has 16", alert.id.len()))?;
    Ok(Incoming {
        id,
        alert: Arc::new(alert),
        payload: delivery.payload.clone(),
    })
}
