//! Saker's kernel programs.
//!
//! # How an event is made
//!
//! A hook in [`probes`] decides that there is something to report, claims a [`scratch`] slot and
//! fills the header ([`record`]). For a system call the row's plan is then interpreted
//! ([`capture`]); hooks that walk kernel structures fill their slots themselves. Paths are queued
//! and walked by a program of their own ([`path_walk`]), reached by tail call, because the verifier
//! bounds a program, not a chain. The last step copies the used bytes into one of the two rings.
//!
//! # Invariants
//!
//! - Everything that is begun is counted as emitted and ends as delivered or as a counted loss.
//! - No state in registers across loop iterations: it lives in the slot, so that the verifier meets
//!   the same state again and prunes.
//! - Nothing here changes what the observed process does.
#![no_std]
#![no_main]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]

mod capture;
mod cgroup;
mod file;
mod kernel;
mod maps;
mod path_walk;
mod probes;
mod record;
mod scratch;

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
