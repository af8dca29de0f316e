//! What happened to each event, and the numbers of records.

use aya_ebpf::{macros::map, maps::PerCpuArray};
use saker_event_schema::{CounterSlot, EVENTS_MAX};

/// What happened to each event, by row id.
#[map]
static COUNTERS: PerCpuArray<CounterSlot> = PerCpuArray::with_max_entries(EVENTS_MAX, 0);

/// Count of the records of a processor.
#[map]
static SEQUENCE: PerCpuArray<u64> = PerCpuArray::with_max_entries(1, 0);

/// Adds one to a counter of an event on this processor.
#[inline(always)]
pub fn count(event: u32, counter: impl FnOnce(*mut CounterSlot) -> *mut u64) {
    if let Some(slot) = COUNTERS.get_ptr_mut(event) {
        let cell = counter(slot);
        // SAFETY: the processor's own memory, checked by the lookup.
        unsafe { add(cell, 1) };
    }
}

/// Adds to a number in the memory of a map. Atomic, because the program may be preempted by another one on the
/// same processor, or share the number with other processors.
///
/// # Safety
///
/// `cell` is aligned and valid.
#[inline(always)]
pub unsafe fn add(cell: *mut u64, amount: u64) {
    // SAFETY: the caller's. Written in assembly, because Rust's target description says that BPF has no atomic
    // operations. Every kernel has this one.
    unsafe {
        core::arch::asm!(
            "lock *(u64 *)({cell} + 0) += {amount}",
            cell = in(reg) cell,
            amount = in(reg) amount,
        );
    }
}

/// Counts the records of this processor.
#[cfg(not(feature = "legacy-kernel"))]
#[inline(always)]
pub fn next_sequence() -> u32 {
    let Some(sequence) = SEQUENCE.get_ptr_mut(0) else {
        return 0;
    };
    let mut previous = 1u64;
    // SAFETY: the processor's own memory, checked by the lookup; atomic for the reason that `count`
    // gives.
    unsafe {
        core::arch::asm!(
            "{previous} = atomic_fetch_add((u64 *)({sequence} + 0), {previous})",
            sequence = in(reg) sequence,
            previous = inout(reg) previous,
        );
    }
    previous.wrapping_add(1) as u32
}

/// Counts the records of this processor. Kernels before 5.12 do not preempt the programs, and lack
/// the operation that gives the count back.
#[cfg(feature = "legacy-kernel")]
#[inline(always)]
pub fn next_sequence() -> u32 {
    let Some(sequence) = SEQUENCE.get_ptr_mut(0) else {
        return 0;
    };
    // SAFETY: the processor's own memory, checked by the lookup.
    unsafe {
        let next = core::ptr::read_volatile(sequence).wrapping_add(1);
        core::ptr::write_volatile(sequence, next);
        next as u32
    }
}
