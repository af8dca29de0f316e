//! Plays captures: shows each event as rules see it, with what is known at its time.
//!
//! # Purpose
//!
//! [`Replay`] opens a capture, tells its kind by its content, and shows its events one after the other
//! as [`EventContext`](saker_rule_fields::EventContext)s, like those of a live host. Commands, tests of
//! rules and measurements share it.
//!
//! # Which events are shown
//!
//! Those that Falco evaluates, with Falco's numbers (`evt.num`). Since Falco 0.42 these are the exits
//! of system calls, tracepoints and events about the capture itself. Enters of system calls lend what
//! they know to their exits and are not shown; those few that Falco still hands to its state engine
//! count in the numbers, and so do the events at the begin that only tell of what was there before.
//!
//! # Invariants
//!
//! - Captures are hostile: no bytes make anything here panic or take memory without bound. What is
//!   skipped is counted ([`Stats`]); an error names its place.
//! - Showing an event allocates nothing, but for what its state needs.
//!
//! ```no_run
//! use saker_capture_replay::{Options, Replay};
//! use std::ops::ControlFlow;
//!
//! let mut replay = Replay::open("incident.scap".as_ref(), &Options::default())?;
//! replay.for_each(|context| {
//!     println!("{} {}", context.number(), context.time_wall_ns());
//!     ControlFlow::<()>::Continue(())
//! })?;
//! eprintln!("{} events", replay.stats().shown);
//! # Ok::<(), saker_capture_replay::ReplayError>(())
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

mod error;
mod input;
mod recording;
mod replay;
mod scap;
mod stats;

pub use error::ReplayError;
pub use replay::{Options, Replay};
pub use stats::{Missing, Progress, Skipped, Stats};
