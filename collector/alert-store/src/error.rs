//! What goes wrong with a store.

use std::error::Error;

/// Whether it helps to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It may work later: the database is locked, full, restarting or out of reach.
    Transient,
    /// It will not work before someone changes something.
    Permanent,
}

/// A store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The cursor is none that the store gave.
    #[error("invalid cursor '{0}': only what this store gave can be continued from")]
    InvalidCursor(String),
    /// The settings cannot work.
    #[error("store: {0}")]
    Settings(String),
    /// The database was made by a version of Saker that knows more.
    #[error("{database} has schema {found}, this version knows {known}: update the collector")]
    NewerSchema {
        /// The database.
        database: String,
        /// The version of its tables.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// The database failed.
    #[error("{database}: {action}")]
    Database {
        /// The file, or host and database.
        database: String,
        /// What was to be done.
        action: &'static str,
        /// Whether it helps to try again.
        kind: ErrorKind,
        /// What the database says.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether it helps to try again.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Database { kind, .. } => *kind,
            Self::InvalidCursor(_) | Self::Settings(_) | Self::NewerSchema { .. } => {
                ErrorKind::Permanent
            }
        }
    }
}
