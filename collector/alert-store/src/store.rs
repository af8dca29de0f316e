//! What a store is.

use crate::{
    Claim, Cursor, DeadLetter, DeadLetterSelection, LedgerStore, OutboxId, Query, Settlement,
    StoreError, StoredAlert,
};
use async_trait::async_trait;
use bytes::Bytes;
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

/// What became of a batch: every alert of it is new or a duplicate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Alerts that were not known yet.
    pub new: u64,
    /// Alerts that were there already.
    pub duplicates: u64,
    /// Those of the new ones that are held back, to be told as one when the window is over.
    pub aggregated: u64,
    /// Notifications that sinks can be told now.
    pub notifications: u64,
    /// Notifications that became dead letters because the outbox of a sink is full, counted for each sink.
    pub overflowed: u64,
}

/// What became of windows that are over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Notifications of repeats that sinks can be told now.
    pub notifications: u64,
    /// Notifications that became dead letters because the outbox of a sink is full, counted for each sink.
    pub overflowed: u64,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Alerts.
    pub alerts: u64,
    /// Dead letters.
    pub dead_letters: u64,
}

/// Numbers of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// For each sink: what it has yet to be told.
    pub outbox: Vec<(String, u64)>,
    /// For each sink: what was given up.
    pub dead_letters: Vec<(String, u64)>,
    /// Alerts that are held back until their window is over.
    pub held: u64,
    /// Rows that cannot be read and were skipped, since this collector started.
    pub corrupt_rows: u64,
    /// Dead letters that made room for newer ones, since this collector started.
    pub dead_letters_dropped: u64,
}

/// Keeps alerts. Any number of collectors may share one, where its kind allows it.
///
/// Dropping a future either leaves nothing done or all of it.
#[async_trait]
pub trait Store: LedgerStore {
    /// Stores a batch, in one transaction: drops what is known by id, counts repeats to their group, and notes
    /// for each of the sinks what it is to be told.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses; nothing was stored, or, if the connection was lost at the very
    /// end, all of it. To repeat it does no harm.
    async fn record(
        &self,
        batch: &[Incoming],
        sinks: &[String],
        aggregation: Aggregation,
    ) -> Result<Recorded, StoreError>;

    /// Turns repeats whose window is over into notifications. Collectors that share the store may all do so.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn close_windows(&self, sinks: &[String]) -> Result<Closed, StoreError>;

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

    /// What was given up, the newest `max`.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn dead_letters(
        &self,
        selection: &DeadLetterSelection,
        max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError>;

    /// Lets the sinks be told after all; tells how many dead letters that were.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn retry_dead_letters(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError>;

    /// Forgets dead letters; tells how many. The alerts stay.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn purge_dead_letters(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError>;

    /// Alerts that are asked for, newest first.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn query(&self, query: &Query) -> Result<Vec<StoredAlert>, StoreError>;

    /// Alerts in the order in which they were stored, `max` at most, and where to continue. No alert is ever
    /// stored before a cursor that was given. Without a cursor: none, and where to continue for what comes from
    /// now on, or, if the query has `since_ns`, for the alerts of events since then.
    ///
    /// One call looks at a bounded number of alerts: the cursor may have moved on although there is none.
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

    /// Forgets alerts of events that are older, and dead letters and entries of ledgers that are.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn expire(&self, keep: Duration) -> Result<Expired, StoreError>;

    /// Numbers for metrics.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn stats(&self) -> Result<StoreStats, StoreError>;

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn ping(&self) -> Result<(), StoreError>;
}
