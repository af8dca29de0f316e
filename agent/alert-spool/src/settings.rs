//! How large a spool may be, and when it writes through.

use std::time::Duration;

use serde::Deserialize;

use crate::frame::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};

const MEBIBYTE: u64 = 1 << 20;

/// Segments that a full spool consists of, at least: dropping one must not empty it.
const SEGMENTS_MIN: u64 = 4;

/// Bounds of a spool, part of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpoolSettings {
    /// Bytes of all segment files.
    pub max_bytes: u64,
    /// Bytes of one segment file. What is dropped for want of room is dropped by the segment.
    pub segment_bytes: u64,
    /// Bytes of records that are kept in memory while the disk takes none.
    pub memory_bytes: u64,
    /// When records are written through.
    pub sync: Sync,
    /// Milliseconds between writes through, for [`Sync::Interval`].
    pub sync_interval_ms: u64,
}

/// When records are written through to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sync {
    /// Before [`Spool::append`](crate::Spool::append) returns.
    EveryBatch,
    /// Now and then: a crash of the machine, not one of the agent, may lose what came since.
    Interval,
}

/// Bounds that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// There would be too many files, or reading one through would take too long.
    #[error(
        "segment_bytes is {0}, it must lie between {SEGMENT_BYTES_MIN} and {SEGMENT_BYTES_MAX}"
    )]
    Segment(u64),
    /// Dropping a segment would leave next to nothing.
    #[error(
        "max_bytes is {max_bytes}, it must be at least {SEGMENTS_MIN} times segment_bytes ({segment_bytes})"
    )]
    Total {
        /// As it was given.
        max_bytes: u64,
        /// As it was given.
        segment_bytes: u64,
    },
    /// Would write without pause.
    #[error("sync_interval_ms is 0; write `sync: every_batch` to write through every time")]
    Interval,
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self {
            max_bytes: 256 * MEBIBYTE,
            segment_bytes: 4 * MEBIBYTE,
            memory_bytes: 4 * MEBIBYTE,
            sync: Sync::EveryBatch,
            sync_interval_ms: 200,
        }
    }
}

impl SpoolSettings {
    /// Whether the bounds fit together. Opening a spool asks this first.
    ///
    /// # Errors
    ///
    /// See [`InvalidSettings`].
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&self.segment_bytes) {
            return Err(InvalidSettings::Segment(self.segment_bytes));
        }
        if self.max_bytes < self.segment_bytes.saturating_mul(SEGMENTS_MIN) {
            return Err(InvalidSettings::Total {
                max_bytes: self.max_bytes,
                segment_bytes: self.segment_bytes,
            });
        }
        if self.sync == Sync::Interval && self.sync_interval_ms == 0 {
            return Err(InvalidSettings::Interval);
        }
        Ok(())
    }

    pub(crate) fn sync_interval(&self) -> Duration {
        Duration::from_millis(self.sync_interval_ms)
    }
}
