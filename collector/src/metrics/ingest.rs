//! Numbers of what agents deliver.

use super::{Counters, Labels, labels, short_times};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;

/// Numbers of what agents deliver.
#[derive(Debug)]
pub(crate) struct IngestMetrics {
    /// Batches that were taken.
    pub(crate) batches: Counter,
    /// Alerts that came.
    pub(crate) received: Counter,
    /// Alerts that are in the queue.
    pub(crate) alerts: Counter,
    /// Bytes of alerts that are in the queue.
    pub(crate) bytes: Counter,
    /// Alerts that were refused, by `reason`.
    pub(crate) refused: Counters,
    /// Streams that are open.
    pub(crate) streams: Gauge,
    /// Streams that ended, by `reason`.
    pub(crate) streams_ended: Counters,
    /// Clients that were turned away, by `reason`.
    pub(crate) clients_refused: Counters,
    /// Attempts to add to the queue that failed, by `reason`.
    pub(crate) queue_retries: Counters,
    /// How long clients were not read from because they send too much.
    pub(crate) throttled: Counter<f64, AtomicU64>,
    /// From the arrival of a batch to its acknowledgement.
    pub(crate) acknowledge: Histogram,
}

impl Default for IngestMetrics {
    fn default() -> Self {
        Self {
            batches: Counter::default(),
            received: Counter::default(),
            alerts: Counter::default(),
            bytes: Counter::default(),
            refused: Counters::default(),
            streams: Gauge::default(),
            streams_ended: Counters::default(),
            clients_refused: Counters::default(),
            queue_retries: Counters::default(),
            throttled: Counter::default(),
            acknowledge: short_times(),
        }
    }
}

impl IngestMetrics {
    /// Labels of a reason.
    pub(crate) fn reason(reason: &str) -> Labels {
        labels([("reason", reason)])
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("ingest");
        registry.register(
            "batches",
            "Batches that agents delivered and that were acknowledged",
            self.batches.clone(),
        );
        registry.register(
            "received",
            "Alerts that agents delivered, refused ones and repetitions after a lost acknowledgement included",
            self.received.clone(),
        );
        registry.register(
            "alerts",
            "Alerts that were acknowledged: they are durable in the queue",
            self.alerts.clone(),
        );
        registry.register_with_unit(
            "alert",
            "Bytes of the alerts that were acknowledged",
            Unit::Bytes,
            self.bytes.clone(),
        );
        registry.register(
            "refused",
            "Alerts that were refused for good; agents count them as lost",
            self.refused.clone(),
        );
        registry.register(
            "streams",
            "Streams of agents that are open",
            self.streams.clone(),
        );
        registry.register(
            "streams_ended",
            "Streams of agents that ended, by what ended them",
            self.streams_ended.clone(),
        );
        registry.register(
            "clients_refused",
            "Requests that were turned away because of who sent them or how many there are",
            self.clients_refused.clone(),
        );
        registry.register(
            "queue_retries",
            "Attempts to add a batch to the queue that failed and were repeated or given up",
            self.queue_retries.clone(),
        );
        registry.register_with_unit(
            "throttled",
            "Time for which agents were not read from because they send more than limits.alerts_per_second",
            Unit::Seconds,
            self.throttled.clone(),
        );
        registry.register_with_unit(
            "acknowledge",
            "Time from the arrival of a batch until it was durable",
            Unit::Seconds,
            self.acknowledge.clone(),
        );
    }

    /// Makes every metric show.
    pub(super) fn exemplify(&self) {
        for family in [
            &self.refused,
            &self.streams_ended,
            &self.clients_refused,
            &self.queue_retries,
        ] {
            drop(family.get_or_create(&Self::reason("")));
        }
    }
}
