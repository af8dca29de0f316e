//! What a store is.

use async_trait::async_trait;
use bytes::Bytes;
use saker_alert_formats::Notification;
use saker_proto::{AlertId, v1};
use std::sync::Arc;
use std::time::Duration;

/// An alert that a worker took from the queue.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Its id.
    pub id: AlertId,
    /// The alert.
    pub alert: Arc<v1::Alert>,
    /// The alert, encoded.
    pub payload: Bytes,
}

/// How repeated alerts are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregation {
    /// After a notification, alerts of the same rule, place and program are held back this long and then told as
    /// one. Zero tells each by itself.
    pub window: Duration,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Alerts that were not known yet.
    pub new: u64,
    /// Alerts that were there already.
    pub duplicates: u64,
    /// Notifications that sinks can be told now.
    pub notifications: u64,
}

/// Names what a sink has yet to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxId(pub i64);

/// What a sink is to be told, for as long as the lease lasts; then others may claim it.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its name.
    pub id: OutboxId,
    /// What to tell.
    pub notification: Notification,
    /// How often it was tried before.
    pub attempts: u32,
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

/// A place in the order in which alerts were stored, opaque to others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(pub String);

/// Which alerts are asked for; what is empty excludes nothing.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// What they are like.
    pub filter: v1::AlertFilter,
    /// Events of this time or later, nanoseconds since the epoch.
    pub since_ns: Option<u64>,
    /// Events before this time.
    pub until_ns: Option<u64>,
    /// Nodes by host name.
    pub nodes: Vec<String>,
    /// Containers by short id, full id or name.
    pub containers: Vec<String>,
    /// Pods by name.
    pub pods: Vec<String>,
    /// No more than these; the newest ones.
    pub limit: u32,
}

/// An alert of the store.
#[derive(Clone, Debug)]
pub struct StoredAlert {
    /// Its place in the order of storing.
    pub cursor: Cursor,
    /// The alert.
    pub alert: v1::Alert,
    /// How many alerts share its group so far: the same rule, place and program within the window.
    pub group_count: u64,
}

/// Numbers of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// For each sink: what it has yet to be told.
    pub outbox: Vec<(String, u64)>,
    /// For each sink: what was given up.
    pub dead_letters: Vec<(String, u64)>,
}

/// Keeps alerts. Any number of collectors may share one, where its kind allows it.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores a batch, in one transaction: drops what is known by id, counts repeats to their group, and notes
    /// for each of the sinks what it is to be told.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses; nothing was stored.
    async fn record(
        &self,
        batch: &[Incoming],
        sinks: &[String],
        aggregation: Aggregation,
    ) -> Result<Recorded, StoreError>;

    /// Turns repeats whose window is over into notifications; tells how many.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn close_windows(
        &self,
        sinks: &[String],
        aggregation: Aggregation,
    ) -> Result<u64, StoreError>;

    /// What a sink is to be told now, oldest first. Nobody else gets the same before the lease is over.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn claim(
        &self,
        sink: &str,
        max: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Says what became of claims.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses; the claims come again.
    async fn settle(
        &self,
        sink: &str,
        settlements: Vec<(OutboxId, Settlement)>,
    ) -> Result<(), StoreError>;

    /// Alerts that are asked for, newest first.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn query(&self, query: &Query) -> Result<Vec<StoredAlert>, StoreError>;

    /// Alerts in the order in which they were stored, `max` at most, and where to continue. Without a cursor:
    /// none, and where to continue for what comes from now on.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses; the cursor is none of this store.
    async fn after(
        &self,
        cursor: Option<&Cursor>,
        query: &Query,
        max: usize,
    ) -> Result<(Vec<StoredAlert>, Cursor), StoreError>;

    /// Forgets alerts of events that are older; tells how many.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn expire(&self, keep: Duration) -> Result<u64, StoreError>;

    /// Numbers for metrics.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn stats(&self) -> Result<StoreStats, StoreError>;
}

/// A store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The cursor is none that the store gave.
    #[error("invalid cursor '{0}': only what this store gave can be continued from")]
    InvalidCursor(String),
}
