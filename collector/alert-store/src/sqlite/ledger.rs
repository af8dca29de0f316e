//! Encryption ledgers.

use super::SqliteStore;
use crate::ledger::{page, read, stored};
use crate::{LedgerId, LedgerPlace, LedgerRows, LedgerStore, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior, params};

/// An edge or workload that was last seen before a time.
pub(super) const DELETE_ENTRIES: &str = "DELETE FROM ledger_edges WHERE (ledger_id, is_edge, key) IN \
     (SELECT ledger_id, is_edge, key FROM ledger_edges WHERE last_ms < ?1 LIMIT ?2)";

/// A ledger that said nothing since a time, and of which nothing is left.
pub(super) const DELETE_LEDGERS: &str = "DELETE FROM ledgers WHERE id IN (SELECT id FROM ledgers WHERE last_ms < ?1 \
     AND NOT EXISTS (SELECT 1 FROM ledger_edges WHERE ledger_id = ledgers.id) LIMIT ?2)";

const KEEP_LEDGER: &str = "INSERT INTO ledgers (cluster, node, begun_ms, revision, last_ms, header) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (cluster, node, begun_ms) DO UPDATE SET \
     revision = excluded.revision, last_ms = excluded.last_ms, header = excluded.header \
     WHERE excluded.revision > ledgers.revision";

const FIND_LEDGER: &str =
    "SELECT id FROM ledgers WHERE cluster = ?1 AND node = ?2 AND begun_ms = ?3";

const KEEP_ENTRY: &str = "INSERT INTO ledger_edges (ledger_id, is_edge, key, revision, last_ms, payload) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (ledger_id, is_edge, key) DO UPDATE SET \
     revision = excluded.revision, last_ms = excluded.last_ms, payload = excluded.payload \
     WHERE excluded.revision > ledger_edges.revision";

const LEDGERS: &str = "SELECT cluster, node, begun_ms, header FROM ledgers \
     WHERE ?1 IS NULL OR cluster = ?1 ORDER BY cluster, node, begun_ms";

const ENTRIES: &str = "SELECT is_edge, key, payload FROM ledger_edges \
     WHERE ledger_id = (SELECT id FROM ledgers WHERE cluster = ?1 AND node = ?2 AND begun_ms = ?3) \
     AND last_ms >= ?4 AND (is_edge, key) > (?5, ?6) ORDER BY is_edge, key LIMIT ?7";

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn keep_ledger(&self, rows: LedgerRows) -> Result<(), StoreError> {
        self.connections
            .write("cannot keep a ledger", move |connection| {
                keep(connection, rows)
            })
            .await
    }

    async fn ledgers(&self, cluster: Option<&str>) -> Result<Vec<(LedgerId, Vec<u8>)>, StoreError> {
        let cluster = cluster.map(str::to_owned);
        self.connections
            .read("cannot read ledgers", move |connection| {
                let mut statement = connection.prepare_cached(LEDGERS)?;
                let rows = statement.query_map([cluster], |row| {
                    let id = LedgerId {
                        cluster: row.get(0)?,
                        node: row.get(1)?,
                        begun_unix_ms: read(row.get(2)?),
                    };
                    Ok((id, row.get(3)?))
                })?;
                rows.collect()
            })
            .await
    }

    async fn ledger_entries(
        &self,
        id: &LedgerId,
        since_unix_ms: u64,
        after: Option<&LedgerPlace>,
    ) -> Result<Vec<(LedgerPlace, Vec<u8>)>, StoreError> {
        let id = id.clone();
        // Before the first: no key is empty.
        let (is_edge, key) = after.map_or((false, Vec::new()), |place| {
            (place.is_edge, place.key.clone())
        });
        self.connections
            .read("cannot read a ledger", move |connection| {
                let mut statement = connection.prepare_cached(ENTRIES)?;
                let begun_ms = stored(id.begun_unix_ms);
                let since_ms = stored(since_unix_ms);
                let parameters = params![
                    id.cluster,
                    id.node,
                    begun_ms,
                    since_ms,
                    is_edge,
                    key,
                    page()
                ];
                let rows = statement.query_map(parameters, |row| {
                    let place = LedgerPlace {
                        is_edge: row.get(0)?,
                        key: row.get(1)?,
                    };
                    Ok((place, row.get(2)?))
                })?;
                rows.collect()
            })
            .await
    }
}

fn keep(connection: &mut Connection, rows: LedgerRows) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let begun_ms = stored(rows.id.begun_unix_ms);
    transaction.prepare_cached(KEEP_LEDGER)?.execute(params![
        rows.id.cluster,
        rows.id.node,
        begun_ms,
        stored(rows.revision),
        stored(rows.last_unix_ms),
        rows.header
    ])?;
    let ledger_id: i64 = transaction
        .prepare_cached(FIND_LEDGER)?
        .query_row(params![rows.id.cluster, rows.id.node, begun_ms], |row| {
            row.get(0)
        })?;
    {
        let mut statement = transaction.prepare_cached(KEEP_ENTRY)?;
        for (place, entry) in rows.entries() {
            statement.execute(params![
                ledger_id,
                place.is_edge,
                place.key,
                stored(entry.revision),
                stored(entry.last_unix_ms),
                entry.payload
            ])?;
        }
    }
    transaction.commit()
}
