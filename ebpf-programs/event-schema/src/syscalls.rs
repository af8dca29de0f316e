//! System call numbers by calling convention.

use crate::header::EventId;
use crate::rows::event;

/// A calling convention with system call numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Abi {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86, also as the compatibility entry of a 64-bit kernel.
    I386,
    /// 64-bit Arm.
    Aarch64,
}

/// Number of `socketcall` on 32-bit x86: one call for all that sockets can do.
pub const SOCKETCALL_I386: u16 = 102;

/// Stands in the table of calls for `socketcall`, whose first argument says which event it is.
pub const SOCKETCALL_EVENT: u16 = u16::MAX;

/// First arguments of `socketcall` (`SYS_…` of `linux/net.h`) are below this number.
pub const SOCKETCALLS_MAX: u32 = 32;

/// What `socketcall` stands for: its first argument, and the event.
pub const SOCKETCALLS: &[(u32, EventId)] = &[
    (1, event::SOCKET),
    (2, event::BIND),
    (3, event::CONNECT),
    (4, event::LISTEN),
    (5, event::ACCEPT),
    (18, event::ACCEPT4),
];

/// The numbers that one row stands for; empty where the convention does not have the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syscalls {
    /// Numbers on 64-bit x86.
    pub x86_64: &'static [u16],
    /// Numbers on 32-bit x86.
    pub i386: &'static [u16],
    /// Numbers on 64-bit Arm.
    pub aarch64: &'static [u16],
}

impl Syscalls {
    /// The numbers of one calling convention.
    #[must_use]
    pub const fn of(&self, abi: Abi) -> &'static [u16] {
        match abi {
            Abi::X86_64 => self.x86_64,
            Abi::I386 => self.i386,
            Abi::Aarch64 => self.aarch64,
        }
    }
}
