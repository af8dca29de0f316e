//! What keeps a spool from being opened.

use std::io;
use std::path::{Path, PathBuf};

use crate::settings::InvalidSettings;

/// The spool cannot be used. Troubles of a spool that is open are no errors of its methods: they are logged,
/// and what they cost is counted.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Two processes would destroy each other's files.
    #[error(
        "the spool {} is in use by {holder}; give every output a directory of its own",
        directory.display()
    )]
    InUse {
        /// Its directory.
        directory: PathBuf,
        /// Who has it.
        holder: Holder,
    },
    /// See [`InvalidSettings`].
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, as in "cannot create".
        action: &'static str,
        /// File or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl SpoolError {
    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the file system has no room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::File { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

/// Who has the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The process with this id, as it sees itself.
    Process(u32),
    /// The lock does not say.
    Unknown,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "process {pid}"),
            Self::Unknown => f.write_str("another process"),
        }
    }
}
