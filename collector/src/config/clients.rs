//! Who agents and subscribers are.

use super::ConfigError;
use super::bounds::{StreamLimits, seconds, within};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Who agents are, as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClientsFile {
    node_name: Vec<NodeName>,
    pub(super) require_node_match: bool,
}

impl Default for ClientsFile {
    fn default() -> Self {
        Self {
            node_name: vec![NodeName::Spiffe, NodeName::Dns, NodeName::CommonName],
            require_node_match: false,
        }
    }
}

/// Where a certificate says which node it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NodeName {
    /// After `/node/` at the end of a URI: `spiffe://cluster.local/node/worker-1`.
    Spiffe,
    /// The first DNS name.
    Dns,
    /// The subject's common name.
    CommonName,
}

/// Who may subscribe, as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FeedFile {
    allowed_identities: BTreeSet<String>,
    streams: usize,
    streams_per_client: usize,
    heartbeat_seconds: u64,
}

impl Default for FeedFile {
    fn default() -> Self {
        Self {
            allowed_identities: BTreeSet::new(),
            streams: 64,
            streams_per_client: 8,
            heartbeat_seconds: 15,
        }
    }
}

impl FeedFile {
    pub(super) fn limits(&self) -> Result<StreamLimits, ConfigError> {
        Ok(StreamLimits {
            total: within("feed.streams", self.streams, 1..=100_000)?,
            per_client: within(
                "feed.streams_per_client",
                self.streams_per_client,
                1..=100_000,
            )?,
        })
    }

    pub(super) fn timing(&self, age: Duration, poll: Duration) -> Result<FeedTiming, ConfigError> {
        Ok(FeedTiming {
            poll,
            heartbeat: seconds("feed.heartbeat_seconds", self.heartbeat_seconds, 1..=3600)?,
            age,
        })
    }
}

/// When a subscription looks, and when it says where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedTiming {
    /// How often to look for what other processes stored.
    pub(crate) poll: Duration,
    /// How often the cursor is sent where nothing else is.
    pub(crate) heartbeat: Duration,
    /// After this time the subscriber is to come again.
    pub(crate) age: Duration,
}

/// What is asked of the names in a client's certificate.
#[derive(Clone, Debug)]
pub(crate) struct ClientRules {
    /// Where to look for the name of an agent's node, in this order.
    pub(crate) node_name: Vec<NodeName>,
    /// Whether an agent may tell of its own node only.
    pub(crate) require_node_match: bool,
    /// Names that certificates of subscribers carry: a URI, a DNS name or a common name.
    pub(crate) feed_allowed: BTreeSet<String>,
}

impl ClientRules {
    pub(super) fn validate(clients: ClientsFile, feed: &FeedFile) -> Result<Self, ConfigError> {
        if clients.node_name.is_empty() {
            return Err(ConfigError::Value {
                key: "clients.node_name",
                value: "[]".to_owned(),
                expected: "one or more of spiffe, dns and common_name, in the order to look"
                    .to_owned(),
            });
        }
        Ok(Self {
            node_name: clients.node_name,
            require_node_match: clients.require_node_match,
            feed_allowed: feed.allowed_identities.clone(),
        })
    }
}
