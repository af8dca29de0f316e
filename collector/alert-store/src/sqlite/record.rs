//! Batches come in, windows open and close.

use crate::bounds::{CLOSE_MAX, MEMBERS_MAX};
use crate::row::Row;
use crate::{Closed, Recorded};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::HashMap;

/// Fingerprints and the open windows they have.
type OpenWindows = HashMap<[u8; 16], Window>;

#[derive(Clone, Copy, Debug)]
struct Window {
    id: i64,
    priority: i32,
    closes_at_ms: i64,
    alert_count: i64,
}

impl Window {
    fn is_over(&self, now_ms: i64) -> bool {
        self.closes_at_ms <= now_ms || self.alert_count > MEMBERS_MAX
    }
}

/// See [`Store::record`](crate::Store::record).
pub(super) fn record(
    connection: &mut Connection,
    rows: &[Row],
    sinks: &[String],
    window_ms: i64,
    now_ms: i64,
) -> rusqlite::Result<Recorded> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut recording = Recording {
        transaction: &transaction,
        sinks,
        window_ms,
        now_ms,
        windows: OpenWindows::new(),
        recorded: Recorded::default(),
    };
    for row in rows {
        recording.add(row)?;
    }
    let (windows, recorded) = (recording.windows, recording.recorded);
    for window in windows.values() {
        set_count(&transaction, window)?;
    }
    transaction.commit()?;
    Ok(recorded)
}

struct Recording<'a> {
    transaction: &'a Transaction<'a>,
    sinks: &'a [String],
    window_ms: i64,
    now_ms: i64,
    windows: OpenWindows,
    recorded: Recorded,
}

impl Recording<'_> {
    fn add(&mut self, row: &Row) -> rusqlite::Result<()> {
        let count = |number: &mut u64| *number = number.saturating_add(1);
        if is_known(self.transaction, row)? {
            count(&mut self.recorded.duplicates);
            return Ok(());
        }
        count(&mut self.recorded.new);
        let open = match self.windows.get(&row.fingerprint) {
            _ if self.window_ms == 0 => None,
            Some(window) => Some(*window),
            None => open_window(self.transaction, &row.fingerprint)?,
        };
        let window = match open {
            Some(mut window) if !window.is_over(self.now_ms) => {
                window.alert_count = window.alert_count.saturating_add(1);
                count(&mut self.recorded.aggregated);
                window
            }
            over => {
                if let Some(window) = over
                    && close(self.transaction, self.sinks, &window, self.now_ms)?
                {
                    count(&mut self.recorded.notifications);
                }
                count(&mut self.recorded.notifications);
                self.open(row)?
            }
        };
        if self.window_ms > 0 {
            self.windows.insert(row.fingerprint, window);
        }
        insert_alert(self.transaction, row, window.id)
    }

    /// Opens a window with its first alert, which sinks are told at once.
    fn open(&self, row: &Row) -> rusqlite::Result<Window> {
        let closes_at_ms = self.now_ms.saturating_add(self.window_ms);
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO windows (fingerprint, first_id, priority, opened_at_ms, closes_at_ms, is_open, alert_count) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
        )?;
        let id = insert.insert(params![
            row.fingerprint,
            row.id.to_bytes(),
            row.priority,
            self.now_ms,
            closes_at_ms,
            self.window_ms > 0,
        ])?;
        let window = Window {
            id,
            priority: row.priority,
            closes_at_ms,
            alert_count: 1,
        };
        note(self.transaction, self.sinks, &window, 0, self.now_ms)?;
        Ok(window)
    }
}

/// See [`Store::close_windows`](crate::Store::close_windows).
pub(super) fn close_windows(
    connection: &mut Connection,
    sinks: &[String],
    now_ms: i64,
) -> rusqlite::Result<Closed> {
    let mut closed = Closed::default();
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let windows = over_windows(&transaction, now_ms)?;
        for window in &windows {
            if close(&transaction, sinks, window, now_ms)? {
                closed.notifications = closed.notifications.saturating_add(1);
            }
        }
        transaction.commit()?;
        if windows.len() < usize::try_from(CLOSE_MAX).unwrap_or(usize::MAX) {
            return Ok(closed);
        }
    }
}

fn over_windows(transaction: &Transaction<'_>, now_ms: i64) -> rusqlite::Result<Vec<Window>> {
    let mut select = transaction.prepare_cached(
        "SELECT id, priority, closes_at_ms, alert_count FROM windows \
         WHERE is_open = 1 AND closes_at_ms <= ?1 ORDER BY closes_at_ms LIMIT ?2",
    )?;
    let windows = select.query_map(params![now_ms, CLOSE_MAX], window_of)?;
    windows.collect()
}

fn window_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Window> {
    Ok(Window {
        id: row.get(0)?,
        priority: row.get(1)?,
        closes_at_ms: row.get(2)?,
        alert_count: row.get(3)?,
    })
}

fn open_window(
    transaction: &Transaction<'_>,
    fingerprint: &[u8; 16],
) -> rusqlite::Result<Option<Window>> {
    transaction
        .prepare_cached(
            "SELECT id, priority, closes_at_ms, alert_count FROM windows \
             WHERE fingerprint = ?1 AND is_open = 1",
        )?
        .query_row([fingerprint], window_of)
        .optional()
}

/// Closes a window; says whether there are repeats to tell of.
fn close(
    transaction: &Transaction<'_>,
    sinks: &[String],
    window: &Window,
    now_ms: i64,
) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached("UPDATE windows SET is_open = 0, alert_count = ?2 WHERE id = ?1")?
        .execute(params![window.id, window.alert_count])?;
    let has_repeats = window.alert_count > 1;
    if has_repeats {
        note(transaction, sinks, window, 1, now_ms)?;
    }
    Ok(has_repeats)
}

/// Notes for each sink that it is to be told.
fn note(
    transaction: &Transaction<'_>,
    sinks: &[String],
    window: &Window,
    part: i32,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO outbox (sink, window_id, part, priority, noted_at_ms, due_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?;
    for sink in sinks {
        insert.execute(params![sink, window.id, part, window.priority, now_ms])?;
    }
    Ok(())
}

fn set_count(transaction: &Transaction<'_>, window: &Window) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE windows SET alert_count = ?2 WHERE id = ?1")?
        .execute(params![window.id, window.alert_count])?;
    Ok(())
}

fn is_known(transaction: &Transaction<'_>, row: &Row) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached("SELECT 1 FROM alerts WHERE id = ?1")?
        .exists([row.id.to_bytes()])
}

fn insert_alert(transaction: &Transaction<'_>, row: &Row, window_id: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO alerts (id, window_id, time_ns, priority, rule, tags, node, namespace, pod, \
             container_id, container_name, payload) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            row.id.to_bytes(),
            window_id,
            row.time_ns,
            row.priority,
            row.rule,
            row.tags,
            row.node,
            row.namespace,
            row.pod,
            row.container_id,
            row.container_name,
            row.payload,
        ])?;
    Ok(())
}
