//! What Saker's kernel programs have in common.
//!
//! The package builds two objects: `saker-probes` ([`main.rs`](../main.rs)) reports system calls, processes and
//! cgroups; `saker-network` reports connections. A host that cannot run the second one still has the first.
#![no_std]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]

pub mod counters;
pub mod kernel;
pub mod socket;
pub mod task;
pub mod wakeup;

#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    // The build has no unwinding and the verifier no trap: panics are optimised out or refused.
    loop {}
}

/// Read by the kernel: which helpers the programs may call.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

/// Read by the loader: the event table that these programs were built from.
#[unsafe(no_mangle)]
static TABLE_HASH: u64 = saker_event_schema::TABLE_HASH;
