//! What each kind of output has of its own. The names are Falco's where Falco has the setting.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use saker_alert_clients::http::{Authentication, HeaderSetting};
use saker_alert_clients::syslog::{Facility, SyslogHeader, SyslogTransport};
use saker_alert_spool::SpoolSettings;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::Map;

use super::entry::{read, split};
use crate::uplink::grpc::GrpcSettings;

/// An output by its kind.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Standard output.
    Stdout(StdoutSettings),
    /// A file.
    File(FileSettings),
    /// A receiver of syslog.
    Syslog(SyslogOutputSettings),
    /// A program's standard input.
    Program(ProgramSettings),
    /// A server of HTTP.
    Http(Box<HttpOutputSettings>),
    /// Saker's collector.
    Collector(Box<CollectorSettings>),
}

impl Kind {
    /// As a configuration names it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Stdout(_) => "stdout",
            Self::File(_) => "file",
            Self::Syslog(_) => "syslog",
            Self::Program(_) => "program",
            Self::Http(_) => "http",
            Self::Collector(_) => "collector",
        }
    }
}

/// Standard output has no settings of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StdoutSettings {}

/// A file, one alert a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileSettings {
    /// The file; it is made if it is missing, in a folder that is there.
    pub filename: PathBuf,
    /// Whether the file is held open until SIGUSR1. Otherwise it is looked before each write whether the name
    /// belongs to another file by now.
    pub keep_alive: bool,
    /// When a new file is begun.
    pub rotate: RotationSettings,
}

/// When a new file is begun, and what becomes of the old ones. Without a bound the file is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RotationSettings {
    /// Bytes after which a new file is begun.
    pub max_bytes: Option<NonZeroU64>,
    /// Seconds after which a new file is begun, unless it is empty.
    pub max_age_seconds: Option<NonZeroU64>,
    /// Old files that are kept.
    pub keep: NonZeroU32,
    /// Whether old files are compressed with gzip.
    pub compress: bool,
}

impl Default for RotationSettings {
    fn default() -> Self {
        Self {
            max_bytes: None,
            max_age_seconds: None,
            keep: NonZeroU32::MIN.saturating_add(4),
            compress: false,
        }
    }
}

/// A receiver of syslog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyslogOutputSettings {
    /// Where it is; this machine's `/dev/log` unless said otherwise.
    pub transport: SyslogTransport,
    /// Which part of a system the messages are about.
    pub facility: Facility,
    /// Bytes of a message, see [`SyslogSettings`](saker_alert_clients::syslog::SyslogSettings).
    pub message_bytes_max: Option<usize>,
    /// How messages begin: by default as the transport's receivers expect it.
    pub header: Option<SyslogHeader>,
    /// Milliseconds for connecting, and for sending a message.
    pub timeout_ms: Option<NonZeroU64>,
}

/// A program that reads alerts, one a line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProgramSettings {
    /// A command line for `/bin/sh -c`.
    pub program: String,
    /// Whether it is started once, instead of once for each alert.
    pub keep_alive: bool,
    /// Milliseconds in which it has to read an alert; and to end, where it is started for each.
    pub timeout_ms: NonZeroU32,
}

impl Default for ProgramSettings {
    fn default() -> Self {
        Self {
            program: String::new(),
            keep_alive: false,
            // Falco's output_timeout is two seconds, but for a warning only.
            timeout_ms: NonZeroU32::MIN.saturating_add(9_999),
        }
    }
}

/// A server of HTTP that alerts are posted to, from a spool.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpOutputSettings {
    /// `http://` or `https://`.
    pub url: String,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
    /// Refused if true: without looking at its certificate, anybody can be the server.
    pub insecure: bool,
    /// PEM file of the authorities that may vouch for the server; by default those of the system.
    pub ca_cert: Option<PathBuf>,
    /// Falco's other name for the same.
    pub ca_bundle: Option<PathBuf>,
    /// Falco's folder of authorities; only the system's own is taken, which is the default.
    pub ca_path: Option<PathBuf>,
    /// Whether a certificate is shown to the server; unless said otherwise, if one is named.
    pub mtls: Option<bool>,
    /// PEM file of that certificate.
    pub client_cert: Option<PathBuf>,
    /// PEM file of its key.
    pub client_key: Option<PathBuf>,
    /// Refused if true: answers would mix with alerts on standard output.
    pub echo: bool,
    /// Whether bodies are compressed with gzip.
    pub compress_uploads: bool,
    /// Taken for Falco's sake; connections are always kept for the next request.
    pub keep_alive: bool,
    /// Taken for Falco's sake; alerts stay in the spool however often a request fails.
    pub max_consecutive_timeouts: u32,
    /// Headers of every request; a value is text, `{file: …}` or `{env: …}`.
    pub headers: BTreeMap<String, HeaderSetting>,
    /// Who is calling.
    pub authentication: Option<Authentication>,
    /// Milliseconds for a request.
    pub timeout_ms: NonZeroU64,
    /// What a body holds.
    pub encoding: Encoding,
    /// Alerts of one body at most, where it holds several.
    pub batch_max: NonZeroUsize,
    /// Requests under way at a time.
    pub requests_max: NonZeroUsize,
    /// Where alerts wait for the server.
    pub spool: SpoolPlace,
}

impl Default for HttpOutputSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            user_agent: None,
            insecure: false,
            ca_cert: None,
            ca_bundle: None,
            ca_path: None,
            mtls: None,
            client_cert: None,
            client_key: None,
            echo: false,
            compress_uploads: false,
            keep_alive: false,
            max_consecutive_timeouts: 5,
            headers: BTreeMap::new(),
            authentication: None,
            timeout_ms: NonZeroU64::MIN.saturating_add(29_999),
            encoding: Encoding::default(),
            batch_max: NonZeroUsize::MIN.saturating_add(99),
            requests_max: NonZeroUsize::MIN.saturating_add(1),
            spool: SpoolPlace::default(),
        }
    }
}

impl HttpOutputSettings {
    /// Whether a certificate is shown to the server.
    pub(crate) fn shows_certificate(&self) -> bool {
        self.mtls.unwrap_or(self.client_cert.is_some())
    }
}

/// What a body holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// One alert, as Falco does.
    #[default]
    Single,
    /// Several, one a line.
    Lines,
    /// Several, as a JSON array.
    Array,
}

/// Saker's collector over gRPC, from a spool.
#[derive(Clone, Debug)]
pub struct CollectorSettings {
    /// Which collectors.
    pub grpc: GrpcSettings,
    /// Where alerts wait for them.
    pub spool: SpoolPlace,
}

impl<'de> Deserialize<'de> for CollectorSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (mut spool, grpc) = split(Map::deserialize(deserializer)?, &["spool"]);
        let spool = match spool.remove("spool") {
            None => SpoolPlace::default(),
            Some(value) => serde_json::from_value(value)
                .map_err(|error| D::Error::custom(format!("spool: {error}")))?,
        };
        Ok(Self {
            grpc: read(grpc)?,
            spool,
        })
    }
}

/// A spool, and where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpoolPlace {
    /// Its folder; one below `/var/lib/saker/spool` with the output's name unless said otherwise.
    pub directory: Option<PathBuf>,
    /// How large it may be.
    pub settings: SpoolSettings,
}

impl<'de> Deserialize<'de> for SpoolPlace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (mut place, settings) = split(Map::deserialize(deserializer)?, &["directory"]);
        let directory = match place.remove("directory") {
            None => None,
            Some(value) => Some(
                serde_json::from_value(value)
                    .map_err(|error| D::Error::custom(format!("directory: {error}")))?,
            ),
        };
        Ok(Self {
            directory,
            settings: read(settings)?,
        })
    }
}
