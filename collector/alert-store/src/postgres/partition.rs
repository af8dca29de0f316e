//! Days: each has a partition, made ahead or when an alert comes late, and dropped when it is over.

use super::connections::{Connection, is_conflict};
use super::ledger;
use crate::row::first_id_of;
use crate::{Expired, bounds::DELETE_MAX};
use jiff::Span;
use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use tokio_postgres::Error;
use uuid::Uuid;

const MS_PER_DAY: u64 = 86_400_000;
/// Partitions that are there before they are needed.
const AHEAD_DAYS: u64 = 2;
/// A late alert gets a partition for its day if it is not older than that. What is older, or further ahead, goes to
/// the partition for all other days: an agent whose clock is wrong, or a hostile one, makes no thousands of them.
const LATE_DAYS: u64 = 31;
/// One collector at a time. The number means nothing.
const LOCK: i64 = 0x5361_6b65_7203;
const EPOCH: Date = date(1970, 1, 1);
const PREFIX: &str = "alerts_day_";
const TRIES_MAX: u32 = 5;

/// Number of a day since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(u64);

impl Day {
    pub(super) fn of_ms(milliseconds: u64) -> Self {
        Self(milliseconds / MS_PER_DAY)
    }

    /// Days that may have a partition.
    pub(super) fn possible(today: Self) -> RangeInclusive<Self> {
        Self(today.0.saturating_sub(LATE_DAYS))..=Self(today.0.saturating_add(AHEAD_DAYS))
    }

    /// Days that have a partition before they need it.
    pub(super) fn ahead(today: Self) -> BTreeSet<Self> {
        (today.0..=today.0.saturating_add(AHEAD_DAYS))
            .map(Self)
            .collect()
    }

    fn first_id(self) -> Uuid {
        Uuid::from_bytes(first_id_of(self.0.saturating_mul(MS_PER_DAY)).to_bytes())
    }

    fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The name of its table, such as `alerts_day_2025_11_21`.
    fn table(self) -> String {
        let day = i64::try_from(self.0)
            .ok()
            .and_then(|days| EPOCH.checked_add(Span::new().try_days(days).ok()?).ok())
            .unwrap_or(Date::MAX);
        format!("{PREFIX}{}", day.strftime("%Y_%m_%d"))
    }

    fn of_table(name: &str) -> Option<Self> {
        let day = Date::strptime("%Y_%m_%d", name.strip_prefix(PREFIX)?).ok()?;
        let days = EPOCH.until(day).ok()?.get_days();
        u64::try_from(days).ok().map(Self)
    }
}

/// Makes the partitions of these days, where they are missing.
pub(super) async fn make(connection: &mut Connection, days: &BTreeSet<Day>) -> Result<(), Error> {
    for day in days {
        for _ in 1..TRIES_MAX {
            match make_one(connection, *day).await {
                // Someone held the other days' partition and wanted more.
                Err(error) if is_conflict(&error) => {}
                result => {
                    result?;
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Made beside the others and then attached, for which nobody who stores or reads has to wait long. Alerts of that
/// day that went to the partition of other days move.
async fn make_one(connection: &mut Connection, day: Day) -> Result<(), Error> {
    let table = day.table();
    let (from, to) = (day.first_id(), day.next().first_id());
    let transaction = connection.client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    let is_there: bool = transaction
        .query_one("SELECT to_regclass($1) IS NOT NULL", &[&table])
        .await?
        .get(0);
    if !is_there {
        transaction
            .batch_execute(&format!(
                "CREATE TABLE {table} (LIKE alerts INCLUDING ALL); \
                 LOCK TABLE alerts_other IN ACCESS EXCLUSIVE MODE; \
                 WITH moved AS (DELETE FROM alerts_other WHERE id >= '{from}' AND id < '{to}' RETURNING *) \
                 INSERT INTO {table} SELECT * FROM moved; \
                 ALTER TABLE alerts ATTACH PARTITION {table} FOR VALUES FROM ('{from}') TO ('{to}')"
            ))
            .await?;
    }
    transaction.commit().await
}

/// See [`Store::expire`](crate::Store::expire). Drops days that are over entirely.
pub(super) async fn expire(
    connection: &mut Connection,
    before_ms: u64,
    now_ms: i64,
    keep_ms: i64,
) -> Result<Expired, Error> {
    let first_kept = Day::of_ms(before_ms);
    let mut expired = Expired::default();
    let tables = connection
        .client
        .query(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
             WHERE i.inhparent = 'alerts'::regclass",
            &[],
        )
        .await?;
    for row in tables {
        let name: &str = row.get(0);
        if Day::of_table(name).is_some_and(|day| day < first_kept) {
            let alerts = drop_day(connection, name).await?;
            expired.alerts = expired.alerts.saturating_add(alerts);
        }
    }
    let before_id = Uuid::from_bytes(first_id_of(before_ms).to_bytes());
    let other =
        "DELETE FROM alerts_other WHERE id IN (SELECT id FROM alerts_other WHERE id < $1 LIMIT $2)";
    let others = repeat(connection, other, &before_id).await?;
    expired.alerts = expired.alerts.saturating_add(others);
    let before_ms = now_ms.saturating_sub(keep_ms);
    let windows = "DELETE FROM windows WHERE id IN \
         (SELECT id FROM windows WHERE NOT is_open AND opened_at_ms < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)";
    repeat(connection, windows, &before_ms).await?;
    let letters = "DELETE FROM dead_letters WHERE id IN \
         (SELECT id FROM dead_letters WHERE since_ms < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
    expired.dead_letters = repeat(connection, letters, &before_ms).await?;
    for delete in [ledger::DELETE_ENTRIES, ledger::DELETE_LEDGERS] {
        repeat(connection, delete, &before_ms).await?;
    }
    Ok(expired)
}

/// How many alerts it had. None if another collector dropped it.
async fn drop_day(connection: &mut Connection, table: &str) -> Result<u64, Error> {
    let transaction = connection.client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    let is_there: bool = transaction
        .query_one("SELECT to_regclass($1) IS NOT NULL", &[&table])
        .await?
        .get(0);
    if !is_there {
        return Ok(0);
    }
    // Before the count: nothing comes in between.
    transaction
        .batch_execute(&format!("ALTER TABLE alerts DETACH PARTITION {table}"))
        .await?;
    let count = transaction
        .query_one(&format!("SELECT count(*) FROM {table}"), &[])
        .await?;
    transaction
        .batch_execute(&format!("DROP TABLE {table}"))
        .await?;
    transaction.commit().await?;
    Ok(u64::try_from(count.get::<_, i64>(0)).unwrap_or(0))
}

/// Deletes until there is nothing left to delete.
async fn repeat(
    connection: &mut Connection,
    sql: &'static str,
    bound: &(dyn tokio_postgres::types::ToSql + Sync),
) -> Result<u64, Error> {
    let statement = connection.prepared(sql).await?;
    let mut deleted = 0_u64;
    loop {
        let rows = connection
            .client
            .execute(&statement, &[bound, &DELETE_MAX])
            .await?;
        deleted = deleted.saturating_add(rows);
        if i64::try_from(rows).unwrap_or(i64::MAX) < DELETE_MAX {
            return Ok(deleted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_by_its_table() {
        for day in [0, 1, 20_413, 60_000, 2_932_896] {
            let day = Day(day);
            assert_eq!(Day::of_table(&day.table()), Some(day));
        }
        assert_eq!(Day(20_413).table(), "alerts_day_2025_11_21");
        assert_eq!(Day::of_table("alerts_other"), None);
        assert_eq!(Day::of_table("alerts_day_2025_13_21"), None);
    }

    #[test]
    fn days_adjoin() {
        let day = Day::of_ms(1_763_740_800_123);
        assert!(day.first_id() <= Uuid::from_bytes(first_id_of(1_763_740_800_123).to_bytes()));
        assert!(day.next().first_id() > day.first_id());
    }

    #[test]
    fn days_that_are_far_away_have_no_partition() {
        let today = Day(20_413);
        let possible = Day::possible(today);
        assert!(possible.contains(&Day(20_390)));
        assert!(!possible.contains(&Day(0)));
        assert!(!possible.contains(&Day(20_416)));
        assert!(Day::ahead(today).iter().all(|day| possible.contains(day)));
    }
}
