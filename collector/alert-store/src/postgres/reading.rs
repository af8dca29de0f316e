//! Questions, the feed and numbers.
//!
//! The feed is in the order of the numbers of the transactions that stored. Transactions end in another order than
//! they are numbered in, so the feed goes no further than the oldest one that has not ended: nothing can come to lie
//! before that any more. A transaction that stays open anywhere on the server holds up the feed, and loses it nothing.

use super::connections::Connection;
use crate::Query;
use crate::bounds::FEED_SCAN_MAX;
use crate::condition::{Condition, Dialect, Parameter};
use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

const DIALECT: Dialect = Dialect {
    parameter: '$',
    find: "strpos",
};

/// A place in the order of storing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) batch: i64,
    pub(super) place: i32,
}

/// An alert that is not decoded yet.
pub(super) struct RawAlert {
    pub(super) place: Place,
    pub(super) group_count: i64,
    pub(super) packed: Vec<u8>,
}

impl ToSql for Parameter {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Text(text) => text.to_sql(kind, out),
            Self::Long(number) => number.to_sql(kind, out),
            Self::Integer(number) => number.to_sql(kind, out),
            Self::Id(id) => Uuid::from_bytes(id.to_bytes()).to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::TEXT, Type::INT8, Type::INT4, Type::UUID].contains(kind)
    }

    to_sql_checked!();
}

/// See [`Store::query`](crate::Store::query).
pub(super) async fn query(connection: &Connection, query: &Query) -> Result<Vec<RawAlert>, Error> {
    let mut condition = Condition::of(query, DIALECT);
    let limit = condition.bind(Parameter::Long(i64::from(query.limit)));
    let end = format!("ORDER BY a.id DESC LIMIT {limit}");
    select(&connection.client, "alerts", &condition, &end).await
}

/// Alerts after a place in the order of storing, and how far was looked.
pub(super) async fn after(
    connection: &Connection,
    start: Place,
    query: &Query,
    max: i64,
) -> Result<(Vec<RawAlert>, Place), Error> {
    let client = &connection.client;
    // Asked for first: what comes to lie before it by the time of the next question was there already.
    let end = horizon(client).await?;
    let mut condition = Condition::of(query, DIALECT);
    let is_filtered = !condition.parameters.is_empty();
    let (batch, place) = (
        condition.bind(Parameter::Long(start.batch)),
        condition.bind(Parameter::Integer(start.place)),
    );
    let (until, limit) = (
        condition.bind(Parameter::Long(end)),
        condition.bind(Parameter::Long(max)),
    );
    let table = format!(
        "(SELECT * FROM alerts WHERE (batch, place) > ({batch}, {place}) AND batch < {until} \
         ORDER BY batch, place LIMIT {FEED_SCAN_MAX})"
    );
    let order = format!("ORDER BY a.batch, a.place LIMIT {limit}");
    let alerts = select(client, &table, &condition, &order).await?;
    let is_full = i64::try_from(alerts.len()).unwrap_or(i64::MAX) >= max;
    let last = alerts.last().map_or(start, |alert| alert.place);
    if is_full || !is_filtered {
        return Ok((alerts, last));
    }
    let reached = client
        .query_opt(
            "SELECT batch, place FROM (SELECT batch, place FROM alerts \
             WHERE (batch, place) > ($1, $2) AND batch < $3 ORDER BY batch, place LIMIT $4) a \
             ORDER BY batch DESC, place DESC LIMIT 1",
            &[&start.batch, &start.place, &end, &FEED_SCAN_MAX],
        )
        .await?;
    // Alerts may have been forgotten meanwhile.
    let reached = reached.map_or(start, |row| place_of(&row));
    Ok((alerts, reached.max(last)))
}

/// Where the feed begins: after the newest alert, or at the first that was stored of events since a time.
pub(super) async fn beginning(
    connection: &Connection,
    since: Option<Uuid>,
) -> Result<Place, Error> {
    let client = &connection.client;
    let end = horizon(client).await?;
    let newest = Place {
        batch: end.saturating_sub(1),
        place: i32::MAX,
    };
    let Some(since) = since else {
        return Ok(newest);
    };
    let first = client
        .query_opt(
            "SELECT batch, place FROM alerts WHERE id >= $1 AND batch < $2 ORDER BY batch, place LIMIT 1",
            &[&since, &end],
        )
        .await?;
    Ok(first.map_or(newest, |row| {
        let first = place_of(&row);
        Place {
            place: first.place.saturating_sub(1),
            ..first
        }
    }))
}

/// All that is numbered lower was stored, or never will be.
async fn horizon(client: &Client) -> Result<i64, Error> {
    let row = client
        .query_one(
            "SELECT batch_base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM identity",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

fn place_of(row: &tokio_postgres::Row) -> Place {
    Place {
        batch: row.get(0),
        place: row.get(1),
    }
}

async fn select(
    client: &Client,
    table: &str,
    condition: &Condition,
    end: &str,
) -> Result<Vec<RawAlert>, Error> {
    let sql = format!(
        "SELECT a.batch, a.place, coalesce(w.alert_count, 1), a.payload \
         FROM {table} a LEFT JOIN windows w ON w.id = a.window_id WHERE {} {end}",
        condition.sql
    );
    let parameters: Vec<&(dyn ToSql + Sync)> = condition
        .parameters
        .iter()
        .map(|parameter| -> &(dyn ToSql + Sync) { parameter })
        .collect();
    let rows = client.query(&sql, &parameters).await?;
    let alert = |row: &tokio_postgres::Row| RawAlert {
        place: place_of(row),
        group_count: row.get(2),
        packed: row.get(3),
    };
    Ok(rows.iter().map(alert).collect())
}

/// Alerts that are held back.
pub(super) async fn held(connection: &Connection) -> Result<u64, Error> {
    let row = connection
        .client
        .query_one(
            "SELECT coalesce(sum(alert_count - 1), 0)::bigint FROM windows WHERE is_open",
            &[],
        )
        .await?;
    Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or(0))
}
