//! The fixed parts of a recording: its first bytes, and the heads of frames.
//!
//! Numbers of the file itself are little-endian everywhere.

use super::error::RecordingError;
use xxhash_rust::xxh3::xxh3_64;

/// What a recording begins with. The first byte is no text, and the line ends show a transfer that
/// took it for one.
pub const MAGIC: [u8; 8] = *b"\xf5SAKER\r\n";

/// The format that is written, and the latest one that is read.
pub const FORMAT_VERSION: u16 = 1;

/// Most bytes of a frame's content, compressed or not.
pub const FRAME_BYTES_MAX: u32 = 4 << 20;

/// Bytes before the first frame: magic, version, byte order, zeros.
pub(super) const FILE_HEAD_BYTES: usize = 16;

/// Bytes of a frame's head.
pub(super) const FRAME_HEAD_BYTES: usize = 48;

/// Bytes of a frame's head that its own checksum covers.
const CHECKED_BYTES: usize = 40;

/// What a frame begins with.
pub(super) const FRAME_MAGIC: [u8; 4] = *b"\xfeSKF";

const LITTLE: u8 = 1;
const BIG: u8 = 2;
const NATIVE: u8 = if cfg!(target_endian = "little") {
    LITTLE
} else {
    BIG
};

/// The first bytes of a file.
pub(super) fn file_head() -> [u8; FILE_HEAD_BYTES] {
    let mut head = [0; FILE_HEAD_BYTES];
    let parts = MAGIC
        .into_iter()
        .chain(FORMAT_VERSION.to_le_bytes())
        .chain([NATIVE]);
    for (to, from) in head.iter_mut().zip(parts) {
        *to = from;
    }
    head
}

/// Checks the first bytes of a file.
pub(super) fn check_file_head(head: &[u8; FILE_HEAD_BYTES]) -> Result<(), RecordingError> {
    let [magic @ .., v0, v1, order, _, _, _, _, _] = head;
    if *magic != MAGIC {
        return Err(RecordingError::NotARecording);
    }
    let found = u16::from_le_bytes([*v0, *v1]);
    if found == 0 || found > FORMAT_VERSION {
        return Err(RecordingError::Version { found });
    }
    match *order {
        order if order == NATIVE => Ok(()),
        LITTLE => Err(RecordingError::ByteOrder { found: "little" }),
        BIG => Err(RecordingError::ByteOrder { found: "big" }),
        _ => Err(RecordingError::NotARecording),
    }
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The header, in the first frame.
    Header,
    /// Events and notes.
    Entries,
    /// Where frames begin, in the last frame of a recording that was ended.
    Index,
    /// Of a later version; skipped.
    Unknown(u8),
}

impl FrameKind {
    const fn number(self) -> u8 {
        match self {
            Self::Header => 1,
            Self::Entries => 2,
            Self::Index => 3,
            Self::Unknown(number) => number,
        }
    }

    const fn of(number: u8) -> Self {
        match number {
            1 => Self::Header,
            2 => Self::Entries,
            3 => Self::Index,
            other => Self::Unknown(other),
        }
    }
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHead {
    pub(super) kind: FrameKind,
    /// Bytes of the compressed content, which follows.
    pub(super) stored_bytes: u32,
    /// Bytes of the content.
    pub(super) content_bytes: u32,
    /// Number of the last event before those of the frame.
    pub(super) number_before: u64,
    /// Time of the first event of the frame, nanoseconds since boot; of the one before, if it has none.
    pub(super) time_boot_ns: u64,
    /// XXH3 of the compressed content.
    pub(super) checksum: u64,
}

impl FrameHead {
    pub(super) fn to_bytes(self) -> [u8; FRAME_HEAD_BYTES] {
        let mut bytes = [0; FRAME_HEAD_BYTES];
        let parts = FRAME_MAGIC
            .into_iter()
            .chain([self.kind.number(), 0, 0, 0])
            .chain(self.stored_bytes.to_le_bytes())
            .chain(self.content_bytes.to_le_bytes())
            .chain(self.number_before.to_le_bytes())
            .chain(self.time_boot_ns.to_le_bytes())
            .chain(self.checksum.to_le_bytes());
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = from;
        }
        let (checked, own) = bytes.split_at_mut(CHECKED_BYTES);
        own.copy_from_slice(&xxh3_64(checked).to_le_bytes());
        bytes
    }

    /// Reads a head; `None` when the bytes are none, or damaged.
    pub(super) fn parse(bytes: &[u8; FRAME_HEAD_BYTES]) -> Option<Self> {
        let (checked, own) = bytes.split_at_checked(CHECKED_BYTES)?;
        let (magic, rest) = checked.split_first_chunk()?;
        if *magic != FRAME_MAGIC || own != xxh3_64(checked).to_le_bytes() {
            return None;
        }
        let ([kind, ..], rest) = rest.split_first_chunk::<4>()?;
        let (stored_bytes, rest) = rest.split_first_chunk()?;
        let (content_bytes, rest) = rest.split_first_chunk()?;
        let (number_before, rest) = rest.split_first_chunk()?;
        let (time_boot_ns, rest) = rest.split_first_chunk()?;
        let head = Self {
            kind: FrameKind::of(*kind),
            stored_bytes: u32::from_le_bytes(*stored_bytes),
            content_bytes: u32::from_le_bytes(*content_bytes),
            number_before: u64::from_le_bytes(*number_before),
            time_boot_ns: u64::from_le_bytes(*time_boot_ns),
            checksum: u64::from_le_bytes(*rest.first_chunk()?),
        };
        let is_bounded = head.stored_bytes.max(head.content_bytes) <= FRAME_BYTES_MAX;
        is_bounded.then_some(head)
    }
}
