//! Building a record: header, slots, variable data, and the way into the ring.

use crate::maps::{BULK, LIFECYCLE, PLANS};
use crate::scratch::{self, Scratch, get, put};
use aya_ebpf::helpers::generated::{
    bpf_get_current_cgroup_id, bpf_get_current_comm, bpf_get_current_task,
    bpf_get_smp_processor_id, bpf_ktime_get_boot_ns, bpf_ringbuf_output,
};
use saker_ebpf_programs::counters::{count, next_sequence};
use saker_ebpf_programs::{task, wakeup};
use saker_event_schema::{EventHeader, EventId, Plan, RECORD_BYTES_MAX, Ring, data_flag};

const HEADER_BYTES: u32 = size_of::<EventHeader>() as u32;
const SLOT_BYTES: u32 = 8;

/// A reason to lose an event, each with its counter.
#[derive(Clone, Copy)]
pub(crate) enum Loss {
    /// No scratch slot was free.
    NoSlot,
    /// The ring was full.
    RingFull,
    /// The chain of programs could not be continued.
    WalkFailed,
}

/// What a row's kernel side does, if the row exists.
#[inline(always)]
pub(crate) fn plan(event: u32) -> Option<*const Plan> {
    PLANS.get_ptr(event)
}

/// Counts an event that is lost.
#[inline(always)]
pub(crate) fn count_loss(event: u32, loss: Loss) {
    // SAFETY: places inside the slot that the lookup found.
    count(event, |slot| unsafe {
        match loss {
            Loss::NoSlot => &raw mut (*slot).no_slot,
            Loss::RingFull => &raw mut (*slot).ring_full,
            Loss::WalkFailed => &raw mut (*slot).walk_failed,
        }
    });
}

/// Begins a record of the current task: counts it, claims a slot and fills the header.
#[inline(always)]
pub(crate) fn begin(
    event: EventId,
    plan: *const Plan,
    result: i64,
    flags: u16,
) -> Option<*mut Scratch> {
    let event = u32::from(event.get());
    // SAFETY: a place inside the slot that the lookup found.
    count(event, |slot| unsafe { &raw mut (*slot).emitted });
    let Some(slot) = scratch::claim() else {
        count_loss(event, Loss::NoSlot);
        return None;
    };
    // SAFETY: the slot is ours, `plan` points into the map of plans.
    unsafe {
        let task = bpf_get_current_task();
        let arguments_used = u32::from((*plan).arguments_used);
        put!(slot, event, event);
        put!(slot, ring, u32::from((*plan).ring));
        put!(slot, result, result);
        put!(slot, task, task);
        put!(slot, walk_count, 0);
        put!(slot, walking, 0);
        put!(slot, file, 0);
        put!(slot, file_descriptor, -1);
        put!(
            slot,
            cursor,
            HEADER_BYTES.wrapping_add(arguments_used.wrapping_mul(SLOT_BYTES))
        );
        let header = (&raw mut (*slot).record).cast::<EventHeader>();
        task::describe(header, task, || bpf_get_current_cgroup_id());
        bpf_get_current_comm((&raw mut (*header).comm).cast(), 16);
        (*header).time_boot_ns = bpf_ktime_get_boot_ns();
        (*header).result = result;
        (*header).length = 0;
        (*header).event = EventId::new(event as u16);
        (*header).flags = flags;
        (*header).cpu = bpf_get_smp_processor_id();
        (*header).sequence = next_sequence();
    }
    Some(slot)
}

/// Writes the eight bytes of one argument's slot.
///
/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
pub(crate) unsafe fn set_word(slot: *mut Scratch, argument: u32, value: u64) {
    let place = HEADER_BYTES.wrapping_add((argument & 31).wrapping_mul(SLOT_BYTES));
    // SAFETY: at most 32 slots after the header, far inside the record.
    unsafe {
        let record = (&raw mut (*slot).record).cast::<u8>();
        core::ptr::write_volatile(record.add(place as usize).cast::<u64>(), value);
    }
}

/// Writes a reference to variable data into one argument's slot.
///
/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
pub(crate) unsafe fn set_data(
    slot: *mut Scratch,
    argument: u32,
    start: u32,
    length: u32,
    flags: u16,
) {
    let reference =
        u64::from(start) | (u64::from(length & 0xffff) << 32) | (u64::from(flags) << 48);
    // SAFETY: the caller's.
    unsafe { set_word(slot, argument, reference) };
}

/// Says that an argument has no value.
///
/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
pub(crate) unsafe fn set_missing(slot: *mut Scratch, argument: u32, flags: u16) {
    // SAFETY: the caller's.
    unsafe { set_data(slot, argument, 0, 0, flags | data_flag::MISSING) };
}

/// Where the next variable data go. The buffer has room for the largest piece behind every start
/// that this can return.
///
/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
pub(crate) unsafe fn tail(slot: *mut Scratch) -> *mut u8 {
    // SAFETY: masked to the record's length, which the buffer exceeds.
    unsafe {
        let start = get!(slot, cursor) & RECORD_BYTES_MAX as u32;
        (&raw mut (*slot).record).cast::<u8>().add(start as usize)
    }
}

/// Makes the bytes that were written at [`tail`] the value of an argument, if they still fit.
///
/// # Safety
///
/// `slot` is owned by the caller, and `length` bytes were written.
#[inline(always)]
pub(crate) unsafe fn append(slot: *mut Scratch, argument: u32, length: u32, flags: u16) {
    // SAFETY: the caller's.
    unsafe {
        let start = get!(slot, cursor);
        let end = start.wrapping_add(length);
        if end > RECORD_BYTES_MAX as u32 {
            set_missing(slot, argument, flags | data_flag::TRUNCATED);
            return;
        }
        set_data(slot, argument, start, length, flags);
        put!(slot, cursor, end);
    }
}

/// Sends the record and gives the slot back.
///
/// # Safety
///
/// `slot` is owned by the caller and not used afterwards.
#[inline(always)]
pub(crate) unsafe fn submit(slot: *mut Scratch) {
    // SAFETY: the caller's; the helpers read `length` bytes at most, which the buffer has.
    unsafe {
        let record = (&raw mut (*slot).record).cast::<u8>();
        let length = get!(slot, cursor) & RECORD_BYTES_MAX as u32;
        core::ptr::write_volatile(&raw mut (*record.cast::<EventHeader>()).length, length);
        let ring = if get!(slot, ring) == Ring::Lifecycle as u32 {
            (&raw const LIFECYCLE)
                .cast_mut()
                .cast::<core::ffi::c_void>()
        } else {
            (&raw const BULK).cast_mut().cast::<core::ffi::c_void>()
        };
        let flags = wakeup::flags(ring);
        let sent = bpf_ringbuf_output(ring, record.cast(), u64::from(length), u64::from(flags));
        if sent != 0 {
            count_loss(get!(slot, event), Loss::RingFull);
        }
        scratch::release(slot);
    }
}

/// Gives up a record that was begun.
///
/// # Safety
///
/// `slot` is owned by the caller and not used afterwards.
#[inline(always)]
pub(crate) unsafe fn abandon(slot: *mut Scratch, loss: Loss) {
    // SAFETY: the caller's.
    unsafe {
        count_loss(get!(slot, event), loss);
        scratch::release(slot);
    }
}
