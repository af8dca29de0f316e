//! What a queue is.

use async_trait::async_trait;
use bytes::Bytes;
use saker_proto::AlertId;
use std::time::Duration;

/// An alert that goes into the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedAlert {
    /// Its id. What was added twice may come out once.
    pub id: AlertId,
    /// Alerts with the same key come out in their order where the queue is set up to keep it.
    pub key: u64,
    /// The encoded [`Alert`](saker_proto::v1::Alert).
    pub payload: Bytes,
}

/// An alert that came out of the queue, and comes again until it is acknowledged.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The encoded [`Alert`](saker_proto::v1::Alert), as it went in.
    pub payload: Bytes,
    /// What acknowledges it.
    pub receipt: Receipt,
    /// How often it came out before.
    pub redelivered: u64,
}

/// Names a delivery to the queue it came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt(pub(crate) String);

/// How full a queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Alerts that were not acknowledged yet.
    pub depth: u64,
    /// How long the oldest of them has been in the queue.
    pub oldest_age: Duration,
}

/// A queue that any number of collectors may share.
#[async_trait]
pub trait AlertQueue: Send + Sync {
    /// Adds alerts. When it returns they are durable, as far as the queue promises.
    ///
    /// # Errors
    ///
    /// The queue cannot be reached, or has no room. Some of the alerts may have been added.
    async fn publish(&self, alerts: Vec<QueuedAlert>) -> Result<(), QueueError>;

    /// Joins those who share the alerts of the queue: each goes to one of them.
    ///
    /// # Errors
    ///
    /// The queue cannot be reached.
    async fn consumer(&self) -> Result<Box<dyn Consumer>, QueueError>;

    /// How full it is.
    ///
    /// # Errors
    ///
    /// The queue cannot be reached.
    async fn stats(&self) -> Result<QueueStats, QueueError>;
}

/// One of those who share the alerts of a queue.
#[async_trait]
pub trait Consumer: Send {
    /// Takes alerts, `max` at most; waits `patience` at most for the first, and for no second.
    ///
    /// # Errors
    ///
    /// The queue cannot be reached; it may be asked again.
    async fn next_batch(
        &mut self,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Delivery>, QueueError>;

    /// Says that these need not come again.
    ///
    /// # Errors
    ///
    /// The queue cannot be reached. They come again.
    async fn acknowledge(&mut self, receipts: Vec<Receipt>) -> Result<(), QueueError>;
}

/// A queue did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// It has no room for more: the bound that the configuration sets is reached.
    #[error("the queue is full")]
    Full,
}
