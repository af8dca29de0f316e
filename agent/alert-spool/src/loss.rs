//! What is lost, and what is there: nothing is dropped without a number.

use saker_proto::v1::Priority;
use std::time::Duration;

use crate::priority::{PRIORITIES, PriorityTable};

/// Why a record will not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossReason {
    /// The spool has its `max_bytes`, and others were more urgent or newer.
    SpoolFull,
    /// The file system had no room, nor had the memory that stands in for it.
    DiskFull,
    /// The file system failed otherwise, and the memory that stands in for it was full.
    DiskFailed,
    /// Larger than a record may be.
    TooLarge,
    /// Damaged in its file.
    Corrupt,
}

/// All reasons, in their order.
pub const LOSS_REASONS: [LossReason; 5] = [
    LossReason::SpoolFull,
    LossReason::DiskFull,
    LossReason::DiskFailed,
    LossReason::TooLarge,
    LossReason::Corrupt,
];

impl LossReason {
    /// As metrics name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SpoolFull => "spool_full",
            Self::DiskFull => "disk_full",
            Self::DiskFailed => "disk_failed",
            Self::TooLarge => "too_large",
            Self::Corrupt => "corrupt",
        }
    }
}

/// Numbers of lost records, by priority and reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    spool_full: PriorityTable<u64>,
    disk_full: PriorityTable<u64>,
    disk_failed: PriorityTable<u64>,
    too_large: PriorityTable<u64>,
    corrupt: PriorityTable<u64>,
}

impl Losses {
    /// Records of this priority that were lost for this reason.
    #[must_use]
    pub fn get(&self, priority: Priority, reason: LossReason) -> u64 {
        *self.table(reason).get(priority)
    }

    /// All records that were lost.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.iter()
            .fold(0, |sum, (_, _, records)| sum.saturating_add(records))
    }

    /// What is not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Priority, LossReason, u64)> + '_ {
        LOSS_REASONS.into_iter().flat_map(move |reason| {
            PRIORITIES.into_iter().filter_map(move |priority| {
                let records = self.get(priority, reason);
                (records > 0).then_some((priority, reason, records))
            })
        })
    }

    pub(crate) fn add(&mut self, priority: Priority, reason: LossReason, records: u64) {
        let count = self.table_mut(reason).get_mut(priority);
        *count = count.saturating_add(records);
    }

    /// What came after `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let mut difference = Self::default();
        for (priority, reason, records) in self.iter() {
            let before = earlier.get(priority, reason);
            difference.add(priority, reason, records.saturating_sub(before));
        }
        difference
    }

    fn table(&self, reason: LossReason) -> &PriorityTable<u64> {
        match reason {
            LossReason::SpoolFull => &self.spool_full,
            LossReason::DiskFull => &self.disk_full,
            LossReason::DiskFailed => &self.disk_failed,
            LossReason::TooLarge => &self.too_large,
            LossReason::Corrupt => &self.corrupt,
        }
    }

    fn table_mut(&mut self, reason: LossReason) -> &mut PriorityTable<u64> {
        match reason {
            LossReason::SpoolFull => &mut self.spool_full,
            LossReason::DiskFull => &mut self.disk_full,
            LossReason::DiskFailed => &mut self.disk_failed,
            LossReason::TooLarge => &mut self.too_large,
            LossReason::Corrupt => &mut self.corrupt,
        }
    }
}

/// What became of records that were appended: `durable + in_memory + refused` of the lost ones is their
/// number. Older records may have been lost for them, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Records in their files: written through, unless the spool does that at intervals.
    pub durable: u64,
    /// Records that only the memory holds, because the disk took none. They go to disk when it does again.
    pub in_memory: u64,
    /// Of the appended records, those that were lost at once. `lost` has them, too.
    pub refused: u64,
    /// Records that were lost, also older ones that made room.
    pub lost: Losses,
}

/// What was found when the spool was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records that wait.
    pub records: u64,
    /// Segment files that hold them.
    pub segments: u64,
    /// Bytes at the ends of files whose writing was interrupted. What they belonged to was never promised.
    pub torn_bytes: u64,
    /// Bytes that are no records: damaged.
    pub corrupt_bytes: u64,
    /// Damaged records that could be told apart. `corrupt_bytes` contains theirs.
    pub corrupt_records: u64,
    /// Segment files that could not be read, and are still there, or that held nothing but garbage, and are not.
    pub unreadable_segments: u64,
    /// Whether the file that says what was acknowledged was damaged: records are delivered again.
    pub position_lost: bool,
    /// Records that were dropped because the spool is smaller now.
    pub lost: Losses,
}

/// A spool in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpoolStats {
    /// Records that wait or are under way.
    pub records: u64,
    /// Of them, those that only the memory holds.
    pub memory_records: u64,
    /// Records under way: handed out and not acknowledged.
    pub records_under_way: u64,
    /// Bytes of the segment files.
    pub bytes: u64,
    /// How long the oldest record has waited; none without records.
    pub oldest_age: Option<Duration>,
    /// Lost since the spool was opened.
    pub lost: Losses,
    /// Whether the disk takes no records at present.
    pub is_degraded: bool,
}
