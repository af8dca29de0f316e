//! Reading recordings.

use super::error::{Damage, RecordingError};
use super::frame::{FILE_HEAD_BYTES, FrameKind};
use super::frames::Frames;
use super::header::Header;
use super::index::{Closing, Index, IndexEntry, index_offset};
use super::note::Note;
use super::stats::{Stats, count};
use super::table::{Mapped, Table};
use super::writer::{ENTRY_HEAD_BYTES, NOTE_TAG};
use saker_event_schema::EventHeader;
use std::io::{Read, Seek, SeekFrom};
use std::mem::offset_of;
use std::ops::Range;

/// Why an event is in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// It was to be recorded.
    Shown,
    /// It was not, but it changes what is known of processes.
    Hidden,
}

impl Visibility {
    pub(super) const fn tag(self) -> u8 {
        match self {
            Self::Shown => 1,
            Self::Hidden => 2,
        }
    }

    const fn of(tag: u8) -> Option<Self> {
        match tag {
            1 => Some(Self::Shown),
            2 => Some(Self::Hidden),
            _ => None,
        }
    }
}

/// What a recording has next.
#[derive(Debug)]
pub enum Item<'a> {
    /// An event.
    Event {
        /// Its number among all that were seen when it was recorded.
        number: u64,
        /// Why it is there.
        visibility: Visibility,
        /// Its record, in today's layout. What it holds is not checked.
        record: &'a [u8],
    },
    /// Something else, for the event that follows.
    Note(Note),
}

/// Reads a recording from begin to end, or from another place.
pub struct RecordingReader<R> {
    frames: Frames<R>,
    header: Header,
    table: Table,
    /// Where the next entry of the frame begins.
    position: usize,
    /// Where the frame begins, and how many of its entries were read.
    frame_offset: u64,
    entry: u32,
    /// Number of the last event.
    number: u64,
    /// Events before this are not lent.
    from: From,
    /// Buffer of an event that had to be brought into today's layout.
    record: Vec<u8>,
    closing: Option<Closing>,
    stats: Stats,
    is_done: bool,
}

/// Where reading begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Begin,
    Number(u64),
    Time(u64),
}

/// The next thing of a frame.
enum Step {
    Event {
        visibility: Visibility,
        place: Place,
    },
    Note(Note),
    Skipped,
    FrameEnd,
}

/// Where the record of an event lies.
enum Place {
    Content(Range<usize>),
    Translated,
}

impl<R: Read> RecordingReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// It is no recording, one that this version or this machine cannot read, or it has no header.
    pub fn new(source: R) -> Result<Self, RecordingError> {
        let mut frames = Frames::new(source)?;
        let mut stats = Stats::default();
        let begin = frames.offset();
        let no_header = |frames: &Frames<R>| RecordingError::NoHeader {
            offset: frames.offset(),
        };
        let damaged = |damage| RecordingError::Header {
            offset: begin,
            damage,
        };
        let Some(frame) = frames.next_head(&mut stats)? else {
            return Err(match stats.first_damage {
                Some((_, damage)) => damaged(damage),
                None => no_header(&frames),
            });
        };
        if frame.offset != begin || frame.head.kind != FrameKind::Header {
            return Err(damaged(Damage::NoFrame));
        }
        match frames.read_content(&frame.head)? {
            Ok(()) => {}
            Err(Damage::Truncated) => return Err(no_header(&frames)),
            Err(damage) => return Err(damaged(damage)),
        }
        let header = ciborium::from_reader::<Header, _>(frames.content());
        let header = header.map_err(|error| RecordingError::HeaderContent {
            problem: error.to_string(),
        })?;
        check_layout(&header)?;
        Ok(Self {
            table: Table::new(&header.rows),
            position: frames.content().len(),
            frames,
            header,
            frame_offset: begin,
            entry: 0,
            number: 0,
            from: From::Begin,
            record: Vec::new(),
            closing: None,
            stats,
            is_done: false,
        })
    }

    /// The host, and the event table with which the recording was made.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What was read so far.
    #[must_use]
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// What the recording says at its end; `None` until that is read, and for one that was cut off.
    #[must_use]
    pub const fn closing(&self) -> Option<Closing> {
        self.closing
    }

    /// The next event or note; `None` at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read. Damage is no error: it is skipped and counted ([`Self::stats`]).
    pub fn next_item(&mut self) -> Result<Option<Item<'_>>, RecordingError> {
        loop {
            match self.step() {
                Step::Event { visibility, place } => {
                    let record = match place {
                        Place::Content(range) => {
                            self.frames.content().get(range).unwrap_or_default()
                        }
                        Place::Translated => &self.record,
                    };
                    return Ok(Some(Item::Event {
                        number: self.number,
                        visibility,
                        record,
                    }));
                }
                Step::Note(note) => return Ok(Some(Item::Note(note))),
                Step::Skipped => {}
                Step::FrameEnd => {
                    if !self.next_frame()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads the next frame; `false` at the end.
    fn next_frame(&mut self) -> Result<bool, RecordingError> {
        if self.is_done {
            return Ok(false);
        }
        // Until there is another frame, nothing of the one before is read again.
        self.position = usize::MAX;
        let Some(frame) = self.frames.next_whole(&mut self.stats)? else {
            self.is_done = true;
            return Ok(false);
        };
        self.position = 0;
        self.frame_offset = frame.offset;
        self.entry = 0;
        match frame.head.kind {
            FrameKind::Entries => {
                self.number = frame.head.number_before;
                return Ok(true);
            }
            FrameKind::Index => {
                let index = ciborium::from_reader::<Index, _>(self.frames.content());
                self.closing = index.ok().map(|index| index.closing);
                self.stats.is_complete = true;
                self.is_done = true;
            }
            // Read already, and met again after going back to the begin.
            FrameKind::Header => {}
            FrameKind::Unknown(_) => count(&mut self.stats.unknown),
        }
        self.position = self.frames.content().len();
        Ok(!self.is_done)
    }

    fn step(&mut self) -> Step {
        let content = self.frames.content();
        let rest = content.get(self.position..).unwrap_or_default();
        if rest.is_empty() {
            return Step::FrameEnd;
        }
        let Some((tag, body)) = entry(rest) else {
            let damage = Damage::Entry { entry: self.entry };
            self.stats.damaged(self.frame_offset, damage);
            self.position = content.len();
            return Step::FrameEnd;
        };
        let begin = self.position.saturating_add(ENTRY_HEAD_BYTES);
        let end = begin.saturating_add(body.len());
        self.position = end;
        self.entry = self.entry.saturating_add(1);
        if tag == NOTE_TAG {
            return match Note::decode(body) {
                Some(note) => Step::Note(note),
                None => {
                    count(&mut self.stats.unknown);
                    Step::Skipped
                }
            };
        }
        let Some(visibility) = Visibility::of(tag) else {
            count(&mut self.stats.unknown);
            return Step::Skipped;
        };
        let Some((gap, record)) = body.split_first_chunk() else {
            count(&mut self.stats.events_malformed);
            return Step::Skipped;
        };
        let gap = u64::from(u32::from_le_bytes(*gap));
        self.number = self.number.saturating_add(gap).saturating_add(1);
        let is_wanted = match self.from {
            From::Begin => true,
            From::Number(number) => self.number >= number,
            From::Time(time) => time_of(record).is_some_and(|found| found >= time),
        };
        if !is_wanted {
            return Step::Skipped;
        }
        self.from = From::Begin;
        let place = match self.table.map(record, &mut self.record) {
            Mapped::AsItIs => Place::Content(begin.saturating_add(size_of::<u32>())..end),
            Mapped::Translated => Place::Translated,
            Mapped::Unknown => {
                count(&mut self.stats.events_unknown);
                return Step::Skipped;
            }
            Mapped::Malformed => {
                count(&mut self.stats.events_malformed);
                return Step::Skipped;
            }
        };
        count(&mut self.stats.events);
        Step::Event { visibility, place }
    }
}

impl<R: Read + Seek> RecordingReader<R> {
    /// Goes to the first event with this number or a higher one. Notes of the frame in which it lies
    /// are lent; those of frames before, the processes of the begin among them, are not.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn seek_to_number(&mut self, number: u64) -> Result<(), RecordingError> {
        self.seek(From::Number(number), |entry| entry.1 < number)
    }

    /// Goes to the first event at this time or later, in nanoseconds since boot; as
    /// [`Self::seek_to_number`] otherwise.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn seek_to_time(&mut self, time_boot_ns: u64) -> Result<(), RecordingError> {
        self.seek(From::Time(time_boot_ns), |entry| entry.2 < time_boot_ns)
    }

    fn seek(
        &mut self,
        from: From,
        is_before: impl Fn(&IndexEntry) -> bool,
    ) -> Result<(), RecordingError> {
        let frames = self.frame_places()?;
        let last = frames.iter().take_while(|entry| is_before(entry)).last();
        let first = u64::try_from(FILE_HEAD_BYTES).unwrap_or(0);
        let offset = last.map_or(first, |entry| entry.0);
        self.frames.seek(SeekFrom::Start(offset))?;
        self.position = usize::MAX;
        self.is_done = false;
        self.from = from;
        Ok(())
    }

    /// Where frames begin: from the index, or where it is missing from the frames themselves.
    fn frame_places(&mut self) -> Result<Vec<IndexEntry>, RecordingError> {
        if let Some(trailer) = self.frames.last_bytes()?
            && let Some(offset) = index_offset(&trailer)
            && let Some(content) = self.frames.index_at(offset)?
            && let Ok(index) = ciborium::from_reader::<Index, _>(content)
        {
            return Ok(index.frames);
        }
        let begin = u64::try_from(FILE_HEAD_BYTES).unwrap_or(0);
        self.frames.seek(SeekFrom::Start(begin))?;
        let mut index = Index::default();
        // What is damaged is counted when it is read.
        let mut uncounted = Stats::default();
        while let Some(frame) = self.frames.next_head(&mut uncounted)? {
            if frame.head.kind == FrameKind::Entries {
                let head = &frame.head;
                index.add((frame.offset, head.number_before, head.time_boot_ns));
            }
            if !self.frames.skip_content(&frame)? {
                break;
            }
        }
        Ok(index.frames)
    }
}

/// Tag and body of the first of these entries.
fn entry(entries: &[u8]) -> Option<(u8, &[u8])> {
    let (length, rest) = entries.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (tag, body) = rest.get(..length)?.split_first()?;
    Some((*tag, body))
}

/// Time of a record, nanoseconds since boot.
pub(super) fn time_of(record: &[u8]) -> Option<u64> {
    let bytes = record.get(offset_of!(EventHeader, time_boot_ns)..)?;
    Some(u64::from_ne_bytes(*bytes.first_chunk()?))
}

/// Refuses recordings whose records have fixed parts of another layout.
fn check_layout(header: &Header) -> Result<(), RecordingError> {
    let today = Header::default();
    let parts = [
        (
            "heads of events",
            header.event_head_bytes,
            today.event_head_bytes,
        ),
        ("sockets", header.socket_bytes, today.socket_bytes),
    ];
    match parts.into_iter().find(|(_, found, known)| found != known) {
        None => Ok(()),
        Some((what, found, expected)) => Err(RecordingError::Layout {
            what,
            found,
            expected,
            version: header.saker_version.clone(),
        }),
    }
}
