//! What was read and what was skipped.

use super::block::BlockType;
use super::error::Problem;

/// What a reader met so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sections: captures that follow one another in the file.
    pub sections: u64,
    /// Blocks of all types.
    pub blocks: u64,
    /// Events that were yielded.
    pub events: u64,
    /// Threads that were yielded.
    pub threads: u64,
    /// Descriptors that were yielded.
    pub descriptors: u64,
    /// Blocks of an unknown type, skipped.
    pub unknown_blocks: u64,
    /// Lists between events without a section header before them, skipped: what they mean there is
    /// not defined.
    pub misplaced_blocks: u64,
    /// Blocks with options such as comments in their section header, skipped.
    pub section_options: u64,
    /// Events of an unknown code, skipped: a later version wrote them.
    pub unknown_events: u64,
    /// Events whose lengths contradict one another, skipped.
    pub malformed_events: u64,
    /// Lists with a damaged entry; it and all after it were skipped.
    pub malformed_lists: u64,
    /// Whether the file ends within a block.
    pub is_truncated: bool,
    /// Whether something that is no capture follows the compressed data; it was not read.
    pub has_trailing_data: bool,
    /// The first block that was skipped as malformed: where it begins, and what is wrong.
    pub first_problem: Option<(u64, BlockType, Problem)>,
}

impl Stats {
    /// Everything that was skipped because it was not understood.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.unknown_blocks
            .saturating_add(self.misplaced_blocks)
            .saturating_add(self.unknown_events)
            .saturating_add(self.malformed_events)
            .saturating_add(self.malformed_lists)
    }
}

/// Adds one.
pub(super) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
