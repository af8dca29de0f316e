//! Alerts between ingest and workers: embedded log, NATS JetStream, Redis Streams.
#![forbid(unsafe_code)]

mod queue;

pub use queue::{AlertQueue, Consumer, Delivery, QueueError, QueueStats, QueuedAlert, Receipt};
