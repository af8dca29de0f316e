//! What was read, and what was not.

use super::error::Damage;

/// Counts since the begin of the recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events that were lent.
    pub events: u64,
    /// Frames that were read.
    pub frames: u64,
    /// Places where frames are damaged; what they held is missing.
    pub frames_damaged: u64,
    /// Where the first damage is, and what it is.
    pub first_damage: Option<(u64, Damage)>,
    /// Events of rows that today's table does not have.
    pub events_unknown: u64,
    /// Events that are not what their row says.
    pub events_malformed: u64,
    /// Frames and notes of kinds that a later version writes.
    pub unknown: u64,
    /// Where the recording ends within a frame.
    pub cut_at: Option<u64>,
    /// Whether the recording was ended, and not cut off by a crash.
    pub is_complete: bool,
}

impl Stats {
    pub(super) fn damaged(&mut self, offset: u64, damage: Damage) {
        count(&mut self.frames_damaged);
        self.first_damage.get_or_insert((offset, damage));
    }
}

/// Adds one.
pub(super) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
