//! What can be wrong with a recording.

use super::frame::{FORMAT_VERSION, FRAME_BYTES_MAX};
use std::io;
use thiserror::Error;

/// Why a recording cannot be written or read, or not any further. Offsets count the bytes of the file.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("cannot read the recording at byte {offset}")]
    Read {
        /// Where.
        offset: u64,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the recording")]
    Write(#[source] io::Error),
    /// It begins with something else.
    #[error("not a recording of Saker")]
    NotARecording,
    /// It ends before its header does: nothing was recorded.
    #[error("the recording ends at byte {offset}, within its header: it has no events")]
    NoHeader {
        /// Where it ends.
        offset: u64,
    },
    /// The frame with the header is damaged, and nothing can be read without it.
    #[error("the header of the recording, at byte {offset}, is damaged: {damage}")]
    Header {
        /// Where the frame begins.
        offset: u64,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The header makes no sense.
    #[error("the header of the recording cannot be understood: {problem}")]
    HeaderContent {
        /// What is wrong.
        problem: String,
    },
    /// A later version wrote it.
    #[error(
        "the recording has format {found}, this version of saker reads formats up to \
         {FORMAT_VERSION}: use a later version"
    )]
    Version {
        /// Its format.
        found: u16,
    },
    /// Its events have the byte order of another machine.
    #[error(
        "the recording was made on a {found}-endian machine; its events can be read on such machines \
         only"
    )]
    ByteOrder {
        /// `little` or `big`.
        found: &'static str,
    },
    /// Fixed parts of events have another layout.
    #[error(
        "{what} are {found} bytes long in the recording, {expected} in this version of saker: use the \
         version that wrote it ({version})"
    )]
    Layout {
        /// Which parts.
        what: &'static str,
        /// Bytes in the recording.
        found: u32,
        /// Bytes here.
        expected: u32,
        /// Version that wrote it.
        version: String,
    },
    /// Something that is to be written is larger than a frame may be.
    #[error("{what} of {bytes} bytes is too large to be recorded; {FRAME_BYTES_MAX} is the bound")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large.
        bytes: usize,
    },
    /// Something that is to be written cannot be put into bytes.
    #[error("cannot put {what} into bytes: {problem}")]
    Encode {
        /// What.
        what: &'static str,
        /// Why not.
        problem: String,
    },
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// No frame begins where one should; the next one is looked for.
    #[error("no frame begins here")]
    NoFrame,
    /// Its content is not what was written.
    #[error("the checksum of its content is wrong")]
    Checksum,
    /// Its content is not compressed data of the length that it states.
    #[error("its content cannot be decompressed")]
    Compression,
    /// An entry of it reaches beyond its end.
    #[error("entry {entry} reaches beyond its end")]
    Entry {
        /// Its place in the frame, from 0.
        entry: u32,
    },
    /// The file ends within it.
    #[error("the recording ends within it")]
    Truncated,
}
