//! Forgets what is old, a little at a time: whoever records comes in between.

use super::connections::Connections;
use crate::bounds::DELETE_MAX;
use crate::{Expired, StoreError};
use rusqlite::{Connection, params};

/// Pages that are given back at once.
const VACUUM_PAGES: i64 = 2_000;
const ACTION: &str = "cannot delete what has expired";

pub(super) async fn expire(
    connections: &Connections,
    before_id: [u8; 16],
    before_ms: i64,
) -> Result<Expired, StoreError> {
    let alerts = repeat(connections, move |connection| {
        connection.execute(
            "DELETE FROM alerts WHERE seq IN (SELECT seq FROM alerts WHERE id < ?1 LIMIT ?2)",
            params![before_id, DELETE_MAX],
        )
    })
    .await?;
    repeat(connections, move |connection| {
        connection.execute(
            "DELETE FROM windows WHERE id IN \
             (SELECT id FROM windows WHERE is_open = 0 AND opened_at_ms < ?1 ORDER BY id LIMIT ?2)",
            params![before_ms, DELETE_MAX],
        )
    })
    .await?;
    let dead_letters = repeat(connections, move |connection| {
        connection.execute(
            "DELETE FROM dead_letters WHERE id IN \
             (SELECT id FROM dead_letters WHERE since_ms < ?1 LIMIT ?2)",
            params![before_ms, DELETE_MAX],
        )
    })
    .await?;
    for delete in [super::ledger::DELETE_ENTRIES, super::ledger::DELETE_LEDGERS] {
        repeat(connections, move |connection| {
            connection.execute(delete, params![before_ms, DELETE_MAX])
        })
        .await?;
    }
    while connections.write(ACTION, vacuum).await? {}
    Ok(Expired {
        alerts,
        dead_letters,
    })
}

/// Deletes until there is nothing left to delete.
async fn repeat(
    connections: &Connections,
    delete: impl Fn(&Connection) -> rusqlite::Result<usize> + Copy + Send + 'static,
) -> Result<u64, StoreError> {
    let mut deleted = 0_u64;
    loop {
        let rows = connections
            .write(ACTION, move |connection| delete(connection))
            .await?;
        deleted = deleted.saturating_add(u64::try_from(rows).unwrap_or(u64::MAX));
        if i64::try_from(rows).unwrap_or(i64::MAX) < DELETE_MAX {
            return Ok(deleted);
        }
    }
}

/// Gives pages back to the file system; says whether there are more.
fn vacuum(connection: &mut Connection) -> rusqlite::Result<bool> {
    let mut statement =
        connection.prepare(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
    let mut freed = statement.query([])?;
    while freed.next()?.is_some() {}
    drop(freed);
    drop(statement);
    let left: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    // Some pages hold the list itself, and a reader may keep others.
    Ok(left > VACUUM_PAGES)
}
