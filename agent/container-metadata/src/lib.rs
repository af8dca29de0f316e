//! What is known of the containers of a host.
//!
//! # Purpose
//!
//! [`Containers`] is where those who ask the runtimes put what they learn, and where the fields of
//! rules find it. It does no I/O: a container that appears becomes a [`Request`] on a channel, and the
//! answer comes back with [`Containers::learn`] or [`Containers::give_up`].
//!
//! # Invariants
//!
//! - A reader never waits: [`Containers::get`] says what is known now, and whether more may come.
//! - What a container was stays known for a set time after it ended.
//! - The number of containers is bounded; those that ended first make room.
//! - Without anybody who answers requests nothing is awaited.
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

mod containers;
mod info;
mod store;

pub use containers::{
    Answer, Clock, Containers, Expectation, Limits, OnChange, Reason, Request, Requests, Stats,
};
pub use info::{Command, ContainerInfo, ContainerKind, Image, Labels, Mount, PodSandbox, Probes};
