//! Numbers of workers and sinks.

use super::{Counters, Histograms, Labels, labels, long_times, short_times};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Numbers of what workers do.
#[derive(Debug)]
pub(crate) struct WorkerMetrics {
    /// Alerts that came out of the queue, by what became of them: `result`.
    pub(crate) alerts: Counters,
    /// Alerts that were held back to be told as one.
    pub(crate) aggregated: Counter,
    /// Notifications for sinks.
    pub(crate) notifications: Counter,
    /// Notifications for which there was no room.
    pub(crate) overflowed: Counter,
    /// What failed and was repeated, by `stage`.
    pub(crate) retries: Counters,
    /// Time to store a batch.
    pub(crate) batch: Histogram,
    /// Alerts that were forgotten because of their age.
    pub(crate) expired: Counter,
}

impl Default for WorkerMetrics {
    fn default() -> Self {
        Self {
            alerts: Counters::default(),
            aggregated: Counter::default(),
            notifications: Counter::default(),
            overflowed: Counter::default(),
            retries: Counters::default(),
            batch: short_times(),
            expired: Counter::default(),
        }
    }
}

impl WorkerMetrics {
    /// Counts alerts that came out of the queue.
    pub(crate) fn count(&self, result: &str, alerts: u64) {
        self.alerts
            .get_or_create(&labels([("result", result)]))
            .inc_by(alerts);
    }

    /// Counts a failure that is repeated.
    pub(crate) fn retried(&self, stage: &str) {
        self.retries
            .get_or_create(&labels([("stage", stage)]))
            .inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("worker");
        registry.register(
            "alerts",
            "Alerts that came out of the queue: new, duplicate (known by id), or undecodable",
            self.alerts.clone(),
        );
        registry.register(
            "aggregated",
            "New alerts that were held back to be told together with others of their group",
            self.aggregated.clone(),
        );
        registry.register(
            "notifications",
            "Notifications that sinks are to be told",
            self.notifications.clone(),
        );
        registry.register(
            "overflowed",
            "Notifications that became dead letters at once, because too many wait for the sink",
            self.overflowed.clone(),
        );
        registry.register(
            "retries",
            "Failures of queue and store that were repeated",
            self.retries.clone(),
        );
        registry.register_with_unit(
            "batch",
            "Time to store a batch of alerts",
            Unit::Seconds,
            self.batch.clone(),
        );
        registry.register(
            "expired",
            "Alerts that were forgotten because they are older than retention_days",
            self.expired.clone(),
        );
    }

    /// Makes every metric show.
    pub(super) fn exemplify(&self) {
        self.count("", 0);
        drop(self.retries.get_or_create(&labels([("stage", "")])));
    }
}

/// Numbers of what sinks are told.
#[derive(Debug)]
pub(crate) struct SinkMetrics {
    /// Notifications that were delivered.
    pub(crate) deliveries: Counters,
    /// Notifications that the sink's settings exclude.
    pub(crate) excluded: Counters,
    /// Attempts that are to be repeated.
    pub(crate) retries: Counters,
    /// Notifications that were given up.
    pub(crate) dead_letters: Counters,
    /// Time of one attempt.
    pub(crate) attempt: Histograms,
    /// From the event to the delivery.
    pub(crate) latency: Histograms,
}

impl Default for SinkMetrics {
    fn default() -> Self {
        Self {
            deliveries: Counters::default(),
            excluded: Counters::default(),
            retries: Counters::default(),
            dead_letters: Counters::default(),
            attempt: Histograms::new_with_constructor(long_times),
            latency: Histograms::new_with_constructor(long_times),
        }
    }
}

impl SinkMetrics {
    /// Labels of a sink.
    pub(crate) fn of(sink: &str) -> Labels {
        labels([("sink", sink)])
    }

    /// Labels of a notification of a sink that was given up.
    pub(crate) fn given_up(sink: &str, reason: &str) -> Labels {
        labels([("sink", sink), ("reason", reason)])
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("sink");
        registry.register(
            "deliveries",
            "Notifications that were delivered",
            self.deliveries.clone(),
        );
        registry.register(
            "excluded",
            "Notifications that the sink's own settings exclude",
            self.excluded.clone(),
        );
        registry.register(
            "retries",
            "Attempts to deliver a notification that failed and are repeated",
            self.retries.clone(),
        );
        registry.register(
            "dead_letters",
            "Notifications that were given up: rejected by the other side, too many attempts, or too old",
            self.dead_letters.clone(),
        );
        registry.register_with_unit(
            "attempt",
            "Time of an attempt to deliver a batch",
            Unit::Seconds,
            self.attempt.clone(),
        );
        registry.register_with_unit(
            "latency",
            "Time from the last event of a notification to its delivery",
            Unit::Seconds,
            self.latency.clone(),
        );
    }

    /// Makes every metric show.
    pub(super) fn exemplify(&self) {
        for family in [&self.deliveries, &self.excluded, &self.retries] {
            drop(family.get_or_create(&Self::of("")));
        }
        drop(self.dead_letters.get_or_create(&Self::given_up("", "")));
        for family in [&self.attempt, &self.latency] {
            drop(family.get_or_create(&Self::of("")));
        }
    }
}
