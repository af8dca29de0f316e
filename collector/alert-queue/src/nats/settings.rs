//! Settings of the queue in NATS JetStream.

use std::num::{NonZeroU8, NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use saker_alert_clients::Secret;
use saker_tls::ClientTlsSettings;
use serde::Deserialize;

use crate::settings::{Partitions, positive};

/// A replicated stream that any number of collectors share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatsSettings {
    /// Servers of one cluster, such as `nats://host:4222`; others of it are found through them.
    pub servers: Vec<String>,
    /// Name of the stream. It is made if it is not there.
    #[serde(default = "default_stream")]
    pub stream: String,
    /// What the subjects of the stream begin with; the number of a partition follows.
    #[serde(default = "default_subject")]
    pub subject: String,
    /// Servers that keep each alert: 1, or 3 or 5 for a stream that outlives one or two of them.
    #[serde(default = "default_replicas")]
    pub replicas: NonZeroU8,
    /// Bytes beyond which the queue is full.
    #[serde(default = "default_bytes_max")]
    pub bytes_max: NonZeroU64,
    /// Seconds within which an alert that is added twice is held once.
    #[serde(default = "default_duplicate_window_seconds")]
    pub duplicate_window_seconds: NonZeroU64,
    /// Seconds after which an alert that was not acknowledged comes again.
    #[serde(default = "default_lease_seconds")]
    pub lease_seconds: NonZeroU64,
    /// Alerts that may be out at once, all collectors together.
    #[serde(default = "default_out_max")]
    pub out_max: NonZeroU32,
    /// Where set: alerts of the same key come out in their order.
    pub partitions: Option<Partitions>,
    /// Who the collector is to the server.
    pub credentials: Option<NatsCredentials>,
    /// How to speak TLS; without it only servers that insist on TLS are spoken to so.
    pub tls: Option<ClientTlsSettings>,
}

/// Who the collector is to the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NatsCredentials {
    /// A token.
    Token(Secret),
    /// A user with a password.
    User {
        /// The user.
        name: String,
        /// The password.
        password: Secret,
    },
    /// The seed of an NKey.
    Nkey(Secret),
    /// A file with a JWT and the seed of an NKey, as `nsc` writes it.
    CredentialsFile(PathBuf),
}

fn default_stream() -> String {
    "saker-alerts".to_owned()
}

fn default_subject() -> String {
    "saker.alerts".to_owned()
}

fn default_replicas() -> NonZeroU8 {
    NonZeroU8::MIN
}

fn default_bytes_max() -> NonZeroU64 {
    positive(4 << 30)
}

fn default_duplicate_window_seconds() -> NonZeroU64 {
    positive(120)
}

fn default_lease_seconds() -> NonZeroU64 {
    positive(60)
}

fn default_out_max() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(9_999)
}
