//! A new task. Feeds the process tree; the `clone` family of events is reported at the calls' exit.

use crate::record;
use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use saker_ebpf_programs::kernel::{read_u32, read_u64};
use saker_ebpf_programs::offset;
use saker_ebpf_programs::task;
use saker_event_schema::{EventHeader, event, wire};

/// `sched_process_fork(struct task_struct *parent, struct task_struct *child)`; the parent is the
/// current task, the child has not run yet.
#[btf_tracepoint(function = "sched_process_fork")]
fn sched_process_fork(context: BtfTracePointContext) -> i32 {
    report(context.arg::<*const u8>(1) as u64);
    0
}

#[inline(always)]
fn report(child: u64) {
    let process = read_u32(child, offset!(task_tgid));
    let thread = read_u32(child, offset!(task_pid));
    if process != thread {
        // A thread shares the record of its process.
        return;
    }
    let Some(plan) = record::plan(u32::from(event::SCHED_PROCESS_FORK.get())) else {
        return;
    };
    let Some(slot) = record::begin(event::SCHED_PROCESS_FORK, plan, 0, 0) else {
        return;
    };
    let (virtual_thread, pid_namespace) = task::ids_in_namespace(child);
    // SAFETY: the slot was just claimed; the row's slots lie behind the header.
    unsafe {
        let arguments = (&raw mut (*slot).record)
            .cast::<u8>()
            .add(size_of::<EventHeader>())
            .cast::<wire::SchedProcessFork>();
        (*arguments).child_pid.0 = i64::from(process);
        (*arguments).child_tid.0 = i64::from(thread);
        (*arguments).child_vpid.0 = i64::from(virtual_thread);
        (*arguments).child_vtid.0 = i64::from(virtual_thread);
        (*arguments).child_start.0 = read_u64(child, offset!(task_start_boottime));
        (*arguments).child_exec_id.0 = read_u64(child, offset!(task_self_exec_id));
        (*arguments).child_cgroup.0 = task::cgroup_key_of(child, || task::unified(child));
        (*arguments).child_pid_namespace.0 = u64::from(pid_namespace);
        // Not the current task where the caller asked for its own parent (CLONE_PARENT).
        let parent = read_u64(child, offset!(task_real_parent));
        (*arguments).child_ppid.0 = i64::from(read_u32(parent, offset!(task_tgid)));
        record::submit(slot);
    }
}
