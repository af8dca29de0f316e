//! Settings of the queue in Redis Streams.

use std::num::NonZeroU64;

use saker_alert_clients::Secret;
use saker_tls::ClientTlsSettings;
use serde::Deserialize;

use crate::settings::{Partitions, positive};

/// Streams of a Redis server that any number of collectors share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// The server, such as `redis://host:6379/0`; `rediss://` speaks TLS.
    pub url: String,
    /// User, where the server has several.
    pub username: Option<String>,
    /// Password of the user.
    pub password: Option<Secret>,
    /// Certificates for `rediss://`; without it the system's authorities.
    pub tls: Option<ClientTlsSettings>,
    /// What the keys of the queue begin with.
    #[serde(default = "default_name")]
    pub name: String,
    /// Bytes of alerts beyond which the queue is full. The server needs about half as much again, and
    /// `maxmemory-policy noeviction`.
    #[serde(default = "default_bytes_max")]
    pub bytes_max: NonZeroU64,
    /// Replicas that must have an alert before it is acknowledged.
    #[serde(default)]
    pub replicas: u8,
    /// Seconds after which an alert that was not acknowledged comes again.
    #[serde(default = "default_lease_seconds")]
    pub lease_seconds: NonZeroU64,
    /// Where set: alerts of the same key come out in their order.
    pub partitions: Option<Partitions>,
}

fn default_name() -> String {
    "saker-alerts".to_owned()
}

fn default_bytes_max() -> NonZeroU64 {
    positive(1 << 30)
}

fn default_lease_seconds() -> NonZeroU64 {
    positive(60)
}
