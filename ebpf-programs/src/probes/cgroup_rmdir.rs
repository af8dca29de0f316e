//! A cgroup was removed: the end of a container.

use crate::cgroup;
use crate::record;
use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use saker_event_schema::event;

/// `cgroup_rmdir(struct cgroup *cgrp, const char *path)`; no task is in the cgroup.
#[btf_tracepoint(function = "cgroup_rmdir")]
fn cgroup_rmdir(context: BtfTracePointContext) -> i32 {
    if let Some(slot) = cgroup::begin(event::CGROUP_RMDIR, &context) {
        // SAFETY: the slot was just claimed.
        unsafe { record::submit(slot) };
    }
    0
}
