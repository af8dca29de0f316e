//! A task was moved into another cgroup by somebody, before it does anything there itself.

use crate::cgroup;
use crate::record;
use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use saker_ebpf_programs::kernel::{read_u32, read_u64};
use saker_ebpf_programs::offset;
use saker_event_schema::{event, wire};

/// `cgroup_attach_task(struct cgroup *dst_cgrp, const char *path, struct task_struct *task, bool
/// threadgroup)`; the task that moves it is the current one.
#[btf_tracepoint(function = "cgroup_attach_task")]
fn cgroup_attach_task(context: BtfTracePointContext) -> i32 {
    let Some(slot) = cgroup::begin(event::CGROUP_ATTACH_TASK, &context) else {
        return 0;
    };
    let moved = cgroup::argument(&context, 2);
    let leader = read_u64(moved, offset!(task_group_leader));
    // SAFETY: the slot was just claimed.
    unsafe {
        let arguments = cgroup::arguments::<wire::CgroupAttachTask>(slot);
        (*arguments).moved_pid.0 = i64::from(read_u32(moved, offset!(task_tgid)));
        (*arguments).moved_tid.0 = i64::from(read_u32(moved, offset!(task_pid)));
        (*arguments).moved_start.0 = read_u64(leader, offset!(task_start_boottime));
        (*arguments).whole_process.0 = u64::from(cgroup::argument(&context, 3) & 0xff != 0);
        record::submit(slot);
    }
    0
}
