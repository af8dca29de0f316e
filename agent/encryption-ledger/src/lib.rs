//! Who talks to whom, since when, and how it was protected.
//!
//! Observations in, edges between workloads out; bounded, kept in a file.
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

mod observation;

pub use observation::{Evidence, Observation, Party};
