//! Why a runtime could not be asked.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A runtime could not be asked, or its answer could not be used.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Nobody listens at the socket.
    #[error("cannot connect to {path}", path = .socket.display())]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The runtime refused a call, or its answer was none.
    #[error("{call} failed")]
    Call {
        /// Which call.
        call: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The runtime did not answer in time.
    #[error("{call} was not answered within {after:?}")]
    TimedOut {
        /// Which call.
        call: &'static str,
        /// How long it was given.
        after: Duration,
    },
    /// What listens at the socket does not have this interface: containerd without its CRI plugin.
    #[error("the runtime does not have {call}")]
    Unsupported {
        /// Which call.
        call: &'static str,
    },
    /// The runtime does not report what happens to its containers.
    #[error("the runtime has no stream of events")]
    NoEvents,
    /// The runtime ended its stream of events: it is going down.
    #[error("the runtime ended its stream of events")]
    StreamEnded,
    /// A file of the runtime's state could not be read.
    #[error("cannot read {path}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the runtime's state is not what it should be.
    #[error("{path}, line {line}, column {column}: {source}", path = .path.display(), line = .source.line(), column = .source.column())]
    Format {
        /// The file.
        path: PathBuf,
        /// What, and where.
        source: serde_json::Error,
    },
}

impl RuntimeError {
    /// The whole reason, in one line.
    #[must_use]
    pub fn reason(&self) -> String {
        let mut reason = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        reason
    }
}
