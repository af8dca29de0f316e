//! The spool, used from asynchronous code and from several places.

use std::path::Path;

use crate::error::SpoolError;
use crate::loss::{Appended, Recovery, SpoolStats};
use crate::record::{Batch, BatchId, BatchLimits, Entry};
use crate::settings::SpoolSettings;

/// Shares a [`Spool`](crate::Spool); clones are the same spool. The files are closed with the last of them.
#[derive(Clone, Debug)]
pub struct SpoolHandle {}

impl SpoolHandle {
    /// Opens the spool in this directory, see [`Spool::open`](crate::Spool::open). Blocks.
    ///
    /// # Errors
    ///
    /// See [`SpoolError`].
    pub fn open(
        _directory: &Path,
        _settings: &SpoolSettings,
    ) -> Result<(Self, Recovery), SpoolError> {
        todo!()
    }

    /// See [`Spool::append`](crate::Spool::append).
    pub async fn append(&self, _entries: Vec<Entry>) -> Appended {
        todo!()
    }

    /// The same for a thread that may block.
    #[must_use]
    pub fn append_blocking(&self, _entries: &[Entry]) -> Appended {
        todo!()
    }

    /// Waits for records. To drop the future loses none.
    pub async fn next_batch(&self, _limits: BatchLimits) -> Batch {
        todo!()
    }

    /// See [`Spool::acknowledge`](crate::Spool::acknowledge).
    pub async fn acknowledge(&self, _batch: BatchId) {
        todo!()
    }

    /// See [`Spool::release`](crate::Spool::release).
    pub async fn release(&self, _batch: BatchId) {
        todo!()
    }

    /// See [`Spool::stats`](crate::Spool::stats). May wait for a write that is under way.
    #[must_use]
    pub fn stats(&self) -> SpoolStats {
        todo!()
    }
}
