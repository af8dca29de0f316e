//! Saker's own recordings, written and read.
//!
//! # Purpose
//!
//! A recording holds the events of a host exactly as the kernel's rings delivered them, and all that
//! the agent learnt from elsewhere while it looked at them: the processes that ran at the begin, what
//! `/proc` and the cgroup file system answered, users, clocks. So playing it gives the same alerts with
//! the same ids. `docs/recording-format.md` has the bytes.
//!
//! # Invariants
//!
//! - A file that was cut off plays up to its last whole frame; a damaged frame is skipped and counted
//!   ([`Stats`]), and what follows it plays.
//! - A recording carries its event table. Another version finds events by id and name and arguments by
//!   name; what it does not know is skipped and counted.
//! - No length in a file is trusted: nothing grows beyond [`FRAME_BYTES_MAX`].
//! - Lending an event allocates nothing, if the table is the reader's own.
//!
//! # Example
//!
//! ```
//! use saker_capture_file::recording::{
//!     Header, Item, RecordingReader, RecordingWriter, Visibility, WriterOptions,
//! };
//! use saker_event_decode::EventBuilder;
//! use saker_event_schema::event;
//!
//! # fn main() -> Result<(), saker_capture_file::recording::RecordingError> {
//! let mut file = Vec::new();
//! let mut writer = RecordingWriter::new(&mut file, &Header::default(), WriterOptions::default())?;
//! writer.event(&EventBuilder::new(event::OPENAT).build(), 1, Visibility::Shown)?;
//! writer.finish(0)?;
//!
//! let mut reader = RecordingReader::new(file.as_slice())?;
//! while let Some(item) = reader.next_item()? {
//!     if let Item::Event { number, record, .. } = item {
//!         println!("event {number}: {} bytes", record.len());
//!     }
//! }
//! assert!(reader.stats().is_complete);
//! # Ok(())
//! # }
//! ```

mod container;
mod error;
mod frame;
mod frames;
mod header;
mod index;
mod note;
mod process;
mod reader;
mod stats;
mod table;
mod target;
mod writer;

#[cfg(test)]
mod tests;

pub use container::StoredContainer;
pub use error::{Damage, RecordingError};
pub use frame::{FORMAT_VERSION, FRAME_BYTES_MAX, MAGIC};
pub use header::{Header, StoredArgument, StoredRow};
pub use index::Closing;
pub use note::Note;
pub use process::StoredSnapshot;
pub use reader::{Item, RecordingReader, Visibility};
pub use stats::Stats;
pub use target::Target;
pub use writer::{RecordingWriter, Room, Sync, WriterOptions};
