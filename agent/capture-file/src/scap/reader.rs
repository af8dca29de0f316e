//! From blocks to records.

use super::block::{BLOCK_BYTES_MAX, BlockType, Content, EventForm, FRAME_BYTES, Frame};
use super::error::{Problem, ScapError};
use super::event::{Layout, NoEvent};
use super::list::List;
use super::record::{Record, SnapshotItem};
use super::stats::{Stats, count};
use super::stream::Stream;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a block's type and length.
pub(super) const HEAD_BYTES: usize = 8;

/// Bytes of the length at the end of a block.
const TRAILER_BYTES: usize = 4;

/// Reads a capture.
#[derive(Debug)]
pub struct Reader<R> {
    pub(super) stream: Stream<R>,
    pub(super) place: Place,
    /// The list that is being read.
    pub(super) list: Option<List>,
    /// Bytes of the event that was lent out.
    lent: usize,
    pub(super) stats: Stats,
}

/// What may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A section header.
    Start,
    /// Anything.
    Snapshot,
    /// Events, or a section header.
    Events,
    /// Nothing.
    Done,
}

/// What was found, without borrowing from the buffer.
pub(super) enum Step {
    Start,
    Item(Box<SnapshotItem>),
    End,
    Event(u64, Layout),
    Skipped,
    Done,
}

impl<R: Read> Reader<R> {
    /// Reads from anything that is not buffered: the reader does that.
    ///
    /// # Errors
    ///
    /// When the first bytes cannot be read.
    pub fn new(source: R) -> Result<Self, ScapError> {
        let stream = Stream::new(source).map_err(|source| ScapError::Read { offset: 0, source })?;
        Ok(Self {
            stream,
            place: Place::Start,
            list: None,
            lent: 0,
            stats: Stats::default(),
        })
    }

    /// What was read and skipped so far.
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    #[cfg(test)]
    pub(super) const fn buffer_bytes(&self) -> usize {
        self.stream.buffer_bytes()
    }

    /// The next record; `None` at the end of the capture and after an error.
    ///
    /// # Errors
    ///
    /// Where the capture cannot be followed any further.
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, ScapError> {
        loop {
            return Ok(Some(match self.step() {
                Ok(Step::Event(offset, layout)) => {
                    let event = layout.event(body(self.stream.available(), self.lent));
                    Record::Event {
                        offset,
                        audience: layout.audience,
                        event,
                    }
                }
                Ok(Step::Skipped) => continue,
                Ok(Step::Start) => Record::SectionStart,
                Ok(Step::Item(item)) => Record::Snapshot(item),
                Ok(Step::End) => Record::SnapshotEnd,
                Ok(Step::Done) => return Ok(None),
                Err(error) => {
                    self.place = Place::Done;
                    self.list = None;
                    return Err(error);
                }
            }));
        }
    }

    #[inline]
    fn step(&mut self) -> Result<Step, ScapError> {
        self.stream.consume(self.lent);
        self.lent = 0;
        if let Some(list) = self.list {
            return self.step_list(list);
        }
        if self.place == Place::Done {
            return Ok(Step::Done);
        }
        let Some(frame) = self.frame()? else {
            return self.end();
        };
        match frame.block.content() {
            Content::Event(form) if self.place == Place::Events => self.step_event(frame, form),
            content => self.step_other(frame, content),
        }
    }

    /// The beginning of the next block, which is not consumed yet.
    #[inline]
    fn frame(&mut self) -> Result<Option<Frame>, ScapError> {
        if !self.fill(HEAD_BYTES)? {
            return Ok(None);
        }
        let offset = self.stream.offset();
        let Some((block, rest)) = self.stream.available().split_first_chunk() else {
            return Ok(None);
        };
        let Some(length) = rest.first_chunk() else {
            return Ok(None);
        };
        Ok(Some(Frame {
            block: BlockType(u32::from_le_bytes(*block)),
            offset,
            length: u32::from_le_bytes(*length),
        }))
    }

    #[inline]
    fn step_event(&mut self, frame: Frame, form: EventForm) -> Result<Step, ScapError> {
        if frame.length > BLOCK_BYTES_MAX {
            let length = frame.length;
            return Err(fatal(frame, Problem::TooLong { length }));
        }
        if frame.length < FRAME_BYTES {
            let length = frame.length;
            return Err(fatal(frame, Problem::Length { length }));
        }
        let length = usize::try_from(frame.length).unwrap_or(usize::MAX);
        if !self.fill(length)? {
            return Err(self.truncated(frame));
        }
        self.lent = length;
        count(&mut self.stats.blocks);
        match Layout::new(body(self.stream.available(), length), form) {
            Ok(layout) => {
                count(&mut self.stats.events);
                Ok(Step::Event(frame.offset, layout))
            }
            Err(NoEvent::UnknownCode) => {
                count(&mut self.stats.unknown_events);
                Ok(Step::Skipped)
            }
            Err(NoEvent::Malformed(problem)) => {
                count(&mut self.stats.malformed_events);
                self.note(frame, problem);
                Ok(Step::Skipped)
            }
        }
    }

    /// Goes past a block of which nothing was consumed.
    pub(super) fn skip_block(&mut self, frame: Frame) -> Result<Step, ScapError> {
        self.stream.consume(HEAD_BYTES);
        let body_bytes = frame.body_bytes().unwrap_or_default();
        self.close_block(frame, body_bytes.into())
    }

    /// Goes past the rest of a block's body and its end.
    pub(super) fn close_block(&mut self, frame: Frame, remaining: u64) -> Result<Step, ScapError> {
        if !self.skip(remaining)? || !self.fill(TRAILER_BYTES)? {
            return Err(self.truncated(frame));
        }
        let trailer = self.stream.available().first_chunk();
        let trailer = trailer.map_or(0, |trailer| u32::from_le_bytes(*trailer));
        self.stream.consume(TRAILER_BYTES);
        let length = frame.length;
        if trailer != length {
            return Err(fatal(frame, Problem::Trailer { length, trailer }));
        }
        Ok(Step::Skipped)
    }

    /// The file has no further block.
    fn end(&mut self) -> Result<Step, ScapError> {
        let place = std::mem::replace(&mut self.place, Place::Done);
        self.stats.has_trailing_data = self.stream.has_trailing_data();
        if !self.stream.available().is_empty() || self.stream.is_cut() {
            self.stats.is_truncated = true;
            let head = self.stream.available().first_chunk();
            return Err(ScapError::Block {
                offset: self.stream.offset(),
                block: head.map_or(BlockType(0), |head| BlockType(u32::from_le_bytes(*head))),
                problem: Problem::Truncated,
            });
        }
        match place {
            Place::Start => Err(ScapError::Empty),
            Place::Snapshot => Ok(Step::End),
            Place::Events | Place::Done => Ok(Step::Done),
        }
    }

    pub(super) fn truncated(&mut self, frame: Frame) -> ScapError {
        self.stats.is_truncated = true;
        fatal(frame, Problem::Truncated)
    }

    pub(super) fn note(&mut self, frame: Frame, problem: Problem) {
        let first = &mut self.stats.first_problem;
        first.get_or_insert((frame.offset, frame.block, problem));
    }

    #[inline]
    pub(super) fn fill(&mut self, wanted: usize) -> Result<bool, ScapError> {
        let result = self.stream.fill(wanted);
        result.map_err(|source| self.unreadable(source))
    }

    pub(super) fn skip(&mut self, bytes: u64) -> Result<bool, ScapError> {
        let result = self.stream.skip(bytes);
        result.map_err(|source| self.unreadable(source))
    }

    fn unreadable(&self, source: io::Error) -> ScapError {
        // What was read before the damage lies in the buffer.
        let buffered = u64::try_from(self.stream.available().len()).unwrap_or_default();
        ScapError::Read {
            offset: self.stream.offset().saturating_add(buffered),
            source,
        }
    }
}

impl Reader<File> {
    /// Opens a file, plain or compressed.
    ///
    /// # Errors
    ///
    /// When it cannot be opened or read.
    pub fn open(path: &Path) -> Result<Self, ScapError> {
        let file = File::open(path).map_err(|source| ScapError::Open {
            path: path.to_owned(),
            source,
        })?;
        Self::new(file)
    }
}

pub(super) const fn fatal(frame: Frame, problem: Problem) -> ScapError {
    ScapError::Block {
        offset: frame.offset,
        block: frame.block,
        problem,
    }
}

/// The body of the block that `available` begins with.
#[inline]
fn body(available: &[u8], length: usize) -> &[u8] {
    let end = length.saturating_sub(TRAILER_BYTES);
    available.get(HEAD_BYTES..end).unwrap_or_default()
}
