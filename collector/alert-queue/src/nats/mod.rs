//! A stream of NATS JetStream that any number of collectors share.
//!
//! # Invariants
//!
//! - A publish is done when the server has acknowledged every alert: with replicas, a majority of servers has it.
//!   What the server did not answer for is sent again under the same id, which the stream holds once.
//! - The stream is a work queue: what is acknowledged leaves it, and it refuses alerts rather than drop one.

mod consumer;
mod error;
mod ordered;
mod settings;
mod stream;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_nats::Client;
use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context, ErrorCode};
use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::counters::Counters;
use crate::error::QueueError;
use crate::queue::{AlertQueue, Consumer, QueueCounters, QueueStats, QueuedAlert};
use crate::settings::Partitions;

pub use error::NatsError;
pub use settings::{NatsCredentials, NatsSettings};

/// Alerts whose acknowledgement is waited for, of all publishers together.
const IN_FLIGHT_MAX: usize = 8192;

/// Alerts that are sent before the first acknowledgement is waited for.
const WINDOW: usize = 256;

/// How long what the server does not answer for is sent again: the election of a leader takes some seconds.
const PUBLISH_PATIENCE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(200);

/// What the queue and its consumers share.
struct Shared {
    settings: NatsSettings,
    client: Client,
    context: Context,
    counters: Arc<Counters>,
}

/// The queue in NATS.
pub(crate) struct NatsQueue {
    shared: Arc<Shared>,
    in_flight: Semaphore,
}

/// What became of an alert that was sent.
enum Sent {
    New,
    Known,
    Refused(QueueError),
    Unknown(PublishError),
}

impl NatsQueue {
    pub(crate) async fn open(settings: &NatsSettings) -> Result<Self, QueueError> {
        let counters = Arc::new(Counters::default());
        let client = stream::connect(settings, &counters).await?;
        let context = stream::context(client.clone());
        stream::ensure_stream(&context, settings).await?;
        Ok(Self {
            shared: Arc::new(Shared {
                settings: settings.clone(),
                client,
                context,
                counters,
            }),
            in_flight: Semaphore::new(IN_FLIGHT_MAX),
        })
    }

    fn subject(&self, alert: &QueuedAlert) -> String {
        let settings = &self.shared.settings;
        let partition = Partitions::of_key(settings.partitions, alert.key);
        format!("{}.{partition}", settings.subject)
    }

    async fn send(&self, alert: &QueuedAlert) -> Result<PublishAckFuture, PublishError> {
        let message = PublishMessage::build()
            .payload(alert.payload.clone())
            .message_id(alert.id.to_string());
        let context = &self.shared.context;
        context.send_publish(self.subject(alert), message).await
    }

    fn judge(&self, alert: &QueuedAlert, error: PublishError) -> Sent {
        if error.kind() == PublishErrorKind::MaxPayloadExceeded {
            return Sent::Refused(QueueError::TooLarge {
                id: alert.id,
                bytes: alert.payload.len(),
                bytes_max: self.shared.client.server_info().max_payload,
            });
        }
        let source = std::error::Error::source(&error);
        let answer = source.and_then(|source| source.downcast_ref::<jetstream::Error>());
        match answer.map(jetstream::Error::error_code) {
            Some(ErrorCode::STREAM_STORE_FAILED) => Sent::Refused(QueueError::Full {
                bytes_max: self.shared.settings.bytes_max.get(),
            }),
            _ => Sent::Unknown(error),
        }
    }

    /// Sends alerts at once, then waits for the answers.
    async fn try_window(&self, alerts: &[&QueuedAlert]) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(alerts.len());
        for alert in alerts {
            sent.push(self.send(alert).await);
        }
        // All at once: the time that an answer may take begins when it is waited for.
        let answers = join_all(sent.into_iter().map(async |sent| match sent {
            Ok(answer) => answer.await,
            Err(error) => Err(error),
        }));
        let judged = alerts.iter().zip(answers.await);
        let judged = judged.map(|(alert, answer)| match answer {
            Ok(answer) if answer.duplicate => Sent::Known,
            Ok(_) => Sent::New,
            Err(error) => self.judge(alert, error),
        });
        judged.collect()
    }

    async fn publish_window(&self, window: &[QueuedAlert]) -> Result<(), QueueError> {
        let counters = &self.shared.counters;
        let give_up = Instant::now() + PUBLISH_PATIENCE;
        let mut due: Vec<&QueuedAlert> = window.iter().collect();
        loop {
            let results = self.try_window(&due).await;
            let mut again = Vec::new();
            let mut unknown = None;
            let mut refused = None;
            for (alert, result) in due.into_iter().zip(results) {
                match result {
                    Sent::New => counters.published.add(1),
                    Sent::Known => {
                        counters.published.add(1);
                        counters.duplicates.add(1);
                    }
                    Sent::Refused(error) => {
                        if matches!(error, QueueError::Full { .. }) {
                            counters.full.add(1);
                        }
                        refused = Some(error);
                    }
                    Sent::Unknown(error) => {
                        again.push(alert);
                        unknown = Some(error);
                    }
                }
            }
            match (refused, unknown) {
                (Some(error), _) => return Err(error),
                (None, None) => return Ok(()),
                (None, Some(error)) if Instant::now() >= give_up => {
                    return Err(NatsError::Publish {
                        count: again.len(),
                        source: error.into(),
                    }
                    .into());
                }
                (None, Some(error)) => {
                    tracing::debug!(%error, count = again.len(), "alerts are sent again");
                }
            }
            due = again;
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[async_trait]
impl AlertQueue for NatsQueue {
    async fn publish(&self, alerts: Vec<QueuedAlert>) -> Result<(), QueueError> {
        for window in alerts.chunks(WINDOW) {
            let count = u32::try_from(window.len()).unwrap_or(u32::MAX);
            // All of a window at once: publishers that each hold a part would wait for each other.
            let _in_flight = self.in_flight.acquire_many(count).await;
            self.publish_window(window).await?;
        }
        Ok(())
    }

    async fn consumer(&self) -> Result<Box<dyn Consumer>, QueueError> {
        let shared = Arc::clone(&self.shared);
        match self.shared.settings.partitions {
            None => Ok(Box::new(consumer::NatsConsumer::join(shared).await?)),
            Some(_) => Ok(Box::new(ordered::OrderedConsumer::join(shared).await?)),
        }
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        let settings = &self.shared.settings;
        let stream = self
            .shared
            .context
            .get_stream(&settings.stream)
            .await
            .map_err(|error| NatsError::Stream {
                action: "look at",
                stream: settings.stream.clone(),
                source: error.into(),
            })?;
        let state = &stream.cached_info().state;
        let oldest_age = match state.messages {
            0 => Duration::ZERO,
            // The clocks of server and collector may differ.
            _ => SystemTime::from(state.first_timestamp)
                .elapsed()
                .unwrap_or_default(),
        };
        Ok(QueueStats {
            depth: state.messages,
            bytes: state.bytes,
            bytes_max: settings.bytes_max.get(),
            oldest_age,
        })
    }

    fn counters(&self) -> QueueCounters {
        self.shared.counters.read()
    }
}
