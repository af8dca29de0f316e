//! Which queue, and how it is reached.

use std::num::{NonZeroU16, NonZeroU64};
use std::path::Path;

use serde::Deserialize;

use crate::embedded::{EmbeddedQueue, EmbeddedSettings};
use crate::error::QueueError;
use crate::nats::{NatsQueue, NatsSettings};
use crate::queue::AlertQueue;
use crate::redis::{RedisQueue, RedisSettings};

/// Which queue the collector uses. By default the embedded one.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum QueueSettings {
    /// A log in a file of this machine, for one collector.
    Embedded(EmbeddedSettings),
    /// A stream of NATS JetStream, for any number of collectors.
    Nats(NatsSettings),
    /// Streams of a Redis server, for any number of collectors.
    Redis(RedisSettings),
}

/// A number that is known not to be zero.
pub(crate) const fn positive(number: u64) -> NonZeroU64 {
    match NonZeroU64::new(number) {
        Some(number) => number,
        None => NonZeroU64::MIN,
    }
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self::Embedded(EmbeddedSettings::default())
    }
}

/// How the order of alerts with the same key is kept: the key picks one of so many partitions, and of each
/// partition only one batch is out at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Partitions(pub NonZeroU16);

impl Partitions {
    /// How many there are where the settings may leave it open: then one, whose batches go out side by side.
    pub(crate) fn count(partitions: Option<Self>) -> u16 {
        partitions.map_or(1, |partitions| partitions.0.get())
    }

    /// The partition of a key.
    pub(crate) fn of_key(partitions: Option<Self>, key: u64) -> u16 {
        let count = u64::from(Self::count(partitions));
        // Keys may be counters or hashes; a multiplicative hash spreads both.
        let spread = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        spread
            .checked_rem(count)
            .map_or(0, |partition| partition as u16)
    }
}

/// Opens the queue of the settings. What it keeps on this machine lies in `data_directory`, unless the settings
/// name another.
///
/// # Errors
///
/// The settings do not fit what is there, or the queue cannot be reached.
pub async fn open(
    settings: &QueueSettings,
    data_directory: &Path,
) -> Result<Box<dyn AlertQueue>, QueueError> {
    match settings {
        QueueSettings::Embedded(settings) => {
            let directory = settings
                .directory
                .clone()
                .unwrap_or_else(|| data_directory.join("queue"));
            Ok(Box::new(EmbeddedQueue::open(settings, &directory).await?))
        }
        QueueSettings::Nats(settings) => Ok(Box::new(NatsQueue::open(settings).await?)),
        QueueSettings::Redis(settings) => Ok(Box::new(RedisQueue::open(settings).await?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<QueueSettings, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn each_kind_has_its_settings() {
        let embedded = parse(r#"{"kind": "embedded", "bytes_max": 5, "partitions": 3}"#).unwrap();
        let QueueSettings::Embedded(embedded) = embedded else {
            panic!("{embedded:?}")
        };
        assert_eq!(embedded.bytes_max.get(), 5);
        assert_eq!(Partitions::count(embedded.partitions), 3);
        let nats = parse(
            r#"{"kind": "nats", "servers": ["nats://a:4222"], "replicas": 3,
                "credentials": {"user": {"name": "saker", "password": {"env": "PASSWORD"}}}, "tls": {}}"#,
        );
        assert!(matches!(nats, Ok(QueueSettings::Nats(_))), "{nats:?}");
        let redis = parse(r#"{"kind": "redis", "url": "redis://a", "password": {"file": "/p"}}"#);
        assert!(matches!(redis, Ok(QueueSettings::Redis(_))), "{redis:?}");
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for text in [
            r#"{"kind": "embedded", "servers": []}"#,
            r#"{"kind": "embedded", "bytes_max": 0}"#,
            r#"{"kind": "embedded", "partitions": 0}"#,
            r#"{"kind": "nats"}"#,
            r#"{"kind": "nats", "servers": [], "password": "plain"}"#,
            r#"{"kind": "redis", "url": "redis://a", "streams": 3}"#,
            r#"{"kind": "kafka"}"#,
            "{}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_spread_over_partitions() {
        let partitions = NonZeroU16::new(8).map(Partitions);
        let mut counts = [0; 8];
        for key in 0..8000 {
            counts[usize::from(Partitions::of_key(partitions, key))] += 1;
        }
        assert!(
            counts.iter().all(|count| (800..1200).contains(count)),
            "{counts:?}"
        );
        assert_eq!(Partitions::of_key(None, 7), 0);
    }
}
