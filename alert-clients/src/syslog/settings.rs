//! What a configuration says about a receiver of syslog.

use saker_tls::ClientTlsSettings;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Receivers over UDP should take this much (RFC 5426, 3.2).
const UDP_BYTES_MAX: usize = 2048;
/// Over anything else.
const OTHER_BYTES_MAX: usize = 64 << 10;

/// A receiver, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyslogSettings {
    /// Where it is.
    #[serde(default)]
    pub transport: SyslogTransport,
    /// What a message may have, in bytes; what is longer is cut off, and says so. By default 2048 over UDP
    /// and 65536 otherwise. Receivers have bounds of their own: rsyslog takes 8192 unless told otherwise.
    #[serde(default)]
    pub message_bytes_max: Option<usize>,
    /// How messages begin; by default `local` over unix sockets and `rfc5424` otherwise.
    #[serde(default)]
    pub header: Option<SyslogHeader>,
    /// For connecting, and for sending a message; in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
}

fn timeout_ms() -> u64 {
    5_000
}

impl Default for SyslogSettings {
    fn default() -> Self {
        Self::new(SyslogTransport::default())
    }
}

/// How messages begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyslogHeader {
    /// As RFC 5424 says.
    Rfc5424,
    /// As `syslog(3)` writes into `/dev/log`: `<PRI>Mmm dd hh:mm:ss APP-NAME[PROCID]: TEXT`. The host's name
    /// is the receiver's to add; message id and structured data have no place. What listens at `/dev/log`
    /// expects this: of RFC 5424, rsyslog unless it is told otherwise, and journald always, take the version
    /// for the name of the program.
    Local,
}

/// Where a receiver is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SyslogTransport {
    /// A socket of this machine: of datagrams, or else of a stream with a line for each message.
    Unix {
        /// The socket.
        #[serde(default = "dev_log")]
        path: PathBuf,
    },
    /// Datagrams (RFC 5426).
    Udp {
        /// Host and port; port 514 unless it says otherwise.
        address: String,
    },
    /// TCP, each message after its length (RFC 6587, octet counting).
    Tcp {
        /// Host and port; port 601 unless it says otherwise.
        address: String,
    },
    /// The same over TLS (RFC 5425).
    Tls {
        /// Host and port; port 6514 unless it says otherwise.
        address: String,
        /// Certificates.
        #[serde(default)]
        tls: ClientTlsSettings,
    },
}

impl Default for SyslogTransport {
    fn default() -> Self {
        Self::Unix { path: dev_log() }
    }
}

fn dev_log() -> PathBuf {
    PathBuf::from("/dev/log")
}

impl SyslogSettings {
    /// A receiver, everything else by default.
    #[must_use]
    pub fn new(transport: SyslogTransport) -> Self {
        Self {
            transport,
            message_bytes_max: None,
            header: None,
            timeout_ms: timeout_ms(),
        }
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(crate) fn header(&self) -> SyslogHeader {
        self.header.unwrap_or(match self.transport {
            SyslogTransport::Unix { .. } => SyslogHeader::Local,
            _ => SyslogHeader::Rfc5424,
        })
    }

    pub(crate) fn message_bytes_max(&self) -> usize {
        self.message_bytes_max.unwrap_or(match self.transport {
            SyslogTransport::Udp { .. } => UDP_BYTES_MAX,
            _ => OTHER_BYTES_MAX,
        })
    }
}
