//! The records of one priority, oldest first: segments, then what only the memory holds.

use std::collections::VecDeque;
use std::fs::File;

use crate::position::Position;
use crate::record::Record;
use crate::segment::Segment;

/// What the account of a record in memory has beside its payload.
const RECORD_OVERHEAD_BYTES: u64 = 64;

#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// By sequence.
    pub(crate) segments: VecDeque<Segment>,
    /// The last segment, if it may grow.
    pub(crate) writer: Option<Writer>,
    /// Records that the disk did not take.
    pub(crate) memory: VecDeque<Record>,
    /// Where all before is acknowledged, for when there is no segment.
    pub(crate) position: Position,
}

/// A file that grows.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) file: File,
    /// Whether something was not written through.
    pub(crate) is_dirty: bool,
}

impl Lane {
    /// Records on disk that are not acknowledged.
    pub(crate) fn pending(&self) -> u64 {
        self.segments
            .iter()
            .fold(0, |sum, segment| sum.saturating_add(segment.pending()))
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        self.segments
            .iter()
            .fold(0, |sum, segment| sum.saturating_add(segment.file_bytes))
    }

    pub(crate) fn has_more(&self) -> bool {
        !self.memory.is_empty() || self.segments.iter().any(Segment::has_more)
    }

    pub(crate) fn segment_mut(&mut self, sequence: u64) -> Option<&mut Segment> {
        let index = self
            .segments
            .binary_search_by_key(&sequence, |segment| segment.sequence)
            .ok()?;
        self.segments.get_mut(index)
    }

    /// Takes a segment out of the account. Its file is still there.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Segment> {
        let is_last = index.saturating_add(1) == self.segments.len();
        let segment = self.segments.remove(index)?;
        if is_last {
            self.writer = None;
        }
        if index == 0 {
            let end = Position {
                sequence: segment.sequence,
                offset: segment.end,
            };
            self.position = self.position.max(end);
        }
        Some(segment)
    }

    /// The index of a segment that is acknowledged altogether; of one that may still grow only if asked for.
    pub(crate) fn done_segment(&self, with_growing: bool) -> Option<usize> {
        let growing = self
            .segments
            .len()
            .checked_sub(1)
            .filter(|_| self.writer.is_some());
        self.segments
            .iter()
            .enumerate()
            .find(|(index, segment)| segment.is_done() && (with_growing || Some(*index) != growing))
            .map(|(index, _)| index)
    }

    /// The index of the oldest segment of which nothing is under way.
    pub(crate) fn oldest_droppable(&self) -> Option<usize> {
        self.segments
            .iter()
            .position(|segment| !segment.is_under_way())
    }

    pub(crate) fn acknowledged(&self) -> Position {
        self.segments
            .front()
            .map_or(self.position, |segment| Position {
                sequence: segment.sequence,
                offset: segment.acknowledged_to(),
            })
    }

    pub(crate) fn oldest_unix_ns(&self) -> Option<u64> {
        let on_disk = self.segments.iter().find_map(Segment::oldest_unix_ns);
        on_disk.or_else(|| self.memory.front().map(|record| record.spooled_unix_ns))
    }
}

/// What a record in memory counts for.
pub(crate) fn memory_bytes(record: &Record) -> u64 {
    crate::frame::count(record.payload.len()).saturating_add(RECORD_OVERHEAD_BYTES)
}
