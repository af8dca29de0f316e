//! Numbers of queue, store, listener and certificates.

use super::{Gauges, gauge_of, labels};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};
use saker_alert_queue::{QueueCounters, QueueStats};
use saker_alert_store::StoreStats;
use saker_tls::{CertificateState, IncomingCounts};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// What queue and store were like when they were last asked.
#[derive(Debug, Default)]
pub(crate) struct StateMetrics {
    ready: Gauge,
    queue_depth: Gauge,
    queue_bytes: Gauge,
    queue_bytes_max: Gauge,
    queue_oldest: Gauge<f64, AtomicU64>,
    outbox: Gauges,
    dead_letters: Gauges,
    held: Gauge,
    corrupt_rows: Gauge,
    dead_letters_dropped: Gauge,
}

impl StateMetrics {
    /// Whether everything is there that alerts need.
    pub(crate) fn set_ready(&self, is_ready: bool) {
        self.ready.set(i64::from(is_ready));
    }

    /// What the queue said of itself.
    pub(crate) fn set_queue(&self, stats: &QueueStats) {
        self.queue_depth.set(gauge_of(stats.depth));
        self.queue_bytes.set(gauge_of(stats.bytes));
        self.queue_bytes_max.set(gauge_of(stats.bytes_max));
        self.queue_oldest.set(stats.oldest_age.as_secs_f64());
    }

    /// What the store said of itself.
    pub(crate) fn set_store(&self, stats: &StoreStats) {
        for (family, counts) in [
            (&self.outbox, &stats.outbox),
            (&self.dead_letters, &stats.dead_letters),
        ] {
            // Sinks whose last row is gone are not among the counts.
            family.clear();
            for (sink, count) in counts {
                family
                    .get_or_create(&labels([("sink", sink)]))
                    .set(gauge_of(*count));
            }
        }
        self.held.set(gauge_of(stats.held));
        self.corrupt_rows.set(gauge_of(stats.corrupt_rows));
        self.dead_letters_dropped
            .set(gauge_of(stats.dead_letters_dropped));
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "ready",
            "1 while queue and store, as far as the roles need them, can be reached",
            self.ready.clone(),
        );
        registry.register(
            "queue_depth",
            "Alerts in the queue that were not acknowledged by a worker; for autoscaling",
            self.queue_depth.clone(),
        );
        registry.register_with_unit(
            "queue",
            "Bytes of the alerts in the queue",
            Unit::Bytes,
            self.queue_bytes.clone(),
        );
        registry.register_with_unit(
            "queue_max",
            "Bound of the queue; beyond it nothing more is acknowledged to agents",
            Unit::Bytes,
            self.queue_bytes_max.clone(),
        );
        registry.register_with_unit(
            "queue_oldest",
            "Age of the oldest alert in the queue; for autoscaling",
            Unit::Seconds,
            self.queue_oldest.clone(),
        );
        registry.register(
            "outbox",
            "Notifications that a sink has yet to be told",
            self.outbox.clone(),
        );
        registry.register(
            "dead_letters",
            "Notifications that were given up and are kept in the store",
            self.dead_letters.clone(),
        );
        registry.register(
            "held",
            "Alerts that are held back until the window of their group is over",
            self.held.clone(),
        );
        registry.register(
            "store_corrupt_rows",
            "Rows of the store that cannot be read and were skipped, since the start",
            self.corrupt_rows.clone(),
        );
        registry.register(
            "store_dead_letters_dropped",
            "Dead letters that made room for newer ones, since the start",
            self.dead_letters_dropped.clone(),
        );
    }

    /// Makes every metric show.
    pub(super) fn exemplify(&self) {
        for family in [&self.outbox, &self.dead_letters] {
            drop(family.get_or_create(&labels([("sink", "")])));
        }
    }
}

/// What others count, read when the metrics are asked for.
#[derive(Default)]
pub(crate) struct Sampled {
    /// Of the queue.
    pub(crate) queue: Option<Box<dyn Fn() -> QueueCounters + Send + Sync>>,
    /// Of the listener.
    pub(crate) incoming: Option<Arc<IncomingCounts>>,
    /// Of the listener's certificate.
    pub(crate) certificate: Option<Box<dyn Fn() -> CertificateState + Send + Sync>>,
}

impl fmt::Debug for Sampled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampled").finish_non_exhaustive()
    }
}

impl Collector for Sampled {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if let Some(queue) = &self.queue {
            encode_queue(&mut encoder, &queue())?;
        }
        if let Some(incoming) = &self.incoming {
            encode_incoming(&mut encoder, incoming)?;
        }
        let Some(certificate) = &self.certificate else {
            return Ok(());
        };
        let state = certificate();
        if let Some(not_after) = state.not_after {
            gauge(
                &mut encoder,
                "certificate_expiry_timestamp_seconds",
                "When the certificate that agents are shown ceases to be valid, seconds since the epoch",
                not_after.as_second(),
            )?;
        }
        counters(
            &mut encoder,
            "certificate_renewals",
            "Renewed certificates, keys and authorities that were found: used, or of no use",
            "result",
            &[("used", state.renewals), ("unusable", state.failures)],
        )
    }
}

fn encode_queue(encoder: &mut DescriptorEncoder<'_>, counters_: &QueueCounters) -> fmt::Result {
    counters(
        encoder,
        "queue_alerts",
        "What happened to alerts at the queue, seen from this process",
        "change",
        &[
            ("published", counters_.published),
            ("duplicate", counters_.duplicates),
            ("full", counters_.full),
            ("delivered", counters_.delivered),
            ("redelivered", counters_.redelivered),
            ("acknowledged", counters_.acknowledged),
            ("corrupted", counters_.corrupted),
        ],
    )?;
    counter(
        encoder,
        "queue_disconnects",
        "Times the connection to the queue's server was lost",
        counters_.disconnects,
    )
}

fn encode_incoming(encoder: &mut DescriptorEncoder<'_>, counts: &IncomingCounts) -> fmt::Result {
    counter(
        encoder,
        "connections",
        "Connections that were accepted, with their handshakes done",
        counts.accepted(),
    )?;
    counters(
        encoder,
        "connections_refused",
        "Connections that came to nothing",
        "reason",
        &[
            ("handshake_failed", counts.handshakes_failed()),
            ("handshake_timeout", counts.handshakes_timed_out()),
            ("address_limit", counts.refused()),
            ("accept_error", counts.accept_errors()),
        ],
    )
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: i64) -> fmt::Result {
    let gauge = ConstGauge::new(value);
    let descriptor = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
    gauge.encode(descriptor)
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    let counter = ConstCounter::new(value);
    let descriptor = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
    counter.encode(descriptor)
}

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &'static str,
    values: &[(&str, u64)],
) -> fmt::Result {
    let kind = ConstCounter::new(0u64).metric_type();
    let mut descriptor = encoder.encode_descriptor(name, help, None, kind)?;
    for (value, count) in values {
        ConstCounter::new(*count).encode(descriptor.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}
