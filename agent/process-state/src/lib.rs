//! The process tree: credentials, ancestry and container of every process.
//!
//! # Purpose
//!
//! [`ProcessState::apply`] takes every event in order and returns the process that acted, as an
//! immutable record that an event may keep. Processes that existed before come from [`ProcFs`].
//!
//! # Invariants
//!
//! - A record that was handed out never changes; the table changes a copy.
//! - A process is its pid and its start time, so a pid that is used again is another process.
//! - The table is bounded, and what it forgets or could not learn is counted in [`Stats`].
//! - What is not known is `None`, never an empty string or a zero that could be a value.
//!
//! ```no_run
//! use saker_process_state::{Hierarchy, Limits, NoSource, ProcFs, ProcessState};
//!
//! let proc_fs = ProcFs::new("/proc").with_cgroup_mount(Hierarchy::Unified, "/sys/fs/cgroup");
//! let snapshots = proc_fs.scan();
//! let mut state = ProcessState::new(Limits::default(), Box::new(proc_fs), Box::new(NoSource));
//! state.bootstrap(snapshots);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)
)]

mod container;
mod identity;
mod proc_fs;
mod process;
mod source;
mod state;
mod stats;
mod users;

pub use container::{
    ContainerChange, ContainerId, ContainerRef, Runtime, container_id, container_of,
};
pub use identity::{BootTime, CgroupId, Comm, Hierarchy, Pid, ProcessKey, Tid};
pub use proc_fs::ProcFs;
pub use process::{Capabilities, Credentials, Image, Origin, Placement, Process, StringVector};
pub use source::{CgroupResolver, NoSource, ProcessSource, Snapshot};
pub use state::{Ancestors, Limits, ProcessState};
pub use stats::Stats;
pub use users::{User, Users};
