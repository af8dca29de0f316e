//! What sinks have yet to be told.

use saker_alert_formats::Notification;
use std::time::Duration;

/// Names what a sink has yet to be told, for one claim of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxId {
    /// Which one.
    pub row: i64,
    /// How often it had been claimed. A claim whose lease is over, and that others took, cannot postpone theirs.
    pub claim: i32,
}

/// What a sink is to be told, for as long as the lease lasts; then others may claim it.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its name.
    pub id: OutboxId,
    /// What to tell.
    pub notification: Notification,
    /// How often it was tried before.
    pub attempts: u32,
    /// How long ago it was noted.
    pub age: Duration,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The sink was told.
    Delivered,
    /// To be tried again after this time.
    Retry {
        /// How long to wait.
        after: Duration,
        /// What went wrong.
        reason: String,
    },
    /// Given up, and kept with the reason.
    DeadLetter {
        /// What went wrong.
        reason: String,
    },
}

/// What a sink was not told, and is not going to be unless someone says so.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Names it.
    pub id: i64,
    /// The sink.
    pub sink: String,
    /// Why it was given up.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up, milliseconds since the epoch.
    pub since_ms: u64,
    /// What the sink was to be told; none if the alerts are older than what the store keeps.
    pub notification: Option<Notification>,
}

/// Which dead letters are meant; what is empty excludes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterSelection {
    /// Those of this sink.
    pub sink: Option<String>,
    /// Those with one of these ids.
    pub ids: Vec<i64>,
}
