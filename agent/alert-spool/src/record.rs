//! What goes in and what comes out.

use bytes::Bytes;
use saker_proto::{AlertId, v1::Priority};

/// An alert to be kept until its destination has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Identity of the alert.
    pub id: AlertId,
    /// Decides what is delivered first, and what is dropped first.
    pub priority: Priority,
    /// The encoded [`Alert`](saker_proto::v1::Alert). The spool does not look into it.
    pub payload: Bytes,
}

/// An alert that waits for its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Identity of the alert.
    pub id: AlertId,
    /// As it was appended with.
    pub priority: Priority,
    /// When it was appended, nanoseconds since the epoch by the clock of then.
    pub spooled_unix_ns: u64,
    /// As it was appended.
    pub payload: Bytes,
}

/// Identifies a batch within one opened spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub(crate) u64);

/// Records that are handed out together, until they are acknowledged or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// To acknowledge or release it by.
    pub id: BatchId,
    /// Never empty.
    pub records: Vec<Record>,
}

/// How much a batch may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Records, at least one.
    pub max_records: usize,
    /// Bytes of their payloads. A single record may have more.
    pub max_bytes: usize,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self {
            max_records: 512,
            max_bytes: 1 << 20,
        }
    }
}
