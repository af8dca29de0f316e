//! Loads the kernel programs, drains their rings and counts every loss.
//!
//! # Purpose
//!
//! [`KernelSource::load`] takes the embedded object, fills in where the running kernel keeps what
//! the programs read ([`offsets`]), and attaches them. [`EventReader`] then hands over records in
//! the order of their time, the rings merged. Programs that see connections are an object of their own: where a host
//! cannot run them, [`KernelSource::losses`] says so and the rest goes on. [`LossCounters`] says what became of every
//! event.
//!
//! # Invariants
//!
//! - Programs are attached by links: they go when the process goes, `kill -9` included.
//! - An object that was built from another event table is refused.
//! - After the rings are drained, `emitted = delivered + lost` holds for every event.
//!
//! Of what is shipped, this crate and the kernel programs are the only ones with unsafe code.

mod attach_kinds;
mod cgroup_paths;
mod counters;
mod error;
pub mod host;
#[cfg(feature = "kernel-log")]
mod kernel_log;
mod load;
mod network;
mod object;
pub mod offsets;
mod reader;
mod tables;

pub use attach_kinds::AttachKind;
pub use cgroup_paths::CgroupPaths;
pub use counters::{EventCounts, LossCounters};
pub use error::{CapabilityLoss, KernelSourceError};
pub use load::{KernelSource, ProgramReport, SourceOptions};
pub use network::{FlowSatisfaction, NetworkOptions};
pub use object::Variant;
pub use reader::{EventReader, ReadOutcome};
pub use tables::STATE_EVENTS;
