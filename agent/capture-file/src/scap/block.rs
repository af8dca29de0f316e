//! The types of blocks and what every block begins with.

use std::fmt;

/// Largest block of an event that is read, in bytes. Lists are read entry by entry and have no limit.
pub const BLOCK_BYTES_MAX: u32 = 64 << 20;

/// Bytes that a block has around its body: type and length before it, the length again behind it.
pub(super) const FRAME_BYTES: u32 = 12;

/// Number of a kind of block, as the file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockType(pub u32);

/// What a block holds and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    SectionHeader,
    MachineInfo,
    Threads(ThreadForm),
    Descriptors(EntryForm),
    Interfaces(EntryForm),
    Users(EntryForm),
    Event(EventForm),
    Unknown,
}

/// Version of a process list, 1 to 9: each added something to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ThreadForm(pub(super) u8);

/// Whether entries of a list begin with their length, so that later versions may append to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryForm {
    Bare,
    Sized,
}

/// What stands in a block of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventForm {
    /// Flags between the processor and the event.
    pub(super) has_flags: bool,
    /// The number of parameters in the event's header.
    pub(super) has_count: bool,
}

impl ThreadForm {
    /// From this version on, entries begin with their length.
    pub(super) const SIZED: Self = Self(9);
}

impl BlockType {
    pub(super) fn content(self) -> Content {
        let threads = |version| Content::Threads(ThreadForm(version));
        let event = |has_flags, has_count| {
            Content::Event(EventForm {
                has_flags,
                has_count,
            })
        };
        // The numbers that end in abcd were in use before the format was published.
        match self.0 {
            0x0a0d_0d0a => Content::SectionHeader,
            0x201 | 0x8002_abcd => Content::MachineInfo,
            0x202 | 0x8000_abcd => threads(1),
            0x207 | 0x8013_abcd => threads(2),
            0x209 | 0x8014_abcd => threads(3),
            0x210 => threads(4),
            0x211 => threads(5),
            0x212 => threads(6),
            0x213 => threads(7),
            0x214 => threads(8),
            0x215 => threads(9),
            0x203 | 0x8001_abcd => Content::Descriptors(EntryForm::Bare),
            0x218 => Content::Descriptors(EntryForm::Sized),
            0x205 | 0x8011_abcd => Content::Interfaces(EntryForm::Bare),
            0x219 => Content::Interfaces(EntryForm::Sized),
            0x206 | 0x8012_abcd => Content::Users(EntryForm::Bare),
            0x220 => Content::Users(EntryForm::Sized),
            0x204 | 0x8010_abcd => event(false, false),
            0x208 => event(true, false),
            0x216 | 0x221 => event(false, true),
            0x217 | 0x222 => event(true, true),
            _ => Content::Unknown,
        }
    }

    fn name(self) -> &'static str {
        match self.content() {
            Content::SectionHeader => "section header",
            Content::MachineInfo => "machine info",
            Content::Threads(_) => "process list",
            Content::Descriptors(_) => "descriptor list",
            Content::Interfaces(_) => "interface list",
            Content::Users(_) => "user list",
            Content::Event(_) => "event",
            Content::Unknown => "unknown",
        }
    }
}

impl fmt::Display for BlockType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} block (type {:#x})", self.name(), self.0)
    }
}

/// The beginning of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) block: BlockType,
    /// Where it begins in the uncompressed capture.
    pub(super) offset: u64,
    /// Its bytes with all around them.
    pub(super) length: u32,
}

impl Frame {
    /// Bytes of the body; `None` when the frame alone is longer than the block.
    pub(super) const fn body_bytes(self) -> Option<u32> {
        self.length.checked_sub(FRAME_BYTES)
    }
}
