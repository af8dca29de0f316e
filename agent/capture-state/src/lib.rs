//! The threads, descriptors and users that a capture tells of, kept up to date by its events.
//!
//! # Purpose
//!
//! A capture begins with what was there: processes, their descriptors, users. [`Machine`] takes
//! these in, then every event in order, and tells for each which thread acted and on which
//! descriptor. A live host needs none of this: there the kernel tells with every event.
//!
//! # Invariants
//!
//! - Events are hostile: nothing they say makes anything here panic or grow without bound.
//! - A record that was handed out never changes; the machine changes a copy.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod descriptor;
mod limits;
mod machine;
mod snapshot;
mod stats;
mod subject;
mod thread;

pub use descriptor::{Descriptor, DescriptorKind, Endpoint, L4Protocol, Role, SocketState};
pub use limits::Limits;
pub use machine::Machine;
pub use snapshot::{
    DescriptorSnapshot, GroupEntry, Interface, MachineInfo, ThreadSnapshot, UserEntry,
};
pub use stats::Stats;
pub use subject::Subject;
pub use thread::{Thread, clone_flag};
