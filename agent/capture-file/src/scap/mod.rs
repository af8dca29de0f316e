//! Falco's captures: `.scap` files, plain or compressed with gzip.
//!
//! # Purpose
//!
//! A capture is a row of blocks: a section header, what was there when it began (host, interfaces,
//! users, threads, descriptors), then events. Captures may follow one another in a file; each begins
//! with a section header of its own, and nothing of the one before holds any longer. [`Reader`]
//! yields it all in order as [`Record`]s.
//!
//! # Invariants
//!
//! - What is not understood is skipped and counted ([`Stats`]); where the rows of blocks cannot be
//!   followed any further, an error names the place and the block.
//! - No length in a file is trusted: memory grows with bytes that are there, and never beyond
//!   [`BLOCK_BYTES_MAX`].
//! - Events are borrowed from the reader's buffer: reading one allocates nothing.
//!
//! # Example
//!
//! ```no_run
//! use saker_capture_file::scap::{Reader, Record};
//!
//! # fn main() -> Result<(), saker_capture_file::scap::ScapError> {
//! let mut reader = Reader::open("trace.scap".as_ref())?;
//! while let Some(record) = reader.next_record()? {
//!     if let Record::Event { offset, event, .. } = record {
//!         println!("{offset}: {} by {}", event.event_type.name, event.header.tid);
//!     }
//! }
//! println!("{:?}", reader.stats());
//! # Ok(())
//! # }
//! ```

mod block;
mod cursor;
mod descriptors;
mod error;
mod event;
mod gzip;
mod interfaces;
mod list;
mod machine;
mod reader;
mod record;
mod repetition;
mod snapshot;
mod stats;
mod stream;
mod threads;
mod users;
mod writer;

#[cfg(test)]
mod tests;

pub use block::{BLOCK_BYTES_MAX, BlockType};
pub use error::{Problem, ScapError};
pub use event::Audience;
pub use reader::Reader;
pub use record::{Record, SnapshotItem};
pub use repetition::repeat_events;
pub use stats::Stats;
pub use writer::Writer;
