//! Programs that do nothing: `saker doctor` loads them to learn which attach kinds a host has.

use aya_ebpf::{
    macros::{fentry, fexit, lsm},
    programs::{FEntryContext, FExitContext, LsmContext},
};

/// Needs trampolines (Linux 5.5; arm64 6.0).
#[fentry(function = "security_file_open")]
fn trial_fentry(_context: FEntryContext) -> i32 {
    0
}

/// Needs trampolines (Linux 5.5; arm64 6.0).
#[fexit(function = "security_file_open")]
fn trial_fexit(_context: FExitContext) -> i32 {
    0
}

/// Needs BPF among the active security modules (Linux 5.7).
#[lsm(hook = "file_open")]
fn trial_lsm(_context: LsmContext) -> i32 {
    0
}
