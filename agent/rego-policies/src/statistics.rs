//! What was counted of evaluations.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of evaluations; they only grow.
#[derive(Debug, Default)]
pub struct Statistics {
    evaluations: AtomicU64,
    nanoseconds: AtomicU64,
    over_time: AtomicU64,
    failed: AtomicU64,
    rested: AtomicU64,
    inputs_cut: AtomicU64,
}

impl Statistics {
    /// Rules that were evaluated for an event.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.evaluations.load(Relaxed)
    }

    /// Time that evaluations took together, nanoseconds.
    #[must_use]
    pub fn nanoseconds(&self) -> u64 {
        self.nanoseconds.load(Relaxed)
    }

    /// Evaluations that were stopped because they took too long.
    #[must_use]
    pub fn over_time(&self) -> u64 {
        self.over_time.load(Relaxed)
    }

    /// Evaluations that failed: conflicts, results that are too large, faults of the interpreter.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// Evaluations left out because the rule had taken too long shortly before.
    #[must_use]
    pub fn rested(&self) -> u64 {
        self.rested.load(Relaxed)
    }

    /// Inputs of which something was left out because they were too large.
    #[must_use]
    pub fn inputs_cut(&self) -> u64 {
        self.inputs_cut.load(Relaxed)
    }

    /// Counts an input of which something was left out.
    pub fn count_cut_input(&self) {
        self.inputs_cut.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_evaluation(&self, nanoseconds: u64) {
        self.evaluations.fetch_add(1, Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    pub(crate) fn count_over_time(&self) {
        self.over_time.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_failure(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_rest(&self) {
        self.rested.fetch_add(1, Relaxed);
    }
}
