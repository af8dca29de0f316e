//! Alerts in a real PostgreSQL, with faults.

use saker_alert_store::{
    Aggregation, Cursor, Incoming, Limits, PostgresStore, Query, Settlement, Store, StoreSettings,
    laws,
};
use saker_delivery_tests::servers::PostgresServer;
use saker_proto::AlertId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinSet;

const DAY_NS: u64 = 86_400_000_000_000;
const TELL_EACH: Aggregation = Aggregation {
    window: Duration::ZERO,
};

fn settings(server: &PostgresServer, database: &str, limits: Limits) -> StoreSettings {
    let Limits {
        outbox_max,
        dead_letters_max,
    } = limits;
    let yaml = format!(
        "kind: postgresql
host: 127.0.0.1
port: {}
user: postgres
database: {database}
password: {{file: {}}}
limits: {{outbox_max: {outbox_max}, dead_letters_max: {dead_letters_max}}}
",
        server.port(),
        server.password_file().display()
    );
    serde_saphyr::from_str(&yaml).unwrap()
}

async fn open(server: &PostgresServer, database: &str) -> PostgresStore {
    let StoreSettings::Postgresql(settings) = settings(server, database, Limits::default()) else {
        unreachable!("it says postgresql");
    };
    PostgresStore::open(&settings).await.unwrap()
}

fn create(server: &PostgresServer, database: &str) {
    let sql = format!("CREATE DATABASE {database}");
    server.sql("postgres", &sql).unwrap();
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

fn series(rule: &str, numbers: std::ops::Range<u64>) -> Vec<Incoming> {
    let now_ns = now_ns();
    numbers
        .map(|number| laws::incoming(laws::alert(rule, number, now_ns + number * 1_000)))
        .collect()
}

fn sinks() -> Vec<String> {
    vec!["siem".to_owned()]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_laws_hold() {
    let server = Arc::new(PostgresServer::start().unwrap());
    let opened = Arc::new(AtomicU64::new(0));
    laws::hold(&move |limits| {
        let (server, opened) = (Arc::clone(&server), Arc::clone(&opened));
        Box::pin(async move {
            let database = format!("law_{}", opened.fetch_add(1, Ordering::Relaxed));
            create(&server, &database);
            let store = saker_alert_store::open(&settings(&server, &database, limits)).await;
            let store: Arc<dyn Store> = Arc::from(store.unwrap());
            store
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn collectors_that_start_together_make_the_tables_once() {
    let server = Arc::new(PostgresServer::start().unwrap());
    create(&server, "together");
    let mut openings = JoinSet::new();
    for _ in 0..6 {
        let server = Arc::clone(&server);
        openings.spawn(async move {
            let store = open(&server, "together").await;
            store
                .record(&series("one", 0..10), &sinks(), TELL_EACH)
                .await
        });
    }
    for recorded in openings.join_all().await {
        recorded.unwrap();
    }
    let is_once = "SELECT count(*) > 0 AND count(*) = count(DISTINCT version) FROM saker_schema";
    assert_eq!(server.sql("together", is_once).unwrap(), "t");
    // Made by a version that does not exist yet.
    server
        .sql("together", "INSERT INTO saker_schema VALUES (999)")
        .unwrap();
    let newer = saker_alert_store::open(&settings(&server, "together", Limits::default())).await;
    assert!(newer.is_err_and(|error| error.to_string().contains("schema 999")));
}

/// Repeats a call while the server is away.
async fn patiently<T, F: Future<Output = Result<T, saker_alert_store::StoreError>>>(
    mut call: impl FnMut() -> F,
) -> T {
    for _ in 0..600 {
        match call().await {
            Ok(answer) => return answer,
            Err(error) => {
                assert_eq!(
                    error.kind(),
                    saker_alert_store::ErrorKind::Transient,
                    "{error:?}"
                );
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    panic!("the server does not come back");
}

/// Four collectors record the same batches and tell sinks while the server is killed again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_nothing() {
    let mut server = PostgresServer::start().unwrap();
    create(&server, "killed");
    let window = Aggregation {
        window: Duration::from_millis(300),
    };
    let mut batches: Vec<Vec<Incoming>> = vec![Vec::new(); 200];
    for rule in 0..40 {
        let alerts = series(&format!("rule {rule}"), rule * 1_000..rule * 1_000 + 200);
        for (place, alert) in alerts.into_iter().enumerate() {
            batches[place % 200].push(alert);
        }
    }
    let all: BTreeMap<AlertId, u64> = batches.iter().flatten().map(|one| (one.id, 1)).collect();
    let batches = Arc::new(batches);
    let mut recorders = JoinSet::new();
    let (stored, is_over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let first = Arc::new(open(&server, "killed").await);
    for recorder in 0..4 {
        let batches = Arc::clone(&batches);
        let stored = Arc::clone(&stored);
        let store = if recorder == 0 {
            Arc::clone(&first)
        } else {
            Arc::new(open(&server, "killed").await)
        };
        recorders.spawn(async move {
            let names = sinks();
            for place in 0..batches.len() {
                let batch = &batches[(place + recorder * 3) % batches.len()];
                let recorded = patiently(|| store.record(batch, &names, window)).await;
                stored.fetch_add(recorded.new, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    }
    let (teller, tells_until) = (Arc::clone(&first), Arc::clone(&is_over));
    let told = tokio::spawn(async move {
        let (names, mut told) = (sinks(), BTreeMap::<AlertId, u64>::new());
        loop {
            let was_over = tells_until.load(Ordering::Relaxed);
            patiently(|| teller.close_windows(&names)).await;
            // Short, for a claim whose answer was lost comes again after that.
            let lease = Duration::from_secs(2);
            let claims = patiently(|| teller.claim("siem", 50, lease)).await;
            let outbox = patiently(|| teller.stats()).await;
            if was_over && claims.is_empty() && outbox.outbox.is_empty() && outbox.held == 0 {
                return told;
            }
            for claim in &claims {
                for member in &claim.notification.repeats.members {
                    *told.entry(*member).or_default() += 1;
                }
            }
            let settled: Vec<_> = claims
                .iter()
                .map(|claim| (claim.id, Settlement::Delivered))
                .collect();
            patiently(|| teller.settle("siem", settled.clone())).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.restart().unwrap();
    }
    recorders.join_all().await;
    is_over.store(true, Ordering::Relaxed);
    let told = told.await.unwrap();
    let kept = server.sql("killed", "SELECT count(*), count(DISTINCT id) FROM alerts");
    assert_eq!(kept.unwrap(), format!("{0}|{0}", all.len()));
    // A commit whose answer was lost counts as duplicates when it is repeated.
    assert!(stored.load(Ordering::Relaxed) <= all.len() as u64);
    // At least once: a settlement whose answer was lost, or that came too late, tells again.
    assert!(
        told.keys().eq(all.keys()),
        "told {} of {}",
        told.len(),
        all.len()
    );
    let stray = server.sql(
        "killed",
        "SELECT count(*) FROM windows w WHERE alert_count <> (SELECT count(*) FROM alerts a WHERE a.window_id = w.id)",
    );
    assert_eq!(stray.unwrap(), "0", "a window counts its alerts");
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_partitions() {
    let server = PostgresServer::start().unwrap();
    create(&server, "days");
    let store = open(&server, "days").await;
    let partitions = || {
        let sql = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'alerts'::regclass";
        server.sql("days", sql).unwrap()
    };
    assert_eq!(partitions(), "4", "today, two days ahead, and all others");
    let alert = |number: u64, time_ns| laws::incoming(laws::alert("one", number, time_ns));
    // Five days late, and one too late for a partition of its own.
    let batch: Vec<_> = (0..5)
        .map(|days| alert(days, now_ns() - days * DAY_NS))
        .chain([
            alert(5, now_ns() - 300 * DAY_NS),
            alert(6, now_ns() + 30 * DAY_NS),
        ])
        .collect();
    assert_eq!(store.record(&batch, &[], TELL_EACH).await.unwrap().new, 7);
    assert_eq!(partitions(), "8");
    let others = || {
        server
            .sql("days", "SELECT count(*) FROM alerts_other")
            .unwrap()
    };
    assert_eq!(others(), "2");
    // Unique over all partitions.
    let again = open(&server, "days").await;
    assert_eq!(
        again
            .record(&batch, &[], TELL_EACH)
            .await
            .unwrap()
            .duplicates,
        7
    );
    let expired = store.expire(Duration::from_secs(2 * 86_400)).await.unwrap();
    assert_eq!(expired.alerts, 3, "two days and the one of last year");
    assert_eq!(partitions(), "6");
    assert_eq!(others(), "1");
    let all = Query {
        limit: 100,
        ..Query::default()
    };
    assert_eq!(again.query(&all).await.unwrap().len(), 4);
    // Another collector did not notice that its partitions are gone: it makes them again, or uses that for others.
    assert_eq!(again.record(&batch, &[], TELL_EACH).await.unwrap().new, 3);
    assert_eq!(again.query(&all).await.unwrap().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_move_when_their_day_gets_a_partition() {
    let server = PostgresServer::start().unwrap();
    create(&server, "moving");
    let store = open(&server, "moving").await;
    let table = server
        .sql(
            "moving",
            "SELECT 'alerts_day_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM_DD')",
        )
        .unwrap();
    server
        .sql("moving", &format!("DROP TABLE {table}"))
        .unwrap();
    let batch = series("one", 0..10);
    store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        server.sql("moving", &sql).unwrap()
    };
    assert_eq!(count("alerts_other"), "10");
    let again = open(&server, "moving").await;
    assert_eq!(
        (count("alerts_other"), count(&table)),
        ("0".to_owned(), "10".to_owned())
    );
    assert_eq!(
        again
            .record(&batch, &sinks(), TELL_EACH)
            .await
            .unwrap()
            .duplicates,
        10
    );
}

/// Transactions end in another order than they are numbered in.
#[tokio::test(flavor = "multi_thread")]
async fn the_feed_waits_for_transactions_that_have_not_ended() {
    let server = Arc::new(PostgresServer::start().unwrap());
    create(&server, "feed");
    let store = open(&server, "feed").await;
    let query = Query::default();
    let (_, start) = store.after(None, &query, 10).await.unwrap();
    let other = Arc::clone(&server);
    // Has a number, stores, and does not end for a while.
    let slow = tokio::task::spawn_blocking(move || {
        other.sql(
            "feed",
            "BEGIN;
             INSERT INTO alerts (id, batch, place, window_id, time_ns, priority, rule, tags, payload)
             SELECT gen_random_uuid(), pg_current_xact_id()::text::bigint, 0, 0, 0, 0, 'slow', '', '\\x00';
             SELECT pg_sleep(2);
             COMMIT",
        )
    });
    tokio::time::sleep(Duration::from_millis(700)).await;
    let fast = store.record(&series("fast", 0..5), &[], TELL_EACH).await;
    assert_eq!(fast.unwrap().new, 5);
    let (alerts, cursor) = store.after(Some(&start), &query, 10).await.unwrap();
    assert!(alerts.is_empty(), "what is numbered lower may come yet");
    assert_eq!(cursor, start);
    slow.await.unwrap().unwrap();
    let (alerts, _) = store.after(Some(&start), &query, 10).await.unwrap();
    // The slow one's payload is an empty alert; it is first.
    let rules: Vec<_> = alerts.iter().map(|stored| &*stored.alert.rule).collect();
    assert_eq!(rules, ["", "fast", "fast", "fast", "fast", "fast"]);
}

/// A dump brings numbers of another server's transactions.
#[tokio::test(flavor = "multi_thread")]
async fn the_feed_goes_on_after_a_dump_was_restored() {
    let server = PostgresServer::start().unwrap();
    create(&server, "restored");
    let store = open(&server, "restored").await;
    store
        .record(&series("one", 0..5), &[], TELL_EACH)
        .await
        .unwrap();
    server
        .sql("restored", "UPDATE alerts SET batch = batch + 1000000")
        .unwrap();
    let name = server.sql("restored", "SELECT name FROM identity").unwrap();
    let batch = server
        .sql("restored", "SELECT max(batch) FROM alerts")
        .unwrap();
    let cursor = Cursor(format!("{name}-{batch}.4"));
    let restarted = open(&server, "restored").await;
    restarted
        .record(&series("two", 10..15), &[], TELL_EACH)
        .await
        .unwrap();
    let (alerts, _) = restarted
        .after(Some(&cursor), &Query::default(), 100)
        .await
        .unwrap();
    assert_eq!(alerts.len(), 5);
    assert!(alerts.iter().all(|stored| stored.alert.rule == "two"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_read_are_skipped_and_counted() {
    let server = PostgresServer::start().unwrap();
    create(&server, "corrupt");
    let store = open(&server, "corrupt").await;
    let batch = series("one", 0..3);
    store.record(&batch, &sinks(), TELL_EACH).await.unwrap();
    server
        .sql(
            "corrupt",
            "UPDATE alerts SET payload = '\\xff00' WHERE place = 1",
        )
        .unwrap();
    let all = Query {
        limit: 10,
        ..Query::default()
    };
    assert_eq!(store.query(&all).await.unwrap().len(), 2);
    let lease = Duration::from_secs(60);
    assert_eq!(store.claim("siem", 10, lease).await.unwrap().len(), 2);
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.corrupt_rows, 2);
    assert_eq!(stats.dead_letters, [("siem".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_permanent_and_not_shown() {
    let server = PostgresServer::start().unwrap();
    create(&server, "secret");
    std::fs::write(server.password_file(), "guessed-wrong").unwrap();
    let error = saker_alert_store::open(&settings(&server, "secret", Limits::default())).await;
    let error = error.err().unwrap();
    assert_eq!(error.kind(), saker_alert_store::ErrorKind::Permanent);
    let text = format!("{error:?} {error}");
    assert!(text.contains("password authentication failed"), "{text}");
    assert!(!text.contains("guessed-wrong"), "{text}");
}
