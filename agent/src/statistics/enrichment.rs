//! What is counted of events that wait for facts.

use prometheus_client::metrics::histogram::Histogram;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper ends of the histogram's buckets, in seconds. An answer from a file takes milliseconds, one from
/// a runtime tens of them.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];

/// What is counted of events that wait for facts.
#[derive(Debug)]
pub(crate) struct EnrichmentStatistics {
    waits: Histogram,
    held: AtomicUsize,
    lacking: Mutex<BTreeMap<&'static str, u64>>,
}

impl Default for EnrichmentStatistics {
    fn default() -> Self {
        Self {
            waits: Histogram::new(BUCKETS),
            held: AtomicUsize::new(0),
            lacking: Mutex::default(),
        }
    }
}

impl EnrichmentStatistics {
    /// Counts an event that waited.
    pub(crate) fn waited(&self, time: Duration) {
        self.waits.observe(time.as_secs_f64());
    }

    /// Counts an event of whose container or pod something was not known.
    pub(crate) fn lacked(&self, reason: &'static str) {
        let mut lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        *lacking.entry(reason).or_default() += 1;
    }

    /// How long events waited, in seconds.
    pub(crate) fn waits(&self) -> Histogram {
        self.waits.clone()
    }

    /// Events of whose container or pod something was not known, by reason.
    pub(crate) fn lacking(&self) -> BTreeMap<&'static str, u64> {
        self.lacking
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps how many events wait now.
    pub(crate) fn store_held(&self, held: usize) {
        self.held.store(held, Relaxed);
    }

    /// How many events waited at the last look.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Relaxed)
    }
}
