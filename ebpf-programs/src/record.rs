//! Building a record: header, slots, variable data, and the way into the ring.

use crate::cgroup;
use crate::kernel::{offset, present, read_u32, read_u64};
use crate::maps::{BULK, COUNTERS, LIFECYCLE, PLANS, SEQUENCE};
use crate::scratch::{self, Scratch, get, put};
use aya_ebpf::bindings::{BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP};
use aya_ebpf::helpers::generated::{
    bpf_get_current_cgroup_id, bpf_get_current_comm, bpf_get_current_task,
    bpf_get_smp_processor_id, bpf_ktime_get_boot_ns, bpf_ringbuf_output, bpf_ringbuf_query,
};
use saker_event_schema::{
    CounterSlot, EventHeader, EventId, Plan, RECORD_BYTES_MAX, Ring, data_flag,
};

/// Bytes that must wait in a ring before its reader is woken; it also looks on its own, every few
/// milliseconds. A wake-up costs more than fifty records. Filled by the loader.
#[unsafe(no_mangle)]
static WAKEUP_BYTES: u64 = 1 << 18;

const HEADER_BYTES: u32 = size_of::<EventHeader>() as u32;
const SLOT_BYTES: u32 = 8;
const PIDTYPE_PGID: u32 = 2;
const PIDTYPE_SID: u32 = 3;

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

/// Adds one to a counter of an event on this processor.
#[inline(always)]
fn count(event: u32, counter: impl FnOnce(*mut CounterSlot) -> *mut u64) {
    if let Some(slot) = COUNTERS.get_ptr_mut(event) {
        let cell = counter(slot);
        // SAFETY: the processor's own memory, checked by the lookup. Atomic, because the program may
        // be preempted here by another one on the same processor; written in assembly, because Rust's
        // target description says that BPF has no atomic operations. Every kernel has this one.
        unsafe {
            core::arch::asm!(
                "lock *(u64 *)({cell} + 0) += {one}",
                cell = in(reg) cell,
                one = in(reg) 1u64,
            );
        }
    }
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
        fill_header(slot, event, result, flags, task);
    }
    Some(slot)
}

/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
unsafe fn fill_header(slot: *mut Scratch, event: u32, result: i64, flags: u16, task: u64) {
    let leader = read_u64(task, offset!(task_group_leader));
    let parent = read_u64(task, offset!(task_real_parent));
    let cred = read_u64(task, offset!(task_cred));
    let signal = read_u64(task, offset!(task_signal));
    let (vtid, pid_namespace) = ids_in_namespace(task);
    let (vpid, _) = ids_in_namespace(leader);
    // SAFETY: the header lies at the start of the record; helpers write into it with its sizes.
    unsafe {
        let header = (&raw mut (*slot).record).cast::<EventHeader>();
        (*header).time_boot_ns = bpf_ktime_get_boot_ns();
        (*header).start_boot_ns = read_u64(leader, offset!(task_start_boottime));
        (*header).exec_id = read_u64(task, offset!(task_self_exec_id));
        (*header).cgroup_id = cgroup::key_of(task, || bpf_get_current_cgroup_id());
        (*header).result = result;
        (*header).length = 0;
        (*header).event = EventId::new(event as u16);
        (*header).flags = flags;
        (*header).cpu = bpf_get_smp_processor_id();
        (*header).sequence = next_sequence();
        (*header).pid = read_u32(task, offset!(task_tgid));
        (*header).tid = read_u32(task, offset!(task_pid));
        (*header).ppid = read_u32(parent, offset!(task_tgid));
        (*header).vpid = vpid;
        (*header).vtid = vtid;
        (*header).uid = read_u32(cred, offset!(cred_euid));
        (*header).gid = read_u32(cred, offset!(cred_egid));
        (*header).loginuid = login_uid(task);
        (*header).session = leader_pid(signal, PIDTYPE_SID);
        (*header).tty = terminal(signal);
        (*header).pid_namespace = pid_namespace;
        (*header).mount_namespace = mount_namespace(task);
        bpf_get_current_comm((&raw mut (*header).comm).cast(), 16);
    }
}

/// Counts the records of this processor.
#[cfg(not(feature = "legacy-kernel"))]
#[inline(always)]
fn next_sequence() -> u32 {
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
fn next_sequence() -> u32 {
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

/// Id of a task in its own pid namespace, and the namespace's inode number.
#[inline(always)]
pub(crate) fn ids_in_namespace(task: u64) -> (u32, u32) {
    let pid = read_u64(task, offset!(task_thread_pid));
    let level = read_u32(pid, offset!(pid_level));
    let number = pid
        .wrapping_add(u64::from(offset!(pid_numbers)))
        .wrapping_add(u64::from(level).wrapping_mul(u64::from(offset!(upid_size))));
    let namespace = read_u64(number, offset!(upid_ns));
    (
        read_u32(number, offset!(upid_nr)),
        read_u32(namespace, offset!(pid_namespace_inum)),
    )
}

/// Host's id of the leader of a task's process group or session.
#[inline(always)]
fn leader_pid(signal: u64, pid_type: u32) -> u32 {
    let pid = read_u64(
        signal,
        offset!(signal_pids).wrapping_add(pid_type.wrapping_mul(8)),
    );
    read_u32(
        pid.wrapping_add(u64::from(offset!(pid_numbers))),
        offset!(upid_nr),
    )
}

/// Host's id of the process group, and the id in the group leader's own namespace.
#[inline(always)]
pub(crate) fn process_group(task: u64) -> (u32, u32) {
    let signal = read_u64(task, offset!(task_signal));
    let pid = read_u64(
        signal,
        offset!(signal_pids).wrapping_add(PIDTYPE_PGID.wrapping_mul(8)),
    );
    let level = read_u32(pid, offset!(pid_level));
    let numbers = pid.wrapping_add(u64::from(offset!(pid_numbers)));
    let inner = numbers.wrapping_add(u64::from(level).wrapping_mul(u64::from(offset!(upid_size))));
    (
        read_u32(numbers, offset!(upid_nr)),
        read_u32(inner, offset!(upid_nr)),
    )
}

/// Audit login uid; all ones without audit support or login.
#[inline(always)]
pub(crate) fn login_uid(task: u64) -> u32 {
    let login_uid = offset!(task_loginuid);
    if present(login_uid) {
        read_u32(task, login_uid)
    } else {
        u32::MAX
    }
}

/// Device number of the controlling terminal, in the encoding that user space sees.
#[inline(always)]
fn terminal(signal: u64) -> u32 {
    let tty = read_u64(signal, offset!(signal_tty));
    if tty == 0 {
        return 0;
    }
    let driver = read_u64(tty, offset!(tty_driver));
    let major = read_u32(driver, offset!(tty_driver_major));
    let minor = read_u32(driver, offset!(tty_driver_minor_start))
        .wrapping_add(read_u32(tty, offset!(tty_index)));
    // new_encode_dev(MKDEV(major, minor))
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

#[inline(always)]
fn mount_namespace(task: u64) -> u32 {
    let proxy = read_u64(task, offset!(task_nsproxy));
    if proxy == 0 {
        return 0;
    }
    read_u32(
        read_u64(proxy, offset!(nsproxy_mnt_ns)),
        offset!(mnt_namespace_inum),
    )
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
        let wakeup_bytes = core::ptr::read_volatile(&raw const WAKEUP_BYTES);
        let ring = if get!(slot, ring) == Ring::Lifecycle as u32 {
            (&raw const LIFECYCLE)
                .cast_mut()
                .cast::<core::ffi::c_void>()
        } else {
            (&raw const BULK).cast_mut().cast::<core::ffi::c_void>()
        };
        // 0 asks for the bytes that wait (BPF_RB_AVAIL_DATA).
        let flags = if bpf_ringbuf_query(ring, 0) > wakeup_bytes {
            BPF_RB_FORCE_WAKEUP
        } else {
            BPF_RB_NO_WAKEUP
        };
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
