//! From blocks to records.

use super::block::{BLOCK_BYTES_MAX, BlockType, Content, EntryForm, EventForm, FRAME_BYTES, Frame};
use super::error::{Problem, ScapError};
use super::event::{Audience, Layout, NoEvent};
use super::list::{List, ListKind, NoEntry};
use super::machine::{MACHINE_BYTES, machine_info};
use super::stats::{Stats, count};
use super::stream::Stream;
use saker_capture_state::{
    DescriptorSnapshot, GroupEntry, Interface, MachineInfo, ThreadSnapshot, UserEntry,
};
use saker_falco_events::Event;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a block's type and length.
const HEAD_BYTES: usize = 8;

/// Bytes of the length at the end of a block.
const TRAILER_BYTES: usize = 4;

/// Bytes of a section header's body without its options.
const SECTION_HEADER_BYTES: u32 = 16;

/// What a section header has to tell the order of bytes.
const MAGIC: u32 = 0x1a2b_3c4d;

/// What a capture holds, in order.
#[derive(Debug)]
pub enum Record<'a> {
    /// A capture begins: what an earlier one in the same file told of holds no longer.
    SectionStart,
    /// Something that was there when the capture began.
    Snapshot(Box<SnapshotItem>),
    /// All that was there has been told; events follow.
    SnapshotEnd,
    /// An event, in the form in which it was written.
    Event {
        /// Where its block begins in the uncompressed capture.
        offset: u64,
        /// Whom it is for.
        audience: Audience,
        /// The event.
        event: Event<'a>,
    },
}

/// Something that was there when a capture began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotItem {
    /// The host. Comes before all other items.
    Machine(MachineInfo),
    /// A network interface.
    Interface(Interface),
    /// A user.
    User(UserEntry),
    /// A group.
    Group(GroupEntry),
    /// A thread.
    Thread(ThreadSnapshot),
    /// A descriptor of a thread. Connections have no name: it follows from their ends.
    Descriptor {
        /// Thread whose table lists it.
        tid: i64,
        /// The descriptor.
        snapshot: DescriptorSnapshot,
    },
}

/// Reads a capture.
#[derive(Debug)]
pub struct Reader<R> {
    stream: Stream<R>,
    place: Place,
    /// The list that is being read.
    list: Option<List>,
    /// Bytes of the event that was lent out.
    lent: usize,
    stats: Stats,
}

/// What may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
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
enum Step {
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

    /// Anything but an event among events.
    #[cold]
    fn step_other(&mut self, frame: Frame, content: Content) -> Result<Step, ScapError> {
        if self.place == Place::Start && content != Content::SectionHeader {
            let found = frame.block.0;
            return Err(ScapError::NotACapture { found });
        }
        if let Content::Event(_) = content {
            self.place = Place::Events;
            return Ok(Step::End);
        }
        let length = frame.length;
        let body_bytes = frame
            .body_bytes()
            .ok_or_else(|| fatal(frame, Problem::Length { length }))?;
        count(&mut self.stats.blocks);
        let is_misplaced = self.place == Place::Events;
        let kind = match content {
            Content::SectionHeader => return self.step_section(frame, body_bytes),
            Content::Event(_) | Content::Unknown => {
                count(&mut self.stats.unknown_blocks);
                return self.skip_block(frame);
            }
            _ if is_misplaced => {
                count(&mut self.stats.misplaced_blocks);
                return self.skip_block(frame);
            }
            Content::MachineInfo => return self.step_machine(frame, body_bytes),
            Content::Threads(form) => ListKind::Threads(form),
            Content::Descriptors(form) => return self.open_descriptors(frame, body_bytes, form),
            Content::Interfaces(form) => ListKind::Interfaces(form),
            Content::Users(form) => ListKind::Users(form),
        };
        self.stream.consume(HEAD_BYTES);
        self.list = Some(List {
            frame,
            kind,
            remaining: body_bytes.into(),
            entry: 0,
        });
        Ok(Step::Skipped)
    }

    fn step_section(&mut self, frame: Frame, body_bytes: u32) -> Result<Step, ScapError> {
        let Some(options_bytes) = body_bytes.checked_sub(SECTION_HEADER_BYTES) else {
            return Err(fatal(frame, Problem::Body { length: body_bytes }));
        };
        if !self.fill(HEAD_BYTES.saturating_add(8))? {
            return Err(self.truncated(frame));
        }
        let body = self.stream.available().get(HEAD_BYTES..);
        let [m0, m1, m2, m3, a, b, c, d, ..] = *body.unwrap_or_default() else {
            return Err(self.truncated(frame));
        };
        let found = u32::from_le_bytes([m0, m1, m2, m3]);
        let (major, minor) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        let offset = frame.offset;
        if found == MAGIC.swap_bytes() {
            return Err(ScapError::BigEndian { offset });
        }
        if found != MAGIC {
            return Err(fatal(frame, Problem::Magic { found }));
        }
        if major > 1 {
            return Err(ScapError::Version {
                offset,
                major,
                minor,
            });
        }
        if options_bytes > 0 {
            count(&mut self.stats.section_options);
        }
        self.skip_block(frame)?;
        count(&mut self.stats.sections);
        self.place = Place::Snapshot;
        Ok(Step::Start)
    }

    fn step_machine(&mut self, frame: Frame, body_bytes: u32) -> Result<Step, ScapError> {
        let wanted =
            usize::try_from(body_bytes).map_or(MACHINE_BYTES, |bytes| bytes.min(MACHINE_BYTES));
        if !self.fill(HEAD_BYTES.saturating_add(wanted))? {
            return Err(self.truncated(frame));
        }
        let body = self.stream.available().get(HEAD_BYTES..);
        let body = body.and_then(|body| body.get(..wanted));
        match machine_info(body.unwrap_or_default()) {
            Ok(info) => {
                self.skip_block(frame)?;
                Ok(Step::Item(Box::new(SnapshotItem::Machine(info))))
            }
            Err(_) => {
                count(&mut self.stats.malformed_lists);
                self.note(frame, Problem::Body { length: body_bytes });
                self.skip_block(frame)
            }
        }
    }

    /// A list of descriptors begins with the thread that has them.
    fn open_descriptors(
        &mut self,
        frame: Frame,
        body_bytes: u32,
        form: EntryForm,
    ) -> Result<Step, ScapError> {
        let Some(remaining) = body_bytes.checked_sub(8) else {
            count(&mut self.stats.malformed_lists);
            self.note(frame, Problem::Body { length: body_bytes });
            return self.skip_block(frame);
        };
        if !self.fill(HEAD_BYTES.saturating_add(8))? {
            return Err(self.truncated(frame));
        }
        self.stream.consume(HEAD_BYTES);
        let tid = self.stream.available().first_chunk();
        let tid = tid.map_or(0, |tid| i64::from_le_bytes(*tid));
        self.stream.consume(8);
        self.list = Some(List {
            frame,
            kind: ListKind::Descriptors(form, tid),
            remaining: remaining.into(),
            entry: 0,
        });
        Ok(Step::Skipped)
    }

    fn step_list(&mut self, mut list: List) -> Result<Step, ScapError> {
        if list.is_at_end() {
            self.list = None;
            return self.close_block(list.frame, list.remaining);
        }
        let window_bytes = list.window_bytes();
        let available = self.stream.available();
        let window = available.get(..window_bytes).unwrap_or(available);
        match list.read_entry(window) {
            Ok(entry) => {
                if !self.skip(entry.bytes)? {
                    return Err(self.truncated(list.frame));
                }
                list.remaining = list.remaining.saturating_sub(entry.bytes);
                list.entry = list.entry.saturating_add(1);
                self.list = Some(list);
                Ok(entry.item.map_or(Step::Skipped, |item| {
                    count(match item {
                        SnapshotItem::Thread(_) => &mut self.stats.threads,
                        SnapshotItem::Descriptor { .. } => &mut self.stats.descriptors,
                        _ => return Step::Item(Box::new(item)),
                    });
                    Step::Item(Box::new(item))
                }))
            }
            Err(NoEntry::Short) => {
                let wanted = window.len().saturating_add(1);
                if self.fill(wanted)? {
                    Ok(Step::Skipped)
                } else {
                    Err(self.truncated(list.frame))
                }
            }
            Err(NoEntry::Malformed(problem)) => {
                self.list = None;
                count(&mut self.stats.malformed_lists);
                self.note(list.frame, problem);
                self.close_block(list.frame, list.remaining)
            }
        }
    }

    /// Goes past a block of which nothing was consumed.
    fn skip_block(&mut self, frame: Frame) -> Result<Step, ScapError> {
        self.stream.consume(HEAD_BYTES);
        let body_bytes = frame.body_bytes().unwrap_or_default();
        self.close_block(frame, body_bytes.into())
    }

    /// Goes past the rest of a block's body and its end.
    fn close_block(&mut self, frame: Frame, remaining: u64) -> Result<Step, ScapError> {
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

    fn truncated(&mut self, frame: Frame) -> ScapError {
        self.stats.is_truncated = true;
        fatal(frame, Problem::Truncated)
    }

    fn note(&mut self, frame: Frame, problem: Problem) {
        let first = &mut self.stats.first_problem;
        first.get_or_insert((frame.offset, frame.block, problem));
    }

    #[inline]
    fn fill(&mut self, wanted: usize) -> Result<bool, ScapError> {
        let result = self.stream.fill(wanted);
        result.map_err(|source| self.unreadable(source))
    }

    fn skip(&mut self, bytes: u64) -> Result<bool, ScapError> {
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

const fn fatal(frame: Frame, problem: Problem) -> ScapError {
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
