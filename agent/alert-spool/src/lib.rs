//! Alerts on disk until their destination has them.
//!
//! # Purpose
//!
//! A [`Spool`] keeps the alerts of one output in a directory: [appended](Spool::append) when they are raised,
//! [handed out](Spool::next_batch) in batches, and forgotten when they are
//! [acknowledged](Spool::acknowledge). [`SpoolHandle`] is the same for asynchronous code.
//!
//! ```text
//! <directory>/lock                                    held by whoever has the spool, with its pid
//! <directory>/acknowledged                            up to where all is delivered, for each priority
//! <directory>/critical-00000000000000000012.segment   records of one priority, one after the other
//! ```
//!
//! # Order
//!
//! Urgent before less urgent, and within a priority the oldest first: a backlog does not delay an emergency by
//! more than the batches that are under way. Every eighth batch begins with another priority, in turn, so that
//! none starves.
//!
//! # What is given up
//!
//! A full spool gives up the oldest segment of the least urgent priority, never what is more urgent than what
//! came, and never a segment of which records are under way: those may have arrived. A full disk costs what is
//! less urgent than what came; after that, and when the disk fails otherwise, records are kept in a bounded
//! memory until it works again, which is tried every second. [`SpoolStats`] has every record that was lost, by
//! priority and reason.
//!
//! # Invariants
//!
//! - What [`Appended::durable`] counts and was not acknowledged is handed out after a crash of the agent at any
//!   point; with [`Sync::EveryBatch`] also after one of the machine. Some of what was acknowledged may be handed
//!   out again: in the last second, or out of turn.
//! - A record that is handed out is one that was appended, whatever became of the files meanwhile.
//! - Appended = acknowledged + lost + there.
//! - Files are hostile: reading them panics never, takes time linear in their bytes, and memory for one segment.
//!
//! ```
//! use saker_alert_spool::{BatchLimits, Entry, Spool, SpoolSettings};
//! use saker_proto::{AlertId, v1::Priority};
//!
//! # let directory = tempfile::tempdir()?;
//! let (mut spool, _) = Spool::open(directory.path(), &SpoolSettings::default())?;
//! let id = AlertId::from_bytes([7; 16]);
//! let entry = Entry { id, priority: Priority::Critical, payload: b"alert".as_slice().into() };
//! assert_eq!(spool.append(&[entry]).durable, 1);
//! let batch = spool.next_batch(BatchLimits::default()).expect("the alert");
//! assert_eq!(batch.records[0].id, id);
//! spool.acknowledge(batch.id);
//! # Ok::<(), Box<dyn std::error::Error>>(())
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
