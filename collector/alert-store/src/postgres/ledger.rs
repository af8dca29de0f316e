//! Encryption ledgers.

use super::PostgresStore;
use super::connections::Connection;
use crate::ledger::{page, read, stored};
use crate::{LedgerId, LedgerPlace, LedgerRows, LedgerStore, StoreError};
use async_trait::async_trait;
use tokio_postgres::Error;

/// Edges and workloads that were last seen before a time.
pub(super) const DELETE_ENTRIES: &str = "DELETE FROM ledger_edges WHERE (ledger_id, is_edge, key) IN \
     (SELECT ledger_id, is_edge, key FROM ledger_edges WHERE last_ms < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";

/// Ledgers that said nothing since a time, and of which nothing is left.
pub(super) const DELETE_LEDGERS: &str = "DELETE FROM ledgers WHERE id IN (SELECT id FROM ledgers WHERE last_ms < $1 \
     AND NOT EXISTS (SELECT 1 FROM ledger_edges WHERE ledger_id = ledgers.id) LIMIT $2 FOR UPDATE SKIP LOCKED)";

/// The row is written in any case, so that its number is returned, and so that nobody deletes it meanwhile.
const KEEP_LEDGER: &str = "INSERT INTO ledgers AS known (cluster, node, begun_ms, revision, last_ms, header) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (cluster, node, begun_ms) DO UPDATE SET \
     revision = greatest(known.revision, excluded.revision), \
     last_ms = greatest(known.last_ms, excluded.last_ms), \
     header = CASE WHEN excluded.revision > known.revision THEN excluded.header ELSE known.header END \
     RETURNING id";

const KEEP_ENTRIES: &str = "INSERT INTO ledger_edges AS known (ledger_id, is_edge, key, revision, last_ms, payload) \
     SELECT $1, * FROM unnest($2::boolean[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bytea[]) \
     ON CONFLICT (ledger_id, is_edge, key) DO UPDATE SET \
     revision = excluded.revision, last_ms = excluded.last_ms, payload = excluded.payload \
     WHERE excluded.revision > known.revision";

const LEDGERS: &str = "SELECT cluster, node, begun_ms, header FROM ledgers \
     WHERE $1::text IS NULL OR cluster = $1 ORDER BY cluster, node, begun_ms";

const ENTRIES: &str = "SELECT is_edge, key, payload FROM ledger_edges \
     WHERE ledger_id = (SELECT id FROM ledgers WHERE cluster = $1 AND node = $2 AND begun_ms = $3) \
     AND last_ms >= $4 AND (is_edge, key) > ($5, $6) ORDER BY is_edge, key LIMIT $7";

#[async_trait]
impl LedgerStore for PostgresStore {
    async fn keep_ledger(&self, rows: LedgerRows) -> Result<(), StoreError> {
        let mut connection = self.connections.get().await?;
        keep(&mut connection, rows)
            .await
            .map_err(|error| self.connections.failure("cannot keep a ledger", error))
    }

    async fn ledgers(&self, cluster: Option<&str>) -> Result<Vec<(LedgerId, Vec<u8>)>, StoreError> {
        let connection = self.connections.get().await?;
        let rows = connection.client.query(LEDGERS, &[&cluster]).await;
        let rows = rows.map_err(|error| self.connections.failure("cannot read ledgers", error))?;
        let rows = rows.iter().map(|row| {
            let id = LedgerId {
                cluster: row.get(0),
                node: row.get(1),
                begun_unix_ms: read(row.get(2)),
            };
            (id, row.get(3))
        });
        Ok(rows.collect())
    }

    async fn ledger_entries(
        &self,
        id: &LedgerId,
        since_unix_ms: u64,
        after: Option<&LedgerPlace>,
    ) -> Result<Vec<(LedgerPlace, Vec<u8>)>, StoreError> {
        // Before the first: no key is empty.
        let (is_edge, key) = after.map_or((false, &[][..]), |place| (place.is_edge, &place.key));
        let (begun_ms, since_ms) = (stored(id.begun_unix_ms), stored(since_unix_ms));
        let connection = self.connections.get().await?;
        let rows = connection
            .client
            .query(
                ENTRIES,
                &[
                    &id.cluster,
                    &id.node,
                    &begun_ms,
                    &since_ms,
                    &is_edge,
                    &key,
                    &page(),
                ],
            )
            .await
            .map_err(|error| self.connections.failure("cannot read a ledger", error))?;
        let rows = rows.iter().map(|row| {
            let place = LedgerPlace {
                is_edge: row.get(0),
                key: row.get(1),
            };
            (place, row.get(2))
        });
        Ok(rows.collect())
    }
}

async fn keep(connection: &mut Connection, rows: LedgerRows) -> Result<(), Error> {
    let keep_ledger = connection.prepared(KEEP_LEDGER).await?;
    let keep_entries = connection.prepared(KEEP_ENTRIES).await?;
    let transaction = connection.client.transaction().await?;
    let ledger_id: i64 = transaction
        .query_one(
            &keep_ledger,
            &[
                &rows.id.cluster,
                &rows.id.node,
                &stored(rows.id.begun_unix_ms),
                &stored(rows.revision),
                &stored(rows.last_unix_ms),
                &rows.header,
            ],
        )
        .await?
        .get(0);
    let mut kinds = Vec::new();
    let mut keys = Vec::new();
    let mut revisions = Vec::new();
    let mut times = Vec::new();
    let mut payloads = Vec::new();
    for (place, entry) in rows.entries() {
        kinds.push(place.is_edge);
        keys.push(place.key);
        revisions.push(stored(entry.revision));
        times.push(stored(entry.last_unix_ms));
        payloads.push(entry.payload);
    }
    transaction
        .execute(
            &keep_entries,
            &[&ledger_id, &kinds, &keys, &revisions, &times, &payloads],
        )
        .await?;
    transaction.commit().await
}
