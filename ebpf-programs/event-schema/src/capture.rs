//! How the kernel side finds each argument: the plan that the loader writes for every row.
//!
//! One kernel program interprets these plans for all plain system calls, so a new one is a row of
//! the table and no kernel code.

use crate::limits::ARGUMENTS_MAX;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A file descriptor of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descriptor {
    /// The one that the call returned.
    Returned,
    /// The one that stands in this argument of the call.
    Argument(u8),
}

/// The directory that a relative path starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directory {
    /// The working directory.
    Working,
    /// The directory descriptor in this argument of the call; `AT_FDCWD` is the working directory.
    Argument(u8),
}

/// Where the value of an argument comes from. Numbers of arguments count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A hook of its own fills it.
    Hook,
    /// The result of the call.
    Returned,
    /// An argument of the call, all 64 bits.
    Word(u8),
    /// An argument of the call, its low 32 bits with their sign.
    Signed(u8),
    /// An argument of the call, its low 32 bits.
    Unsigned(u8),
    /// Eight bytes of user memory, `offset` bytes after where the argument points.
    UserWord {
        /// Argument with the pointer.
        pointer: u8,
        /// Distance in bytes.
        offset: u8,
    },
    /// The NUL-terminated text in user memory where the argument points.
    UserString(u8),
    /// User memory where one argument points, as long as another says.
    UserBytes {
        /// Argument with the pointer.
        pointer: u8,
        /// Argument with the length in bytes.
        length: u8,
    },
    /// The directory from which the path in this slot of the row starts, if it is relative.
    Base {
        /// Slot of the row, counted from 0, that holds the path.
        path: u8,
        /// Where relative paths start.
        directory: Directory,
    },
    /// The working directory after the call.
    WorkingDirectory,
    /// Resolved path of a descriptor's file, as the process's own root sees it.
    FilePath(Descriptor),
    /// What lies between the host's root and the process's root; the slot after a `FilePath`.
    FileRoot,
    /// Device of a descriptor's file.
    FileDevice(Descriptor),
    /// Inode number of a descriptor's file.
    FileInode(Descriptor),
    /// Type and permissions of a descriptor's file.
    FileMode(Descriptor),
    /// The socket behind a descriptor.
    Socket(Descriptor),
}

/// Operations of an [`ArgumentPlan`].
pub mod opcode {
    /// A scalar that a hook of its own fills.
    pub const NONE: u8 = 0;
    /// The result.
    pub const RETURNED: u8 = 1;
    /// Argument `a`, 64 bits.
    pub const WORD: u8 = 2;
    /// Argument `a`, 32 bits with sign.
    pub const SIGNED: u8 = 3;
    /// Argument `a`, 32 bits.
    pub const UNSIGNED: u8 = 4;
    /// Eight bytes at argument `a` plus `b`.
    pub const USER_WORD: u8 = 5;
    /// Text at argument `a`.
    pub const USER_STRING: u8 = 6;
    /// Bytes at argument `a`, as many as argument `b` says.
    pub const USER_BYTES: u8 = 7;
    /// Directory of the path in slot `a`; directory descriptor in argument `b`.
    pub const BASE: u8 = 8;
    /// Working directory.
    pub const WORKING_DIRECTORY: u8 = 9;
    /// Resolved path of descriptor `a`.
    pub const FILE_PATH: u8 = 10;
    /// Device of descriptor `a`.
    pub const FILE_DEVICE: u8 = 11;
    /// Inode number of descriptor `a`.
    pub const FILE_INODE: u8 = 12;
    /// Type and permissions of descriptor `a`.
    pub const FILE_MODE: u8 = 13;
    /// Socket of descriptor `a`.
    pub const SOCKET: u8 = 14;
    /// Data that a hook of its own or an earlier operation fills; missing until then.
    pub const MISSING: u8 = 15;
    /// As `a` of a descriptor: the one that the call returned. As `b` of a base: the working
    /// directory.
    pub const IMPLIED: u8 = 255;
}

/// One step of the kernel side's interpreter.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ArgumentPlan {
    /// See [`opcode`].
    pub operation: u8,
    /// First operand.
    pub a: u8,
    /// Second operand.
    pub b: u8,
    /// Zero; keeps the size a power of two.
    pub reserved: u8,
}

/// What the kernel side does for one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Plan {
    /// How many of `arguments` are in use.
    pub arguments_used: u8,
    /// 1 where a hook reports success, so that the exit of the call reports failure only.
    pub on_failure_only: u8,
    /// The ring, as [`Ring`](crate::Ring) numbers it.
    pub ring: u16,
    /// One step for each argument of the row.
    pub arguments: [ArgumentPlan; ARGUMENTS_MAX],
}

impl Descriptor {
    const fn operand(self) -> u8 {
        match self {
            Self::Returned => opcode::IMPLIED,
            Self::Argument(number) => number,
        }
    }
}

impl Directory {
    const fn operand(self) -> u8 {
        match self {
            Self::Working => opcode::IMPLIED,
            Self::Argument(number) => number,
        }
    }
}

impl Source {
    /// The step that fetches this value.
    #[must_use]
    pub const fn plan(self) -> ArgumentPlan {
        let (operation, a, b) = match self {
            Self::Hook | Self::FileRoot => (opcode::NONE, 0, 0),
            Self::Returned => (opcode::RETURNED, 0, 0),
            Self::Word(number) => (opcode::WORD, number, 0),
            Self::Signed(number) => (opcode::SIGNED, number, 0),
            Self::Unsigned(number) => (opcode::UNSIGNED, number, 0),
            Self::UserWord { pointer, offset } => (opcode::USER_WORD, pointer, offset),
            Self::UserString(number) => (opcode::USER_STRING, number, 0),
            Self::UserBytes { pointer, length } => (opcode::USER_BYTES, pointer, length),
            Self::Base { path, directory } => (opcode::BASE, path, directory.operand()),
            Self::WorkingDirectory => (opcode::WORKING_DIRECTORY, 0, 0),
            Self::FilePath(descriptor) => (opcode::FILE_PATH, descriptor.operand(), 0),
            Self::FileDevice(descriptor) => (opcode::FILE_DEVICE, descriptor.operand(), 0),
            Self::FileInode(descriptor) => (opcode::FILE_INODE, descriptor.operand(), 0),
            Self::FileMode(descriptor) => (opcode::FILE_MODE, descriptor.operand(), 0),
            Self::Socket(descriptor) => (opcode::SOCKET, descriptor.operand(), 0),
        };
        ArgumentPlan {
            operation,
            a,
            b,
            reserved: 0,
        }
    }
}
