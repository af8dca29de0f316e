//! What sinks are told, and what they were not.

use super::connections::Connection;
use crate::bounds::{OUTBOX_FULL, reason_text};
use crate::clock::milliseconds;
use crate::told::Told;
use crate::{DeadLetterSelection, Limits, OutboxId, Settlement};
use saker_proto::AlertId;
use std::collections::HashMap;
use tokio_postgres::Error;
use uuid::Uuid;

/// A claim whose notification is not read yet.
#[derive(Clone, Copy)]
pub(super) struct RawClaim {
    pub(super) id: OutboxId,
    pub(super) part: Part,
    pub(super) age_ms: i64,
}

/// A part of a window: its first alert, or the repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Part {
    window_id: i64,
    part: i32,
}

/// A dead letter whose notification is not read yet.
pub(super) struct RawDeadLetter {
    pub(super) id: i64,
    pub(super) sink: String,
    pub(super) reason: String,
    pub(super) attempts: i32,
    pub(super) since_ms: i64,
    pub(super) part: Part,
}

/// What was dropped to stay within the bounds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overflow {
    /// Notifications that became dead letters.
    pub(super) notifications: u64,
    /// Dead letters that were forgotten.
    pub(super) dead_letters: u64,
}

/// What another collector is claiming is left to it.
const CLAIM: &str = "
    WITH now AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms),
    due AS (
        SELECT id FROM outbox WHERE sink = $1 AND due_at_ms <= (SELECT ms FROM now)
        ORDER BY due_at_ms, id LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox SET claims = claims + 1, due_at_ms = now.ms + $3 FROM due, now WHERE outbox.id = due.id
    RETURNING outbox.id, outbox.claims, outbox.window_id, outbox.part, now.ms - outbox.noted_at_ms";

pub(super) async fn claim(
    connection: &mut Connection,
    sink: &str,
    max: i64,
    lease_ms: i64,
) -> Result<Vec<RawClaim>, Error> {
    let statement = connection.prepared(CLAIM).await?;
    let rows = connection
        .client
        .query(&statement, &[&sink, &max, &lease_ms])
        .await?;
    let mut claims: Vec<_> = rows
        .iter()
        .map(|row| RawClaim {
            id: OutboxId {
                row: row.get(0),
                claim: row.get(1),
            },
            part: Part {
                window_id: row.get(2),
                part: row.get(3),
            },
            age_ms: row.get(4),
        })
        .collect();
    claims.sort_by_key(|claim| (std::cmp::Reverse(claim.age_ms), claim.id.row));
    Ok(claims)
}

const WINDOWS: &str = "SELECT id, first_id, lowest_id, highest_id FROM windows WHERE id = ANY($1)";
const MEMBERS: &str = "
    SELECT window_id, id, time_ns FROM alerts
    WHERE window_id = ANY($1) AND id BETWEEN $2 AND $3 ORDER BY id";
const FIRSTS: &str =
    "SELECT id, time_ns, payload FROM alerts WHERE id = ANY($1) AND id BETWEEN $2 AND $3";

/// The alerts of parts of windows. What is gone has none.
pub(super) async fn told(
    connection: &mut Connection,
    parts: &[Part],
) -> Result<HashMap<Part, Told>, Error> {
    let (windows, members, firsts) = (
        connection.prepared(WINDOWS).await?,
        connection.prepared(MEMBERS).await?,
        connection.prepared(FIRSTS).await?,
    );
    let client = &connection.client;
    let ids: Vec<i64> = parts.iter().map(|part| part.window_id).collect();
    let rows = client.query(&windows, &[&ids]).await?;
    let first_ids: HashMap<i64, Uuid> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let lowest: Option<Uuid> = rows.iter().map(|row| row.get(2)).min();
    let highest: Option<Uuid> = rows.iter().map(|row| row.get(3)).max();
    let (Some(lowest), Some(highest)) = (lowest, highest) else {
        return Ok(HashMap::new());
    };
    let mut all: HashMap<Part, Told> = HashMap::new();
    let mut part_of: HashMap<Uuid, Part> = HashMap::new();
    for part in parts.iter().filter(|part| part.part == 0) {
        if let Some(first) = first_ids.get(&part.window_id) {
            part_of.insert(*first, *part);
        }
    }
    let repeats = parts.iter().filter(|part| part.part != 0);
    let ids: Vec<i64> = repeats.map(|part| part.window_id).collect();
    if !ids.is_empty() {
        let rows = client.query(&members, &[&ids, &lowest, &highest]).await?;
        for row in &rows {
            let (window_id, id): (i64, Uuid) = (row.get(0), row.get(1));
            if first_ids.get(&window_id) != Some(&id) {
                let part = Part { window_id, part: 1 };
                let told = all.entry(part).or_default();
                if told.members.is_empty() {
                    part_of.insert(id, part);
                }
                told.add(AlertId::from_bytes(id.into_bytes()), row.get(2));
            }
        }
    }
    let ids: Vec<Uuid> = part_of.keys().copied().collect();
    for row in client.query(&firsts, &[&ids, &lowest, &highest]).await? {
        let id: Uuid = row.get(0);
        if let Some(part) = part_of.get(&id) {
            let told = all.entry(*part).or_default();
            if part.part == 0 {
                told.add(AlertId::from_bytes(id.into_bytes()), row.get(1));
            }
            told.packed = Some(row.get(2));
        }
    }
    Ok(all)
}

const DELIVERED: &str = "DELETE FROM outbox WHERE sink = $1 AND id = ANY($2)";
const RETRY: &str = "
    UPDATE outbox SET due_at_ms = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + s.after_ms
    FROM unnest($2::bigint[], $3::integer[], $4::bigint[]) AS s (id, claim, after_ms)
    WHERE outbox.sink = $1 AND outbox.id = s.id AND outbox.claims = s.claim";
const GIVE_UP: &str = "
    WITH given_up AS (
        DELETE FROM outbox USING unnest($2::bigint[], $3::integer[], $4::text[]) AS s (id, claim, reason)
        WHERE outbox.sink = $1 AND outbox.id = s.id AND outbox.claims = s.claim
        RETURNING outbox.*, s.reason
    )
    INSERT INTO dead_letters (sink, window_id, part, priority, noted_at_ms, attempts, since_ms, reason)
    SELECT sink, window_id, part, priority, noted_at_ms, claims,
        (extract(epoch FROM clock_timestamp()) * 1000)::bigint, reason
    FROM given_up ORDER BY given_up.id";

pub(super) async fn settle(
    connection: &mut Connection,
    sink: &str,
    settlements: &[(OutboxId, Settlement)],
) -> Result<(), Error> {
    let mut delivered: Vec<i64> = Vec::new();
    let mut retried: (Vec<i64>, Vec<i32>, Vec<i64>) = Default::default();
    let mut given_up: (Vec<i64>, Vec<i32>, Vec<String>) = Default::default();
    for (id, settlement) in settlements {
        match settlement {
            Settlement::Delivered => delivered.push(id.row),
            Settlement::Retry { after, .. } => {
                retried.0.push(id.row);
                retried.1.push(id.claim);
                retried.2.push(milliseconds(*after));
            }
            Settlement::DeadLetter { reason } => {
                given_up.0.push(id.row);
                given_up.1.push(id.claim);
                given_up.2.push(reason_text(reason));
            }
        }
    }
    let delete = connection.prepared(DELIVERED).await?;
    let retry = connection.prepared(RETRY).await?;
    let give_up = connection.prepared(GIVE_UP).await?;
    let transaction = connection.client.transaction().await?;
    if !delivered.is_empty() {
        transaction.execute(&delete, &[&sink, &delivered]).await?;
    }
    if !retried.0.is_empty() {
        let (ids, claims, after) = &retried;
        transaction
            .execute(&retry, &[&sink, ids, claims, after])
            .await?;
    }
    if !given_up.0.is_empty() {
        let (ids, claims, reasons) = &given_up;
        transaction
            .execute(&give_up, &[&sink, ids, claims, reasons])
            .await?;
    }
    transaction.commit().await
}

/// One collector at a time: two that count the same excess would drop it twice. The number means nothing.
const BOUND_LOCK: i64 = 0x5361_6b65_7202;
const EXCESS: &str = "
    WITH excess AS (
        SELECT id, row_number() OVER (PARTITION BY sink ORDER BY priority DESC, id DESC) AS rank FROM outbox
    ),
    given_up AS (
        DELETE FROM outbox USING excess WHERE outbox.id = excess.id AND excess.rank > $1 RETURNING outbox.*
    )
    INSERT INTO dead_letters (sink, window_id, part, priority, noted_at_ms, attempts, since_ms, reason)
    SELECT sink, window_id, part, priority, noted_at_ms, claims,
        (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2
    FROM given_up ORDER BY given_up.id";
const EXCESS_DEAD: &str = "
    WITH excess AS (
        SELECT id, row_number() OVER (PARTITION BY sink ORDER BY id DESC) AS rank FROM dead_letters
    )
    DELETE FROM dead_letters USING excess WHERE dead_letters.id = excess.id AND excess.rank > $1";

/// Brings outboxes and dead letters back into their bounds.
pub(super) async fn bound(connection: &mut Connection, limits: Limits) -> Result<Overflow, Error> {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let outbox = is_full(connection, "outbox", signed(limits.outbox_max)).await?;
    let letters = is_full(connection, "dead_letters", signed(limits.dead_letters_max)).await?;
    if !outbox && !letters {
        return Ok(Overflow::default());
    }
    let transaction = connection.client.transaction().await?;
    let locked = transaction
        .query_one("SELECT pg_try_advisory_xact_lock($1)", &[&BOUND_LOCK])
        .await?;
    if !locked.get::<_, bool>(0) {
        // Another collector is at it.
        return Ok(Overflow::default());
    }
    let overflow = Overflow {
        notifications: transaction
            .execute(EXCESS, &[&signed(limits.outbox_max), &OUTBOX_FULL])
            .await?,
        dead_letters: transaction
            .execute(EXCESS_DEAD, &[&signed(limits.dead_letters_max)])
            .await?,
    };
    transaction.commit().await?;
    Ok(overflow)
}

/// Whether a sink has more rows than it may.
async fn is_full(
    connection: &mut Connection,
    table: &'static str,
    max: i64,
) -> Result<bool, Error> {
    let sql = format!("SELECT 1 FROM {table} GROUP BY sink HAVING count(*) > $1 LIMIT 1");
    let found = connection.client.query_opt(&sql, &[&max]).await?;
    Ok(found.is_some())
}

/// How many rows of a table each sink has.
pub(super) async fn counts(
    connection: &Connection,
    table: &'static str,
) -> Result<Vec<(String, u64)>, Error> {
    let sql = format!("SELECT sink, count(*) FROM {table} GROUP BY sink ORDER BY sink");
    let rows = connection.client.query(&sql, &[]).await?;
    let count = |row: &tokio_postgres::Row| u64::try_from(row.get::<_, i64>(1)).unwrap_or(0);
    Ok(rows.iter().map(|row| (row.get(0), count(row))).collect())
}

/// What a selection leaves: $1 is the sink, $2 the ids.
const SELECTED: &str = "($1::text IS NULL OR sink = $1) AND ($2::bigint[] = '{}' OR id = ANY($2))";

pub(super) async fn dead_letters(
    connection: &mut Connection,
    selection: &DeadLetterSelection,
    max: i64,
) -> Result<Vec<RawDeadLetter>, Error> {
    let sql = format!(
        "SELECT id, sink, reason, attempts, since_ms, window_id, part FROM dead_letters \
         WHERE {SELECTED} ORDER BY id DESC LIMIT $3"
    );
    let rows = connection
        .client
        .query(&sql, &[&selection.sink, &selection.ids, &max])
        .await?;
    let letter = |row: &tokio_postgres::Row| RawDeadLetter {
        id: row.get(0),
        sink: row.get(1),
        reason: row.get(2),
        attempts: row.get(3),
        since_ms: row.get(4),
        part: Part {
            window_id: row.get(5),
            part: row.get(6),
        },
    };
    Ok(rows.iter().map(letter).collect())
}

pub(super) async fn retry(
    connection: &mut Connection,
    selection: &DeadLetterSelection,
) -> Result<u64, Error> {
    let sql = format!(
        "WITH retried AS (DELETE FROM dead_letters WHERE {SELECTED} RETURNING *) \
         INSERT INTO outbox (sink, window_id, part, priority, noted_at_ms, due_at_ms) \
         SELECT sink, window_id, part, priority, noted_at_ms, (extract(epoch FROM clock_timestamp()) * 1000)::bigint \
         FROM retried ORDER BY id"
    );
    let client = &connection.client;
    client
        .execute(&sql, &[&selection.sink, &selection.ids])
        .await
}

/// Forgets dead letters.
pub(super) async fn delete(
    connection: &mut Connection,
    selection: &DeadLetterSelection,
) -> Result<u64, Error> {
    let sql = format!("DELETE FROM dead_letters WHERE {SELECTED}");
    let client = &connection.client;
    client
        .execute(&sql, &[&selection.sink, &selection.ids])
        .await
}
