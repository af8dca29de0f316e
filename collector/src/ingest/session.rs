//! One stream of an agent.

use super::publish::{Oversized, Publisher};
use super::{Ingest, Rates};
use crate::clients::{Client, StreamPlace};
use crate::metrics::{IngestMetrics, Metrics};
use futures_util::stream::{self, BoxStream, StreamExt};
use saker_alert_intake::{Limits, Screened, screen};
use saker_alert_queue::QueuedAlert;
use saker_proto::{AlertId, v1};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

/// One stream of an agent, and all that it needs.
pub(super) struct Session {
    client: Client,
    node: Option<Arc<str>>,
    limits: Limits,
    idle: Duration,
    ends: Instant,
    batches_in_flight: usize,
    burst: u32,
    publisher: Publisher,
    rates: Arc<Rates>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    _open: Open,
}

/// Counts the stream for as long as it is open.
struct Open {
    metrics: Arc<Metrics>,
    _place: StreamPlace,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.metrics.ingest.streams.dec();
    }
}

/// What a stream says, and what ended it.
struct Reader {
    session: Arc<Session>,
    messages: Streaming<v1::DeliverRequest>,
    sequence: u64,
    has_ended: bool,
}

/// A batch that was looked at, to be added to the queue.
struct Batch {
    sequence: u64,
    screened: Screened,
    arrived: Instant,
}

impl Session {
    pub(super) fn new(ingest: &Ingest, client: Client, place: StreamPlace) -> Self {
        ingest.metrics.ingest.streams.inc();
        Self {
            node: ingest.proven_node(&client),
            client,
            limits: Limits {
                alert_bytes_max: ingest.limits.alert_bytes,
            },
            idle: ingest.limits.idle,
            ends: Instant::now() + ingest.limits.age,
            batches_in_flight: ingest.limits.batches_in_flight,
            burst: ingest.limits.alerts_per_second.get(),
            publisher: ingest.publisher.clone(),
            rates: Arc::clone(&ingest.rates),
            metrics: Arc::clone(&ingest.metrics),
            stop: ingest.stop.clone(),
            _open: Open {
                metrics: Arc::clone(&ingest.metrics),
                _place: place,
            },
        }
    }

    /// What the stream is answered: an acknowledgement for each batch, in order.
    pub(super) fn responses(
        self,
        messages: Streaming<v1::DeliverRequest>,
    ) -> BoxStream<'static, Result<v1::DeliverResponse, Status>> {
        let batches_in_flight = self.batches_in_flight;
        let session = Arc::new(self);
        let reader = Reader {
            session: Arc::clone(&session),
            messages,
            sequence: 0,
            has_ended: false,
        };
        stream::unfold(reader, |mut reader| async {
            let batch = reader.next().await?;
            Some((batch, reader))
        })
        .map(move |batch| {
            let session = Arc::clone(&session);
            async move { session.settle(batch?).await }
        })
        .buffered(batches_in_flight)
        .boxed()
    }

    /// Waits until this many more alerts do not exceed the client's rate.
    async fn throttle(&self, alerts: usize) {
        let mut alerts = u32::try_from(alerts).unwrap_or(u32::MAX);
        let begun = Instant::now();
        while let Some(some) = NonZeroU32::new(alerts.min(self.burst)) {
            // It refuses only more than a burst.
            if self
                .rates
                .until_key_n_ready(&self.client.name, some)
                .await
                .is_err()
            {
                break;
            }
            alerts -= some.get();
        }
        let waited = begun.elapsed();
        if waited > Duration::from_millis(1) {
            self.metrics.ingest.throttled.inc_by(waited.as_secs_f64());
        }
    }

    /// Adds a batch to the queue, and acknowledges it.
    async fn settle(&self, batch: Batch) -> Result<v1::DeliverResponse, Status> {
        let Batch {
            sequence,
            screened,
            arrived,
        } = batch;
        let metrics = &self.metrics.ingest;
        let mut refused: Vec<v1::RefusedAlert> = Vec::new();
        for alert in &screened.refused {
            self.count_refused(alert.refusal.name());
            refused.push(v1::RefusedAlert {
                sequence,
                index: alert.index,
                reason: alert.refusal.to_string(),
            });
        }
        let places: Vec<(AlertId, u32)> = screened
            .admitted
            .iter()
            .map(|alert| (alert.id, alert.index))
            .collect();
        let bytes: usize = screened
            .admitted
            .iter()
            .map(|alert| alert.payload.len())
            .sum();
        let count = screened.admitted.len();
        let alerts = screened.admitted.into_iter().map(queued).collect();
        let oversized = self.publisher.publish(alerts).await?;
        metrics.batches.inc();
        metrics
            .alerts
            .inc_by(as_count(count.saturating_sub(oversized.len())));
        metrics.bytes.inc_by(as_count(bytes));
        metrics.acknowledge.observe(arrived.elapsed().as_secs_f64());
        for Oversized { id, reason } in oversized {
            self.count_refused("queue_limit");
            let place = places.iter().find(|(placed, _)| *placed == id);
            refused.extend(place.map(|(_, index)| v1::RefusedAlert {
                sequence,
                index: *index,
                reason,
            }));
        }
        Ok(v1::DeliverResponse {
            acknowledged_sequence: sequence,
            refused,
        })
    }

    fn count_refused(&self, reason: &str) {
        let reason = IngestMetrics::reason(reason);
        self.metrics.ingest.refused.get_or_create(&reason).inc();
    }

    fn ended(&self, reason: &str) {
        let reason = IngestMetrics::reason(reason);
        self.metrics
            .ingest
            .streams_ended
            .get_or_create(&reason)
            .inc();
    }
}

impl Reader {
    /// The next batch, or why there is none.
    async fn next(&mut self) -> Option<Result<Batch, Status>> {
        if self.has_ended {
            return None;
        }
        let session = Arc::clone(&self.session);
        let message = tokio::select! {
            biased;
            () = session.stop.cancelled() => return self.end("shutdown", None),
            () = tokio::time::sleep_until(session.ends) => return self.end("age", None),
            message = tokio::time::timeout(session.idle, self.messages.message()) => message,
        };
        let request = match message {
            // What was sent in part is not acknowledged: the client has it still.
            Err(_) => return self.end("idle", None),
            Ok(Ok(None)) => return self.end("client", None),
            Ok(Ok(Some(request))) => request,
            Ok(Err(status)) => return self.end("error", Some(status)),
        };
        self.sequence = self.sequence.saturating_add(1);
        if request.sequence != self.sequence {
            let status = Status::invalid_argument(format!(
                "batch {} came, and {} was expected: they are numbered from 1 in each stream",
                request.sequence, self.sequence
            ));
            return self.end("sequence", Some(status));
        }
        let arrived = Instant::now();
        let batch = request.batch.unwrap_or_default();
        session
            .metrics
            .ingest
            .received
            .inc_by(as_count(batch.alerts.len()));
        session.throttle(batch.alerts.len()).await;
        Some(Ok(Batch {
            sequence: self.sequence,
            screened: screen(batch, &session.limits, session.node.as_deref()),
            arrived,
        }))
    }

    /// Notes what ended the stream; with a status it is told so.
    fn end(&mut self, reason: &str, status: Option<Status>) -> Option<Result<Batch, Status>> {
        self.has_ended = true;
        self.session.ended(reason);
        status.map(Err)
    }
}

fn queued(alert: saker_alert_intake::Admitted) -> QueuedAlert {
    QueuedAlert {
        id: alert.id,
        key: alert.key,
        payload: alert.payload,
    }
}

fn as_count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
