//! What keeps a spool from being opened.

use std::io;
use std::path::{Path, PathBuf};

use crate::settings::InvalidSettings;

/// "Input/output error", which has no kind of its own.
const EIO: i32 = 5;

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
    /// Another version of the agent may read it.
    #[error(
        "{} has version {version} of the format, this program reads version {}; \
         deliver it with the version of the agent that wrote it, or remove the file",
        path.display(),
        crate::frame::VERSION
    )]
    Version {
        /// The segment file.
        path: PathBuf,
        /// As it says.
        version: u32,
    },
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

    /// Whether a file that cannot be read will not be readable later either: it is gone, or its blocks are bad.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::File { source, .. }
            if source.kind() == io::ErrorKind::NotFound || source.raw_os_error() == Some(EIO))
    }

    /// Whether the file system has no room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::File { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &SpoolError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
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
