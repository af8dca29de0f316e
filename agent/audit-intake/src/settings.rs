//! What a configuration says about the audit log.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use saker_tls::ServerTlsSettings;
use serde::Deserialize;

/// Where Falco's plugin listens, and what API servers are told to send to.
const PORT: u16 = 9765;
const PATH: &str = "/k8s-audit";

/// Largest body: an API server sends up to 10 MiB at a time unless told otherwise.
const BODY_BYTES: usize = 12 << 20;

/// `k8s_audit:` of the configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSettings {
    /// Takes what API servers send.
    pub webhook: Option<WebhookSettings>,
    /// Files of an API server's log, and folders of these.
    pub files: Vec<FileSettings>,
    /// Keeps how far files were read.
    pub positions_file: Option<PathBuf>,
    /// Milliseconds for which an event is remembered, so that it is not judged again; 15 minutes unless stated.
    pub duplicate_window_ms: Option<u32>,
}

/// Where the webhook listens, and to whom.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Address and port.
    #[serde(default = "loopback")]
    pub listen: SocketAddr,
    /// Path of requests.
    #[serde(default = "usual_path")]
    pub path: String,
    /// Certificate, and the authorities that may vouch for API servers.
    pub tls: Option<ServerTlsSettings>,
    /// Names that a client's certificate must carry one of; any unless stated.
    #[serde(default)]
    pub client_names: Vec<String>,
    /// File of tokens, one a line; one of them has to be shown.
    pub token_file: Option<PathBuf>,
    /// Whether requests may come in plaintext from other hosts.
    #[serde(default)]
    pub allow_plaintext: bool,
    /// Whether anybody on other hosts may send events.
    #[serde(default)]
    pub allow_anyone: bool,
    /// Bytes of a body.
    #[serde(default = "body_bytes")]
    pub body_bytes_max: NonZeroUsize,
    /// Bytes of all bodies at a time.
    #[serde(default = "bytes_in_flight")]
    pub bytes_in_flight_max: NonZeroU32,
    /// Connections at a time.
    #[serde(default = "connections")]
    pub connections_max: NonZeroUsize,
    /// Milliseconds that a request's headers, and then its body, may take.
    #[serde(default = "request_timeout")]
    pub request_timeout_ms: NonZeroU32,
    /// Milliseconds after which a request is answered although its alerts are not in safe hands: with an error.
    #[serde(default = "answer_timeout")]
    pub answer_timeout_ms: NonZeroU32,
}

/// A file, or a folder of files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// Where it is read from the first time; a file's end and a folder's beginning unless stated.
    pub from: Option<Start>,
}

/// Where files are read from the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// From their first line.
    Beginning,
    /// What is added from now on.
    End,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A path that no request has.
    #[error("k8s_audit.webhook.path: `{0}` is not allowed; a path such as {PATH}")]
    Path(String),
    /// Others could read what is sent.
    #[error(
        "k8s_audit.webhook: {listen} can be reached from other hosts and has no `tls`; give it one, listen on \
         127.0.0.1, or say `allow_plaintext: true`"
    )]
    Plaintext {
        /// Where it would listen.
        listen: SocketAddr,
    },
    /// Others could send anything.
    #[error(
        "k8s_audit.webhook: anybody could send events to {listen}; give it `tls.client_ca_file` or `token_file`, listen \
         on 127.0.0.1, or say `allow_anyone: true`"
    )]
    Anyone {
        /// Where it would listen.
        listen: SocketAddr,
    },
    /// Names are asked for, and nobody shows a certificate.
    #[error(
        "k8s_audit.webhook.client_names: no client shows a certificate without `tls.client_ca_file`"
    )]
    NamesWithoutCertificates,
    /// More than all.
    #[error(
        "k8s_audit.webhook.body_bytes_max: {body} bytes are more than the {all} of bytes_in_flight_max, so such a body \
         would never be taken"
    )]
    Bytes {
        /// Of a body.
        body: usize,
        /// Of all bodies.
        all: u32,
    },
    /// What was read would be read again.
    #[error(
        "k8s_audit.files: positions_file says where to keep how far they were read, and is missing"
    )]
    NoPositionsFile,
    /// An address that nothing listens on.
    #[error("`{0}` is no address for the audit log; such as https://0.0.0.0:{PORT}{PATH}")]
    Address(String),
    /// TLS without a certificate.
    #[error(
        "{0} asks for TLS; name the certificate with k8s_audit.webhook.tls of the configuration"
    )]
    NoTls(String),
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            listen: loopback(),
            path: usual_path(),
            tls: None,
            client_names: Vec::new(),
            token_file: None,
            allow_plaintext: false,
            allow_anyone: false,
            body_bytes_max: body_bytes(),
            bytes_in_flight_max: bytes_in_flight(),
            connections_max: connections(),
            request_timeout_ms: request_timeout(),
            answer_timeout_ms: answer_timeout(),
        }
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))
}

fn usual_path() -> String {
    PATH.to_owned()
}

const fn at_least_one(number: usize) -> NonZeroUsize {
    match NonZeroUsize::new(number) {
        Some(number) => number,
        None => NonZeroUsize::MIN,
    }
}

const fn positive(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

const fn body_bytes() -> NonZeroUsize {
    at_least_one(BODY_BYTES)
}

const fn bytes_in_flight() -> NonZeroU32 {
    positive(64 << 20)
}

const fn connections() -> NonZeroUsize {
    at_least_one(256)
}

const fn request_timeout() -> NonZeroU32 {
    positive(30_000)
}

// An API server waits half a minute.
const fn answer_timeout() -> NonZeroU32 {
    positive(25_000)
}

impl AuditSettings {
    /// Whether anything is to be taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.webhook.is_none() && self.files.is_empty()
    }

    /// Checks what can be checked without a look at the system.
    ///
    /// # Errors
    ///
    /// Names the setting and what would be right.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !self.files.is_empty() && self.positions_file.is_none() {
            return Err(SettingsError::NoPositionsFile);
        }
        self.webhook.as_ref().map_or(Ok(()), WebhookSettings::check)
    }
}

impl WebhookSettings {
    fn check(&self) -> Result<(), SettingsError> {
        let listen = self.listen;
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"{}?#*".contains(&byte);
        if !self.path.starts_with('/')
            || self.path == crate::webhook::HEALTH_PATH
            || !self.path.bytes().all(is_plain)
        {
            return Err(SettingsError::Path(self.path.clone()));
        }
        let is_local = listen.ip().to_canonical().is_loopback();
        if self.tls.is_none() && !is_local && !self.allow_plaintext {
            return Err(SettingsError::Plaintext { listen });
        }
        let has_certificates = self
            .tls
            .as_ref()
            .is_some_and(|tls| tls.client_ca_file.is_some());
        if !is_local && !has_certificates && self.token_file.is_none() && !self.allow_anyone {
            return Err(SettingsError::Anyone { listen });
        }
        if !self.client_names.is_empty() && !has_certificates {
            return Err(SettingsError::NamesWithoutCertificates);
        }
        let all = self.bytes_in_flight_max.get();
        let body = self.body_bytes_max.get();
        if usize::try_from(all).is_ok_and(|all| body > all) {
            return Err(SettingsError::Bytes { body, all });
        }
        Ok(())
    }

    /// Listens where a command line says.
    ///
    /// # Errors
    ///
    /// Where TLS is asked for and the configuration has no certificate.
    pub fn at(mut self, address: &WebhookAddress) -> Result<Self, SettingsError> {
        if address.is_https && self.tls.is_none() {
            return Err(SettingsError::NoTls(address.to_string()));
        }
        if !address.is_https {
            self.tls = None;
        }
        self.listen = address.listen;
        self.path.clone_from(&address.path);
        Ok(self)
    }
}

/// Where to listen, as Falco's plugin is told: `http(s)://ADDRESS:PORT/PATH`; all addresses without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAddress {
    is_https: bool,
    listen: SocketAddr,
    path: String,
}

impl FromStr for WebhookAddress {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || SettingsError::Address(text.to_owned());
        let (is_https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(error()),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at_checked(slash).ok_or_else(error)?,
            None => (rest, PATH),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| error())?),
            None => (authority, PORT),
        };
        let address = match host {
            "" => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            "localhost" => IpAddr::from(Ipv4Addr::LOCALHOST),
            host => host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse()
                .map_err(|_| error())?,
        };
        Ok(Self {
            is_https,
            listen: SocketAddr::new(address, port),
            path: path.to_owned(),
        })
    }
}

impl fmt::Display for WebhookAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.listen, self.path)
    }
}

#[cfg(test)]
mod tests;
