//! Captures: Falco's `.scap` files, read, and Saker's own recordings, read and written.
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

pub mod recording;
pub mod scap;
