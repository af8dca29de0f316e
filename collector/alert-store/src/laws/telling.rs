//! Sinks are told of every alert.

use super::{LEASE, Open, TELL_EACH, alert, drain, each_once, incoming, now_ns, series, sinks};
use crate::{Aggregation, DeadLetterSelection, Limits, Settlement, Store};
use saker_proto::v1;
use std::time::Duration;

pub(super) async fn hold(open: &Open) {
    repeats_are_told_as_one(open).await;
    what_differs_is_told_apart(open).await;
    long_windows_are_cut(open).await;
    a_lease_keeps_others_away(open).await;
    who_comes_late_postpones_nothing(open).await;
    what_was_given_up_can_be_retried(open).await;
    an_outbox_is_bounded(open).await;
    dead_letters_are_bounded(open).await;
    each_sink_is_told(open).await;
}

async fn repeats_are_told_as_one(open: &Open) {
    let store = open(Limits::default()).await;
    let aggregation = Aggregation {
        window: Duration::from_millis(400),
    };
    let batch = series("one", 0..50);
    let recorded = store
        .record(&batch[..20], &sinks(), aggregation)
        .await
        .unwrap();
    assert_eq!((recorded.notifications, recorded.aggregated), (1, 19));
    let recorded = store
        .record(&batch[20..], &sinks(), aggregation)
        .await
        .unwrap();
    assert_eq!((recorded.notifications, recorded.aggregated), (0, 30));
    assert_eq!(store.stats().await.unwrap().held, 49);
    let first = store.claim("siem", 10, LEASE).await.unwrap();
    assert_eq!(first.len(), 1, "the first is told at once");
    assert_eq!(first[0].notification.repeats.members, [batch[0].id]);
    assert_eq!(
        store.close_windows(&sinks()).await.unwrap().notifications,
        0
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(
        store.close_windows(&sinks()).await.unwrap().notifications,
        1
    );
    assert_eq!(
        store.close_windows(&sinks()).await.unwrap().notifications,
        0
    );
    let repeats = store.claim("siem", 10, LEASE).await.unwrap();
    assert_eq!(repeats.len(), 1);
    let told = &repeats[0].notification;
    let ids: Vec<_> = batch[1..].iter().map(|incoming| incoming.id).collect();
    assert_eq!(told.repeats.members, ids);
    assert_eq!(told.alert, batch[1].alert);
    assert_eq!(told.repeats.first_seen_ns, batch[1].alert.time_unix_ns);
    assert_eq!(told.repeats.last_seen_ns, batch[49].alert.time_unix_ns);
    assert_eq!(store.stats().await.unwrap().held, 0);
    // The next one begins anew.
    let next = series("one", 100..101);
    let recorded = store.record(&next, &sinks(), aggregation).await.unwrap();
    assert_eq!((recorded.notifications, recorded.aggregated), (1, 0));
}

async fn what_differs_is_told_apart(open: &Open) {
    let store = open(Limits::default()).await;
    let base = alert("one", 0, now_ns());
    let mut alerts = vec![base.clone()];
    let mut add = |change: &dyn Fn(&mut v1::Alert)| {
        let mut changed = base.clone();
        changed.id = super::id(alerts.len() as u64, base.time_unix_ns)
            .to_bytes()
            .to_vec()
            .into();
        change(&mut changed);
        alerts.push(changed);
    };
    add(&|alert| alert.rule = "two".to_owned());
    add(&|alert| alert.cluster = "other".to_owned());
    add(&|alert| alert.node = None);
    add(&|alert| alert.priority = v1::Priority::Critical.into());
    add(&|alert| alert.process = None);
    add(&|alert| {
        alert.container = Some(v1::Container {
            id: "0123456789ab".to_owned(),
            ..v1::Container::default()
        });
    });
    add(&|alert| {
        alert.pod = Some(v1::Pod {
            name: "web".to_owned(),
            ..v1::Pod::default()
        });
    });
    // The same but for what a fingerprint does not hold.
    add(&|alert| alert.output = "other arguments".to_owned());
    let batch: Vec<_> = alerts.into_iter().map(incoming).collect();
    let different = batch.len() as u64 - 1;
    let aggregation = Aggregation { window: LEASE };
    let recorded = store.record(&batch, &sinks(), aggregation).await.unwrap();
    assert_eq!(
        (recorded.notifications, recorded.aggregated),
        (different, 1)
    );
}

async fn long_windows_are_cut(open: &Open) {
    let store = open(Limits::default()).await;
    let batch = series("flood", 0..25_000);
    let aggregation = Aggregation { window: LEASE };
    let mut notifications = 0;
    for part in batch.chunks(1_000) {
        let recorded = store.record(part, &sinks(), aggregation).await.unwrap();
        notifications += recorded.notifications;
    }
    assert!(notifications >= 4, "told as {notifications}");
    let told = drain(&*store, "siem").await;
    assert!(told.len() > 20_000, "only {} were told", told.len());
    assert!(told.values().all(|times| *times == 1));
}

async fn a_lease_keeps_others_away(open: &Open) {
    let store = open(Limits::default()).await;
    let batch = series("one", 0..5);
    store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    let lease = Duration::from_millis(300);
    let first = store.claim("siem", 3, lease).await.unwrap();
    let second = store.claim("siem", 3, lease).await.unwrap();
    assert_eq!((first.len(), second.len()), (3, 2));
    assert!(store.claim("siem", 3, lease).await.unwrap().is_empty());
    tokio::time::sleep(Duration::from_millis(400)).await;
    let again = store.claim("siem", 10, lease).await.unwrap();
    assert_eq!(again.len(), 5);
    assert!(again.iter().all(|claim| claim.attempts == 1));
    let settled = again.iter().map(|claim| (claim.id, Settlement::Delivered));
    store.settle("siem", settled.collect()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(store.claim("siem", 10, lease).await.unwrap().is_empty());
    assert!(store.stats().await.unwrap().outbox.is_empty());
}

async fn who_comes_late_postpones_nothing(open: &Open) {
    let store = open(Limits::default()).await;
    store
        .record(&series("one", 0..1), &sinks(), TELL_EACH)
        .await
        .unwrap();
    let late = store.claim("siem", 1, Duration::ZERO).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let owner = store.claim("siem", 1, LEASE).await.unwrap();
    assert_eq!(owner.len(), 1);
    let retry = Settlement::Retry {
        after: Duration::ZERO,
        reason: "late".to_owned(),
    };
    let given_up = Settlement::DeadLetter {
        reason: "late".to_owned(),
    };
    store
        .settle("siem", vec![(late[0].id, retry.clone())])
        .await
        .unwrap();
    store
        .settle("siem", vec![(late[0].id, given_up)])
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(store.claim("siem", 1, LEASE).await.unwrap().is_empty());
    assert!(store.stats().await.unwrap().dead_letters.is_empty());
    store
        .settle("siem", vec![(owner[0].id, retry)])
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let again = store.claim("siem", 1, LEASE).await.unwrap();
    assert_eq!(again[0].attempts, 2);
}

async fn what_was_given_up_can_be_retried(open: &Open) {
    let store = open(Limits::default()).await;
    let batch = series("one", 0..4);
    store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    let claims = store.claim("siem", 10, LEASE).await.unwrap();
    let reason = "400\0: no such index";
    let settlements = claims.iter().map(|claim| {
        let reason = reason.to_owned();
        (claim.id, Settlement::DeadLetter { reason })
    });
    store.settle("siem", settlements.collect()).await.unwrap();
    assert!(store.stats().await.unwrap().outbox.is_empty());
    assert_eq!(
        store.stats().await.unwrap().dead_letters,
        [("siem".to_owned(), 4)]
    );
    let all = DeadLetterSelection::default();
    let letters = store.dead_letters(&all, 10).await.unwrap();
    assert_eq!(letters.len(), 4);
    assert!(letters[0].reason.contains("no such index"));
    assert_eq!(letters[0].attempts, 1);
    let notification = letters[0].notification.clone().unwrap();
    assert_eq!(notification.repeats.members, [batch[3].id]);
    let one = DeadLetterSelection {
        sink: Some("siem".to_owned()),
        ids: vec![letters[0].id],
    };
    assert_eq!(store.retry_dead_letters(&one).await.unwrap(), 1);
    assert_eq!(store.retry_dead_letters(&one).await.unwrap(), 0);
    let retried = store.claim("siem", 10, LEASE).await.unwrap();
    assert_eq!(retried.len(), 1);
    assert_eq!(retried[0].notification, notification);
    assert_eq!(retried[0].attempts, 0);
    let other = DeadLetterSelection {
        sink: Some("other".to_owned()),
        ..DeadLetterSelection::default()
    };
    assert_eq!(store.purge_dead_letters(&other).await.unwrap(), 0);
    assert_eq!(store.purge_dead_letters(&all).await.unwrap(), 3);
    assert!(store.dead_letters(&all, 10).await.unwrap().is_empty());
}

async fn an_outbox_is_bounded(open: &Open) {
    let store = open(Limits {
        outbox_max: 50,
        ..Limits::default()
    })
    .await;
    let mut alerts = Vec::new();
    for number in 0..100 {
        let mut alert = alert("one", number, now_ns());
        if number < 20 {
            alert.priority = v1::Priority::Critical.into();
        }
        alerts.push(incoming(alert));
    }
    let recorded = store.record(&alerts, &sinks(), TELL_EACH).await.unwrap();
    assert_eq!((recorded.notifications, recorded.overflowed), (100, 50));
    let letters = store
        .dead_letters(&DeadLetterSelection::default(), 100)
        .await
        .unwrap();
    assert_eq!(letters.len(), 50);
    for letter in &letters {
        let alert = letter.notification.clone().unwrap().alert;
        assert_eq!(alert.priority, i32::from(v1::Priority::Warning));
    }
    let told = drain(&*store, "siem").await;
    let mut expected = each_once(&alerts[..20]);
    expected.extend(each_once(&alerts[70..]));
    assert_eq!(told, expected, "the most urgent and the newest stay");
}

async fn dead_letters_are_bounded(open: &Open) {
    let store = open(Limits {
        outbox_max: 1,
        dead_letters_max: 10,
    })
    .await;
    let batch = series("one", 0..31);
    let recorded = store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    assert_eq!(recorded.overflowed, 30);
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.dead_letters, [("siem".to_owned(), 10)]);
    assert_eq!(stats.dead_letters_dropped, 20);
}

async fn each_sink_is_told(open: &Open) {
    let store = open(Limits::default()).await;
    let batch = series("one", 0..10);
    let two = ["siem".to_owned(), "chat".to_owned()];
    store.record(&batch, &two, TELL_EACH).await.unwrap();
    assert_eq!(drain(&*store, "siem").await, each_once(&batch));
    assert_eq!(count(&*store).await, [("chat".to_owned(), 10)]);
    // The name of a sink is part of the claim's.
    let claims = store.claim("chat", 10, LEASE).await.unwrap();
    let settled = claims.iter().map(|claim| (claim.id, Settlement::Delivered));
    store
        .settle("siem", settled.clone().collect())
        .await
        .unwrap();
    assert_eq!(count(&*store).await, [("chat".to_owned(), 10)]);
    store.settle("chat", settled.collect()).await.unwrap();
    assert!(count(&*store).await.is_empty());
}

async fn count(store: &dyn Store) -> Vec<(String, u64)> {
    store.stats().await.unwrap().outbox
}
