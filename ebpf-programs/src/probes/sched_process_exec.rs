//! A process runs another image: reported here and not at the call's exit, because programs that
//! the kernel itself starts (usermode helpers: core dumps, module loading, `release_agent`) never
//! return from a call.

use crate::capture::working_directory;
use crate::file::{device_of, inode_of, overlay_layer, path_of};
use crate::maps::EXEC_CHAIN;
use crate::path_walk;
use crate::record::{append, begin, plan, set_missing, tail};
use crate::scratch::{NO_SLOT, Scratch};
use aya_ebpf::{
    helpers::generated::{bpf_get_current_task, bpf_probe_read_kernel_str, bpf_probe_read_user},
    macros::btf_tracepoint,
    programs::BtfTracePointContext,
};
use core::mem::offset_of;
use saker_ebpf_programs::kernel::{present, read_u32, read_u64};
use saker_ebpf_programs::offset;
use saker_ebpf_programs::task::{login_uid, process_group};
use saker_event_schema::{
    EXEC_VECTOR_BYTES_MAX, EventHeader, EventId, USER_STRING_BYTES_MAX, data_flag, event,
    exec_flag, wire,
};

/// The slot of an argument; `execve` and `execveat` have their common arguments in the same slots.
macro_rules! slot_of {
    ($argument:ident) => {{
        const SLOT: usize = offset_of!(wire::Execve, $argument) / 8;
        const _: () =
            assert!(offset_of!(wire::Execve, $argument) == offset_of!(wire::Execveat, $argument));
        SLOT as u32
    }};
}

/// `sched_process_exec(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)`; `p` is
/// the current task, which has its new image already.
#[btf_tracepoint(function = "sched_process_exec")]
fn sched_process_exec(context: BtfTracePointContext) -> i32 {
    report(&context);
    0
}

/// Continues [`sched_process_exec`]: walks the paths.
#[btf_tracepoint(function = "sched_process_exec")]
fn sched_process_exec_walk(context: BtfTracePointContext) -> i32 {
    path_walk::walk(&context, &EXEC_CHAIN);
    0
}

#[inline(always)]
fn report(context: &BtfTracePointContext) {
    let previous_tid: i32 = context.arg(1);
    let binprm = context.arg::<*const u8>(2) as u64;
    // SAFETY: the helper takes no arguments.
    let task = unsafe { bpf_get_current_task() };
    let event = which_call(binprm);
    let Some(plan) = plan(u32::from(event.get())) else {
        return;
    };
    let Some(slot) = begin(event, plan, 0, 0) else {
        return;
    };
    // SAFETY: the slot was just claimed.
    unsafe {
        let mm = read_u64(task, offset!(task_mm));
        let file = read_u64(mm, offset!(mm_exe_file));
        fill_words(slot, task, file, previous_tid);
        set_missing(slot, slot_of!(cwd), 0);
        set_missing(slot, slot_of!(trusted_exepath), 0);
        set_missing(slot, slot_of!(exe_root), 0);
        let filename = read_u64(binprm, offset!(binprm_filename));
        kernel_string(slot, slot_of!(filename), filename);
        let interpreter = read_u64(binprm, offset!(binprm_interp));
        if interpreter == filename {
            set_missing(slot, slot_of!(interpreter), 0);
        } else {
            kernel_string(slot, slot_of!(interpreter), interpreter);
        }
        let (start, end) = (offset!(mm_arg_start), offset!(mm_arg_end));
        vector(slot, slot_of!(args), read_u64(mm, start), read_u64(mm, end));
        let (start, end) = (offset!(mm_env_start), offset!(mm_env_end));
        vector(slot, slot_of!(env), read_u64(mm, start), read_u64(mm, end));
        path_walk::request(slot, working_directory(slot), slot_of!(cwd), NO_SLOT);
        if file != 0 {
            path_walk::request(
                slot,
                path_of(file),
                slot_of!(trusted_exepath),
                slot_of!(exe_root),
            );
        }
        path_walk::finish(slot, context, &EXEC_CHAIN);
    }
}

/// `execveat` if the file was named by a descriptor, otherwise (also for a program that the kernel
/// starts, and for an `execveat` that needs no descriptor) `execve`: x86 overwrites the number of
/// the call before this hook (`set_personality_64bit`), so it cannot be asked.
#[inline(always)]
fn which_call(binprm: u64) -> EventId {
    if read_u64(binprm, offset!(binprm_fdpath)) != 0 {
        event::EXECVEAT
    } else {
        event::EXECVE
    }
}

#[inline(always)]
unsafe fn fill_words(slot: *mut Scratch, task: u64, file: u64, previous_tid: i32) {
    let cred = read_u64(task, offset!(task_cred));
    let inode = inode_of(file);
    let (group, group_inside) = process_group(task);
    // SAFETY: the row's slots lie behind the header. The common slots have the same places in both
    // rows (see `slot_of!`).
    unsafe {
        let record = (&raw mut (*slot).record).cast::<u8>();
        let arguments = record.add(size_of::<EventHeader>()).cast::<wire::Execve>();
        (*arguments).res.0 = 0;
        (*arguments).tty.0 = u64::from((*record.cast::<EventHeader>()).tty);
        (*arguments).vpgid.0 = i64::from(group_inside);
        (*arguments).pgid.0 = i64::from(group);
        (*arguments).loginuid.0 = i64::from(login_uid(task) as i32);
        (*arguments).cap_inheritable.0 = read_u64(cred, offset!(cred_cap_inheritable));
        (*arguments).cap_permitted.0 = read_u64(cred, offset!(cred_cap_permitted));
        (*arguments).cap_effective.0 = read_u64(cred, offset!(cred_cap_effective));
        (*arguments).uid.0 = i64::from(read_u32(cred, offset!(cred_euid)));
        (*arguments).gid.0 = i64::from(read_u32(cred, offset!(cred_egid)));
        (*arguments).ruid.0 = i64::from(read_u32(cred, offset!(cred_uid)));
        (*arguments).rgid.0 = i64::from(read_u32(cred, offset!(cred_gid)));
        (*arguments).suid.0 = i64::from(read_u32(cred, offset!(cred_suid)));
        (*arguments).previous_tid.0 = i64::from(previous_tid);
        let user_namespace = read_u64(cred, offset!(cred_user_ns));
        (*arguments).user_namespace.0 =
            u64::from(read_u32(user_namespace, offset!(user_namespace_inum)));
        (*arguments).flags.0 = exec_flags(file, inode);
        (*arguments).exe_ino.0 = read_u64(inode, offset!(inode_ino));
        (*arguments).exe_dev.0 = device_of(inode);
        (*arguments).exe_ino_ctime.0 = inode_time(
            inode,
            offset!(inode_ctime),
            offset!(inode_ctime_sec),
            offset!(inode_ctime_nsec),
        );
        (*arguments).exe_ino_mtime.0 = inode_time(
            inode,
            offset!(inode_mtime),
            offset!(inode_mtime_sec),
            offset!(inode_mtime_nsec),
        );
    }
}

/// Marks a time that was asked for, in its nanoseconds (`I_CTIME_QUERIED`, Linux 6.13).
const TIME_QUERIED: u32 = 1 << 31;

/// Nanoseconds since the epoch; the members are one struct until 6.11, two numbers since.
#[inline(always)]
fn inode_time(inode: u64, whole: u32, seconds: u32, nanoseconds: u32) -> u64 {
    let (seconds, nanoseconds) = if present(seconds) {
        (read_u64(inode, seconds), read_u32(inode, nanoseconds))
    } else if present(whole) {
        (
            read_u64(inode, whole),
            read_u32(inode, whole.wrapping_add(8)),
        )
    } else {
        return 0;
    };
    seconds
        .wrapping_mul(1_000_000_000)
        .wrapping_add(u64::from(nanoseconds & !TIME_QUERIED))
}

#[inline(always)]
fn exec_flags(file: u64, inode: u64) -> u64 {
    let layer = overlay_layer(inode);
    let mut flags = 0;
    if layer == u32::from(data_flag::UPPER_LAYER) {
        flags |= exec_flag::UPPER_LAYER;
    }
    if layer == u32::from(data_flag::LOWER_LAYER) {
        flags |= exec_flag::LOWER_LAYER;
    }
    let (dentry, _) = path_of(file);
    let name = read_u64(dentry, offset!(dentry_name));
    // A memfd belongs to no tree and its name begins with this.
    let starts_like_memfd =
        read_u64(name, 0) & 0xffff_ffff_ffff == u64::from_le_bytes(*b"memfd:\0\0");
    if starts_like_memfd && read_u64(dentry, offset!(dentry_parent)) == dentry {
        flags |= exec_flag::FROM_MEMFD;
    }
    flags
}

/// Appends a NUL-terminated text of kernel memory.
#[inline(always)]
unsafe fn kernel_string(slot: *mut Scratch, argument: u32, address: u64) {
    // SAFETY: the buffer has more than this many bytes behind every tail.
    unsafe {
        let limit = USER_STRING_BYTES_MAX as u32 + 1;
        let read = bpf_probe_read_kernel_str(tail(slot).cast(), limit, address as *const _);
        if read <= 0 {
            set_missing(slot, argument, data_flag::FAULT);
            return;
        }
        append(slot, argument, (read as u32).wrapping_sub(1), 0);
    }
}

/// Appends a vector of NUL-terminated texts of user memory.
#[inline(always)]
unsafe fn vector(slot: *mut Scratch, argument: u32, start: u64, end: u64) {
    // SAFETY: the buffer has this many bytes behind every tail.
    unsafe {
        let (mut wanted, mut flags) = (end.wrapping_sub(start), 0);
        if wanted > EXEC_VECTOR_BYTES_MAX as u64 {
            (wanted, flags) = (EXEC_VECTOR_BYTES_MAX as u64, data_flag::TRUNCATED);
        }
        let wanted = wanted as u32 & EXEC_VECTOR_BYTES_MAX as u32;
        if bpf_probe_read_user(tail(slot).cast(), wanted, start as *const _) != 0 {
            set_missing(slot, argument, data_flag::FAULT);
            return;
        }
        append(slot, argument, wanted, flags);
    }
}
