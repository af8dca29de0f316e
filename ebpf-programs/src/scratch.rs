//! Slots in which records are built.
//!
//! A tracing program can be preempted on some kernels, by another task whose events run the same
//! programs on the same processor. So a slot is claimed atomically and carries the id of the task
//! that owns it; a program reached by tail call finds its slot again by that id.

use crate::maps::SCRATCH;
use aya_ebpf::helpers::generated::{bpf_get_current_pid_tgid, bpf_get_smp_processor_id};
use saker_event_schema::{
    KERNEL_PATH_BYTES_MAX, PATH_WALKS_MAX, RECORD_BYTES_MAX, SCRATCH_SLOTS, USER_STRING_BYTES_MAX,
};

/// Bytes of the buffer for a path; names are copied to its end, backwards.
pub(crate) const WALK_BYTES: u32 = KERNEL_PATH_BYTES_MAX as u32 + 1;

/// The largest piece that is read into a record in one step. The buffer is longer than the record
/// by as much, so that a start masked to the record's length plus a masked length stays inside.
const PIECE_BYTES_MAX: usize = 16384;

/// Longest name of a directory entry (`NAME_MAX`) and its slash.
const NAME_BYTES_MAX: usize = 256;

const _: () = assert!(USER_STRING_BYTES_MAX < PIECE_BYTES_MAX);
const _: () = assert!(KERNEL_PATH_BYTES_MAX < PIECE_BYTES_MAX);

/// A path that is still to be walked.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct WalkRequest {
    /// Where it ends.
    pub(crate) dentry: u64,
    /// The mount (`struct vfsmount`) of that entry.
    pub(crate) mount: u64,
    /// Slot for the path inside the process's root.
    pub(crate) path_slot: u32,
    /// Slot for what lies above, or [`NO_SLOT`].
    pub(crate) root_slot: u32,
}

/// Stands for no slot.
pub(crate) const NO_SLOT: u32 = u32::MAX;

/// One place to build a record in.
#[repr(C)]
pub(crate) struct Scratch {
    /// Task that owns the slot; 0 when it is free.
    pub(crate) owner: u64,
    /// Arguments of the call.
    pub(crate) arguments: [u64; 6],
    /// Result of the call.
    pub(crate) result: i64,
    /// The task.
    pub(crate) task: u64,
    /// The file behind `file_descriptor`.
    pub(crate) file: u64,
    /// The descriptor that `file` was last looked up for.
    pub(crate) file_descriptor: i64,
    /// Root directory of the process: entry and mount.
    pub(crate) root_dentry: u64,
    /// See `root_dentry`.
    pub(crate) root_mount: u64,
    /// Where the walk stands: entry and mount.
    pub(crate) dentry: u64,
    /// See `dentry`.
    pub(crate) mount: u64,
    /// Start of the path so far in `path`.
    pub(crate) position: u32,
    /// `position` when the process's root was met; [`WALK_BYTES`] plus one before.
    pub(crate) root_position: u32,
    /// Flags of the path that is being walked.
    pub(crate) walk_flags: u32,
    /// Whether a walk is under way.
    pub(crate) walking: u32,
    /// How many requests are left; the last of them is walked.
    pub(crate) walk_count: u32,
    /// Row of the event.
    pub(crate) event: u32,
    /// Ring of the event.
    pub(crate) ring: u32,
    /// Used bytes of `record`.
    pub(crate) cursor: u32,
    /// Key of this slot in the map.
    pub(crate) key: u32,
    /// Length of the name that is being copied.
    pub(crate) name_length: u32,
    /// The requests.
    pub(crate) walks: [WalkRequest; PATH_WALKS_MAX],
    /// The path so far, at the end.
    pub(crate) path: [u8; WALK_BYTES as usize + NAME_BYTES_MAX],
    /// The record so far, at the start.
    pub(crate) record: [u8; RECORD_BYTES_MAX + 1 + PIECE_BYTES_MAX],
}

/// Reads a field of a slot. Volatile: the verifier must meet an unknown value, not one that the
/// compiler carried in a register through a loop.
macro_rules! get {
    ($slot:expr, $($field:tt)+) => {
        core::ptr::read_volatile(&raw const (*$slot).$($field)+)
    };
}
pub(crate) use get;

/// Writes a field of a slot; volatile for the same reason.
macro_rules! put {
    ($slot:expr, $field:ident, $value:expr) => {
        core::ptr::write_volatile(&raw mut (*$slot).$field, $value)
    };
}
pub(crate) use put;

#[inline(always)]
fn current_task_id() -> u64 {
    // SAFETY: the helper takes no arguments.
    unsafe { bpf_get_current_pid_tgid() }
}

#[inline(always)]
fn first_slot() -> u32 {
    // SAFETY: the helper takes no arguments.
    unsafe { bpf_get_smp_processor_id() }.wrapping_mul(SCRATCH_SLOTS)
}

/// Takes a free slot for the current task, if there is one.
#[inline(always)]
pub(crate) fn claim() -> Option<*mut Scratch> {
    let owner = current_task_id();
    let first = first_slot();
    for number in 0..SCRATCH_SLOTS {
        let key = first.wrapping_add(number);
        let slot = SCRATCH.get_ptr_mut(key)?;
        // SAFETY: the map's own memory, checked by the lookup.
        unsafe {
            if take(&raw mut (*slot).owner, owner) {
                put!(slot, key, key);
                return Some(slot);
            }
        }
    }
    None
}

/// Finds the slot that the current task claimed before a tail call.
#[inline(always)]
pub(crate) fn find() -> Option<*mut Scratch> {
    let owner = current_task_id();
    let first = first_slot();
    for number in 0..SCRATCH_SLOTS {
        let slot = SCRATCH.get_ptr_mut(first.wrapping_add(number))?;
        // SAFETY: the map's own memory, checked by the lookup.
        if unsafe { get!(slot, owner) } == owner {
            return Some(slot);
        }
    }
    None
}

/// Gives a slot back.
///
/// # Safety
///
/// `slot` comes from [`claim`] or [`find`] and is not used afterwards.
#[inline(always)]
pub(crate) unsafe fn release(slot: *mut Scratch) {
    // SAFETY: the caller's.
    unsafe { put!(slot, owner, 0) };
}

/// Kernels from 5.12 may preempt the programs and have compare-and-exchange.
#[cfg(not(feature = "legacy-kernel"))]
#[inline(always)]
unsafe fn take(owner_of_slot: *mut u64, owner: u64) -> bool {
    let mut seen = 0u64;
    // SAFETY: aligned memory of the map. Written in assembly, because Rust's target description
    // says that BPF has no compare-and-exchange.
    unsafe {
        core::arch::asm!(
            "r0 = cmpxchg_64({cell} + 0, r0, {owner})",
            cell = in(reg) owner_of_slot,
            owner = in(reg) owner,
            inout("r0") seen,
        );
    }
    seen == 0
}

/// Older kernels lack compare-and-exchange, and run tracepoint programs with preemption off.
#[cfg(feature = "legacy-kernel")]
#[inline(always)]
unsafe fn take(owner_of_slot: *mut u64, owner: u64) -> bool {
    // SAFETY: memory of the map.
    unsafe {
        if core::ptr::read_volatile(owner_of_slot) != 0 {
            return false;
        }
        core::ptr::write_volatile(owner_of_slot, owner);
    }
    true
}
