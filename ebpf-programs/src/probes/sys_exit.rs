//! The exit of every system call: finds the row by the call's number and reports it.

use crate::capture;
use crate::maps::{SOCKETCALLS, SYS_EXIT_CHAIN, SYSCALLS};
use crate::path_walk;
use crate::record;
use crate::scratch::Scratch;
use aya_ebpf::{
    helpers::generated::{bpf_get_current_pid_tgid, bpf_get_current_task},
    macros::btf_tracepoint,
    programs::BtfTracePointContext,
};
use saker_ebpf_programs::kernel::{agent_pid, present, read_u32, read_u64, read_user_u32};
use saker_ebpf_programs::offset;
use saker_event_schema::{EventId, SOCKETCALL_EVENT, record_flag};

/// x86: bit of a call's number that says that it came through the x32 convention.
const X32_BIT: u64 = 0x4000_0000;
/// x86: bit of `thread_info.status` that says that the call came through the 32-bit entry.
const TS_COMPAT: u32 = 2;

/// `sys_exit(struct pt_regs *regs, long ret)`.
#[btf_tracepoint(function = "sys_exit")]
fn sys_exit(context: BtfTracePointContext) -> i32 {
    report(&context);
    0
}

/// Continues [`sys_exit`] where paths are to be walked.
#[btf_tracepoint(function = "sys_exit")]
fn sys_exit_walk(context: BtfTracePointContext) -> i32 {
    path_walk::walk(&context, &SYS_EXIT_CHAIN);
    0
}

#[inline(always)]
fn report(context: &BtfTracePointContext) {
    let registers: u64 = context.arg::<*const u8>(0) as u64;
    let result: i64 = context.arg(1);
    let number = read_u64(registers, offset!(regs_number)) & !X32_BIT;
    let Some(events) = SYSCALLS.get_ptr(number as u32) else {
        return;
    };
    // SAFETY: a value of the map, checked by the lookup.
    let events = unsafe { *events };
    if events == 0 {
        return;
    }
    let compat = came_through_compat();
    let mut event = if compat {
        events >> 16
    } else {
        events & 0xffff
    };
    let is_socketcall = event == u32::from(SOCKETCALL_EVENT);
    if is_socketcall {
        event = socketcall_event(registers);
    }
    // SAFETY: the helper takes no arguments.
    let process = (unsafe { bpf_get_current_pid_tgid() } >> 32) as u32;
    if event == 0 || process == agent_pid() {
        return;
    }
    let Some(plan) = record::plan(event) else {
        return;
    };
    // SAFETY: `plan` points into the map, checked by the lookup.
    if result >= 0 && unsafe { (*plan).on_failure_only } != 0 {
        return;
    }
    let flags = if compat { record_flag::COMPAT } else { 0 };
    let Some(slot) = record::begin(EventId::new(event as u16), plan, result, flags) else {
        return;
    };
    // SAFETY: the slot was just claimed.
    unsafe {
        store_arguments(slot, registers, compat);
        if is_socketcall {
            unpack_socketcall(slot);
        }
        capture::fill(slot, plan);
        path_walk::finish(slot, context, &SYS_EXIT_CHAIN);
    }
}

#[inline(always)]
fn came_through_compat() -> bool {
    let status = offset!(task_thread_status);
    if !present(status) {
        return false;
    }
    // SAFETY: the helper takes no arguments.
    let task = unsafe { bpf_get_current_task() };
    read_u32(task, status) & TS_COMPAT != 0
}

#[inline(always)]
unsafe fn store_arguments(slot: *mut Scratch, registers: u64, compat: bool) {
    let native = [
        offset!(regs_argument_0),
        offset!(regs_argument_1),
        offset!(regs_argument_2),
        offset!(regs_argument_3),
        offset!(regs_argument_4),
        offset!(regs_argument_5),
    ];
    // SAFETY: the slot is the caller's.
    unsafe {
        let arguments = (&raw mut (*slot).arguments).cast::<u64>();
        if !compat {
            for (number, place) in native.into_iter().enumerate() {
                core::ptr::write_volatile(arguments.add(number), read_u64(registers, place));
            }
            return;
        }
        // bx, cx, dx, si, di, bp: the middle three have the offsets of other native arguments.
        let places = [
            offset!(regs_compat_0),
            offset!(regs_compat_1),
            native[2],
            native[1],
            native[0],
            offset!(regs_compat_5),
        ];
        for (number, place) in places.into_iter().enumerate() {
            let value = u64::from(read_u32(registers, place));
            core::ptr::write_volatile(arguments.add(number), value);
        }
    }
}

/// The event that a `socketcall` is; 0 where it is none.
#[inline(always)]
fn socketcall_event(registers: u64) -> u32 {
    let which = read_u32(registers, offset!(regs_compat_0));
    match SOCKETCALLS.get_ptr(which) {
        // SAFETY: a value of the map, checked by the lookup.
        Some(event) => unsafe { *event },
        None => 0,
    }
}

/// Replaces the arguments of a `socketcall` by those that its second argument points to.
#[inline(always)]
unsafe fn unpack_socketcall(slot: *mut Scratch) {
    // SAFETY: the slot is the caller's.
    unsafe {
        let arguments = (&raw mut (*slot).arguments).cast::<u64>();
        let packed = core::ptr::read_volatile(arguments.add(1));
        for number in 0..6u32 {
            let value = u64::from(read_user_u32(packed, number.wrapping_mul(4)));
            core::ptr::write_volatile(arguments.add(number as usize), value);
        }
    }
}
