//! Alerts on disk until their destination has them.
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

mod directory;
mod error;
mod frame;
mod handle;
mod lane;
mod loss;
mod position;
mod priority;
mod record;
mod segment;
mod settings;
mod spool;
#[cfg(test)]
mod tests;

pub use error::{Holder, SpoolError};
pub use handle::SpoolHandle;
pub use loss::{Appended, LOSS_REASONS, LossReason, Losses, Recovery, SpoolStats};
pub use priority::{PRIORITIES, priority_name};
pub use record::{Batch, BatchId, BatchLimits, Entry, Record};
pub use settings::{InvalidSettings, SpoolSettings, Sync};
pub use spool::Spool;
