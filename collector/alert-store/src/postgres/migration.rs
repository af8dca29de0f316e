//! Makes and updates the tables.

use super::connections::Connections;
use crate::StoreError;

/// What leads from each version to the next. What was released is never changed.
const VERSIONS: &[&str] = &[
    include_str!("0001_alerts.sql"),
    include_str!("0002_ledgers.sql"),
];
/// One at a time: collectors that start together wait for each other. The number means nothing.
const LOCK: i64 = 0x5361_6b65_7201;
const ACTION: &str = "cannot make or update the tables";

/// Brings the tables up to date; the identity of the store.
pub(super) async fn migrate(connections: &Connections) -> Result<String, StoreError> {
    let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    let failure = |error| connections.failure(ACTION, error);
    let mut connection = connections.get().await?;
    let transaction = connection.client.transaction().await.map_err(failure)?;
    let locked = "SELECT pg_advisory_xact_lock($1)";
    transaction
        .execute(locked, &[&LOCK])
        .await
        .map_err(failure)?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS saker_schema (version bigint NOT NULL)")
        .await
        .map_err(failure)?;
    let found: i64 = transaction
        .query_one("SELECT coalesce(max(version), 0) FROM saker_schema", &[])
        .await
        .map_err(failure)?
        .get(0);
    if found > known {
        return Err(StoreError::NewerSchema {
            database: connections.database().to_owned(),
            found,
            known,
        });
    }
    for (version, sql) in (1_i64..).zip(VERSIONS) {
        if version > found {
            transaction.batch_execute(sql).await.map_err(failure)?;
            transaction
                .execute("INSERT INTO saker_schema VALUES ($1)", &[&version])
                .await
                .map_err(failure)?;
        }
    }
    // Tables that were brought from another server, by a dump, hold numbers of its transactions. Where those of
    // this server are lower, what is stored from now on is numbered from a higher base.
    transaction
        .batch_execute(
            "UPDATE identity SET batch_base = stored.newest + 1 \
             FROM (SELECT coalesce(max(batch), 0) AS newest FROM alerts) stored \
             WHERE stored.newest >= batch_base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
        )
        .await
        .map_err(failure)?;
    let identity = transaction
        .query_one("SELECT name FROM identity", &[])
        .await
        .map_err(failure)?
        .get(0);
    transaction.commit().await.map_err(failure)?;
    Ok(identity)
}
