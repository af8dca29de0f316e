//! What can go wrong with the log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::ErrorKind;

/// The embedded queue failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// The folder of the log cannot be made.
    #[error("cannot make the folder {} of the queue", path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error(
        "the queue {} is in use by another process: an embedded queue is for one collector, several share nats or redis",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened.
    #[error("cannot open the queue {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<redb::DatabaseError>,
    },
    /// Reading or writing failed.
    #[error("cannot read or write the queue {}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
    /// A write failed before, and the file could not be opened again yet.
    #[error("the queue {} is closed since a write failed, it is opened again when alerts come", path.display())]
    Closed {
        /// The file.
        path: PathBuf,
    },
    /// It holds alerts that were spread over another number of partitions.
    #[error(
        "the queue {} holds alerts in {found} partitions, the settings say {wanted}: let it run empty first",
        path.display()
    )]
    Partitions {
        /// The file.
        path: PathBuf,
        /// As many as it has.
        found: u64,
        /// As many as the settings say.
        wanted: u16,
    },
    /// The thread that writes could not be started.
    #[error("cannot start the thread that writes the queue")]
    Thread(#[source] std::io::Error),
    /// The thread that writes, or a read, ended before its time.
    #[error("the queue has stopped")]
    Stopped,
    /// What was written together failed together.
    #[error("cannot write alerts to the queue")]
    Group(#[source] Arc<EmbeddedError>),
}

impl EmbeddedError {
    pub(crate) fn open(path: &Path, source: redb::DatabaseError) -> Self {
        let path = path.to_owned();
        match source {
            redb::DatabaseError::DatabaseAlreadyOpen => Self::InUse { path },
            source => Self::Open {
                path,
                source: Box::new(source),
            },
        }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Log { .. } | Self::Closed { .. } => ErrorKind::Transient,
            Self::Group(error) => error.kind(),
            Self::Open { source, .. } => match &**source {
                redb::DatabaseError::Storage(redb::StorageError::Io(error))
                    if error.kind() != std::io::ErrorKind::InvalidData =>
                {
                    ErrorKind::Transient
                }
                _ => ErrorKind::Permanent,
            },
            _ => ErrorKind::Permanent,
        }
    }
}
