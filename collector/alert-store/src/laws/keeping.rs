//! Alerts come in once, and stay until they expire.

use super::{Open, TELL_EACH, alert, incoming, now_ns, series, sinks};
use crate::{Aggregation, Limits, Query, Recorded};
use saker_proto::{AlertId, v1};
use std::time::Duration;

pub(super) async fn hold(open: &Open) {
    duplicates_are_dropped(open).await;
    hostile_alerts_are_kept(open).await;
    old_alerts_expire(open).await;
    strange_times_are_kept(open).await;
    an_empty_store_answers(open).await;
}

async fn duplicates_are_dropped(open: &Open) {
    let store = open(Limits::default()).await;
    let mut batch = series("one", 0..10);
    batch.extend(series("one", 0..0));
    batch.push(batch[3].clone());
    let recorded = store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    let expected = Recorded {
        new: 10,
        duplicates: 1,
        notifications: 10,
        ..Recorded::default()
    };
    assert_eq!(recorded, expected);
    let again = store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    assert_eq!((again.new, again.duplicates), (0, 11));
    assert_eq!(again.notifications, 0);
}

async fn hostile_alerts_are_kept(open: &Open) {
    let store = open(Limits::default()).await;
    let mut hostile = alert("a\0rule", 1, now_ns());
    hostile.rule.push_str(&"ä".repeat(10_000));
    hostile.tags = vec![
        "\0".to_owned(),
        String::new(),
        "'; DROP TABLE alerts; --".to_owned(),
    ];
    hostile.priority = i32::MAX;
    hostile.pod = Some(v1::Pod {
        namespace: "\u{1f}".repeat(5_000),
        ..v1::Pod::default()
    });
    let batch = [incoming(hostile.clone())];
    store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    let query = Query {
        limit: 10,
        filter: v1::AlertFilter {
            rules: vec![hostile.rule.clone()],
            tags: vec!["'; DROP TABLE alerts; --".to_owned()],
            ..v1::AlertFilter::default()
        },
        ..Query::default()
    };
    let found = store.query(&query).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].alert, hostile, "as it came");
}

async fn old_alerts_expire(open: &Open) {
    let store = open(Limits::default()).await;
    let hour_ns = 3_600_000_000_000;
    let batch: Vec<_> = (0..100)
        .map(|hours| {
            incoming(alert(
                "one",
                hours,
                now_ns() - hours * hour_ns - 1_000_000_000,
            ))
        })
        .collect();
    store.record(&batch, &[], TELL_EACH).await.unwrap();
    let expired = store.expire(Duration::from_secs(48 * 3_600)).await.unwrap();
    let all = Query {
        limit: 1_000,
        ..Query::default()
    };
    let left = store.query(&all).await.unwrap();
    // A store may keep whole days.
    let (kept, oldest) = (now_ns() - 48 * hour_ns, now_ns() - 73 * hour_ns);
    let younger = |time_ns| {
        let is_younger = |stored: &&crate::StoredAlert| stored.alert.time_unix_ns > time_ns;
        left.iter().filter(is_younger).count()
    };
    assert_eq!(younger(kept), 48, "what is to be kept is there");
    assert_eq!(younger(oldest), left.len(), "what is older is not");
    assert_eq!(expired.alerts, 100 - left.len() as u64);
    // What comes late is kept until the next time, and known meanwhile.
    let again = store.record(&batch[..48], &[], TELL_EACH).await.unwrap();
    assert_eq!(again.duplicates, 48);
}

async fn strange_times_are_kept(open: &Open) {
    let store = open(Limits::default()).await;
    let year_ns = 365 * 86_400 * 1_000_000_000_u64;
    let mut batch = Vec::new();
    for (number, time_ns) in (0..).zip([
        0,
        1,
        year_ns,
        now_ns() - year_ns,
        now_ns() + year_ns,
        u64::MAX,
    ]) {
        batch.push(incoming(alert("one", number, time_ns)));
    }
    // A time that contradicts the id.
    let mut liar = alert("one", 99, 5);
    liar.id = AlertId::from_bytes([0xff; 16]).to_bytes().to_vec().into();
    batch.push(incoming(liar));
    let recorded = store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    assert_eq!(recorded.new, 7);
    let again = store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    assert_eq!(again.duplicates, 7);
    let all = Query {
        limit: 100,
        ..Query::default()
    };
    assert_eq!(store.query(&all).await.unwrap().len(), 7);
    assert_eq!(super::drain(&*store, "siem").await.len(), 7);
}

async fn an_empty_store_answers(open: &Open) {
    let store = open(Limits::default()).await;
    store.ping().await.unwrap();
    let aggregation = Aggregation {
        window: Duration::from_secs(1),
    };
    let nothing = store.record(&[], &sinks(), aggregation).await.unwrap();
    assert_eq!(nothing, Recorded::default());
    assert_eq!(
        store.close_windows(&sinks()).await.unwrap().notifications,
        0
    );
    assert!(store.query(&Query::default()).await.unwrap().is_empty());
    assert_eq!(store.expire(Duration::ZERO).await.unwrap().alerts, 0);
    let (alerts, cursor) = store.after(None, &Query::default(), 10).await.unwrap();
    assert!(alerts.is_empty());
    let (alerts, same) = store
        .after(Some(&cursor), &Query::default(), 10)
        .await
        .unwrap();
    assert!(alerts.is_empty());
    assert_eq!(same, cursor);
    assert_eq!(store.stats().await.unwrap().held, 0);
}
