//! What is given up when there is no room: the least urgent first, and of that the oldest.

use saker_proto::v1::Priority;

use super::Spool;
use crate::loss::LossReason;
use crate::priority::PRIORITIES;

/// Whether there is room now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// A segment is gone.
    Made,
    /// All that is there is more urgent, or under way.
    None,
}

/// What may be given up for a record of some priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sacrifice {
    /// What is as urgent, too: it is older.
    UpToSamePriority(Priority),
    /// What is less urgent only.
    BelowPriority(Priority),
    /// Anything.
    Any,
}

impl Sacrifice {
    fn allows(self, priority: Priority) -> bool {
        // A greater number is more urgent.
        match self {
            Self::UpToSamePriority(highest) => i32::from(priority) <= i32::from(highest),
            Self::BelowPriority(limit) => i32::from(priority) < i32::from(limit),
            Self::Any => true,
        }
    }
}

impl Spool {
    /// Gives up one segment: one that costs nothing, or the oldest of the least urgent priority. None of which
    /// records are under way: they may have arrived, and would be counted twice.
    pub(super) fn give_up(&mut self, sacrifice: Sacrifice, reason: LossReason) -> Room {
        for priority in PRIORITIES.into_iter().rev() {
            if let Some(index) = self.lanes.get(priority).done_segment(true) {
                self.remove_segment(priority, index, LossReason::Corrupt);
                return Room::Made;
            }
        }
        let allowed = PRIORITIES
            .into_iter()
            .rev()
            .filter(|priority| sacrifice.allows(*priority));
        for priority in allowed {
            if let Some(index) = self.lanes.get(priority).oldest_droppable() {
                let records = self.remove_segment(priority, index, reason);
                tracing::debug!(
                    priority = crate::priority::priority_name(priority),
                    reason = reason.as_str(),
                    records,
                    "gave alerts in the spool up"
                );
                return Room::Made;
            }
        }
        Room::None
    }
}
