//! A consumer that shares one durable consumer of the stream with all others.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::pull::{Batch, Config};
use async_trait::async_trait;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::{NatsError, Shared, stream};
use crate::error::QueueError;
use crate::queue::{Consumer, Delivery, Receipt, ReceiptKind};

/// Bytes that come with one answer, unless a single alert has more.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

const PAUSE: Duration = Duration::from_millis(100);

pub(super) type PullConsumer = async_nats::jetstream::consumer::Consumer<Config>;

pub(super) struct NatsConsumer {
    shared: Arc<Shared>,
    consumer: PullConsumer,
    /// A request that is under way: kept here, so that what it brings is not lost with a dropped future.
    request: Option<Batch>,
    /// What came and was not handed out yet.
    ready: Vec<Message>,
}

pub(super) async fn pull_consumer(
    shared: &Shared,
    partition: Option<u16>,
) -> Result<PullConsumer, NatsError> {
    let stream = stream::ensure_stream(&shared.context, &shared.settings).await?;
    stream::ensure_consumer(&stream, &shared.settings, partition).await
}

/// Alerts as they go out.
pub(super) fn deliveries(shared: &Shared, messages: Vec<Message>) -> Vec<Delivery> {
    let deliveries: Vec<Delivery> = messages.into_iter().filter_map(delivery).collect();
    let counters = &shared.counters;
    counters.delivered.add(deliveries.len());
    let again = deliveries
        .iter()
        .filter(|delivery| delivery.redelivered > 0);
    counters.redelivered.add(again.count());
    deliveries
}

/// None for a message that no stream sent: it cannot be acknowledged.
fn delivery(message: Message) -> Option<Delivery> {
    let delivered = message.info().ok()?.delivered;
    let redelivered = u64::try_from(delivered.saturating_sub(1)).unwrap_or(0);
    let message = message.message;
    Some(Delivery {
        payload: message.payload,
        receipt: Receipt(ReceiptKind::Nats(message.reply?.to_string())),
        redelivered,
    })
}

impl NatsConsumer {
    pub(super) async fn join(shared: Arc<Shared>) -> Result<Self, NatsError> {
        let consumer = pull_consumer(&shared, None).await?;
        Ok(Self {
            shared,
            consumer,
            request: None,
            ready: Vec::new(),
        })
    }

    /// Reads what the request brings until it ends, or `enough` came. False: the server did not end it in time.
    async fn read(&mut self, enough: usize, until: Instant) -> Result<bool, NatsError> {
        while self.ready.len() < enough {
            let Some(request) = &mut self.request else {
                break;
            };
            match timeout_at(until, request.next()).await {
                Err(_) => return Ok(false),
                Ok(Some(Ok(message))) => self.ready.push(message),
                Ok(None) => self.request = None,
                Ok(Some(Err(error))) => {
                    self.request = None;
                    return Err(NatsError::Take(error));
                }
            }
        }
        Ok(true)
    }

    /// Takes what is there.
    async fn fetch(&mut self, max: usize) -> Result<(), NatsError> {
        if self.request.is_none() {
            let fetch = self.consumer.fetch().max_messages(max - self.ready.len());
            let fetch = fetch.max_bytes(BATCH_BYTES_MAX).messages();
            self.request = Some(fetch.await.map_err(|error| NatsError::Take(error.into()))?);
        }
        if !self.read(max, Instant::now() + stream::ANSWER).await? {
            self.request = None;
        }
        Ok(())
    }

    /// Waits for one alert.
    async fn wait(&mut self, until: Instant) -> Result<(), NatsError> {
        let patience = until.saturating_duration_since(Instant::now());
        if self.request.is_none() {
            let request = self.consumer.batch().max_messages(1).expires(patience);
            let request = request.messages();
            self.request = Some(
                request
                    .await
                    .map_err(|error| NatsError::Take(error.into()))?,
            );
        }
        self.read(1, until).await?;
        Ok(())
    }

    async fn try_next(&mut self, max: usize, until: Instant) -> Result<(), NatsError> {
        self.fetch(max).await?;
        if self.ready.is_empty() && Instant::now() < until {
            self.wait(until).await?;
            if !self.ready.is_empty() && self.ready.len() < max {
                self.request = None;
                self.fetch(max).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Consumer for NatsConsumer {
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
            let tried = self.try_next(max, until).await;
            if !self.ready.is_empty() {
                let count = max.min(self.ready.len());
                let taken: Vec<Message> = self.ready.drain(..count).collect();
                return Ok(deliveries(&self.shared, taken));
            }
            let is_over = Instant::now() + PAUSE >= until;
            match tried {
                Ok(()) if Instant::now() >= until => return Ok(Vec::new()),
                Ok(()) => {}
                Err(error) if is_over => return Err(error.into()),
                Err(error) => {
                    // The consumer's leader may have changed, or someone deleted it.
                    tracing::debug!(%error, "nats gives no alerts, asking again");
                    tokio::time::sleep(PAUSE).await;
                    if let Ok(consumer) = pull_consumer(&self.shared, None).await {
                        self.consumer = consumer;
                    }
                }
            }
        }
    }

    async fn acknowledge(&mut self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        let shared = &self.shared;
        let send = async {
            let count = receipts.len();
            for receipt in receipts {
                let ReceiptKind::Nats(subject) = receipt.0 else {
                    return Err(QueueError::ForeignReceipt);
                };
                let sent = shared.client.publish(subject, "".into()).await;
                sent.map_err(|error| NatsError::Acknowledge(error.into()))?;
            }
            let flushed = shared.client.flush().await;
            flushed.map_err(|error| NatsError::Acknowledge(error.into()))?;
            shared.counters.acknowledged.add(count);
            Ok(())
        };
        tokio::time::timeout(stream::ANSWER, send)
            .await
            .map_err(|elapsed| NatsError::Acknowledge(elapsed.into()))?
    }
}
