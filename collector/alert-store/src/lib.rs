//! Alerts that are kept, and what sinks have yet to be told: SQLite, PostgreSQL.
//!
//! # Purpose
//!
//! [`Store`] is what workers record batches in, what sinks are served from, and what queries and the feed read.
//! [`open`] makes one of [`StoreSettings`].
//!
//! # Invariants
//!
//! - An alert is stored once, however often it comes: its id is unique.
//! - A stored alert is a member of exactly one notification. The first of its kind (rule, priority, place, program)
//!   opens a window and is told at once; those that follow while the window is open are told together when it is
//!   over. What sinks have yet to be told is written in the same transaction as the alert.
//! - The feed passes no alert over: nothing is ever stored before a cursor that was given.
//! - What is in an alert is hostile: texts are parameters, cut and without NUL in columns; rows that cannot be read
//!   are skipped and counted.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod bounds;
mod clock;
mod condition;
mod error;
#[cfg(any(test, feature = "laws"))]
#[cfg_attr(
    not(test),
    expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests"
    )
)]
pub mod laws;
mod ledger;
mod outbox;
mod postgres;
mod query;
mod row;
mod settings;
mod sqlite;
mod store;
mod told;

pub use clock::Clock;
pub use error::{ErrorKind, StoreError};
pub use ledger::{LEDGER_PAGE, LedgerEntry, LedgerId, LedgerPlace, LedgerRows, LedgerStore};
pub use outbox::{Claim, DeadLetter, DeadLetterSelection, OutboxId, Settlement};
pub use postgres::{PostgresSettings, PostgresStore};
pub use query::{Cursor, Query, StoredAlert};
pub use settings::{Limits, SqliteSettings, StoreSettings};
pub use sqlite::SqliteStore;
pub use store::{Aggregation, Closed, Expired, Incoming, Recorded, Store, StoreStats};

/// Opens a store, and makes or updates its tables.
///
/// # Errors
///
/// The database cannot be opened, or is of a newer version. While the error is [`ErrorKind::Transient`] it may be
/// tried again.
pub async fn open(settings: &StoreSettings) -> Result<Box<dyn Store>, StoreError> {
    match settings {
        StoreSettings::Sqlite(settings) => Ok(Box::new(
            SqliteStore::open(settings, Clock::system()).await?,
        )),
        StoreSettings::Postgresql(settings) => Ok(Box::new(PostgresStore::open(settings).await?)),
    }
}
