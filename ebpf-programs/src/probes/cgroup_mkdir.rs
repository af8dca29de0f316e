//! A cgroup was made. A runtime makes one for each container, so its path is known before its first
//! process runs, and also when both are gone at once.

use crate::cgroup;
use crate::record;
use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use saker_event_schema::event;

/// `cgroup_mkdir(struct cgroup *cgrp, const char *path)`; no task can enter the cgroup yet.
#[btf_tracepoint(function = "cgroup_mkdir")]
fn cgroup_mkdir(context: BtfTracePointContext) -> i32 {
    if let Some(slot) = cgroup::begin(event::CGROUP_MKDIR, &context) {
        // SAFETY: the slot was just claimed.
        unsafe { record::submit(slot) };
    }
    0
}
