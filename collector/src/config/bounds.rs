//! How much clients may do.

use super::ConfigError;
use serde::Deserialize;
use std::fmt::Display;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Bytes of the frame around an alert in a request, more than enough: two tags, two lengths, the sequence.
const REQUEST_OVERHEAD: usize = 64;

/// How much clients may do, as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsFile {
    message_bytes: usize,
    alert_bytes: usize,
    connections: usize,
    connections_per_address: usize,
    handshakes: usize,
    handshake_seconds: u64,
    connection_age_seconds: u64,
    streams: usize,
    streams_per_client: usize,
    idle_seconds: u64,
    batches_in_flight: usize,
    alerts_per_second: u32,
    queue_patience_seconds: u64,
}

impl Default for LimitsFile {
    fn default() -> Self {
        Self {
            message_bytes: 4 << 20,
            alert_bytes: 256 << 10,
            connections: 4096,
            connections_per_address: 256,
            handshakes: 256,
            handshake_seconds: 10,
            connection_age_seconds: 3600,
            streams: 4096,
            streams_per_client: 16,
            idle_seconds: 300,
            batches_in_flight: 8,
            alerts_per_second: 20_000,
            queue_patience_seconds: 10,
        }
    }
}

/// Bounds of connections, before anyone says anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListenerLimits {
    /// Connections in all.
    pub(crate) connections: usize,
    /// Connections of an address.
    pub(crate) connections_per_address: usize,
    /// TLS handshakes at a time.
    pub(crate) handshakes: usize,
    /// How long a handshake, and the beginning of HTTP/2, may take.
    pub(crate) handshake: Duration,
    /// After this time clients are asked to connect again, which spreads them over replicas.
    pub(crate) connection_age: Duration,
}

/// Bounds of streams of one kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamLimits {
    /// In all.
    pub(crate) total: usize,
    /// Of one client.
    pub(crate) per_client: usize,
}

/// Bounds of deliveries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IngestLimits {
    /// Bytes of a message.
    pub(crate) message_bytes: usize,
    /// Bytes of an alert.
    pub(crate) alert_bytes: usize,
    /// Streams.
    pub(crate) streams: StreamLimits,
    /// How long a stream may be silent.
    pub(crate) idle: Duration,
    /// After this time a client is to begin a new stream.
    pub(crate) age: Duration,
    /// Batches of a stream that are on their way into the queue.
    pub(crate) batches_in_flight: usize,
    /// Alerts a second of one client; what is beyond that waits.
    pub(crate) alerts_per_second: NonZeroU32,
    /// How long a batch waits for a queue that is full or away.
    pub(crate) queue_patience: Duration,
}

impl LimitsFile {
    pub(super) fn listener(&self) -> Result<ListenerLimits, ConfigError> {
        Ok(ListenerLimits {
            connections: within("limits.connections", self.connections, 1..=100_000)?,
            connections_per_address: within(
                "limits.connections_per_address",
                self.connections_per_address,
                1..=100_000,
            )?,
            handshakes: within("limits.handshakes", self.handshakes, 1..=10_000)?,
            handshake: seconds("limits.handshake_seconds", self.handshake_seconds, 1..=300)?,
            connection_age: self.age()?,
        })
    }

    pub(super) fn age(&self) -> Result<Duration, ConfigError> {
        let age = self.connection_age_seconds;
        seconds("limits.connection_age_seconds", age, 10..=86_400)
    }

    pub(super) fn ingest(&self) -> Result<IngestLimits, ConfigError> {
        let message_bytes = within("limits.message_bytes", self.message_bytes, 1024..=64 << 20)?;
        let alert_max = message_bytes.saturating_sub(REQUEST_OVERHEAD);
        let rate = within(
            "limits.alerts_per_second",
            self.alerts_per_second,
            1..=10_000_000,
        )?;
        Ok(IngestLimits {
            message_bytes,
            alert_bytes: within("limits.alert_bytes", self.alert_bytes, 256..=alert_max)?,
            streams: StreamLimits {
                total: within("limits.streams", self.streams, 1..=1_000_000)?,
                per_client: within(
                    "limits.streams_per_client",
                    self.streams_per_client,
                    1..=100_000,
                )?,
            },
            idle: seconds("limits.idle_seconds", self.idle_seconds, 1..=86_400)?,
            age: self.age()?,
            batches_in_flight: within(
                "limits.batches_in_flight",
                self.batches_in_flight,
                1..=1024,
            )?,
            alerts_per_second: NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN),
            queue_patience: seconds(
                "limits.queue_patience_seconds",
                self.queue_patience_seconds,
                1..=300,
            )?,
        })
    }
}

/// The value, if it is in its bounds.
pub(super) fn within<T: PartialOrd + Display>(
    key: &'static str,
    value: T,
    bounds: RangeInclusive<T>,
) -> Result<T, ConfigError> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::Value {
        key,
        value: value.to_string(),
        expected: format!("a number from {} to {}", bounds.start(), bounds.end()),
    })
}

/// So many seconds, if they are in their bounds.
pub(super) fn seconds(
    key: &'static str,
    value: u64,
    bounds: RangeInclusive<u64>,
) -> Result<Duration, ConfigError> {
    within(key, value, bounds).map(Duration::from_secs)
}
