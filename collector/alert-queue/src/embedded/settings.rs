//! Settings of the embedded queue.

use std::num::NonZeroU64;
use std::path::PathBuf;

use serde::Deserialize;

use crate::settings::{Partitions, positive};

/// A log in a file of this machine, for one collector.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddedSettings {
    /// The folder of the log. By default `queue` in the data folder of the collector.
    pub directory: Option<PathBuf>,
    /// Bytes of alerts beyond which the queue is full. The file takes up to twice as many.
    pub bytes_max: NonZeroU64,
    /// Bytes of memory for alerts that are out or next. Deliveries stop until some are acknowledged.
    pub memory_bytes_max: NonZeroU64,
    /// Seconds after which an alert that was not acknowledged comes again.
    pub lease_seconds: NonZeroU64,
    /// Where set: alerts of the same key come out in their order.
    pub partitions: Option<Partitions>,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        Self {
            directory: None,
            bytes_max: positive(4 << 30),
            memory_bytes_max: positive(64 << 20),
            lease_seconds: positive(60),
            partitions: None,
        }
    }
}
