//! Alerts that are kept, and what sinks have yet to be told: SQLite, PostgreSQL.
#![forbid(unsafe_code)]

mod store;

pub use store::{
    Aggregation, Claim, Cursor, Incoming, OutboxId, Query, Recorded, Settlement, Store, StoreError,
    StoreStats, StoredAlert,
};
