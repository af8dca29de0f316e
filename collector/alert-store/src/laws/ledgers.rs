//! Ledgers are kept in their newest state.

use super::{Open, now_ns};
use crate::{LEDGER_PAGE, LedgerEntry, LedgerId, LedgerPlace, LedgerRows, Limits, Store};
use std::time::Duration;

pub(super) async fn hold(open: &Open) {
    the_newest_state_counts(open).await;
    ledgers_stand_beside_each_other(open).await;
    large_ledgers_come_in_pages(open).await;
    ledgers_expire(open).await;
}

fn now_ms() -> u64 {
    now_ns() / 1_000_000
}

fn id(cluster: &str, node: &str, begun_unix_ms: u64) -> LedgerId {
    LedgerId {
        cluster: cluster.to_owned(),
        node: node.to_owned(),
        begun_unix_ms,
    }
}

fn entry(key: &str, revision: u64, last_unix_ms: u64) -> LedgerEntry {
    LedgerEntry {
        key: key.into(),
        revision,
        last_unix_ms,
        payload: format!("{key}@{revision}").into(),
    }
}

fn rows(id: &LedgerId, revision: u64, edges: Vec<LedgerEntry>) -> LedgerRows {
    LedgerRows {
        id: id.clone(),
        revision,
        last_unix_ms: now_ms(),
        header: format!("header@{revision}").into(),
        edges,
        presences: Vec::new(),
    }
}

async fn read(store: &dyn Store, id: &LedgerId, since_unix_ms: u64) -> Vec<String> {
    let mut texts = Vec::new();
    let mut place: Option<LedgerPlace> = None;
    loop {
        let page = store
            .ledger_entries(id, since_unix_ms, place.as_ref())
            .await
            .unwrap();
        let Some((last, _)) = page.last() else {
            return texts;
        };
        place = Some(last.clone());
        let payloads = page.into_iter().map(|(_, payload)| payload);
        texts.extend(payloads.map(|bytes| String::from_utf8(bytes).unwrap()));
    }
}

async fn the_newest_state_counts(open: &Open) {
    let store = open(Limits::default()).await;
    let own = id("prod", "worker-1", 1);
    let now_ms = now_ms();
    let older = rows(&own, 1, vec![entry("a", 1, now_ms), entry("b", 1, now_ms)]);
    let mut newer = rows(&own, 3, vec![entry("b", 3, now_ms), entry("b", 2, now_ms)]);
    newer.presences.push(entry("b", 3, now_ms));
    // In any order, and again.
    for rows in [&newer, &older, &older, &newer] {
        store.keep_ledger(rows.clone()).await.unwrap();
    }
    assert_eq!(read(&*store, &own, 0).await, ["b@3", "a@1", "b@3"]);
    let ledgers = store.ledgers(None).await.unwrap();
    assert_eq!(ledgers, [(own, b"header@3".to_vec())]);
}

async fn ledgers_stand_beside_each_other(open: &Open) {
    let store = open(Limits::default()).await;
    let ids = [
        id("", "worker-1", 1),
        id("prod", "worker-1", 1),
        id("prod", "worker-1", 2),
        id("prod", "worker-2", 1),
    ];
    for (number, id) in (1..).zip(&ids) {
        let edges = vec![entry("same", number, 5), entry("old", 9, 4)];
        store.keep_ledger(rows(id, 1, edges)).await.unwrap();
    }
    for (number, id) in (1..).zip(&ids) {
        assert_eq!(read(&*store, id, 5).await, [format!("same@{number}")]);
    }
    let of = async |cluster| {
        let ledgers = store.ledgers(cluster).await.unwrap();
        ledgers.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(of(None).await, ids);
    assert_eq!(of(Some("prod")).await, ids[1..]);
    assert_eq!(of(Some("")).await, ids[..1]);
    assert_eq!(of(Some("other")).await, []);
    let unknown = id("prod", "worker-3", 1);
    assert_eq!(read(&*store, &unknown, 0).await, Vec::<String>::new());
}

async fn large_ledgers_come_in_pages(open: &Open) {
    let store = open(Limits::default()).await;
    let own = id("prod", "worker-1", 1);
    let count = LEDGER_PAGE + 7;
    let edges = (0..count).map(|number| entry(&format!("{number:06}"), 1, 5));
    store
        .keep_ledger(rows(&own, 1, edges.collect()))
        .await
        .unwrap();
    let first = store.ledger_entries(&own, 0, None).await.unwrap();
    assert_eq!(first.len(), LEDGER_PAGE);
    let all = read(&*store, &own, 0).await;
    assert!(all.is_sorted());
    assert_eq!(all.len(), count);
}

async fn ledgers_expire(open: &Open) {
    let store = open(Limits::default()).await;
    let (own, gone) = (id("prod", "worker-1", 1), id("prod", "worker-2", 1));
    let (now_ms, hour_ms) = (now_ms(), 3_600_000);
    let edges = vec![
        entry("new", 1, now_ms),
        entry("old", 1, now_ms - 2 * hour_ms),
    ];
    store.keep_ledger(rows(&own, 1, edges)).await.unwrap();
    let mut old = rows(&gone, 1, vec![entry("old", 1, now_ms - 2 * hour_ms)]);
    old.last_unix_ms = now_ms - 2 * hour_ms;
    store.keep_ledger(old).await.unwrap();
    store.expire(Duration::from_secs(3_600)).await.unwrap();
    assert_eq!(read(&*store, &own, 0).await, ["new@1"]);
    let ledgers = store.ledgers(None).await.unwrap();
    assert_eq!(ledgers.len(), 1);
    assert_eq!(ledgers[0].0, own);
}
