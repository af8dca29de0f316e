//! The spool.

use std::path::Path;

use crate::error::SpoolError;
use crate::loss::{Appended, Recovery, SpoolStats};
use crate::record::{Batch, BatchId, BatchLimits, Entry};
use crate::settings::SpoolSettings;

/// A bounded queue on disk for one output. Its methods block; see [`SpoolHandle`](crate::SpoolHandle).
#[derive(Debug)]
pub struct Spool {}

impl Spool {
    /// Opens the spool in this directory, which is made if it is missing.
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

    /// Keeps these records. What cannot be kept is counted in the answer.
    pub fn append(&mut self, _entries: &[Entry]) -> Appended {
        todo!()
    }

    /// Hands out records, none if none wait.
    pub fn next_batch(&mut self, _limits: BatchLimits) -> Option<Batch> {
        todo!()
    }

    /// Forgets a batch: its destination has it.
    pub fn acknowledge(&mut self, _batch: BatchId) {
        todo!()
    }

    /// Takes a batch back, to be handed out again.
    pub fn release(&mut self, _batch: BatchId) {
        todo!()
    }

    /// Numbers of now.
    #[must_use]
    pub fn stats(&self) -> SpoolStats {
        todo!()
    }
}
