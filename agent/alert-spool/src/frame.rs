//! How records lie in a segment file: the only code that knows the bytes.
//!
//! A segment begins with its header, twice, so that no single damage makes all of it unreadable:
//!
//! ```text
//! magic 8 | version u32 | priority u32 | sequence u64 | salt u32 | crc32 of all before u32
//! ```
//!
//! Then frames follow one another. All numbers are little endian:
//!
//! ```text
//! length of the body u32 | crc32 of offset, length and body crc u32 | crc32 of the body u32 | body
//! body: id 16 | spooled, nanoseconds since the epoch u64 | payload
//! ```
//!
//! The checksums begin with the salt of the segment, a random number. So bytes of another file, or bytes
//! that somebody smuggled into a payload, are no frames, and after damage reading can go on at the next
//! byte that begins a frame.

use std::ops::Range;

use bytes::Bytes;
use saker_proto::AlertId;

use crate::record::Entry;

const MAGIC: &[u8; 8] = b"SKRSPOOL";

/// Version of the format.
pub(crate) const VERSION: u32 = 1;

const HEADER_COPY_BYTES: usize = 32;

/// Bytes before the first frame.
pub(crate) const SEGMENT_HEADER_BYTES: u64 = 64;

const FRAME_HEADER_BYTES: usize = 12;

/// Id and time, before the payload.
const BODY_BYTES_MIN: usize = 24;

/// Bytes of a frame without its payload.
pub(crate) const FRAME_BYTES_MIN: u64 = 36;

/// Bytes of the largest frame.
pub(crate) const FRAME_BYTES_MAX: u64 = 1 << 20;

/// Bytes of the largest body, as the length in a frame has it.
const BODY_LENGTH_MAX: u32 = (1 << 20) - 12;

/// Bytes of the smallest limit of a segment file.
pub(crate) const SEGMENT_BYTES_MIN: u64 = 1 << 16;

/// Bytes of the largest segment file that is read.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 1 << 26;

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Number of the priority, as on the wire.
    pub(crate) priority: u32,
    /// Number of the segment.
    pub(crate) sequence: u64,
    /// What its checksums begin with.
    pub(crate) salt: u32,
}

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// The file ends in it: nothing can have followed.
    Torn,
    /// Neither copy is whole.
    Corrupt,
    /// Another version of the format.
    Version(u32),
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut copy = Vec::with_capacity(HEADER_COPY_BYTES);
        copy.extend_from_slice(MAGIC);
        copy.extend_from_slice(&VERSION.to_le_bytes());
        copy.extend_from_slice(&self.priority.to_le_bytes());
        copy.extend_from_slice(&self.sequence.to_le_bytes());
        copy.extend_from_slice(&self.salt.to_le_bytes());
        let checksum = checksum(0, &[&copy]);
        copy.extend_from_slice(&checksum.to_le_bytes());
        copy.repeat(2)
    }

    pub(crate) fn parse(file: &[u8]) -> Result<Self, HeaderError> {
        let Some((first, rest)) = file.split_at_checked(HEADER_COPY_BYTES) else {
            return Err(HeaderError::Torn);
        };
        let second = rest.get(..HEADER_COPY_BYTES).ok_or(HeaderError::Torn)?;
        match Self::parse_copy(first) {
            Err(HeaderError::Corrupt) => Self::parse_copy(second),
            header => header,
        }
    }

    fn parse_copy(copy: &[u8]) -> Result<Self, HeaderError> {
        let mut rest = copy;
        let header = (|| {
            let magic = take::<8>(&mut rest)?;
            let version = u32::from_le_bytes(take(&mut rest)?);
            let header = Self {
                priority: u32::from_le_bytes(take(&mut rest)?),
                sequence: u64::from_le_bytes(take(&mut rest)?),
                salt: u32::from_le_bytes(take(&mut rest)?),
            };
            let stored = u32::from_le_bytes(take(&mut rest)?);
            let checked = copy.get(..HEADER_COPY_BYTES.saturating_sub(4))?;
            (magic == *MAGIC && stored == checksum(0, &[checked])).then_some((version, header))
        })();
        match header {
            None => Err(HeaderError::Corrupt),
            Some((VERSION, header)) => Ok(header),
            Some((version, _)) => Err(HeaderError::Version(version)),
        }
    }
}

/// Bytes of the frame of this entry.
pub(crate) fn frame_bytes(entry: &Entry) -> u64 {
    FRAME_BYTES_MIN.saturating_add(count(entry.payload.len()))
}

/// Appends the frame of this entry, which will begin at `offset` of its file.
///
/// The caller has checked that it has no more than [`FRAME_BYTES_MAX`] bytes.
pub(crate) fn encode(
    entry: &Entry,
    spooled_unix_ns: u64,
    offset: u64,
    salt: u32,
    to: &mut Vec<u8>,
) {
    let id = entry.id.to_bytes();
    let time = spooled_unix_ns.to_le_bytes();
    let length = u32::try_from(entry.payload.len())
        .unwrap_or(u32::MAX)
        .saturating_add(24);
    let body_checksum = checksum(salt, &[&id, &time, &entry.payload]);
    let header_checksum = header_checksum(salt, offset, length, body_checksum);
    to.extend_from_slice(&length.to_le_bytes());
    to.extend_from_slice(&header_checksum.to_le_bytes());
    to.extend_from_slice(&body_checksum.to_le_bytes());
    to.extend_from_slice(&id);
    to.extend_from_slice(&time);
    to.extend_from_slice(&entry.payload);
}

/// What lies in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A record.
    Frame(Frame),
    /// A record whose body is damaged.
    Damaged(Range<u64>),
    /// No record.
    Garbage(Range<u64>),
    /// The bytes end in a frame, or in what may be one, that begins here and needs at least so many bytes.
    Incomplete { offset: u64, needed: u64 },
}

/// A record in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Where it lies.
    pub(crate) range: Range<u64>,
    pub(crate) id: AlertId,
    pub(crate) spooled_unix_ns: u64,
    pub(crate) payload: Bytes,
}

/// Takes bytes of a segment apart. Gives a piece for each of them once, and ends after the first that is
/// incomplete. Its time is linear in the bytes, whatever they are.
#[derive(Debug)]
pub(crate) struct Frames {
    bytes: Bytes,
    /// Offset in the file of what is left in `bytes`.
    offset: u64,
    salt: u32,
}

impl Frames {
    /// `bytes` begin at this offset of the file.
    pub(crate) fn new(bytes: Bytes, offset: u64, salt: u32) -> Self {
        Self {
            bytes,
            offset,
            salt,
        }
    }

    fn frame(&mut self, header: FrameHeader) -> Piece {
        let start = self.offset;
        let Some(length) = header
            .frame_length()
            .filter(|length| *length <= self.bytes.len())
        else {
            self.bytes.clear();
            return Piece::Incomplete {
                offset: start,
                needed: header.frame_bytes(),
            };
        };
        let frame = self.bytes.split_to(length);
        self.offset = start.saturating_add(count(length));
        let range = start..self.offset;
        let body = frame.slice(FRAME_HEADER_BYTES.min(length)..);
        let mut rest = &*body;
        match (take(&mut rest), take(&mut rest)) {
            (Some(id), Some(time)) if checksum(self.salt, &[&body]) == header.body_checksum => {
                Piece::Frame(Frame {
                    range,
                    id: AlertId::from_bytes(id),
                    spooled_unix_ns: u64::from_le_bytes(time),
                    payload: body.slice(BODY_BYTES_MIN.min(body.len())..),
                })
            }
            _ => Piece::Damaged(range),
        }
    }

    fn header_at(&self, skipped: usize) -> Option<FrameHeader> {
        let bytes = self.bytes.get(skipped..)?;
        FrameHeader::parse(bytes, self.offset.saturating_add(count(skipped)), self.salt)
    }

    /// Everything up to the next frame, or to where one may begin.
    fn garbage(&mut self) -> Piece {
        let start = self.offset;
        let last = self
            .bytes
            .len()
            .saturating_sub(FRAME_HEADER_BYTES.saturating_sub(1));
        let skipped = (1..last)
            .find(|skipped| self.header_at(*skipped).is_some())
            .unwrap_or(last);
        drop(self.bytes.split_to(skipped));
        self.offset = start.saturating_add(count(skipped));
        Piece::Garbage(start..self.offset)
    }
}

impl Iterator for Frames {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.bytes.is_empty() {
            return None;
        }
        if self.bytes.len() < FRAME_HEADER_BYTES {
            self.bytes.clear();
            return Some(Piece::Incomplete {
                offset: self.offset,
                needed: FRAME_BYTES_MIN,
            });
        }
        Some(match self.header_at(0) {
            Some(header) => self.frame(header),
            None => self.garbage(),
        })
    }
}

struct FrameHeader {
    length: u32,
    body_checksum: u32,
}

impl FrameHeader {
    fn parse(bytes: &[u8], offset: u64, salt: u32) -> Option<Self> {
        let mut rest = bytes;
        let length = u32::from_le_bytes(take(&mut rest)?);
        let stored = u32::from_le_bytes(take(&mut rest)?);
        let body_checksum = u32::from_le_bytes(take(&mut rest)?);
        let is_plausible = (24..=BODY_LENGTH_MAX).contains(&length);
        (is_plausible && stored == header_checksum(salt, offset, length, body_checksum)).then_some(
            Self {
                length,
                body_checksum,
            },
        )
    }

    fn frame_bytes(&self) -> u64 {
        u64::from(self.length).saturating_add(12)
    }

    fn frame_length(&self) -> Option<usize> {
        usize::try_from(self.frame_bytes()).ok()
    }
}

fn header_checksum(salt: u32, offset: u64, length: u32, body_checksum: u32) -> u32 {
    checksum(
        salt,
        &[
            &offset.to_le_bytes(),
            &length.to_le_bytes(),
            &body_checksum.to_le_bytes(),
        ],
    )
}

/// CRC-32 that begins with `salt`.
pub(crate) fn checksum(salt: u32, parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

/// The number of some bytes in memory.
pub(crate) fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
