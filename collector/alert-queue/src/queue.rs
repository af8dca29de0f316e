//! What a queue is.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use saker_proto::AlertId;

use crate::error::QueueError;

/// An alert that goes into the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedAlert {
    /// Its id. What was added twice may come out once.
    pub id: AlertId,
    /// Alerts with the same key come out in their order where the queue is set up to keep it
    /// ([`Partitions`](crate::Partitions)).
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
    /// How often it came out before, as far as the queue remembers: the embedded one counts within its process,
    /// Redis says 1 for more.
    pub redelivered: u64,
}

/// Names a delivery to the queue it came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt(pub(crate) ReceiptKind);

/// What each kind of queue needs to find a delivery again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ReceiptKind {
    Embedded(crate::embedded::Place),
    /// Where the acknowledgement is sent to.
    Nats(String),
    Redis(crate::redis::EntryId),
}

/// How full a queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Alerts that were not acknowledged yet.
    pub depth: u64,
    /// Bytes that they take, as the queue counts them against its bound.
    pub bytes: u64,
    /// The bound: beyond it [`AlertQueue::publish`] answers [`QueueError::Full`].
    pub bytes_max: u64,
    /// How long the oldest of them has been in the queue. Zero if it is empty.
    pub oldest_age: Duration,
}

/// What went through this handle of a queue since it was opened, for metrics. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueCounters {
    /// Alerts that were added and are durable.
    pub published: u64,
    /// Alerts among them that the queue knew already, and holds once.
    pub duplicates: u64,
    /// Alerts that were turned away because the queue was full.
    pub full: u64,
    /// Alerts that came out, again and again included.
    pub delivered: u64,
    /// Deliveries of alerts that came out before.
    pub redelivered: u64,
    /// Alerts that were acknowledged.
    pub acknowledged: u64,
    /// Alerts of the queue that could not be read, and were removed from it.
    pub corrupted: u64,
    /// Times the connection to the server was lost.
    pub disconnects: u64,
}

/// A queue that any number of collectors may share, where its kind allows it.
///
/// All futures may be dropped at any time. What was to be published may then be in the queue or not; what was to
/// be acknowledged may come again; what was about to come out comes out later.
#[async_trait]
pub trait AlertQueue: Send + Sync {
    /// Adds alerts. When it returns they are durable, as far as the queue promises.
    ///
    /// # Errors
    ///
    /// The queue cannot be reached, or has no room. Some of the alerts may have been added; to publish all of
    /// them again is right.
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

    /// What went through this handle.
    fn counters(&self) -> QueueCounters;
}

/// One of those who share the alerts of a queue.
///
/// An alert that came out belongs to the consumer until the lease of the settings is over; then it comes again,
/// here or elsewhere. When a consumer is dropped its alerts come again, at the latest after the lease.
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

    /// Says that these need not come again. To say so twice, or too late, does no harm.
    ///
    /// # Errors
    ///
    /// The queue cannot be reached. They come again. A receipt of another kind of queue is refused.
    async fn acknowledge(&mut self, receipts: Vec<Receipt>) -> Result<(), QueueError>;
}
