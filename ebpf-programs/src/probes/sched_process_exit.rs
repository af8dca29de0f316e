//! The end of a task.

use crate::record;
use aya_ebpf::{
    helpers::generated::bpf_get_current_task, macros::btf_tracepoint,
    programs::BtfTracePointContext,
};
use saker_ebpf_programs::kernel::{read_u32, read_u64};
use saker_ebpf_programs::offset;
use saker_event_schema::{EventHeader, event, wire};

/// `sched_process_exit(struct task_struct *p)`; `p` is the current task.
#[btf_tracepoint(function = "sched_process_exit")]
fn sched_process_exit(_context: BtfTracePointContext) -> i32 {
    report();
    0
}

#[inline(always)]
fn report() {
    let Some(plan) = record::plan(u32::from(event::PROCEXIT.get())) else {
        return;
    };
    // SAFETY: the helper takes no arguments.
    let task = unsafe { bpf_get_current_task() };
    let status = read_u32(task, offset!(task_exit_code));
    let live = read_u32(read_u64(task, offset!(task_signal)), offset!(signal_live));
    let Some(slot) = record::begin(event::PROCEXIT, plan, 0, 0) else {
        return;
    };
    // SAFETY: the slot was just claimed; the row's slots lie behind the header.
    unsafe {
        let arguments = (&raw mut (*slot).record)
            .cast::<u8>()
            .add(size_of::<EventHeader>())
            .cast::<wire::Procexit>();
        (*arguments).status.0 = u64::from(status);
        (*arguments).ret.0 = i64::from((status >> 8) & 0xff);
        (*arguments).sig.0 = u64::from(status & 0x7f);
        (*arguments).core.0 = u64::from((status >> 7) & 1);
        (*arguments).group_dead.0 = u64::from(live == 0);
        record::submit(slot);
    }
}
