//! Counters that grow from several threads.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::queue::QueueCounters;

/// A count that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// See [`QueueCounters`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) published: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) full: Counter,
    pub(crate) delivered: Counter,
    pub(crate) redelivered: Counter,
    pub(crate) acknowledged: Counter,
    pub(crate) corrupted: Counter,
    pub(crate) disconnects: Counter,
}

impl Counters {
    pub(crate) fn read(&self) -> QueueCounters {
        QueueCounters {
            published: self.published.get(),
            duplicates: self.duplicates.get(),
            full: self.full.get(),
            delivered: self.delivered.get(),
            redelivered: self.redelivered.get(),
            acknowledged: self.acknowledged.get(),
            corrupted: self.corrupted.get(),
            disconnects: self.disconnects.get(),
        }
    }
}
