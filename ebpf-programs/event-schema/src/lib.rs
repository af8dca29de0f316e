//! The event table and the wire structs that the kernel programs and the agent share.
//!
//! # Purpose
//!
//! One row of the table (`table.rs`) describes one event: its id, name, ring, system calls, arguments and,
//! for each argument, where the kernel programs find it. The kernel side, the loader and the decoder
//! all expand the same rows, so a field cannot mean two things. Nothing here needs `std`, and there
//! are no cargo features: a feature switched on by user space would leak into the BPF build.
//!
//! # A record on the wire
//!
//! ```text
//! EventHeader (fixed) | one 8-byte slot per argument of the row | variable data
//! ```
//!
//! A slot holds a scalar, or a [`DataRef`] that points into the variable data of the same record.
//!
//! # Invariants
//!
//! - Ids are never reused; a row that goes away leaves a hole.
//! - [`TABLE_HASH`] covers everything that changes the meaning of the bytes. The BPF object carries
//!   it, and the loader refuses an object that was built from another table.
//!
//! ```
//! use saker_event_schema::{event, TABLE_HASH};
//! assert_eq!(event::OPENAT.get(), 3);
//! assert_ne!(TABLE_HASH, 0);
//! ```
#![no_std]
#![forbid(unsafe_code)]

mod capture;
mod header;
mod kinds;
mod limits;
mod offsets;
mod rows;
mod syscalls;
mod table;

pub use capture::{ArgumentPlan, Descriptor, Directory, Plan, Source, opcode};
pub use header::{CounterSlot, EventHeader, EventId, Ring, cgroup_key, record_flag};
pub use kinds::{Argument, DataRef, Kind, SocketTuple, data_flag, exec_flag, kind, socket_role};
pub use limits::*;
pub use offsets::KernelOffsets;
pub use rows::{ROWS, Row, RowArgument, TABLE_HASH, event, row, wire};
pub use syscalls::{
    Abi, SOCKETCALL_EVENT, SOCKETCALL_I386, SOCKETCALLS, SOCKETCALLS_MAX, Syscalls,
};
