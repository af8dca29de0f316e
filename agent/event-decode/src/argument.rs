//! The value of one argument.

use crate::socket::{SocketAddressView, SocketView};
use saker_event_schema::{Kind, data_flag};

/// The value of one argument, borrowed from its record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument<'a> {
    /// There is no value: the call failed, yields no such object, the memory could not be read, or
    /// the row has no such slot.
    Missing,
    /// Results, descriptors, ids: kinds with a sign.
    Signed(i64),
    /// Flags, numbers, times: kinds without a sign.
    Unsigned(u64),
    /// Paths, texts, argument vectors.
    Data(Data<'a>),
    /// A socket as the kernel has it.
    Socket(SocketView<'a>),
    /// A socket address as the caller passed it.
    SocketAddress(SocketAddressView<'a>),
}

/// Bytes of an argument and what is known about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'a> {
    /// The bytes of the slot, without a terminating NUL (argument vectors and environments keep
    /// theirs). Empty for a kernel path that is `/`: see [`Data::path`].
    pub bytes: &'a [u8],
    /// Bits of [`data_flag`].
    pub flags: u16,
    /// What the bytes are.
    pub kind: Kind,
}

impl<'a> Data<'a> {
    /// The bytes as a path: a kernel path without components is `/`.
    #[must_use]
    pub fn path(&self) -> &'a [u8] {
        if self.bytes.is_empty() && self.kind == Kind::KernelPath {
            b"/"
        } else {
            self.bytes
        }
    }

    /// Whether any of these bits of [`data_flag`] is set.
    #[must_use]
    pub const fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Whether the value was cut to its bound.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.has(data_flag::TRUNCATED)
    }

    /// The NUL-terminated strings of an argument vector or environment.
    pub fn strings(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        strings(self.bytes)
    }
}

/// The NUL-terminated strings in `bytes`; a last one without its NUL (cut) counts.
pub fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    whole
        .split(|byte| *byte == 0)
        .take(if bytes.is_empty() { 0 } else { usize::MAX })
}

/// Whether the eight bytes of a scalar of this kind are a number with sign.
#[must_use]
pub const fn is_signed(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Errno | Kind::Fd | Kind::DirectoryFd | Kind::Pid | Kind::Uid | Kind::Gid | Kind::Int
    )
}
