//! Alerts between ingest and workers: embedded log, NATS JetStream, Redis Streams.
//!
//! # Purpose
//!
//! The collector acknowledges a batch to an agent once [`AlertQueue::publish`] has made it durable; workers take
//! alerts by [`Consumer::next_batch`] and acknowledge what the store has. `docs/queues.md` says which queue to
//! choose and what each of them guarantees.
//!
//! # Invariants
//!
//! - At least once: what `publish` returned `Ok` for comes out until it is acknowledged, through crashes and
//!   restarts of everyone involved. It may come more than once; the store tells by id.
//! - Nothing is dropped to make room: a full queue is [`QueueError::Full`].
//! - Memory is bounded by settings, whatever lies in the queue.
//!
//! ```
//! use std::time::Duration;
//! use saker_alert_queue::{QueueSettings, QueuedAlert, open};
//! use saker_proto::AlertId;
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let queue = open(&QueueSettings::default(), folder.path()).await?;
//! let id = AlertId::from_bytes([7; 16]);
//! queue.publish(vec![QueuedAlert { id, key: 1, payload: "alert".into() }]).await?;
//!
//! let mut consumer = queue.consumer().await?;
//! let batch = consumer.next_batch(100, Duration::from_secs(1)).await?;
//! assert_eq!(batch[0].payload, "alert");
//! consumer.acknowledge(batch.into_iter().map(|delivery| delivery.receipt).collect()).await?;
//! # Ok::<(), saker_alert_queue::QueueError>(())
//! # }).unwrap();
//! ```
#![forbid(unsafe_code)]

mod counters;
mod embedded;
mod error;
mod nats;
mod queue;
mod redis;
mod settings;

pub use crate::redis::{RedisError, RedisSettings};
pub use embedded::{EmbeddedError, EmbeddedSettings};
pub use error::{ErrorKind, QueueError};
pub use nats::{NatsCredentials, NatsError, NatsSettings};
pub use queue::{AlertQueue, Consumer, Delivery, QueueCounters, QueueStats, QueuedAlert, Receipt};
pub use settings::{Partitions, QueueSettings, open};
