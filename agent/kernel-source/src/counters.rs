//! What became of every event.

use crate::KernelSourceError;
use crate::error::map_error;
use aya::maps::{MapData, PerCpuArray};
use saker_event_schema::{EVENTS_MAX, EventId};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one event, summed over processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// Events that a program decided to report.
    pub emitted: u64,
    /// Lost: no scratch slot.
    pub lost_no_slot: u64,
    /// Lost: ring full.
    pub lost_ring_full: u64,
    /// Lost: path walk not continued.
    pub lost_walk_failed: u64,
    /// Records that reached user space.
    pub delivered: u64,
}

impl EventCounts {
    /// Lost for whatever reason.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost_no_slot + self.lost_ring_full + self.lost_walk_failed
    }
}

/// Reads the kernel side's counters and keeps the reader's.
pub struct LossCounters {
    /// One for each object.
    kernel: Vec<PerCpuArray<MapData, [u64; 4]>>,
    delivered: Arc<Delivered>,
    programs: Vec<OwnedFd>,
}

/// Records that reached user space, by event.
#[derive(Debug)]
pub(crate) struct Delivered {
    by_event: Vec<AtomicU64>,
    /// Records too short to have a header; never seen unless kernel memory is corrupt.
    pub(crate) malformed: AtomicU64,
}

impl Delivered {
    pub(crate) fn new() -> Self {
        Self {
            by_event: (0..EVENTS_MAX).map(|_| AtomicU64::new(0)).collect(),
            malformed: AtomicU64::new(0),
        }
    }

    pub(crate) fn count(&self, event: EventId) {
        match self.by_event.get(event.index()) {
            Some(counter) => counter.fetch_add(1, Ordering::Relaxed),
            None => self.malformed.fetch_add(1, Ordering::Relaxed),
        };
    }
}

impl LossCounters {
    pub(crate) fn new(
        kernel: Vec<PerCpuArray<MapData, [u64; 4]>>,
        delivered: Arc<Delivered>,
        programs: Vec<OwnedFd>,
    ) -> Self {
        Self {
            kernel,
            delivered,
            programs,
        }
    }

    /// Times that the kernel left a program out because it was already running on the processor,
    /// summed over the programs. Such events are lost before they are counted as emitted.
    #[must_use]
    pub fn recursion_misses(&self) -> u64 {
        let programs = self.programs.iter();
        programs
            .filter_map(|program| recursion_misses(program.as_raw_fd()))
            .sum()
    }

    /// The counts of one event now. Between the kernel's count and the reader's lie the records in
    /// the rings.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::Map`] where the kernel refuses the read.
    pub fn of(&self, event: EventId) -> Result<EventCounts, KernelSourceError> {
        let mut counts = EventCounts::default();
        for object in &self.kernel {
            let processors = object
                .get(&u32::from(event.get()), 0)
                .map_err(map_error("COUNTERS"))?;
            for [emitted, no_slot, ring_full, walk_failed] in processors.iter() {
                counts.emitted += emitted;
                counts.lost_no_slot += no_slot;
                counts.lost_ring_full += ring_full;
                counts.lost_walk_failed += walk_failed;
            }
        }
        counts.delivered = self
            .delivered
            .by_event
            .get(event.index())
            .map_or(0, |counter| counter.load(Ordering::Relaxed));
        Ok(counts)
    }

    /// The counts of every row of the table that something happened to.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::Map`] where the kernel refuses the read.
    pub fn all(&self) -> Result<Vec<(EventId, EventCounts)>, KernelSourceError> {
        let mut all = Vec::new();
        for row in saker_event_schema::ROWS {
            let counts = self.of(row.id)?;
            if counts != EventCounts::default() {
                all.push((row.id, counts));
            }
        }
        Ok(all)
    }

    /// Records that had no readable header.
    #[must_use]
    pub fn malformed(&self) -> u64 {
        self.delivered.malformed.load(Ordering::Relaxed)
    }
}

fn recursion_misses(program: RawFd) -> Option<u64> {
    let information = std::fs::read_to_string(format!("/proc/self/fdinfo/{program}")).ok()?;
    let mut lines = information.lines();
    lines.find_map(|line| line.strip_prefix("recursion_misses:")?.trim().parse().ok())
}
