//! Where alerts are kept, as the configuration says it.

use crate::PostgresSettings;
use serde::Deserialize;
use std::path::PathBuf;

/// Where alerts are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum StoreSettings {
    /// In a file, for one collector.
    Sqlite(SqliteSettings),
    /// On a server, for any number of collectors.
    Postgresql(Box<PostgresSettings>),
}

/// A database in a file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SqliteSettings {
    /// The file. Its folder must exist, on a disk of this machine.
    pub path: PathBuf,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
}

/// Bounds of what sinks have yet to be told.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// So many notifications may wait for one sink; beyond that the least urgent of the oldest become dead
    /// letters. It is looked at from time to time and may be exceeded by a tenth.
    pub outbox_max: u64,
    /// So many dead letters of one sink are kept; beyond that the oldest are forgotten, and counted.
    pub dead_letters_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            outbox_max: 100_000,
            dead_letters_max: 100_000,
        }
    }
}
