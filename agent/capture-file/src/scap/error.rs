//! What can be wrong with a capture.

use super::block::{BLOCK_BYTES_MAX, BlockType, FRAME_BYTES};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a capture cannot be read, or not any further. Offsets count the bytes of the uncompressed
/// capture.
#[derive(Debug, Error)]
pub enum ScapError {
    /// The file cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be read, or its compressed form is damaged.
    #[error("cannot read the capture at byte {offset}")]
    Read {
        /// Where.
        offset: u64,
        /// Why not.
        source: io::Error,
    },
    /// It begins with something else.
    #[error("not a .scap capture: it begins with {found:#010x}, not with a section header")]
    NotACapture {
        /// Its first four bytes as a number.
        found: u32,
    },
    /// It is empty.
    #[error("the capture is empty")]
    Empty,
    /// Its numbers have their most significant byte first.
    #[error(
        "the capture section at byte {offset} was written on a big-endian machine, which is not \
         supported"
    )]
    BigEndian {
        /// Where the section header is.
        offset: u64,
    },
    /// It has a version that may have changed the meaning of blocks.
    #[error(
        "the capture section at byte {offset} has version {major}.{minor}; versions up to 1.x are \
         known"
    )]
    Version {
        /// Where the section header is.
        offset: u64,
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A block is damaged so that what follows cannot be found.
    #[error("{block} at byte {offset}: {problem}")]
    Block {
        /// Where the block begins.
        offset: u64,
        /// Its type.
        block: BlockType,
        /// What is wrong.
        problem: Problem,
    },
}

/// What is wrong with a block. Some problems end the reading ([`ScapError::Block`]), others only
/// lose the block or the rest of it ([`super::Stats::first_problem`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The file ends before it does.
    #[error("the capture ends within it")]
    Truncated,
    /// It says that it is shorter than what every block has.
    #[error("it is {length} bytes long, less than the {FRAME_BYTES} bytes of every block")]
    Length {
        /// Bytes.
        length: u32,
    },
    /// It is longer than any event that a system makes.
    #[error("it is {length} bytes long, more than {BLOCK_BYTES_MAX}")]
    TooLong {
        /// Bytes.
        length: u32,
    },
    /// Its end says another length than its beginning.
    #[error("it is {length} bytes long by its beginning, {trailer} by its end")]
    Trailer {
        /// Bytes by the beginning.
        length: u32,
        /// Bytes by the end.
        trailer: u32,
    },
    /// It is a section header without the magic number.
    #[error("its magic number is {found:#010x}")]
    Magic {
        /// The number there.
        found: u32,
    },
    /// It is shorter than what a block of its type has.
    #[error("its body of {length} bytes is too short")]
    Body {
        /// Bytes of the body.
        length: u32,
    },
    /// An entry of a list reaches beyond its own end or that of the block.
    #[error("entry {entry} is cut off or has a wrong length")]
    Entry {
        /// Its place in the list, from 0.
        entry: u64,
    },
    /// An entry of a list has an unknown type and no length.
    #[error("entry {entry} has unknown type {found}")]
    EntryType {
        /// Its place in the list, from 0.
        entry: u64,
        /// The type.
        found: u16,
    },
    /// An event says that it is longer than its block, or shorter than its header.
    #[error("the event is {length} bytes long, which its block cannot hold")]
    EventLength {
        /// Bytes.
        length: u32,
    },
    /// The parameters of an event reach beyond its end.
    #[error("the parameters of event {code} reach beyond its end")]
    Parameters {
        /// Code of the event.
        code: u16,
    },
    /// No number of parameters fits the length of an event, and its header has none.
    #[error("event {code} has no number of parameters, and none fits its length")]
    ParameterCount {
        /// Code of the event.
        code: u16,
    },
}
