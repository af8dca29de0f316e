//! What sinks are told, and what they were not.

use crate::bounds::{ALERTS_GONE, OUTBOX_FULL, reason_text};
use crate::clock::milliseconds;
use crate::told::Told;
use crate::{DeadLetterSelection, Limits, OutboxId, Settlement};
use rusqlite::{
    Connection, OptionalExtension, ToSql, Transaction, TransactionBehavior, params,
    params_from_iter,
};
use saker_proto::AlertId;

/// A claim whose notification is not decoded yet.
pub(super) struct RawClaim {
    pub(super) id: OutboxId,
    pub(super) noted_at_ms: i64,
    pub(super) told: Told,
}

/// A dead letter whose notification is not decoded yet.
pub(super) struct RawDeadLetter {
    pub(super) id: i64,
    pub(super) sink: String,
    pub(super) reason: String,
    pub(super) attempts: i32,
    pub(super) since_ms: i64,
    pub(super) told: Told,
}

/// What was dropped to stay within the bounds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overflow {
    /// Notifications that became dead letters.
    pub(super) notifications: u64,
    /// Dead letters that were forgotten.
    pub(super) dead_letters: u64,
}

pub(super) fn claim(
    connection: &mut Connection,
    sink: &str,
    max: i64,
    lease_ms: i64,
    now_ms: i64,
) -> rusqlite::Result<Vec<RawClaim>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let due: Vec<(i64, i64, i32, i64, i32)> = transaction
        .prepare_cached(
            "SELECT id, window_id, part, noted_at_ms, claims FROM outbox \
             WHERE sink = ?1 AND due_at_ms <= ?2 ORDER BY due_at_ms, id LIMIT ?3",
        )?
        .query_map(params![sink, now_ms, max], |row| row.try_into())?
        .collect::<Result<_, _>>()?;
    let mut claims = Vec::with_capacity(due.len());
    for (row, window_id, part, noted_at_ms, before) in due {
        let claim = before.saturating_add(1);
        transaction
            .prepare_cached("UPDATE outbox SET claims = ?2, due_at_ms = ?3 WHERE id = ?1")?
            .execute(params![row, claim, now_ms.saturating_add(lease_ms)])?;
        claims.push(RawClaim {
            id: OutboxId { row, claim },
            noted_at_ms,
            told: told(&transaction, window_id, part)?,
        });
    }
    transaction.commit()?;
    Ok(claims)
}

/// The alerts of one part of a window.
fn told(connection: &Connection, window_id: i64, part: i32) -> rusqlite::Result<Told> {
    let mut told = Told::default();
    let first = connection
        .prepare_cached("SELECT first_id FROM windows WHERE id = ?1")?
        .query_row([window_id], |row| row.get::<_, [u8; 16]>(0))
        .optional()?;
    let Some(first) = first else {
        return Ok(told);
    };
    let comparison = if part == 0 {
        "SELECT id, time_ns FROM alerts WHERE window_id = ?1 AND id = ?2"
    } else {
        "SELECT id, time_ns FROM alerts WHERE window_id = ?1 AND id <> ?2 ORDER BY id"
    };
    let mut select = connection.prepare_cached(comparison)?;
    let mut rows = select.query(params![window_id, first])?;
    while let Some(row) = rows.next()? {
        told.add(AlertId::from_bytes(row.get(0)?), row.get(1)?);
    }
    if let Some(first) = told.members.first() {
        told.packed = connection
            .prepare_cached("SELECT payload FROM alerts WHERE id = ?1")?
            .query_row([first.to_bytes()], |row| row.get(0))
            .optional()?;
    }
    Ok(told)
}

pub(super) fn settle(
    connection: &mut Connection,
    sink: &str,
    settlements: &[(OutboxId, Settlement)],
    now_ms: i64,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (id, settlement) in settlements {
        match settlement {
            Settlement::Delivered => {
                transaction
                    .prepare_cached("DELETE FROM outbox WHERE id = ?1 AND sink = ?2")?
                    .execute(params![id.row, sink])?;
            }
            Settlement::Retry { after, .. } => {
                let due_at_ms = now_ms.saturating_add(milliseconds(*after));
                transaction
                    .prepare_cached(
                        "UPDATE outbox SET due_at_ms = ?4 WHERE id = ?1 AND sink = ?2 AND claims = ?3",
                    )?
                    .execute(params![id.row, sink, id.claim, due_at_ms])?;
            }
            Settlement::DeadLetter { reason } => {
                let is_own = transaction
                    .prepare_cached(
                        "SELECT 1 FROM outbox WHERE id = ?1 AND sink = ?2 AND claims = ?3",
                    )?
                    .exists(params![id.row, sink, id.claim])?;
                if is_own {
                    give_up(&transaction, id.row, reason, now_ms)?;
                }
            }
        }
    }
    transaction.commit()
}

fn give_up(
    transaction: &Transaction<'_>,
    row: i64,
    reason: &str,
    now_ms: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO dead_letters (sink, window_id, part, priority, noted_at_ms, attempts, since_ms, reason) \
             SELECT sink, window_id, part, priority, noted_at_ms, claims, ?2, ?3 FROM outbox WHERE id = ?1",
        )?
        .execute(params![row, now_ms, reason_text(reason)])?;
    transaction
        .prepare_cached("DELETE FROM outbox WHERE id = ?1")?
        .execute([row])?;
    Ok(())
}

/// Gives up claims that stand for nothing any more.
pub(super) fn give_up_gone(
    connection: &mut Connection,
    sink: &str,
    gone: &[OutboxId],
    now_ms: i64,
) -> rusqlite::Result<()> {
    let reason = || Settlement::DeadLetter {
        reason: ALERTS_GONE.to_owned(),
    };
    let settlements: Vec<_> = gone.iter().map(|id| (*id, reason())).collect();
    settle(connection, sink, &settlements, now_ms)
}

/// Brings outboxes and dead letters back into their bounds.
pub(super) fn bound(
    connection: &mut Connection,
    limits: Limits,
    now_ms: i64,
) -> rusqlite::Result<Overflow> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut overflow = Overflow::default();
    for (sink, count) in counts(&transaction, "outbox")? {
        let excess = count.saturating_sub(limits.outbox_max);
        let rows: Vec<i64> = transaction
            .prepare_cached("SELECT id FROM outbox WHERE sink = ?1 ORDER BY priority, id LIMIT ?2")?
            .query_map(params![sink, signed(excess)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for row in rows {
            give_up(&transaction, row, OUTBOX_FULL, now_ms)?;
        }
        overflow.notifications = overflow.notifications.saturating_add(excess);
    }
    for (sink, count) in counts(&transaction, "dead_letters")? {
        let excess = count.saturating_sub(limits.dead_letters_max);
        transaction
            .prepare_cached(
                "DELETE FROM dead_letters WHERE id IN \
                 (SELECT id FROM dead_letters WHERE sink = ?1 ORDER BY id LIMIT ?2)",
            )?
            .execute(params![sink, signed(excess)])?;
        overflow.dead_letters = overflow.dead_letters.saturating_add(excess);
    }
    transaction.commit()?;
    Ok(overflow)
}

/// How many rows of a table each sink has.
pub(super) fn counts(
    connection: &Connection,
    table: &'static str,
) -> rusqlite::Result<Vec<(String, u64)>> {
    connection
        .prepare_cached(&format!(
            "SELECT sink, count(*) FROM {table} GROUP BY sink ORDER BY sink"
        ))?
        .query_map([], |row| {
            let count: i64 = row.get(1)?;
            Ok((row.get(0)?, u64::try_from(count).unwrap_or(0)))
        })?
        .collect()
}

pub(super) fn dead_letters(
    connection: &Connection,
    selection: &DeadLetterSelection,
    max: i64,
) -> rusqlite::Result<Vec<RawDeadLetter>> {
    let (condition, mut parameters) = selected(selection);
    parameters.push(Box::new(max));
    let sql = format!(
        "SELECT id, sink, reason, attempts, since_ms, window_id, part FROM dead_letters \
         WHERE {condition} ORDER BY id DESC LIMIT ?"
    );
    let mut select = connection.prepare(&sql)?;
    let mut rows = select.query(params_from_iter(parameters))?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        letters.push(RawDeadLetter {
            id: row.get(0)?,
            sink: row.get(1)?,
            reason: row.get(2)?,
            attempts: row.get(3)?,
            since_ms: row.get(4)?,
            told: told(connection, row.get(5)?, row.get(6)?)?,
        });
    }
    Ok(letters)
}

pub(super) fn retry(
    connection: &mut Connection,
    selection: &DeadLetterSelection,
    now_ms: i64,
) -> rusqlite::Result<u64> {
    let (condition, parameters) = selected(selection);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut numbered: Vec<Box<dyn ToSql>> = vec![Box::new(now_ms)];
    numbered.extend(parameters);
    transaction.execute(
        &format!(
            "INSERT INTO outbox (sink, window_id, part, priority, noted_at_ms, due_at_ms) \
             SELECT sink, window_id, part, priority, noted_at_ms, ? FROM dead_letters \
             WHERE {condition} ORDER BY id"
        ),
        params_from_iter(numbered),
    )?;
    let retried = delete(&transaction, selection)?;
    transaction.commit()?;
    Ok(retried)
}

/// Forgets dead letters.
pub(super) fn delete(
    connection: &Connection,
    selection: &DeadLetterSelection,
) -> rusqlite::Result<u64> {
    let (condition, parameters) = selected(selection);
    let deleted = connection.execute(
        &format!("DELETE FROM dead_letters WHERE {condition}"),
        params_from_iter(parameters),
    )?;
    Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
}

fn selected(selection: &DeadLetterSelection) -> (String, Vec<Box<dyn ToSql>>) {
    let mut condition = "TRUE".to_owned();
    let mut parameters: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(sink) = &selection.sink {
        condition.push_str(" AND sink = ?");
        parameters.push(Box::new(sink.clone()));
    }
    if !selection.ids.is_empty() {
        let marks = vec!["?"; selection.ids.len()].join(", ");
        condition.push_str(&format!(" AND id IN ({marks})"));
        for id in &selection.ids {
            parameters.push(Box::new(*id));
        }
    }
    (condition, parameters)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
