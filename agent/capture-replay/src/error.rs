//! What can go wrong.

use saker_capture_file::recording::RecordingError;
use saker_capture_file::scap::ScapError;
use std::io;
use std::path::PathBuf;

/// A capture that cannot be played, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be opened.
    #[error("cannot open capture {path}", path = .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read capture {name}")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The content is of no kind that can be played.
    #[error(
        "{name} is no capture: it begins neither like a .scap file, plain or compressed with gzip, nor \
         like a recording of Saker"
    )]
    Unrecognised {
        /// The file.
        name: String,
    },
    /// The file is damaged.
    #[error("capture {name}")]
    Scap {
        /// The file.
        name: String,
        /// What is wrong, and where.
        source: ScapError,
    },
    /// A recording cannot be read, or not by this version.
    #[error("recording {name}")]
    Recording {
        /// The file.
        name: String,
        /// What is wrong.
        source: RecordingError,
    },
}
