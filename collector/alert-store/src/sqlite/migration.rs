//! Makes and updates the tables.

use super::connections::failure;
use crate::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// What leads from each version to the next. What was released is never changed.
const VERSIONS: &[&str] = &[
    include_str!("0001_alerts.sql"),
    include_str!("0002_ledgers.sql"),
];

/// Brings the tables up to date, in one transaction: who comes second finds nothing to do.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    let found = apply(connection, known)
        .map_err(|error| failure(path, "cannot make or update the tables", error))?;
    if found > known {
        return Err(StoreError::NewerSchema {
            database: path.display().to_string(),
            found,
            known,
        });
    }
    Ok(())
}

/// The version that was found.
fn apply(connection: &mut Connection, known: i64) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found < known {
        let applied = usize::try_from(found).unwrap_or(0);
        for version in VERSIONS.iter().skip(applied) {
            transaction.execute_batch(version)?;
        }
        transaction.pragma_update(None, "user_version", known)?;
    }
    transaction.commit()?;
    Ok(found)
}
