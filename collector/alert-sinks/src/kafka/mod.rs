//! Kafka: one record for each notification.
//!
//! <https://kafka.apache.org/documentation/#producerapi>, <https://kafka.apache.org/protocol>
//!
//! - A record counts as delivered when all in-sync replicas have it (`acks=all`).
//! - The client is not idempotent in Kafka's sense: where an answer is lost, the record is there twice. The header
//!   `id` is the same in both.
//! - The key decides on the partition, and within a partition records keep their order: by default the node, so
//!   that alerts of a node stay in order. The partition is the key's XXH3 modulo the number of partitions, which is
//!   not what Kafka's Java client computes.
//! - After a failure the client is made anew, which reads certificates and the password again.

mod cluster;
mod record;

use crate::exchange::{Bounds, Exchange, Verdict, exchange};
use crate::{BuildError, Outcome, Sink, formats};
use async_trait::async_trait;
use cluster::{Cluster, Connection};
use record::Produced;
use saker_alert_clients::Secret;
use saker_alert_formats::{Format, Notification, Renderer};
use saker_tls::{ClientTls, ClientTlsSettings};
use serde::Deserialize;

/// Records of one request at most.
const BATCH_MAX: usize = 500;

/// Below Kafka's default of `message.max.bytes`, which is for a whole batch of records.
const REQUEST_BYTES_MAX: usize = 900 * 1024;

/// Where records go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// Brokers to ask for the others, as `host:port`.
    pub brokers: Vec<String>,
    /// The topic. It has to exist.
    pub topic: String,
    /// What a record holds.
    #[serde(default)]
    pub format: Format,
    /// What records of a partition have in common.
    #[serde(default)]
    pub key: Key,
    /// Whether records are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// TLS towards the brokers; without it, none.
    pub tls: Option<ClientTlsSettings>,
    /// How to say who is calling; without it, anonymous.
    pub sasl: Option<Sasl>,
}

/// What records of a partition have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The node.
    #[default]
    Node,
    /// Rule, node and container: what is put together where alerts repeat.
    Group,
    /// Nothing: alerts are spread by their ids.
    Id,
}

/// How records are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// With Zstandard.
    #[default]
    Zstd,
    /// Not at all.
    None,
}

/// Name and password.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sasl {
    /// How they are shown.
    pub mechanism: Mechanism,
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// How name and password are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Mechanism {
    /// As they are: only with TLS.
    #[serde(rename = "PLAIN")]
    Plain,
    /// By a proof of knowing them.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// By a proof of knowing them.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

impl KafkaSettings {
    pub(crate) fn build(&self) -> Result<KafkaSink, BuildError> {
        let setting = |key, problem: &str| BuildError::Setting {
            key,
            problem: problem.to_owned(),
        };
        if self.brokers.is_empty() {
            return Err(setting("brokers", "name one broker at least, as host:port"));
        }
        if self.topic.is_empty() {
            return Err(setting("topic", "name the topic"));
        }
        let tls = match &self.tls {
            Some(tls) if tls.server_name.is_some() => {
                return Err(setting(
                    "tls.server_name",
                    "brokers tell each other's names, and each certificate has to carry its own",
                ));
            }
            Some(tls) => Some(ClientTls::load(tls)?),
            None => None,
        };
        let is_plain = |sasl: &Sasl| sasl.mechanism == Mechanism::Plain;
        if tls.is_none() && self.sasl.as_ref().is_some_and(is_plain) {
            return Err(setting(
                "sasl.mechanism",
                "PLAIN shows the password to everybody on the way; add tls: {} or use SCRAM-SHA-512",
            ));
        }
        Ok(KafkaSink {
            cluster: Cluster::new(self, tls),
            renderer: formats::renderer(self.format),
            key: self.key,
        })
    }
}

/// Produces records.
pub(crate) struct KafkaSink {
    cluster: Cluster,
    renderer: Renderer,
    key: Key,
}

#[async_trait]
impl Sink for KafkaSink {
    fn kind(&self) -> &'static str {
        "kafka"
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let connection = match self.cluster.connection().await {
            Ok(connection) => connection,
            Err(reason) => return vec![Outcome::retry(reason); notifications.len()],
        };
        let produced: Vec<Produced> = notifications
            .iter()
            .map(|notification| Produced::new(notification, &self.renderer, self.key))
            .collect();
        let outcomes = self.produce(&connection, produced).await;
        if outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Retry { .. }))
        {
            self.cluster.forget(&connection).await;
        }
        outcomes
    }
}

impl KafkaSink {
    /// Produces to all partitions at once: they are on different brokers.
    async fn produce(&self, connection: &Connection, produced: Vec<Produced>) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::retry("not tried"); produced.len()];
        let mut partitions: Vec<(Vec<usize>, Vec<Produced>)> = connection
            .partitions()
            .map(|_| Default::default())
            .collect();
        for (place, record) in produced.into_iter().enumerate() {
            let partition = record.partition(partitions.len());
            if let Some((places, records)) = partitions.get_mut(partition) {
                places.push(place);
                records.push(record);
            }
        }
        let bounds = Bounds {
            bytes_max: REQUEST_BYTES_MAX,
            items_max: BATCH_MAX,
        };
        let deliveries = connection
            .partitions()
            .zip(partitions)
            .filter(|(_, (places, _))| !places.is_empty())
            .map(|(partition, (places, records))| async move {
                (places, exchange(partition, &records, bounds).await)
            });
        for (places, told) in futures_util::future::join_all(deliveries).await {
            for (place, outcome) in places.into_iter().zip(told) {
                if let Some(kept) = outcomes.get_mut(place) {
                    *kept = outcome;
                }
            }
        }
        outcomes
    }
}

impl Exchange for cluster::Partition {
    type Item = Produced;

    fn size(&self, item: &Produced) -> usize {
        item.size()
    }

    async fn send(&self, items: &[Produced]) -> Verdict {
        self.produce(items).await
    }
}
