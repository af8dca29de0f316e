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
//! - The meaning is Falco's (libsinsp 0.25), with its oddities: rules that look at a capture must see
//!   what they would see there. Only what Falco looks up on the host that reads the capture, such as
//!   the names of users that the capture does not list, is not known.
//!
//! ```
//! use saker_capture_state::{Limits, Machine, MachineInfo, ThreadSnapshot};
//! use saker_falco_events::{EventBuilder, EventCode};
//!
//! let mut machine = Machine::new(MachineInfo::default(), Limits::default());
//! machine.add_thread(ThreadSnapshot {
//!     tid: 42,
//!     pid: 42,
//!     cwd: (*b"/etc").into(),
//!     ..ThreadSnapshot::default()
//! });
//! machine.start();
//! let open = EventBuilder::new(EventCode(3))
//!     .and_then(|event| event.tid(42).number("fd", 3))
//!     .and_then(|event| event.text("name", b"passwd"))
//!     .expect("'open' has these parameters");
//! let subject = open.look(|event| machine.apply(event));
//! let descriptor = subject.descriptor.expect("the call made one");
//! assert_eq!(&*descriptor.name, b"/etc/passwd");
//! ```
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
pub use machine::{KnownContainer, Machine, ToldContainer};
pub use snapshot::{
    DescriptorSnapshot, GroupEntry, Interface, MachineInfo, ThreadSnapshot, UserEntry,
};
pub use stats::Stats;
pub use subject::Subject;
pub use thread::{Thread, clone_flag};
