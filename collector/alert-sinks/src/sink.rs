//! What a sink is.

use async_trait::async_trait;
use saker_alert_formats::Notification;
use std::time::Duration;

/// Hands notifications over to another system. It tries once: who calls it repeats what could not be
/// delivered, later and with growing pauses.
#[async_trait]
pub trait Sink: Send + Sync {
    /// What it is, as metrics and errors name it, such as `elasticsearch`.
    fn kind(&self) -> &'static str;

    /// As many as one call should get.
    fn batch_max(&self) -> usize;

    /// Hands over; says for each, in order, what became of it.
    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome>;
}

/// What became of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has it.
    Delivered,
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
