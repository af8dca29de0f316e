//! One segment file: what of it was read, is under way, and is acknowledged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use saker_proto::v1::Priority;

use crate::directory::Directory;
use crate::error::SpoolError;
use crate::frame::{FRAME_BYTES_MAX, Frames, Piece, SEGMENT_HEADER_BYTES, count};
use crate::record::{BatchLimits, Record};

/// Bytes of the file that are read at once, at least.
const READ_BYTES_MIN: u64 = 1 << 16;

/// A segment file.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) sequence: u64,
    pub(crate) path: PathBuf,
    pub(crate) salt: u32,
    /// Where the records end.
    pub(crate) end: u64,
    /// Bytes of the file.
    pub(crate) file_bytes: u64,
    /// Records that were found or written, without those that had been acknowledged before.
    pub(crate) records: u64,
    /// Of them, those that are acknowledged.
    acknowledged: u64,
    /// Up to here all is acknowledged.
    acknowledged_to: u64,
    /// Up to here all was handed out once.
    read_to: u64,
    /// What was handed out beyond `acknowledged_to`, by its begin.
    ranges: BTreeMap<u64, Handout>,
}

#[derive(Debug)]
struct Handout {
    end: u64,
    records: u64,
    /// Of its first record.
    spooled_unix_ns: Option<u64>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    UnderWay,
    Returned,
    Acknowledged,
}

/// Records that were read for a batch.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) records: Vec<Record>,
    /// Begin of their range, to acknowledge or return it by.
    pub(crate) start: u64,
    /// Whether the limits ended it.
    pub(crate) is_full: bool,
}

/// Whether a record may be larger than the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oversize {
    /// If it is the first.
    First,
    Never,
}

/// What was read of a segment.
#[derive(Debug, Default)]
struct Stretch {
    records: Vec<Record>,
    end: u64,
    is_full: bool,
}

impl Segment {
    /// A segment without records.
    pub(crate) fn new(sequence: u64, path: PathBuf, salt: u32) -> Self {
        Self {
            sequence,
            path,
            salt,
            end: SEGMENT_HEADER_BYTES,
            file_bytes: SEGMENT_HEADER_BYTES,
            records: 0,
            acknowledged: 0,
            acknowledged_to: SEGMENT_HEADER_BYTES,
            read_to: SEGMENT_HEADER_BYTES,
            ranges: BTreeMap::new(),
        }
    }

    /// Begins behind what was acknowledged earlier.
    pub(crate) fn skip_to(&mut self, offset: u64) {
        self.acknowledged_to = offset.clamp(SEGMENT_HEADER_BYTES, self.end);
        self.read_to = self.acknowledged_to;
    }

    /// Takes note of records that were written.
    pub(crate) fn grow(&mut self, records: u64, bytes: u64) {
        self.records = self.records.saturating_add(records);
        self.end = self.end.saturating_add(bytes);
        self.file_bytes = self.file_bytes.max(self.end);
    }

    /// Records that nobody has acknowledged.
    pub(crate) fn pending(&self) -> u64 {
        self.records.saturating_sub(self.acknowledged)
    }

    /// Where all before is acknowledged.
    pub(crate) fn acknowledged_to(&self) -> u64 {
        self.acknowledged_to
    }

    /// Whether somebody has records of it and has not answered.
    pub(crate) fn is_under_way(&self) -> bool {
        self.ranges
            .values()
            .any(|range| range.state == State::UnderWay)
    }

    pub(crate) fn records_under_way(&self) -> u64 {
        self.ranges
            .values()
            .filter(|range| range.state == State::UnderWay)
            .fold(0, |sum, range| sum.saturating_add(range.records))
    }

    /// Whether all was handed out and acknowledged, damaged records included.
    pub(crate) fn is_done(&self) -> bool {
        self.read_to >= self.end && self.ranges.is_empty()
    }

    /// Whether there is something to hand out.
    pub(crate) fn has_more(&self) -> bool {
        self.read_to < self.end || self.returned().is_some()
    }

    fn returned(&self) -> Option<(u64, u64)> {
        self.ranges
            .iter()
            .find(|(_, range)| range.state == State::Returned)
            .map(|(start, range)| (*start, range.end))
    }

    /// Hands out records: what was returned first. Without records when all that is left is damaged.
    pub(crate) fn take(
        &mut self,
        priority: Priority,
        limits: BatchLimits,
        oversize: Oversize,
    ) -> Result<Taken, SpoolError> {
        let returned = self.returned();
        let (start, stop) = returned.unwrap_or((self.read_to, self.end));
        let stretch = match self.read(start, stop, priority, limits, oversize) {
            // They cannot be read by trying again, and count as damaged when the segment is done with.
            Err(error) if error.is_final() => {
                tracing::error!(
                    error = crate::error::chain(&error),
                    "alerts in the spool are lost"
                );
                Stretch {
                    end: stop,
                    ..Stretch::default()
                }
            }
            read => read?,
        };
        let Stretch {
            records,
            end,
            is_full,
        } = stretch;
        if let Some(range) = returned.and_then(|_| self.ranges.remove(&start))
            && end < range.end
        {
            // The limits end before it does: the rest keeps waiting.
            let rest = Handout {
                records: range.records.saturating_sub(count(records.len())),
                spooled_unix_ns: None,
                ..range
            };
            self.ranges.insert(end, rest);
        }
        self.read_to = self.read_to.max(end);
        let state = if records.is_empty() {
            State::Acknowledged
        } else {
            State::UnderWay
        };
        if end > start {
            let handout = Handout {
                end,
                records: count(records.len()),
                spooled_unix_ns: records.first().map(|record| record.spooled_unix_ns),
                state,
            };
            self.ranges.insert(start, handout);
        }
        self.settle();
        Ok(Taken {
            records,
            start,
            is_full,
        })
    }

    /// Reads records from `start`.
    fn read(
        &self,
        start: u64,
        stop: u64,
        priority: Priority,
        limits: BatchLimits,
        oversize: Oversize,
    ) -> Result<Stretch, SpoolError> {
        let mut records = Vec::new();
        let mut is_full = false;
        let mut bytes_left = limits.max_bytes;
        let mut at = start;
        let mut length = count(limits.max_bytes).clamp(READ_BYTES_MIN, FRAME_BYTES_MAX);
        'chunks: while at < stop {
            let chunk_end = stop.min(at.saturating_add(length));
            let bytes = Directory::read(&self.path, at, chunk_end.saturating_sub(at))?;
            let is_cut = count(bytes.len()) < chunk_end.saturating_sub(at);
            let before = at;
            for piece in Frames::new(Bytes::from(bytes), at, self.salt) {
                match piece {
                    Piece::Frame(frame) => {
                        let may_exceed = records.is_empty() && oversize == Oversize::First;
                        let fits =
                            frame.payload.len() <= bytes_left && records.len() < limits.max_records;
                        if !may_exceed && !fits {
                            is_full = true;
                            break 'chunks;
                        }
                        bytes_left = bytes_left.saturating_sub(frame.payload.len());
                        at = frame.range.end;
                        records.push(Record {
                            id: frame.id,
                            priority,
                            spooled_unix_ns: frame.spooled_unix_ns,
                            payload: frame.payload,
                        });
                    }
                    Piece::Damaged(range) | Piece::Garbage(range) => at = range.end,
                    Piece::Incomplete { .. } => {}
                }
            }
            if is_cut {
                // Somebody shortened the file: there is no more.
                at = stop;
            } else if at == before {
                // No progress: the frame is longer than the chunk, or what is left is none.
                if chunk_end == stop {
                    at = stop;
                }
                length = FRAME_BYTES_MAX;
            }
        }
        Ok(Stretch {
            records,
            end: at,
            is_full,
        })
    }

    /// The destination has what was handed out from `start`. Says how many records.
    pub(crate) fn acknowledge(&mut self, start: u64) -> u64 {
        let Some(range) = self.ranges.get_mut(&start) else {
            return 0;
        };
        range.state = State::Acknowledged;
        let records = range.records;
        self.acknowledged = self.acknowledged.saturating_add(records);
        self.settle();
        records
    }

    /// What was handed out from `start` comes back.
    pub(crate) fn give_back(&mut self, start: u64) {
        if let Some(range) = self.ranges.get_mut(&start) {
            range.state = State::Returned;
        }
    }

    fn settle(&mut self) {
        while let Some(first) = self.ranges.first_entry() {
            if *first.key() != self.acknowledged_to || first.get().state != State::Acknowledged {
                break;
            }
            self.acknowledged_to = first.remove().end;
        }
    }

    /// When the oldest record that is not acknowledged was spooled, as far as that is known.
    pub(crate) fn oldest_unix_ns(&self) -> Option<u64> {
        if self.pending() == 0 {
            return None;
        }
        if let Some(first) = self.ranges.get(&self.acknowledged_to)
            && first.spooled_unix_ns.is_some()
        {
            return first.spooled_unix_ns;
        }
        let limits = BatchLimits {
            max_records: 1,
            max_bytes: 1,
        };
        let read = self.read(
            self.acknowledged_to,
            self.end,
            Priority::Unspecified,
            limits,
            Oversize::First,
        );
        read.ok()?
            .records
            .first()
            .map(|record| record.spooled_unix_ns)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
