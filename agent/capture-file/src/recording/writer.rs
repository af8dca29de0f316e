//! Writing recordings.

use super::error::RecordingError;
use super::frame::{
    FILE_HEAD_BYTES, FRAME_BYTES_MAX, FRAME_HEAD_BYTES, FrameHead, FrameKind, file_head,
};
use super::header::Header;
use super::index::{Closing, Index, IndexEntry, TRAILER_BYTES, trailer};
use super::note::{Note, encode};
use super::reader::{Visibility, time_of};
use super::stats::count;
use super::target::Target;
use xxhash_rust::xxh3::xxh3_64;
use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

/// An entry that holds a note.
pub(super) const NOTE_TAG: u8 = 3;

/// Bytes of an entry's length and tag.
pub(super) const ENTRY_HEAD_BYTES: usize = 5;

/// Bytes of the index besides its frames.
const INDEX_FIXED_BYTES: usize = 256;

/// Most bytes of a frame in the index.
const INDEX_ENTRY_BYTES: usize = 28;

/// How a recording is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterOptions {
    /// A frame is written when it has so many bytes. What is not written is lost in a crash; the owner
    /// calls [`RecordingWriter::flush`] as often as that matters.
    pub frame_bytes: usize,
    /// Most bytes of the file; what does not fit is refused ([`Room::Full`]).
    pub bytes_max: Option<u64>,
    /// Level of zstd, 1 to 22.
    pub level: i32,
    /// When the device is waited for.
    pub sync: Sync,
}

/// When the device is waited for, so that a loss of power loses no more than what came later. A crash
/// of the agent alone never loses a frame that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Never.
    Never,
    /// When the recording ends.
    AtEnd,
    /// After each frame.
    EachFrame,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            frame_bytes: 256 << 10,
            bytes_max: None,
            level: 3,
            sync: Sync::AtEnd,
        }
    }
}

/// Whether something could be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Room {
    /// It was.
    Left,
    /// The file would be larger than it may be; nothing was added.
    Full,
}

/// Writes a recording. Dropped without [`Self::finish`] it leaves one that was cut off.
pub struct RecordingWriter<T> {
    target: T,
    options: WriterOptions,
    compressor: Compressor<'static>,
    /// Content of the frame that is being filled.
    content: Vec<u8>,
    /// Buffer of what is written.
    stored: Vec<u8>,
    /// Buffer of one note.
    note: Vec<u8>,
    bytes_written: u64,
    /// Number of the last event.
    number: u64,
    /// The same where the frame began.
    number_before: u64,
    /// Time of the last event.
    time_boot_ns: u64,
    /// Time of the first event of the frame.
    frame_time: Option<u64>,
    index: Index,
}

impl<T: Target> RecordingWriter<T> {
    /// Begins a recording and writes its header.
    ///
    /// # Errors
    ///
    /// The target cannot be written, or the header is larger than a frame may be.
    pub fn new(
        mut target: T,
        header: &Header,
        options: WriterOptions,
    ) -> Result<Self, RecordingError> {
        let compressor = Compressor::new(options.level).map_err(RecordingError::Write)?;
        let head = file_head();
        target.write_all(&head).map_err(RecordingError::Write)?;
        let mut writer = Self {
            target,
            options,
            compressor,
            content: Vec::new(),
            stored: Vec::new(),
            note: Vec::new(),
            bytes_written: 0,
            number: 0,
            number_before: 0,
            time_boot_ns: 0,
            frame_time: None,
            index: Index::default(),
        };
        writer.add_written(FILE_HEAD_BYTES);
        encode("the header", header, &mut writer.content)?;
        writer.write_frame(FrameKind::Header)?;
        Ok(writer)
    }

    /// Adds an event: its record, and its number among all that were seen.
    ///
    /// # Errors
    ///
    /// The target cannot be written, or the record is larger than a frame may be.
    pub fn event(
        &mut self,
        record: &[u8],
        number: u64,
        visibility: Visibility,
    ) -> Result<Room, RecordingError> {
        let gap = number.saturating_sub(self.number).saturating_sub(1);
        let gap = match u32::try_from(gap) {
            Ok(gap) => gap,
            Err(_) => {
                // The next frame says where its numbers begin.
                self.flush()?;
                self.number = number.saturating_sub(1);
                self.number_before = self.number;
                0
            }
        };
        let gap_bytes = gap.to_le_bytes();
        let tag = visibility.tag();
        if self.add("an event", tag, [&gap_bytes, record])? == Room::Full {
            return Ok(Room::Full);
        }
        self.number = self.number.saturating_add(u64::from(gap)).saturating_add(1);
        self.time_boot_ns = time_of(record).unwrap_or(self.time_boot_ns);
        self.frame_time.get_or_insert(self.time_boot_ns);
        let closing = &mut self.index.closing;
        count(match visibility {
            Visibility::Shown => &mut closing.events_shown,
            Visibility::Hidden => &mut closing.events_hidden,
        });
        Ok(Room::Left)
    }

    /// Adds a note; it belongs to the event that follows.
    ///
    /// # Errors
    ///
    /// As [`Self::event`].
    pub fn note(&mut self, note: &Note) -> Result<Room, RecordingError> {
        let mut encoded = std::mem::take(&mut self.note);
        encoded.clear();
        let added = note
            .encode(&mut encoded)
            .and_then(|()| self.add("a note", NOTE_TAG, [&encoded, &[]]));
        self.note = encoded;
        added
    }

    /// Writes a frame with any content under a right checksum: for tests of what reads recordings.
    ///
    /// # Errors
    ///
    /// As [`Self::event`].
    pub fn frame(&mut self, content: &[u8]) -> Result<(), RecordingError> {
        self.flush()?;
        self.content.extend_from_slice(content);
        self.flush()
    }

    fn add(
        &mut self,
        what: &'static str,
        tag: u8,
        parts: [&[u8]; 2],
    ) -> Result<Room, RecordingError> {
        let bytes = parts
            .iter()
            .fold(1_usize, |sum, part| sum.saturating_add(part.len()));
        let entry_bytes = bytes.saturating_add(4);
        let length = u32::try_from(bytes)
            .ok()
            .filter(|_| fits_frame(entry_bytes))
            .ok_or(RecordingError::TooLarge { what, bytes })?;
        if self.content.len().saturating_add(entry_bytes) > self.options.frame_bytes {
            self.flush()?;
        }
        if !self.has_room(entry_bytes) {
            // The bound supposes that nothing can be compressed; once it is, there may be room.
            self.flush()?;
            if !self.has_room(entry_bytes) {
                return Ok(Room::Full);
            }
        }
        self.content.extend_from_slice(&length.to_le_bytes());
        self.content.push(tag);
        parts
            .iter()
            .for_each(|part| self.content.extend_from_slice(part));
        Ok(Room::Left)
    }

    /// Whether a file with so many more bytes of content cannot become too large, its end included.
    fn has_room(&self, more: usize) -> bool {
        let Some(bytes_max) = self.options.bytes_max else {
            return true;
        };
        let frames = self.index.frames.len().saturating_add(2);
        let index = frames
            .saturating_mul(INDEX_ENTRY_BYTES)
            .saturating_add(INDEX_FIXED_BYTES);
        let parts = [
            FRAME_HEAD_BYTES,
            compress_bound(self.content.len().saturating_add(more)),
            FRAME_HEAD_BYTES,
            compress_bound(index),
            TRAILER_BYTES,
        ];
        let bytes = parts.into_iter().fold(0, usize::saturating_add);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes_written.saturating_add(bytes) <= bytes_max
    }

    /// Writes what was added as a frame, if there is anything.
    ///
    /// # Errors
    ///
    /// The target cannot be written.
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        if self.content.is_empty() {
            return Ok(());
        }
        let entry: IndexEntry = (
            self.bytes_written,
            self.number_before,
            self.frame_time.unwrap_or(self.time_boot_ns),
        );
        self.write_frame(FrameKind::Entries)?;
        self.index.add(entry);
        Ok(())
    }

    fn write_frame(&mut self, kind: FrameKind) -> Result<(), RecordingError> {
        self.stored.clear();
        self.stored.reserve(compress_bound(self.content.len()));
        self.compressor
            .compress_to_buffer(&self.content, &mut self.stored)
            .map_err(RecordingError::Write)?;
        let bounded = |bytes: usize| {
            let bytes_bounded = u32::try_from(bytes).ok();
            let fits = bytes_bounded.filter(|bytes| *bytes <= FRAME_BYTES_MAX);
            fits.ok_or(RecordingError::TooLarge {
                what: "a frame",
                bytes,
            })
        };
        let head = FrameHead {
            kind,
            stored_bytes: bounded(self.stored.len())?,
            content_bytes: bounded(self.content.len())?,
            number_before: self.number_before,
            time_boot_ns: self.frame_time.unwrap_or(self.time_boot_ns),
            checksum: xxh3_64(&self.stored),
        };
        self.target
            .write_all(&head.to_bytes())
            .and_then(|()| self.target.write_all(&self.stored))
            .and_then(|()| self.target.flush())
            .map_err(RecordingError::Write)?;
        self.add_written(FRAME_HEAD_BYTES.saturating_add(self.stored.len()));
        self.content.clear();
        self.number_before = self.number;
        self.frame_time = None;
        if self.options.sync == Sync::EachFrame {
            self.target.sync().map_err(RecordingError::Write)?;
        }
        Ok(())
    }

    /// Ends the recording: writes what is left and the index. `events_lost` is how many events were
    /// lost before they could be recorded.
    ///
    /// # Errors
    ///
    /// The target cannot be written.
    pub fn finish(mut self, events_lost: u64) -> Result<(Closing, u64), RecordingError> {
        self.flush()?;
        let offset = self.bytes_written;
        self.index.closing.events_lost = events_lost;
        let mut content = std::mem::take(&mut self.content);
        encode("the index", &self.index, &mut content)?;
        self.content = content;
        self.write_frame(FrameKind::Index)?;
        self.target
            .write_all(&trailer(offset))
            .and_then(|()| self.target.flush())
            .map_err(RecordingError::Write)?;
        self.add_written(TRAILER_BYTES);
        if self.options.sync != Sync::Never {
            self.target.sync().map_err(RecordingError::Write)?;
        }
        Ok((self.index.closing, self.bytes_written))
    }

    /// What was recorded so far.
    #[must_use]
    pub const fn closing(&self) -> Closing {
        self.index.closing
    }

    /// Bytes of the file so far.
    #[must_use]
    pub const fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    fn add_written(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes_written = self.bytes_written.saturating_add(bytes);
    }
}

/// Whether an entry fits into a frame, even one that cannot be compressed.
fn fits_frame(bytes: usize) -> bool {
    u32::try_from(compress_bound(bytes)).is_ok_and(|bytes| bytes <= FRAME_BYTES_MAX)
}
