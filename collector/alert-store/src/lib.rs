//! Alerts that are kept, and what sinks have yet to be told: SQLite, PostgreSQL.
#![forbid(unsafe_code)]

mod error;
mod outbox;
mod query;
mod settings;
mod store;

pub use error::{ErrorKind, StoreError};
pub use outbox::{Claim, DeadLetter, DeadLetterSelection, OutboxId, Settlement};
pub use query::{Cursor, Query, StoredAlert};
pub use settings::{Limits, SqliteSettings, StoreSettings};
pub use store::{Aggregation, Closed, Expired, Incoming, Recorded, Store, StoreStats};

/// Opens a store, and makes or updates its tables. Waits for a database that starts up a few seconds only: who
/// calls it may try again while the error is [`ErrorKind::Transient`].
///
/// # Errors
///
/// The database cannot be opened, or is of a newer version.
pub async fn open(settings: &StoreSettings) -> Result<Box<dyn Store>, StoreError> {
    match settings {
        StoreSettings::Sqlite(settings) => Err(StoreError::Settings(format!(
            "{} cannot be opened yet",
            settings.path.display()
        ))),
    }
}
