//! What a sink is.

use async_trait::async_trait;
use saker_alert_formats::Notification;
use std::time::Duration;

/// Hands notifications over to another system. It tries once: who calls it repeats what could not be
/// delivered, later and with growing pauses.
///
/// Delivery is at least once: where a request was not answered, the other side may have what is sent again. Each
/// sink says in its module what makes a repetition recognizable.
#[async_trait]
pub trait Sink: Send + Sync {
    /// What it is, as metrics and errors name it, such as `elasticsearch`.
    fn kind(&self) -> &'static str;

    /// As many as one call should get.
    fn batch_max(&self) -> usize;

    /// Hands over; says for each, in order, what became of it. Ends within a bounded time.
    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome>;
}

/// What became of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has it.
    Delivered,
    /// The sink's settings exclude it: it was not sent and is not to be.
    Excluded,
    /// It may work later.
    Retry {
        /// What went wrong.
        reason: String,
        /// Not before this time has passed, if the other side said so.
        after: Option<Duration>,
    },
    /// The other side does not want it, and would not later.
    Rejected {
        /// What it said.
        reason: String,
    },
}

impl Outcome {
    /// It may work later, and the other side did not say when.
    pub(crate) fn retry(reason: impl Into<String>) -> Self {
        Self::Retry {
            reason: reason.into(),
            after: None,
        }
    }

    /// The other side does not want it.
    pub(crate) fn rejected(reason: impl Into<String>) -> Self {
        Self::Rejected {
            reason: reason.into(),
        }
    }
}
