//! Streams of a Redis server that any number of collectors share.
//!
//! # Invariants
//!
//! - What the server acknowledges is as durable as its settings make it; [`server::examine`] warns of those that
//!   are too weak, and a publish waits for disk (7.2 and later) and replicas where that is asked for.
//! - An alert that is added twice is in the stream twice: the store tells by id.
//! - What is acknowledged is deleted; bytes are counted by the scripts that add and delete.

mod consumer;
mod error;
mod scripts;
mod server;
mod settings;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::redis::aio::ConnectionManager;
use async_trait::async_trait;

use crate::counters::Counters;
use crate::error::QueueError;
use crate::queue::{AlertQueue, Consumer, QueueCounters, QueueStats, QueuedAlert};
use crate::settings::Partitions;

pub(crate) use consumer::EntryId;
pub use error::RedisError;
pub use settings::RedisSettings;

/// The consumer group of all collectors.
const GROUP: &str = "workers";

/// Alerts, and bytes of them, that one script adds: the server does nothing else meanwhile.
const SCRIPT_ALERTS_MAX: usize = 256;
const SCRIPT_BYTES_MAX: usize = 1024 * 1024;

/// The greatest value that a server takes.
const ALERT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What an alert counts beside its bytes.
const ALERT_OVERHEAD_BYTES: u64 = 64;

/// How long disk and replicas may take.
const CONFIRM_MS: u64 = 4000;

/// What an alert counts against the bound.
fn size(payload_bytes: usize) -> u64 {
    (payload_bytes as u64).saturating_add(ALERT_OVERHEAD_BYTES)
}

/// What the queue and its consumers share.
struct Shared {
    settings: RedisSettings,
    client: ::redis::Client,
    counters: Counters,
    confirmation: server::Confirmation,
}

impl Shared {
    /// In braces, so that a cluster keeps all keys of the queue together.
    fn key(&self, name: impl std::fmt::Display) -> String {
        format!("{{{}}}:{name}", self.settings.name)
    }

    fn bytes_key(&self) -> String {
        self.key("bytes")
    }

    fn partitions(&self) -> u16 {
        Partitions::count(self.settings.partitions)
    }

    fn stream_keys(&self) -> Vec<String> {
        (0..self.partitions())
            .map(|number| self.key(number))
            .collect()
    }

    /// Counts a connection that was lost.
    fn note(&self, error: &::redis::RedisError) {
        if error.is_connection_dropped() || error.is_io_error() {
            self.counters.disconnects.add(1);
        }
    }
}

/// The queue in Redis.
pub(crate) struct RedisQueue {
    shared: Arc<Shared>,
    connection: ConnectionManager,
}

/// Makes the group, and the stream with it, if they are not there.
async fn ensure_group(connection: &mut ConnectionManager, stream: &str) -> Result<(), RedisError> {
    let made: Result<(), ::redis::RedisError> = ::redis::cmd("XGROUP")
        .arg("CREATE")
        .arg(stream)
        .arg(GROUP)
        .arg("0")
        .arg("MKSTREAM")
        .query_async(connection)
        .await;
    match made {
        Err(error) if error.code() != Some("BUSYGROUP") => {
            Err(RedisError::of("make the consumer group of")(error))
        }
        _ => Ok(()),
    }
}

impl RedisQueue {
    pub(crate) async fn open(settings: &RedisSettings) -> Result<Self, QueueError> {
        let client = server::client(settings)?;
        let mut connection = server::connect(&client).await?;
        let confirmation = server::examine(&mut connection, settings).await?;
        let shared = Shared {
            settings: settings.clone(),
            client,
            counters: Counters::default(),
            confirmation,
        };
        for stream in shared.stream_keys() {
            ensure_group(&mut connection, &stream).await?;
        }
        Ok(Self {
            shared: Arc::new(shared),
            connection,
        })
    }

    /// Adds some alerts in one step, and waits until they are durable.
    async fn publish_some(&self, alerts: &[QueuedAlert]) -> Result<(), QueueError> {
        let shared = &self.shared;
        let streams = shared.stream_keys();
        let bytes: u64 = alerts.iter().map(|alert| size(alert.payload.len())).sum();
        let bytes_max = shared.settings.bytes_max.get();
        let mut script = ::redis::cmd("EVAL");
        script
            .arg(scripts::PUBLISH)
            .arg(streams.len() + 1)
            .arg(shared.bytes_key())
            .arg(&streams)
            .arg(bytes_max)
            .arg(bytes);
        for alert in alerts {
            let partition = Partitions::of_key(shared.settings.partitions, alert.key);
            script.arg(u32::from(partition) + 2).arg(&*alert.payload);
        }
        // In one pipeline: on another connection the server would know of nothing to wait for.
        let mut pipeline = ::redis::pipe();
        pipeline.add_command(script);
        let confirmation = shared.confirmation;
        if confirmation.disk {
            let wait = pipeline.cmd("WAITAOF").arg(1);
            wait.arg(confirmation.replicas).arg(CONFIRM_MS);
        } else if confirmation.replicas > 0 {
            let wait = pipeline.cmd("WAIT");
            wait.arg(confirmation.replicas).arg(CONFIRM_MS);
        }
        let mut connection = self.connection.clone();
        let answer: Result<Vec<::redis::Value>, _> = pipeline.query_async(&mut connection).await;
        let full = || {
            shared.counters.full.add(alerts.len());
            QueueError::Full { bytes_max }
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if is_out_of_memory(&error) => return Err(full()),
            Err(error) => {
                shared.note(&error);
                return Err(RedisError::of("add alerts to")(error).into());
            }
        };
        if answer.first() != Some(&::redis::Value::Int(1)) {
            return Err(full());
        }
        check(confirmation, answer.get(1))?;
        shared.counters.published.add(alerts.len());
        Ok(())
    }
}

/// Whether the server has no memory for more.
fn is_out_of_memory(error: &::redis::RedisError) -> bool {
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| errors.iter().any(|(_, error)| error.code() == "OOM"))
}

/// Whether disk and replicas have it.
fn check(wanted: server::Confirmation, answer: Option<&::redis::Value>) -> Result<(), RedisError> {
    let number = |value: &::redis::Value| match value {
        ::redis::Value::Int(number) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    let (disk, replicas) = match answer {
        None => return Ok(()),
        Some(::redis::Value::Array(both)) => (
            both.first().map_or(0, number),
            both.get(1).map_or(0, number),
        ),
        Some(value) => (1, number(value)),
    };
    if disk >= u64::from(wanted.disk) && replicas >= u64::from(wanted.replicas) {
        return Ok(());
    }
    Err(RedisError::NotDurable { disk, replicas })
}

/// As many of the first alerts as one script adds.
fn script_share(alerts: &[QueuedAlert]) -> usize {
    let mut bytes = 0_usize;
    let fits = alerts.iter().take(SCRIPT_ALERTS_MAX).take_while(|alert| {
        bytes = bytes.saturating_add(alert.payload.len());
        bytes <= SCRIPT_BYTES_MAX
    });
    fits.count().max(1).min(alerts.len())
}

/// Milliseconds in the id of an entry.
fn id_ms(id: &str) -> Option<u64> {
    id.split_once('-')?.0.parse().ok()
}

#[async_trait]
impl AlertQueue for RedisQueue {
    async fn publish(&self, alerts: Vec<QueuedAlert>) -> Result<(), QueueError> {
        if let Some(alert) = alerts
            .iter()
            .find(|alert| alert.payload.len() > ALERT_BYTES_MAX)
        {
            return Err(QueueError::TooLarge {
                id: alert.id,
                bytes: alert.payload.len(),
                bytes_max: ALERT_BYTES_MAX,
            });
        }
        let mut rest = alerts.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(script_share(rest));
            self.publish_some(now).await?;
            rest = later;
        }
        Ok(())
    }

    async fn consumer(&self) -> Result<Box<dyn Consumer>, QueueError> {
        let shared = Arc::clone(&self.shared);
        Ok(Box::new(consumer::RedisConsumer::join(shared).await?))
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        let shared = &self.shared;
        let mut pipeline = ::redis::pipe();
        pipeline.cmd("GET").arg(shared.bytes_key());
        let streams = shared.stream_keys();
        for stream in &streams {
            pipeline.cmd("XLEN").arg(stream);
            let first = pipeline.cmd("XRANGE").arg(stream).arg("-").arg("+");
            first.arg("COUNT").arg(1);
        }
        let mut connection = self.connection.clone();
        let answer: Vec<::redis::Value> = pipeline
            .query_async(&mut connection)
            .await
            .map_err(RedisError::of("ask the depth of"))?;
        let mut stats = QueueStats {
            bytes_max: shared.settings.bytes_max.get(),
            ..QueueStats::default()
        };
        let parse = RedisError::of("understand");
        let mut answer = answer.into_iter();
        let bytes = answer.next().unwrap_or(::redis::Value::Nil);
        stats.bytes = ::redis::from_redis_value::<Option<u64>>(bytes)
            .map_err(|error| parse(error.into()))?
            .unwrap_or(0);
        let mut oldest_ms: Option<u64> = None;
        while let (Some(length), Some(first)) = (answer.next(), answer.next()) {
            stats.depth +=
                ::redis::from_redis_value::<u64>(length).map_err(|error| parse(error.into()))?;
            let first: Vec<consumer::Entry> =
                ::redis::from_redis_value(first).map_err(|error| parse(error.into()))?;
            let ms = first.first().and_then(|(id, _)| id_ms(id));
            oldest_ms = match (oldest_ms, ms) {
                (Some(oldest), Some(ms)) => Some(oldest.min(ms)),
                (oldest, ms) => oldest.or(ms),
            };
        }
        stats.oldest_age = oldest_ms.map_or(Duration::ZERO, |ms| {
            let written = UNIX_EPOCH + Duration::from_millis(ms);
            // The clocks of server and collector may differ.
            SystemTime::now()
                .duration_since(written)
                .unwrap_or_default()
        });
        Ok(stats)
    }

    fn counters(&self) -> QueueCounters {
        self.shared.counters.read()
    }
}
