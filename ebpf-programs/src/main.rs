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
#![cfg_attr(
    all(target_arch = "bpf", not(feature = "legacy-kernel")),
    feature(asm_experimental_arch)
)]

mod capture;
mod cgroup;
mod file;
mod maps;
mod path_walk;
mod probes;
mod record;
mod scratch;
