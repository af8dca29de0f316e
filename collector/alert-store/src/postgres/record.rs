//! Batches come in, windows open and close.
//!
//! Any number of collectors record at the same time. Locks are taken in one order: windows by fingerprint, then
//! alerts by id. An alert that two collectors record at once has one fingerprint, so the second one waits at the
//! window, finds that the alert is there, and begins again.

use super::connections::{Connection, is_conflict};
use crate::bounds::{CLOSE_MAX, MEMBERS_MAX};
use crate::row::Row;
use crate::{Closed, Recorded};
use std::collections::{BTreeMap, HashMap, HashSet};
use tokio_postgres::{Error, Transaction};
use uuid::Uuid;

/// A batch that meets others' alerts is begun again so often. Each time, some other batch was stored.
const TRIES_MAX: u32 = 20;

/// Where alerts of a batch go to, by fingerprint or, if each is told by itself, by id.
type WindowIds = HashMap<Key, i64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Fingerprint([u8; 16]),
    Id(Uuid),
}

/// The alerts of a batch that share a window.
#[derive(Clone, Copy, Debug)]
struct Group {
    fingerprint: [u8; 16],
    first: Uuid,
    lowest: Uuid,
    highest: Uuid,
    priority: i32,
    count: i64,
}

/// What sinks are to be told.
#[derive(Clone, Copy, Debug)]
struct Note {
    window_id: i64,
    part: i32,
    priority: i32,
}

/// See [`Store::record`](crate::Store::record). None if it met others' batches too often.
pub(super) async fn record(
    connection: &mut Connection,
    rows: &[Row],
    sinks: &[String],
    window_ms: i64,
) -> Result<Option<Recorded>, Error> {
    for _ in 0..TRIES_MAX {
        match try_record(connection, rows, sinks, window_ms).await {
            Ok(None) => {}
            Err(error) if is_conflict(&error) => {}
            result => return result,
        }
    }
    Ok(None)
}

const KNOWN: &str = "SELECT id FROM alerts WHERE id = ANY($1) AND id BETWEEN $2 AND $3";
const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// None if others stored some of the alerts meanwhile.
async fn try_record(
    connection: &mut Connection,
    rows: &[Row],
    sinks: &[String],
    window_ms: i64,
) -> Result<Option<Recorded>, Error> {
    let known = known_ids(connection, rows).await?;
    let mut seen = HashSet::new();
    let new: Vec<&Row> = rows
        .iter()
        .filter(|row| !known.contains(&uuid(row)) && seen.insert(row.id))
        .collect();
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let mut recorded = Recorded {
        new: count(new.len()),
        duplicates: count(rows.len()).saturating_sub(count(new.len())),
        ..Recorded::default()
    };
    if new.is_empty() {
        return Ok(Some(recorded));
    }
    let statements = Statements::prepare(connection).await?;
    let transaction = connection.client.transaction().await?;
    let now_ms: i64 = transaction.query_one(&statements.now, &[]).await?.get(0);
    let groups = groups(&new, window_ms);
    let closes_at_ms = now_ms.saturating_add(window_ms);
    let opening = Opening {
        transaction: &transaction,
        statements: &statements,
        now_ms,
        closes_at_ms,
    };
    let (window_ids, notes) = if window_ms == 0 {
        opening.alone(&groups).await?
    } else {
        opening.together(&groups).await?
    };
    let firsts = notes.iter().filter(|note| note.part == 0).count();
    recorded.notifications = count(notes.len());
    recorded.aggregated = recorded.new.saturating_sub(count(firsts));
    if insert_alerts(&transaction, &statements, &new, &window_ids, window_ms).await? != recorded.new
    {
        transaction.rollback().await?;
        return Ok(None);
    }
    insert_notes(&transaction, &statements, sinks, &notes, now_ms).await?;
    transaction.commit().await?;
    Ok(Some(recorded))
}

struct Statements {
    now: tokio_postgres::Statement,
    alone: tokio_postgres::Statement,
    together: tokio_postgres::Statement,
    reopen: tokio_postgres::Statement,
    alerts: tokio_postgres::Statement,
    notes: tokio_postgres::Statement,
}

impl Statements {
    async fn prepare(connection: &mut Connection) -> Result<Self, Error> {
        Ok(Self {
            now: connection.prepared(NOW).await?,
            alone: connection.prepared(OPEN_ALONE).await?,
            together: connection.prepared(OPEN_OR_JOIN).await?,
            reopen: connection.prepared(CLOSE_OVER).await?,
            alerts: connection.prepared(INSERT_ALERTS).await?,
            notes: connection.prepared(INSERT_NOTES).await?,
        })
    }
}

async fn known_ids(connection: &mut Connection, rows: &[Row]) -> Result<HashSet<Uuid>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(uuid).collect();
    let (Some(lowest), Some(highest)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(HashSet::new());
    };
    let statement = connection.prepared(KNOWN).await?;
    let found = connection
        .client
        .query(&statement, &[&ids, lowest, highest])
        .await?;
    Ok(found.iter().map(|row| row.get(0)).collect())
}

pub(super) fn uuid(row: &Row) -> Uuid {
    Uuid::from_bytes(row.id.to_bytes())
}

fn key(row: &Row, window_ms: i64) -> Key {
    if window_ms == 0 {
        Key::Id(uuid(row))
    } else {
        Key::Fingerprint(row.fingerprint)
    }
}

/// In the order in which windows are locked.
fn groups(rows: &[&Row], window_ms: i64) -> Vec<Group> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for row in rows {
        let id = uuid(row);
        let group = groups.entry(key(row, window_ms)).or_insert(Group {
            fingerprint: row.fingerprint,
            first: id,
            lowest: id,
            highest: id,
            priority: row.priority,
            count: 0,
        });
        group.lowest = group.lowest.min(id);
        group.highest = group.highest.max(id);
        group.count = group.count.saturating_add(1);
    }
    groups.into_values().collect()
}

const OPEN_ALONE: &str = "
    INSERT INTO windows (fingerprint, first_id, lowest_id, highest_id, priority, alert_count, opened_at_ms, closes_at_ms, is_open)
    SELECT fingerprint, first_id, lowest_id, highest_id, priority, alert_count, $7, $8, false
    FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::bigint[])
        AS g (fingerprint, first_id, lowest_id, highest_id, priority, alert_count)
    RETURNING id, fingerprint, first_id, priority, alert_count, closes_at_ms";

/// Locks each window, whether it is there or not.
const OPEN_OR_JOIN: &str = "
    INSERT INTO windows (fingerprint, first_id, lowest_id, highest_id, priority, alert_count, opened_at_ms, closes_at_ms, is_open)
    SELECT fingerprint, first_id, lowest_id, highest_id, priority, alert_count, $7, $8, true
    FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::bigint[])
        AS g (fingerprint, first_id, lowest_id, highest_id, priority, alert_count)
    ORDER BY fingerprint
    ON CONFLICT (fingerprint) WHERE is_open DO UPDATE SET
        alert_count = windows.alert_count + excluded.alert_count,
        lowest_id = least(windows.lowest_id, excluded.lowest_id),
        highest_id = greatest(windows.highest_id, excluded.highest_id)
    RETURNING id, fingerprint, first_id, priority, alert_count, closes_at_ms";

/// Closes windows that turned out to be over, without what was about to join them.
const CLOSE_OVER: &str = "
    UPDATE windows SET is_open = false, alert_count = windows.alert_count - joined.alert_count
    FROM unnest($1::bigint[], $2::bigint[]) AS joined (id, alert_count)
    WHERE windows.id = joined.id";

struct Opening<'a> {
    transaction: &'a Transaction<'a>,
    statements: &'a Statements,
    now_ms: i64,
    closes_at_ms: i64,
}

impl Opening<'_> {
    /// A window for each alert.
    async fn alone(&self, groups: &[Group]) -> Result<(WindowIds, Vec<Note>), Error> {
        let mut window_ids = WindowIds::new();
        let mut notes = Vec::with_capacity(groups.len());
        for row in self.insert(&self.statements.alone, groups).await? {
            let window_id = row.get(0);
            window_ids.insert(Key::Id(row.get(2)), window_id);
            notes.push(Note {
                window_id,
                part: 0,
                priority: row.get(3),
            });
        }
        Ok((window_ids, notes))
    }

    /// The open window of each group, a new one where there is none or where it is over.
    async fn together(&self, groups: &[Group]) -> Result<(WindowIds, Vec<Note>), Error> {
        let mut window_ids = WindowIds::new();
        let mut notes = Vec::new();
        let mut over: Vec<(i64, Group)> = Vec::new();
        let by_fingerprint: HashMap<_, _> = groups
            .iter()
            .map(|group| (group.fingerprint, *group))
            .collect();
        for row in self.insert(&self.statements.together, groups).await? {
            let (window_id, first): (i64, Uuid) = (row.get(0), row.get(2));
            let Some((fingerprint, group)) = fingerprint_of(&row)
                .and_then(|fingerprint| Some((fingerprint, by_fingerprint.get(&fingerprint)?)))
            else {
                continue;
            };
            let (priority, before) = (row.get(3), row.get::<_, i64>(4).saturating_sub(group.count));
            let is_new = before == 0 && first == group.first;
            let is_over = row.get::<_, i64>(5) <= self.now_ms || before > MEMBERS_MAX;
            if !is_new && is_over {
                over.push((window_id, *group));
                if before > 1 {
                    notes.push(Note {
                        window_id,
                        part: 1,
                        priority,
                    });
                }
                continue;
            }
            window_ids.insert(Key::Fingerprint(fingerprint), window_id);
            if is_new {
                notes.push(Note {
                    window_id,
                    part: 0,
                    priority,
                });
            }
        }
        self.reopen(&over, &mut window_ids, &mut notes).await?;
        Ok((window_ids, notes))
    }

    async fn reopen(
        &self,
        over: &[(i64, Group)],
        window_ids: &mut WindowIds,
        notes: &mut Vec<Note>,
    ) -> Result<(), Error> {
        if over.is_empty() {
            return Ok(());
        }
        let (ids, groups): (Vec<i64>, Vec<Group>) = over.iter().copied().unzip();
        let counts: Vec<i64> = groups.iter().map(|group| group.count).collect();
        self.transaction
            .execute(&self.statements.reopen, &[&ids, &counts])
            .await?;
        for row in self.insert(&self.statements.together, &groups).await? {
            let window_id = row.get(0);
            if let Some(fingerprint) = fingerprint_of(&row) {
                window_ids.insert(Key::Fingerprint(fingerprint), window_id);
            }
            notes.push(Note {
                window_id,
                part: 0,
                priority: row.get(3),
            });
        }
        Ok(())
    }

    async fn insert(
        &self,
        statement: &tokio_postgres::Statement,
        groups: &[Group],
    ) -> Result<Vec<tokio_postgres::Row>, Error> {
        let fingerprints: Vec<&[u8]> = groups.iter().map(|group| &group.fingerprint[..]).collect();
        let firsts: Vec<Uuid> = groups.iter().map(|group| group.first).collect();
        let lowest: Vec<Uuid> = groups.iter().map(|group| group.lowest).collect();
        let highest: Vec<Uuid> = groups.iter().map(|group| group.highest).collect();
        let priorities: Vec<i32> = groups.iter().map(|group| group.priority).collect();
        let counts: Vec<i64> = groups.iter().map(|group| group.count).collect();
        self.transaction
            .query(
                statement,
                &[
                    &fingerprints,
                    &firsts,
                    &lowest,
                    &highest,
                    &priorities,
                    &counts,
                    &self.now_ms,
                    &self.closes_at_ms,
                ],
            )
            .await
    }
}

fn fingerprint_of(row: &tokio_postgres::Row) -> Option<[u8; 16]> {
    row.get::<_, &[u8]>(1).try_into().ok()
}

/// The number of the transaction tells in which order the feed has the alerts.
const INSERT_ALERTS: &str = "
    INSERT INTO alerts (id, batch, place, window_id, time_ns, priority, rule, tags, node, namespace, pod,
        container_id, container_name, payload)
    SELECT id, (SELECT batch_base FROM identity) + pg_current_xact_id()::text::bigint, place, window_id, time_ns,
        priority, rule, tags, node, namespace, pod, container_id, container_name, payload
    FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::integer[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bytea[])
        AS a (id, place, window_id, time_ns, priority, rule, tags, node, namespace, pod, container_id,
            container_name, payload)
    ORDER BY id
    ON CONFLICT DO NOTHING";

/// How many were inserted; others stored the rest.
async fn insert_alerts(
    transaction: &Transaction<'_>,
    statements: &Statements,
    rows: &[&Row],
    window_ids: &WindowIds,
    window_ms: i64,
) -> Result<u64, Error> {
    let column = |text: fn(&Row) -> Option<&str>| -> Vec<Option<&str>> {
        rows.iter().map(|row| text(row)).collect()
    };
    let ids: Vec<Uuid> = rows.iter().map(|row| uuid(row)).collect();
    let places: Vec<i32> = (0..).take(rows.len()).collect();
    // Every row has a group and every group a window: one that were missing is refused by the column.
    let windows: Vec<Option<i64>> = rows
        .iter()
        .map(|row| window_ids.get(&key(row, window_ms)).copied())
        .collect();
    let times: Vec<i64> = rows.iter().map(|row| row.time_ns).collect();
    let priorities: Vec<i32> = rows.iter().map(|row| row.priority).collect();
    let payloads: Vec<&[u8]> = rows.iter().map(|row| &*row.payload).collect();
    transaction
        .execute(
            &statements.alerts,
            &[
                &ids,
                &places,
                &windows,
                &times,
                &priorities,
                &column(|row| Some(&row.rule)),
                &column(|row| Some(&row.tags)),
                &column(|row| row.node.as_deref()),
                &column(|row| row.namespace.as_deref()),
                &column(|row| row.pod.as_deref()),
                &column(|row| row.container_id.as_deref()),
                &column(|row| row.container_name.as_deref()),
                &payloads,
            ],
        )
        .await
}

const INSERT_NOTES: &str = "
    INSERT INTO outbox (sink, window_id, part, priority, noted_at_ms, due_at_ms)
    SELECT sink, window_id, part, priority, $5, $5
    FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS n (window_id, part, priority)
    CROSS JOIN unnest($4::text[]) AS s (sink)";

async fn insert_notes(
    transaction: &Transaction<'_>,
    statements: &Statements,
    sinks: &[String],
    notes: &[Note],
    now_ms: i64,
) -> Result<(), Error> {
    if notes.is_empty() || sinks.is_empty() {
        return Ok(());
    }
    let window_ids: Vec<i64> = notes.iter().map(|note| note.window_id).collect();
    let parts: Vec<i32> = notes.iter().map(|note| note.part).collect();
    let priorities: Vec<i32> = notes.iter().map(|note| note.priority).collect();
    transaction
        .execute(
            &statements.notes,
            &[&window_ids, &parts, &priorities, &sinks, &now_ms],
        )
        .await?;
    Ok(())
}

/// What another collector is closing is left to it.
const CLOSE: &str = "
    WITH now AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms),
    over AS (
        SELECT id FROM windows WHERE is_open AND closes_at_ms <= (SELECT ms FROM now)
        ORDER BY closes_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
    ),
    closed AS (
        UPDATE windows SET is_open = false FROM over WHERE windows.id = over.id
        RETURNING windows.id, windows.priority, windows.alert_count
    ),
    noted AS (
        INSERT INTO outbox (sink, window_id, part, priority, noted_at_ms, due_at_ms)
        SELECT sink, closed.id, 1, closed.priority, now.ms, now.ms
        FROM closed CROSS JOIN unnest($1::text[]) AS s (sink) CROSS JOIN now WHERE closed.alert_count > 1
    )
    SELECT count(*), count(*) FILTER (WHERE alert_count > 1) FROM closed";

/// See [`Store::close_windows`](crate::Store::close_windows).
pub(super) async fn close_windows(
    connection: &mut Connection,
    sinks: &[String],
) -> Result<Closed, Error> {
    let statement = connection.prepared(CLOSE).await?;
    let mut closed = Closed::default();
    loop {
        let row = connection
            .client
            .query_one(&statement, &[&sinks, &CLOSE_MAX])
            .await?;
        let notifications = u64::try_from(row.get::<_, i64>(1)).unwrap_or(0);
        closed.notifications = closed.notifications.saturating_add(notifications);
        if row.get::<_, i64>(0) < CLOSE_MAX {
            return Ok(closed);
        }
    }
}
