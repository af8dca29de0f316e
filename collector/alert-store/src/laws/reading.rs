//! Questions are answered, and the feed is in order.

use super::{Open, TELL_EACH, alert, incoming, now_ns, series, sinks};
use crate::{Aggregation, Cursor, Limits, Query, Store, StoreError, StoredAlert};
use saker_proto::v1;
use std::time::Duration;

const SECOND_NS: u64 = 1_000_000_000;

pub(super) async fn hold(open: &Open) {
    queries_select(open).await;
    queries_are_newest_first(open).await;
    groups_are_counted(open).await;
    the_feed_goes_on(open).await;
    the_feed_begins_at_a_time(open).await;
    the_feed_filters(open).await;
}

/// Ten alerts, a second apart, that differ in all that can be asked for.
fn varied(start_ns: u64) -> Vec<v1::Alert> {
    (0..10)
        .map(|number| {
            let even = number % 2 == 0;
            let mut alert = alert(
                if even { "even" } else { "odd" },
                number,
                start_ns + number * SECOND_NS,
            );
            alert.priority = i32::try_from(number % 8).unwrap() + 1;
            alert.tags = vec![format!("tag{number}"), "all".to_owned()];
            if let Some(node) = &mut alert.node {
                node.hostname = format!("node-{}", number % 5);
            }
            if number >= 5 {
                alert.pod = Some(v1::Pod {
                    name: format!("pod-{number}"),
                    namespace: if even { "prod" } else { "dev" }.to_owned(),
                    ..v1::Pod::default()
                });
                alert.container = Some(v1::Container {
                    id: format!("{number:012x}"),
                    full_id: format!("{number:012x}{:052x}", 7),
                    name: format!("name-{number}"),
                    ..v1::Container::default()
                });
            }
            alert
        })
        .collect()
}

fn numbers(found: &[StoredAlert], start_ns: u64) -> Vec<u64> {
    let number = |stored: &StoredAlert| (stored.alert.time_unix_ns - start_ns) / SECOND_NS;
    found.iter().map(number).collect()
}

async fn queries_select(open: &Open) {
    let store = open(Limits::default()).await;
    let start_ns = now_ns() / SECOND_NS * SECOND_NS - 100 * SECOND_NS;
    let alerts = varied(start_ns);
    let batch: Vec<_> = alerts.into_iter().map(incoming).collect();
    store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let check = async |change: &dyn Fn(&mut Query), expected: &[u64]| {
        let mut query = Query {
            limit: 100,
            ..Query::default()
        };
        change(&mut query);
        let found = store.query(&query).await.unwrap();
        assert_eq!(numbers(&found, start_ns), expected, "{query:?}");
    };
    check(&|_| (), &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]).await;
    check(
        &|query| query.filter.rules = texts(&["odd"]),
        &[9, 7, 5, 3, 1],
    )
    .await;
    check(
        &|query| query.filter.rules = texts(&["odd", "even"]),
        &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    )
    .await;
    check(&|query| query.filter.rules = texts(&["ODD"]), &[]).await;
    check(&|query| query.filter.minimum_priority = 7, &[7, 6]).await;
    check(
        &|query| query.filter.tags = texts(&["tag3", "tag4"]),
        &[4, 3],
    )
    .await;
    check(&|query| query.filter.tags = texts(&["tag"]), &[]).await;
    check(
        &|query| query.filter.namespaces = texts(&["dev"]),
        &[9, 7, 5],
    )
    .await;
    check(&|query| query.nodes = texts(&["node-1"]), &[6, 1]).await;
    check(&|query| query.pods = texts(&["pod-6", "pod-8"]), &[8, 6]).await;
    check(&|query| query.containers = texts(&["000000000005"]), &[5]).await;
    let full = format!("000000000006{:052x}", 7);
    check(
        &|query| query.containers = vec![full.clone(), "name-9".to_owned()],
        &[9, 6],
    )
    .await;
    check(
        &|query| query.since_ns = Some(start_ns + 7 * SECOND_NS),
        &[9, 8, 7],
    )
    .await;
    check(
        &|query| query.since_ns = Some(start_ns + 7 * SECOND_NS + 1),
        &[9, 8],
    )
    .await;
    check(
        &|query| query.until_ns = Some(start_ns + 2 * SECOND_NS),
        &[1, 0],
    )
    .await;
    check(
        &|query| query.until_ns = Some(start_ns + 2 * SECOND_NS + 1),
        &[2, 1, 0],
    )
    .await;
    check(&|query| query.limit = 2, &[9, 8]).await;
    check(&|query| query.limit = 0, &[]).await;
    let all = |query: &mut Query| {
        query.filter.rules = texts(&["even"]);
        query.filter.tags = texts(&["all"]);
        query.filter.namespaces = texts(&["prod"]);
        query.limit = 1;
    };
    check(&all, &[8]).await;
}

async fn queries_are_newest_first(open: &Open) {
    let store = open(Limits::default()).await;
    let mut batch = series("one", 0..100);
    batch.reverse();
    for part in batch.chunks(7) {
        store.record(part, &sinks(), TELL_EACH).await.unwrap();
    }
    let query = Query {
        limit: 50,
        ..Query::default()
    };
    let found = store.query(&query).await.unwrap();
    let times: Vec<_> = found
        .iter()
        .map(|stored| stored.alert.time_unix_ns)
        .collect();
    let expected: Vec<_> = batch[..50]
        .iter()
        .map(|incoming| incoming.alert.time_unix_ns)
        .collect();
    assert_eq!(times.len(), 50);
    // Ids order by the millisecond and then arbitrarily; these are numbered within it.
    assert_eq!(times, expected);
}

async fn groups_are_counted(open: &Open) {
    let store = open(Limits::default()).await;
    let aggregation = Aggregation {
        window: Duration::from_secs(60),
    };
    store
        .record(&series("one", 0..5), &sinks(), aggregation)
        .await
        .unwrap();
    store
        .record(&series("two", 10..11), &sinks(), aggregation)
        .await
        .unwrap();
    let query = Query {
        limit: 10,
        ..Query::default()
    };
    for stored in store.query(&query).await.unwrap() {
        let expected = if stored.alert.rule == "one" { 5 } else { 1 };
        assert_eq!(stored.group_count, expected);
    }
}

async fn the_feed_goes_on(open: &Open) {
    let store = open(Limits::default()).await;
    let before = series("one", 0..10);
    store.record(&before, &sinks(), TELL_EACH).await.unwrap();
    let query = Query::default();
    let (none, start) = store.after(None, &query, 10).await.unwrap();
    assert!(none.is_empty());
    assert!(
        store
            .after(Some(&start), &query, 10)
            .await
            .unwrap()
            .0
            .is_empty()
    );
    let mut batch = series("one", 100..130);
    batch.reverse();
    store
        .record(&batch[..20], &sinks(), TELL_EACH)
        .await
        .unwrap();
    let (first, cursor) = store.after(Some(&start), &query, 7).await.unwrap();
    assert_eq!(first.len(), 7);
    assert_eq!(first[6].cursor, cursor);
    store
        .record(&batch[20..], &sinks(), TELL_EACH)
        .await
        .unwrap();
    let (rest, end) = store.after(Some(&cursor), &query, 100).await.unwrap();
    let seen: Vec<_> = first
        .iter()
        .chain(&rest)
        .map(|stored| &stored.alert.id)
        .collect();
    let expected: Vec<_> = batch.iter().map(|incoming| &incoming.alert.id).collect();
    assert_eq!(seen, expected, "in the order of storing");
    assert!(
        store
            .after(Some(&end), &query, 100)
            .await
            .unwrap()
            .0
            .is_empty()
    );
    // From any alert.
    let (rest, _) = store
        .after(Some(&rest[9].cursor), &query, 100)
        .await
        .unwrap();
    assert_eq!(rest.len(), 13);
    for wrong in ["", "x", "0", "-1", "deadbeef-1", "'; DROP TABLE alerts"] {
        let error = store
            .after(Some(&Cursor(wrong.to_owned())), &query, 1)
            .await;
        assert!(
            matches!(error, Err(StoreError::InvalidCursor(_))),
            "{wrong}"
        );
    }
}

async fn the_feed_begins_at_a_time(open: &Open) {
    let store = open(Limits::default()).await;
    let start_ns = now_ns() / SECOND_NS * SECOND_NS - 100 * SECOND_NS;
    let batch: Vec<_> = varied(start_ns).into_iter().map(incoming).collect();
    // The event that happened last is stored first.
    store
        .record(&batch[9..], &sinks(), TELL_EACH)
        .await
        .unwrap();
    store
        .record(&batch[..9], &sinks(), TELL_EACH)
        .await
        .unwrap();
    let query = Query {
        since_ns: Some(start_ns + 7 * SECOND_NS),
        ..Query::default()
    };
    let (none, cursor) = store.after(None, &query, 10).await.unwrap();
    assert!(none.is_empty());
    let (found, _) = store.after(Some(&cursor), &query, 10).await.unwrap();
    assert_eq!(numbers(&found, start_ns), [9, 7, 8]);
    let future = Query {
        since_ns: Some(now_ns() + 1_000 * SECOND_NS),
        ..Query::default()
    };
    let (_, cursor) = store.after(None, &future, 10).await.unwrap();
    assert!(
        store
            .after(Some(&cursor), &Query::default(), 10)
            .await
            .unwrap()
            .0
            .is_empty()
    );
}

async fn the_feed_filters(open: &Open) {
    let store = open(Limits::default()).await;
    let (_, mut cursor) = store.after(None, &Query::default(), 1).await.unwrap();
    let many = series("many", 0..25_000);
    for part in many.chunks(5_000) {
        store.record(part, &[], TELL_EACH).await.unwrap();
    }
    store
        .record(&series("few", 30_000..30_003), &[], TELL_EACH)
        .await
        .unwrap();
    let query = Query {
        filter: v1::AlertFilter {
            rules: vec!["few".to_owned()],
            ..v1::AlertFilter::default()
        },
        ..Query::default()
    };
    let found = search(&*store, &mut cursor, &query).await;
    assert_eq!(found, 3);
    assert_eq!(search(&*store, &mut cursor, &query).await, 0);
}

/// Reads until the cursor stays where it is.
async fn search(store: &dyn Store, cursor: &mut Cursor, query: &Query) -> usize {
    let mut found = 0;
    loop {
        let (alerts, next) = store.after(Some(cursor), query, 2).await.unwrap();
        found += alerts.len();
        if next == *cursor {
            return found;
        }
        *cursor = next;
    }
}
