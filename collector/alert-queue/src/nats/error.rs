//! What can go wrong with JetStream.

use std::error::Error;
use std::path::PathBuf;

use saker_alert_clients::SecretError;
use saker_tls::TlsError;

use crate::error::ErrorKind;

/// Errors of the client are boxed: it has a type for each call.
type Source = Box<dyn Error + Send + Sync>;

/// The queue in NATS failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NatsError {
    /// A setting is of no use.
    #[error("invalid {setting} '{value}' of the queue: {remedy}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        remedy: &'static str,
    },
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The credentials file cannot be used.
    #[error("cannot use the credentials {}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No server can be reached, or none takes the credentials.
    #[error("cannot connect to nats at {servers}")]
    Connect {
        /// Those of the settings.
        servers: String,
        /// Why.
        source: async_nats::ConnectError,
    },
    /// The server refuses what was asked of the stream, or does not answer.
    #[error("cannot {action} the stream {stream}")]
    Stream {
        /// What was asked.
        action: &'static str,
        /// The stream.
        stream: String,
        /// Why.
        source: Source,
    },
    /// The stream is there, and is not as the settings say.
    #[error(
        "the stream {stream} has {setting} {found}, the settings say {wanted}: change them or edit the stream"
    )]
    Mismatch {
        /// The stream.
        stream: String,
        /// What differs.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// The server did not take alerts, or did not say that it did.
    #[error("cannot add {count} alerts to the stream")]
    Publish {
        /// As many.
        count: usize,
        /// Why.
        source: Source,
    },
    /// The server does not give alerts.
    #[error("cannot take alerts from the stream")]
    Take(#[source] Source),
    /// The server does not confirm.
    #[error("cannot acknowledge alerts of the stream")]
    Acknowledge(#[source] Source),
}

impl NatsError {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Setting { .. } | Self::Mismatch { .. } | Self::Credentials { .. } => {
                ErrorKind::Permanent
            }
            _ => ErrorKind::Transient,
        }
    }
}
