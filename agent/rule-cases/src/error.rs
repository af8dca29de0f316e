//! What is wrong with a case, other than that it fails.

use std::path::PathBuf;

use saker_audit_source::AuditError;
use saker_event_decode::{BuildError, DecodeError};

/// A case cannot be read or its event cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file does not hold cases.
    #[error("{}: not a list of cases", path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// Why and where.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// The event table has no such event.
    #[error("case '{case}': no event '{event}'; docs/events.md lists them")]
    UnknownEvent {
        /// Name of the case.
        case: String,
        /// The event's name as written.
        event: String,
    },
    /// An argument has a value that does not fit its kind.
    #[error("case '{case}': argument '{argument}' of kind {kind} cannot be {value}")]
    Value {
        /// Name of the case.
        case: String,
        /// Name of the argument.
        argument: String,
        /// Its kind.
        kind: &'static str,
        /// The value as written.
        value: String,
    },
    /// The event of the audit log is none.
    #[error("case '{case}': not an event of the audit log")]
    Audit {
        /// Name of the case.
        case: String,
        /// Why.
        #[source]
        source: AuditError,
    },
    /// An event of the audit log has something that only events of the kernel have.
    #[error("case '{case}': an event with 'audit' has no '{key}'")]
    NotOfAudit {
        /// Name of the case.
        case: String,
        /// The key that must go.
        key: &'static str,
    },
    /// The record cannot be built.
    #[error("case '{case}': argument '{argument}'")]
    Build {
        /// Name of the case.
        case: String,
        /// Name of the argument, empty for the record as a whole.
        argument: String,
        /// Why.
        #[source]
        source: BuildError,
    },
    /// The record cannot be read back.
    #[error("case '{case}': the record cannot be read back")]
    Decode {
        /// Name of the case.
        case: String,
        /// Why.
        #[source]
        source: DecodeError,
    },
}
