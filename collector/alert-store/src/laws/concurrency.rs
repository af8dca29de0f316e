//! Several collectors share a store.

use super::{LEASE, Open, TELL_EACH, each_once, series, sinks};
use crate::{Aggregation, Incoming, Limits, Query, Settlement, Store};
use saker_proto::AlertId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

pub(super) async fn hold(open: &Open) {
    the_same_batches_are_stored_once(open).await;
    the_feed_passes_nothing_over(open).await;
}

/// Alerts of some rules, in batches.
fn batches() -> Vec<Vec<Incoming>> {
    let mut alerts = Vec::new();
    for rule in 0_u64..20 {
        alerts.extend(series(
            &format!("rule {rule}"),
            rule * 1_000..rule * 1_000 + 100,
        ));
    }
    // Batches that have the rules mixed.
    let mut batches = vec![Vec::new(); 50];
    for (place, alert) in alerts.into_iter().enumerate() {
        batches[place % 50].push(alert);
    }
    batches
}

async fn the_same_batches_are_stored_once(open: &Open) {
    let store = open(Limits::default()).await;
    let batches = Arc::new(batches());
    let all: Vec<_> = batches.iter().flatten().cloned().collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let aggregation = Aggregation {
        window: Duration::from_millis(100),
    };
    let mut recorders = JoinSet::new();
    for recorder in 0..4 {
        let (store, batches) = (Arc::clone(&store), Arc::clone(&batches));
        recorders.spawn(async move {
            let mut new = 0;
            for place in 0..batches.len() {
                // Each begins elsewhere, so that they meet in different ways.
                let batch = &batches[(place + recorder * 7) % batches.len()];
                new += store
                    .record(batch, &sinks(), aggregation)
                    .await
                    .unwrap()
                    .new;
            }
            new
        });
    }
    let mut tellers = JoinSet::new();
    for _ in 0..2 {
        tellers.spawn(tell(Arc::clone(&store), Arc::clone(&is_over)));
    }
    let new: u64 = recorders.join_all().await.into_iter().sum();
    assert_eq!(new, 2_000);
    tokio::time::sleep(Duration::from_millis(200)).await;
    store.close_windows(&sinks()).await.unwrap();
    is_over.store(true, Ordering::Relaxed);
    let mut told: BTreeMap<AlertId, u64> = BTreeMap::new();
    for part in tellers.join_all().await {
        for (id, times) in part {
            *told.entry(id).or_default() += times;
        }
    }
    assert_eq!(told, each_once(&all));
}

/// A dispatcher that closes windows, too.
async fn tell(store: Arc<dyn Store>, is_over: Arc<AtomicBool>) -> BTreeMap<AlertId, u64> {
    let mut told = BTreeMap::new();
    loop {
        let was_over = is_over.load(Ordering::Relaxed);
        store.close_windows(&sinks()).await.unwrap();
        let claims = store.claim("siem", 20, LEASE).await.unwrap();
        if was_over && claims.is_empty() {
            return told;
        }
        let mut settled = Vec::new();
        for claim in claims {
            for member in &claim.notification.repeats.members {
                *told.entry(*member).or_default() += 1;
            }
            settled.push((claim.id, Settlement::Delivered));
        }
        store.settle("siem", settled).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn the_feed_passes_nothing_over(open: &Open) {
    let store = open(Limits::default()).await;
    let (_, start) = store.after(None, &Query::default(), 1).await.unwrap();
    let batches = Arc::new(batches());
    let is_over = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
        let mut cursor = start.clone();
        readers.spawn(async move {
            let mut seen = Vec::new();
            loop {
                let was_over = is_over.load(Ordering::Relaxed);
                let (alerts, next) = store
                    .after(Some(&cursor), &Query::default(), 13)
                    .await
                    .unwrap();
                if was_over && alerts.is_empty() {
                    return seen;
                }
                seen.extend(alerts.into_iter().map(|stored| stored.alert.id));
                cursor = next;
            }
        });
    }
    let mut recorders = JoinSet::new();
    for recorder in 0..4 {
        let (store, batches) = (Arc::clone(&store), Arc::clone(&batches));
        recorders.spawn(async move {
            for batch in batches.iter().skip(recorder).step_by(4) {
                store.record(batch, &[], TELL_EACH).await.unwrap();
            }
        });
    }
    recorders.join_all().await;
    is_over.store(true, Ordering::Relaxed);
    let seen = readers.join_all().await;
    assert_eq!(seen[0], seen[1], "one order for all");
    let mut ids: Vec<_> = seen[0]
        .iter()
        .map(|id| AlertId::from_slice(id).unwrap())
        .collect();
    assert_eq!(ids.len(), 2_000);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2_000);
}
