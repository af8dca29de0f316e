//! Asks the container runtimes of a host what its containers are.
//!
//! # Purpose
//!
//! [`Runtimes::find`] looks which runtimes there are, and [`Runtimes::serve`] answers the requests of
//! [`Containers`](saker_container_metadata::Containers) until its future is dropped: at once from the
//! files in which a runtime keeps its state, then from its socket.
//!
//! # Invariants
//!
//! - Nothing that a runtime says may panic or grow memory without bound: messages, files, names and
//!   lists have bounds, calls have deadlines.
//! - Without any runtime requests are answered at once, with [`Reason::NoRuntime`].
//! - A runtime that appears, restarts or goes away is noticed; the same error is not logged twice in a
//!   row.
//!
//! [`Reason::NoRuntime`]: saker_container_metadata::Reason::NoRuntime
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

mod bounds;
mod client;
mod config;
mod cri;
mod docker;
mod error;
mod image;
mod runtimes;
mod state;

pub use config::{
    ConfigError, Engine, EngineSettings, EnginesSettings, RuntimesConfig, RuntimesSettings,
};
pub use error::RuntimeError;
pub use runtimes::{Found, Runtimes};
