//! What an earlier run left: every segment is read through once, and what is damaged is counted.

use bytes::Bytes;

use super::Spool;
use super::room::{Room, Sacrifice};
use crate::directory::{Directory, SegmentName};
use crate::error::{SpoolError, chain};
use crate::frame::{
    Frames, HeaderError, Piece, SEGMENT_BYTES_MAX, SEGMENT_HEADER_BYTES, SegmentHeader, count,
};
use crate::loss::{LossReason, Recovery};
use crate::position::{self, Stored};
use crate::priority::{PRIORITIES, PriorityTable};
use crate::segment::Segment;

/// What lies in a segment file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) records: u64,
    /// Where the last record ends.
    pub(crate) end: u64,
    pub(crate) damaged_records: u64,
    pub(crate) damaged_bytes: u64,
    /// Behind the last record, damaged or not.
    pub(crate) torn_bytes: u64,
}

/// Reads the bytes of a segment. Records that begin before `skip_to` are not counted.
pub(crate) fn contents(file: Bytes, salt: u32, skip_to: u64) -> Contents {
    let length = count(file.len());
    let header = usize::try_from(SEGMENT_HEADER_BYTES).unwrap_or(usize::MAX);
    let frames = file.slice(header.min(file.len())..);
    let mut contents = Contents {
        end: SEGMENT_HEADER_BYTES.min(length),
        ..Contents::default()
    };
    // Garbage is damage if a record follows, and torn if none does.
    let mut garbage_bytes = 0_u64;
    for piece in Frames::new(frames, SEGMENT_HEADER_BYTES, salt) {
        let (end, damaged_records) = match piece {
            Piece::Frame(frame) => {
                if frame.range.start >= skip_to {
                    contents.records = contents.records.saturating_add(1);
                }
                (frame.range.end, 0)
            }
            Piece::Damaged(range) => {
                garbage_bytes = garbage_bytes.saturating_add(range.end.saturating_sub(range.start));
                (range.end, 1)
            }
            Piece::Garbage(range) => {
                garbage_bytes = garbage_bytes.saturating_add(range.end.saturating_sub(range.start));
                continue;
            }
            Piece::Incomplete { .. } => continue,
        };
        contents.damaged_records = contents.damaged_records.saturating_add(damaged_records);
        contents.damaged_bytes = contents
            .damaged_bytes
            .saturating_add(std::mem::take(&mut garbage_bytes));
        contents.end = end;
    }
    contents.torn_bytes = length.saturating_sub(contents.end);
    contents
}

impl Spool {
    pub(super) fn recover(&mut self) -> Result<Recovery, SpoolError> {
        let mut recovery = Recovery::default();
        match position::load(&self.directory)? {
            Stored::Absent => {}
            Stored::Damaged => recovery.position_lost = true,
            Stored::Positions(positions) => self.begin_at(&positions),
        }
        for name in self.directory.segments()? {
            self.next_sequence = self.next_sequence.max(name.sequence.saturating_add(1));
            self.recover_segment(&name, &mut recovery)?;
        }
        while self.file_bytes() > self.settings.max_bytes
            && self.give_up(Sacrifice::Any, LossReason::SpoolFull) == Room::Made
        {}
        for priority in PRIORITIES {
            let lane = self.lanes.get(priority);
            recovery.records = recovery.records.saturating_add(lane.pending());
            recovery.segments = recovery.segments.saturating_add(count(lane.segments.len()));
        }
        recovery.lost = self.lost.clone();
        Ok(recovery)
    }

    fn begin_at(&mut self, positions: &PriorityTable<position::Position>) {
        for priority in PRIORITIES {
            let position = *positions.get(priority);
            self.lanes.get_mut(priority).position = position;
            self.next_sequence = self.next_sequence.max(position.sequence.saturating_add(1));
        }
    }

    fn recover_segment(
        &mut self,
        name: &SegmentName,
        recovery: &mut Recovery,
    ) -> Result<(), SpoolError> {
        let path = self.directory.path_of(name);
        let position = self.lanes.get(name.priority).position;
        if name.sequence < position.sequence {
            return Directory::remove(&path);
        }
        let read = Directory::file_bytes(&path).and_then(|bytes| {
            let read = bytes
                .map(|_| Directory::read(&path, 0, SEGMENT_BYTES_MAX))
                .transpose()?;
            Ok(bytes.zip(read))
        });
        let (file_bytes, file) = match read {
            Ok(Some((file_bytes, file))) => (file_bytes, Bytes::from(file)),
            Ok(None) => {
                tracing::warn!(path = %path.display(), "not a file, although it has the name of one");
                recovery.unreadable_segments = recovery.unreadable_segments.saturating_add(1);
                return Ok(());
            }
            Err(error) => {
                tracing::warn!(error = chain(&error), "cannot read alerts from the spool");
                recovery.unreadable_segments = recovery.unreadable_segments.saturating_add(1);
                return Ok(());
            }
        };
        let Some(header) = self.header(name, &file, recovery)? else {
            return Directory::remove(&path);
        };
        let skip_to = if name.sequence == position.sequence {
            position.offset
        } else {
            0
        };
        let found = contents(file, header.salt, skip_to);
        let behind = file_bytes.saturating_sub(found.end);
        recovery.torn_bytes = recovery.torn_bytes.saturating_add(behind);
        recovery.corrupt_bytes = recovery.corrupt_bytes.saturating_add(found.damaged_bytes);
        recovery.corrupt_records = recovery
            .corrupt_records
            .saturating_add(found.damaged_records);
        self.lost
            .add(name.priority, LossReason::Corrupt, found.damaged_records);
        if found.records == 0 {
            return Directory::remove(&path);
        }
        let mut segment = Segment::new(name.sequence, path, header.salt);
        segment.grow(
            found.records,
            found.end.saturating_sub(SEGMENT_HEADER_BYTES),
        );
        segment.file_bytes = file_bytes;
        segment.skip_to(skip_to);
        self.lanes
            .get_mut(name.priority)
            .segments
            .push_back(segment);
        Ok(())
    }

    /// The header of a segment; none if the file holds nothing that could be told from garbage.
    fn header(
        &self,
        name: &SegmentName,
        file: &[u8],
        recovery: &mut Recovery,
    ) -> Result<Option<SegmentHeader>, SpoolError> {
        let length = count(file.len());
        match SegmentHeader::parse(file) {
            Ok(header) if header.sequence == name.sequence => return Ok(Some(header)),
            Err(HeaderError::Torn) => {
                recovery.torn_bytes = recovery.torn_bytes.saturating_add(length);
            }
            Err(HeaderError::Version(version)) => {
                return Err(SpoolError::Version {
                    path: self.directory.path_of(name),
                    version,
                });
            }
            Ok(_) | Err(HeaderError::Corrupt) => {
                recovery.unreadable_segments = recovery.unreadable_segments.saturating_add(1);
                recovery.corrupt_bytes = recovery.corrupt_bytes.saturating_add(length);
            }
        }
        Ok(None)
    }
}
