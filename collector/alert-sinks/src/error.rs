//! What keeps a sink from being built.

use saker_alert_clients::SecretError;
use saker_alert_clients::http::HttpError;
use saker_alert_clients::syslog::SyslogError;
use saker_tls::TlsError;

/// A sink cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting makes no sense.
    #[error("{key}: {problem}")]
    Setting {
        /// Its key.
        key: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Certificates are of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There cannot be a client of HTTP.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// There cannot be a client of syslog.
    #[error(transparent)]
    Syslog(#[from] SyslogError),
}
