//! The maps that programs and loader share.

use crate::scratch::Scratch;
use aya_ebpf::{
    macros::map,
    maps::{Array, ProgramArray, RingBuf},
};
use saker_event_schema::{EVENTS_MAX, Plan, SOCKETCALLS_MAX};

/// Lifecycle events: a flood in the other ring cannot starve them. Sized by the loader.
#[map]
pub(crate) static LIFECYCLE: RingBuf = RingBuf::with_byte_size(1 << 20, 0);

/// All other events. Sized by the loader.
#[map]
pub(crate) static BULK: RingBuf = RingBuf::with_byte_size(1 << 22, 0);

/// Which event a call is, by its number: the native row's id below, the 32-bit entry's row above.
#[map]
pub(crate) static SYSCALLS: Array<u32> = Array::with_max_entries(512, 0);

/// Which event a `socketcall` of the 32-bit entry is, by its first argument.
#[map]
pub(crate) static SOCKETCALLS: Array<u32> = Array::with_max_entries(SOCKETCALLS_MAX, 0);

/// How each event's arguments are found, by row id.
#[map]
pub(crate) static PLANS: Array<Plan> = Array::with_max_entries(EVENTS_MAX, 0);

/// Where records are built; a few slots for each processor, so the loader sets the size.
#[map]
pub(crate) static SCRATCH: Array<Scratch> = Array::with_max_entries(1, 0);

/// Continuation of the programs at the exit of a call. A program array takes only programs of one
/// attach point, so each has its own.
#[map]
pub(crate) static SYS_EXIT_CHAIN: ProgramArray = ProgramArray::with_max_entries(1, 0);

/// Continuation of the program at an exec.
#[map]
pub(crate) static EXEC_CHAIN: ProgramArray = ProgramArray::with_max_entries(1, 0);
