//! Questions, the feed and numbers.

use crate::bounds::FEED_SCAN_MAX;
use crate::condition::{Condition, Dialect, Parameter};
use crate::{Query, StoreStats};
use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

pub(super) const DIALECT: Dialect = Dialect {
    parameter: '?',
    find: "instr",
};

/// An alert that is not decoded yet.
pub(super) struct RawAlert {
    pub(super) seq: i64,
    pub(super) group_count: i64,
    pub(super) packed: Vec<u8>,
}

impl ToSql for Parameter {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Text(text) => text.as_str().into(),
            Self::Long(number) => (*number).into(),
            Self::Integer(number) => (*number).into(),
            Self::Id(id) => ToSqlOutput::Owned(Value::Blob(id.to_bytes().to_vec())),
        })
    }
}

/// See [`Store::query`](crate::Store::query).
pub(super) fn query(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<RawAlert>> {
    let mut condition = Condition::of(query, DIALECT);
    let limit = condition.bind(Parameter::Long(i64::from(query.limit)));
    select(
        connection,
        &condition,
        &format!("ORDER BY a.id DESC LIMIT {limit}"),
    )
}

/// Alerts after `seq` in the order of storing, and how far was looked.
pub(super) fn after(
    connection: &Connection,
    seq: i64,
    query: &Query,
    max: i64,
) -> rusqlite::Result<(Vec<RawAlert>, i64)> {
    // There is one writer: what has a lower number was committed earlier. The numbers are without gaps as long as
    // nothing was forgotten, so this looks at no more alerts than the bound.
    let last = newest(connection)?;
    let next: Option<i64> = connection
        .prepare_cached("SELECT min(seq) FROM alerts WHERE seq > ?1")?
        .query_row([seq], |row| row.get(0))?;
    let Some(next) = next else {
        return Ok((Vec::new(), seq.max(last)));
    };
    let bound = next
        .saturating_add(FEED_SCAN_MAX)
        .saturating_sub(1)
        .min(last);
    let mut condition = Condition::of(query, DIALECT);
    condition.and("a.seq > ", Parameter::Long(seq));
    condition.and("a.seq <= ", Parameter::Long(bound));
    let limit = condition.bind(Parameter::Long(max));
    let alerts = select(
        connection,
        &condition,
        &format!("ORDER BY a.seq LIMIT {limit}"),
    )?;
    let is_full = i64::try_from(alerts.len()).unwrap_or(i64::MAX) >= max;
    let reached = match alerts.last() {
        Some(last) if is_full => last.seq,
        _ => bound,
    };
    Ok((alerts, reached))
}

/// Where the feed begins: after the newest alert, or at the first that was stored of events since a time.
pub(super) fn beginning(connection: &Connection, since: Option<[u8; 16]>) -> rusqlite::Result<i64> {
    let newest = newest(connection)?;
    let Some(since) = since else {
        return Ok(newest);
    };
    let first: Option<i64> = connection
        .prepare_cached("SELECT min(seq) FROM alerts WHERE id >= ?1")?
        .query_row([since], |row| row.get(0))?;
    Ok(first.map_or(newest, |first| first.saturating_sub(1)))
}

/// The number of the alert that was stored last, also if it is forgotten.
fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    let newest = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'alerts'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or(0))
}

fn select(
    connection: &Connection,
    condition: &Condition,
    end: &str,
) -> rusqlite::Result<Vec<RawAlert>> {
    let sql = format!(
        "SELECT a.seq, coalesce(w.alert_count, 1), a.payload \
         FROM alerts a LEFT JOIN windows w ON w.id = a.window_id WHERE {} {end}",
        condition.sql
    );
    connection
        .prepare(&sql)?
        .query_map(params_from_iter(&condition.parameters), |row| {
            Ok(RawAlert {
                seq: row.get(0)?,
                group_count: row.get(1)?,
                packed: row.get(2)?,
            })
        })?
        .collect()
}

/// What the database knows of a store's numbers.
pub(super) fn stats(connection: &Connection) -> rusqlite::Result<StoreStats> {
    let held: i64 = connection
        .prepare_cached("SELECT coalesce(sum(alert_count - 1), 0) FROM windows WHERE is_open = 1")?
        .query_row(params![], |row| row.get(0))?;
    Ok(StoreStats {
        outbox: super::outbox::counts(connection, "outbox")?,
        dead_letters: super::outbox::counts(connection, "dead_letters")?,
        held: u64::try_from(held).unwrap_or(0),
        ..StoreStats::default()
    })
}
