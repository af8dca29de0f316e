//! From raised alerts to their destinations.
//!
//! # Purpose
//!
//! [`Delivery::start`] starts the outputs of a configuration and gives an [`Inbox`] that alerts are
//! [raised](Inbox::raise) into. A router makes messages of them, holds back what repeats
//! ([`throttle`]) and gives the rest to the queue of each output that takes them ([`filter`]). Each output has
//! a thread; those that send over the network to a server that acknowledges ([`uplink`]) have a spool on disk
//! and a [`pump`] besides.
//!
//! # Invariants
//!
//! - A slow or failed output delays no other, nor who raises alerts.
//! - Where something is full, the least urgent is dropped, and counted: a flood of notices evicts no critical alert.
//! - Every alert is accounted for at each output: delivered, suppressed, not for it, lost, or in its spool; see
//!   [`Report`].
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::as_conversions
    )
)]

mod counters;
mod delivery;
pub mod filter;
mod output;
mod outputs;
mod patience;
pub mod pump;
mod queue;
mod receipt;
mod router;
mod settings;
pub mod throttle;
pub mod uplink;

pub use counters::{Loss, OutputCounters, RouterCounters};
pub use delivery::{Delivery, Inbox, Options, OutputReport, OutputView, Report, StartError};
pub use outputs::syslog::SyslogOutputError;
pub use queue::WhenFull;
pub use receipt::{Fate, Receipt};
pub use router::Time;
pub use settings::*;
pub use throttle::ThrottleSettings;
