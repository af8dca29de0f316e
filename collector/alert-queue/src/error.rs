//! What can go wrong, and whether to try again.

use saker_proto::AlertId;

use crate::embedded::EmbeddedError;
use crate::nats::NatsError;
use crate::redis::RedisError;

/// A queue did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// It has no room for more: the bound that the configuration sets is reached. Nothing of what did not fit
    /// was added.
    #[error("the queue is full: its bound is {bytes_max} bytes, see bytes_max of its settings")]
    Full {
        /// The bound.
        bytes_max: u64,
    },
    /// An alert is greater than the queue takes.
    #[error("alert {id} has {bytes} bytes, the queue takes {bytes_max} at most")]
    TooLarge {
        /// The alert.
        id: AlertId,
        /// Its size.
        bytes: usize,
        /// The greatest that is taken.
        bytes_max: usize,
    },
    /// The receipt came from another kind of queue.
    #[error("a receipt of another kind of queue")]
    ForeignReceipt,
    /// The embedded queue failed.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The queue in NATS failed.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// The queue in Redis failed.
    #[error(transparent)]
    Redis(#[from] RedisError),
}

/// Whether it helps to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is room again when consumers have acknowledged.
    Full,
    /// The server or the disk may work again later.
    Transient,
    /// It will not help: the alert, the settings or the queue's data must change.
    Permanent,
}

impl QueueError {
    /// Whether it helps to try again.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Full { .. } => ErrorKind::Full,
            Self::TooLarge { .. } | Self::ForeignReceipt => ErrorKind::Permanent,
            Self::Embedded(error) => error.kind(),
            Self::Nats(error) => error.kind(),
            Self::Redis(error) => error.kind(),
        }
    }
}
