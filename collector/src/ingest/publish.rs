//! Adding to the queue, with patience.

use crate::metrics::{IngestMetrics, Metrics};
use saker_alert_clients::Backoff;
use saker_alert_queue::{AlertQueue, ErrorKind, QueueError, QueuedAlert};
use saker_proto::AlertId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;

/// Pauses between attempts.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Adds to the queue.
#[derive(Clone)]
pub(super) struct Publisher {
    queue: Arc<dyn AlertQueue>,
    patience: Duration,
    metrics: Arc<Metrics>,
}

/// An alert that the queue does not take.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Oversized {
    pub(super) id: AlertId,
    pub(super) reason: String,
}

impl Publisher {
    pub(super) fn new(
        queue: Arc<dyn AlertQueue>,
        patience: Duration,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            queue,
            patience,
            metrics,
        }
    }

    /// Adds alerts. When it returns they are durable, but for those that the queue does not take.
    pub(super) async fn publish(
        &self,
        mut alerts: Vec<QueuedAlert>,
    ) -> Result<Vec<Oversized>, Status> {
        let mut oversized = Vec::new();
        let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
        let deadline = Instant::now() + self.patience;
        while !alerts.is_empty() {
            let error = match self.queue.publish(alerts.clone()).await {
                Ok(()) => break,
                Err(error) => error,
            };
            if let QueueError::TooLarge { id, .. } = &error {
                let before = alerts.len();
                alerts.retain(|alert| alert.id != *id);
                if alerts.len() < before {
                    oversized.push(Oversized {
                        id: *id,
                        reason: error.to_string(),
                    });
                    continue;
                }
            }
            self.count(error.kind());
            let pause = backoff.pause();
            if error.kind() == ErrorKind::Permanent || Instant::now() + pause >= deadline {
                return Err(given_up(&error));
            }
            tokio::time::sleep(pause).await;
        }
        Ok(oversized)
    }

    fn count(&self, kind: ErrorKind) {
        let reason = match kind {
            ErrorKind::Full => "full",
            ErrorKind::Transient => "transient",
            ErrorKind::Permanent => "permanent",
        };
        self.metrics
            .ingest
            .queue_retries
            .get_or_create(&IngestMetrics::reason(reason))
            .inc();
    }
}

/// What the client is told: to come again later, with the same alerts.
fn given_up(error: &QueueError) -> Status {
    match error.kind() {
        ErrorKind::Full => Status::resource_exhausted("the collector's queue is full"),
        // What exactly is wrong is for the collector's log.
        ErrorKind::Transient | ErrorKind::Permanent => {
            tracing::error!(%error, "adding alerts to the queue failed");
            Status::unavailable("the collector's queue does not take alerts")
        }
    }
}
