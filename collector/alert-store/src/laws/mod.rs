//! What holds for every store, as tests that run against any of them.
//!
//! Each law opens stores of its own, empty ones. A law that does not hold panics.

mod concurrency;
mod keeping;
mod ledgers;
mod reading;
mod telling;

use crate::{Aggregation, Incoming, Limits, Store};
use prost::Message;
use saker_proto::{AlertId, v1};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Opens an empty store.
pub type Open =
    dyn Fn(Limits) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send>> + Send + Sync;

/// Checks all laws.
pub async fn hold(open: &Open) {
    keeping::hold(open).await;
    telling::hold(open).await;
    reading::hold(open).await;
    concurrency::hold(open).await;
    ledgers::hold(open).await;
}

const TELL_EACH: Aggregation = Aggregation {
    window: Duration::ZERO,
};
const LEASE: Duration = Duration::from_secs(60);

fn sinks() -> Vec<String> {
    vec!["siem".to_owned()]
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0))
}

/// An alert of this time that nothing else is.
#[must_use]
pub fn alert(rule: &str, number: u64, time_ns: u64) -> v1::Alert {
    v1::Alert {
        id: id(number, time_ns).to_bytes().to_vec().into(),
        time_unix_ns: time_ns,
        rule: rule.to_owned(),
        priority: v1::Priority::Warning.into(),
        source: "syscall".to_owned(),
        tags: vec!["container".to_owned(), "T1059".to_owned()],
        output: format!("A shell was spawned in a container (number={number})"),
        process: Some(v1::Process {
            pid: 4711,
            name: "sh".to_owned(),
            executable: "/usr/bin/sh".to_owned(),
            ..v1::Process::default()
        }),
        node: Some(v1::Node {
            hostname: "worker-1".to_owned(),
            ..v1::Node::default()
        }),
        ..v1::Alert::default()
    }
}

fn id(number: u64, time_ns: u64) -> AlertId {
    let milliseconds = u128::from((time_ns / 1_000_000).min((1 << 48) - 1));
    AlertId::from_bytes(((milliseconds << 80) | u128::from(number)).to_be_bytes())
}

/// The alert as a worker takes it from the queue.
///
/// # Panics
///
/// Its id has not sixteen bytes.
#[must_use]
pub fn incoming(alert: v1::Alert) -> Incoming {
    Incoming {
        id: AlertId::from_slice(&alert.id).expect("sixteen bytes"),
        payload: alert.encode_to_vec().into(),
        alert: Arc::new(alert),
    }
}

/// Alerts of one rule, a microsecond apart.
fn series(rule: &str, numbers: std::ops::Range<u64>) -> Vec<Incoming> {
    let now_ns = now_ns();
    numbers
        .map(|number| incoming(alert(rule, number, now_ns + number * 1_000)))
        .collect()
}

/// Claims and settles all that a sink is to be told; how often each alert was a member.
async fn drain(store: &dyn Store, sink: &str) -> BTreeMap<AlertId, u64> {
    let mut members = BTreeMap::new();
    loop {
        let claims = store.claim(sink, 100, LEASE).await.expect("claim");
        if claims.is_empty() {
            return members;
        }
        let mut settled = Vec::new();
        for claim in claims {
            let repeats = &claim.notification.repeats;
            let first = AlertId::from_slice(&claim.notification.alert.id);
            assert_eq!(first.as_ref(), repeats.members.first());
            assert!(repeats.first_seen_ns <= repeats.last_seen_ns);
            for member in &repeats.members {
                *members.entry(*member).or_default() += 1;
            }
            settled.push((claim.id, crate::Settlement::Delivered));
        }
        store.settle(sink, settled).await.expect("settle");
    }
}

fn each_once(alerts: &[Incoming]) -> BTreeMap<AlertId, u64> {
    alerts.iter().map(|incoming| (incoming.id, 1)).collect()
}
