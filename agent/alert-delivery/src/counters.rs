//! What became of every alert: the numbers of each output.
//!
//! # Invariant
//!
//! Once everything is delivered or given up, for each output
//! `raised = suppressed + lost before routing + filtered + delivered + lost + left in its spool`, where what an
//! earlier run left in the spool counts as raised as well.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// Why an alert did not arrive, beside what a spool says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Too many waited, and others were more urgent or newer.
    QueueFull,
    /// It could not be rendered or written, and would not be the next time.
    Failed,
    /// The destination refused it for good.
    Refused,
    /// Nobody reads any more.
    Closed,
    /// The agent ended before the destination took it.
    Shutdown,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::QueueFull,
        Self::Failed,
        Self::Refused,
        Self::Closed,
        Self::Shutdown,
    ];

    /// As metrics name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Closed => "closed",
            Self::Shutdown => "shutdown",
        }
    }
}

/// The numbers of one output.
pub struct OutputCounters {
    name: String,
    offered: AtomicU64,
    delivered: AtomicU64,
    filtered: AtomicU64,
    retries: AtomicU64,
    lost: Mutex<BTreeMap<Loss, u64>>,
    latency: Histogram,
}

impl fmt::Debug for OutputCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputCounters")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl OutputCounters {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            offered: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            filtered: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            lost: Mutex::default(),
            // From a millisecond to nine minutes.
            latency: Histogram::new(exponential_buckets(0.001, 3.0, 13)),
        }
    }

    /// Name of the output.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Alerts that its destination has.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Relaxed)
    }

    /// Alerts that it does not take, by its filter or minimum priority.
    #[must_use]
    pub fn filtered(&self) -> u64 {
        self.filtered.load(Relaxed)
    }

    /// Attempts that failed and were made again.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.load(Relaxed)
    }

    /// Alerts that did not arrive, by reason.
    #[must_use]
    pub fn lost(&self) -> BTreeMap<Loss, u64> {
        self.lost
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// From an alert's being raised to its being delivered, seconds.
    #[must_use]
    pub fn latency(&self) -> &Histogram {
        &self.latency
    }

    pub(crate) fn count_delivered(&self, latencies: impl IntoIterator<Item = Duration>) {
        for latency in latencies {
            self.delivered.fetch_add(1, Relaxed);
            self.latency.observe(latency.as_secs_f64());
        }
    }

    /// Alerts that were put into its queue.
    pub(crate) fn offered(&self) -> u64 {
        self.offered.load(Relaxed)
    }

    pub(crate) fn count_offered(&self) {
        self.offered.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_filtered(&self) {
        self.filtered.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_lost(&self, reason: Loss, alerts: u64) {
        if alerts == 0 {
            return;
        }
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = lost.entry(reason).or_default();
        *sum = sum.saturating_add(alerts);
    }
}

/// The numbers of what all outputs share.
#[derive(Debug, Default)]
pub struct RouterCounters {
    raised: AtomicU64,
    lost: AtomicU64,
    suppressed: Mutex<BTreeMap<String, u64>>,
}

impl RouterCounters {
    /// Alerts that were handed over.
    #[must_use]
    pub fn raised(&self) -> u64 {
        self.raised.load(Relaxed)
    }

    /// Alerts that no output was offered, because too many waited to be routed.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Alerts, by rule, that another alert told of.
    #[must_use]
    pub fn suppressed(&self) -> BTreeMap<String, u64> {
        self.suppressed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn count_raised(&self, lost: u64) {
        self.raised.fetch_add(1, Relaxed);
        self.lost.fetch_add(lost, Relaxed);
    }

    pub(crate) fn count_suppressed(&self, by_rule: BTreeMap<String, u64>) {
        if by_rule.is_empty() {
            return;
        }
        let mut suppressed = self
            .suppressed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (rule, alerts) in by_rule {
            let sum = suppressed.entry(rule).or_default();
            *sum = sum.saturating_add(alerts);
        }
    }
}
