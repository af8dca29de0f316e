mod kill;

use super::*;
use crate::laws;
use std::path::Path;

async fn open_at(path: &Path, limits: Limits) -> SqliteStore {
    let settings = SqliteSettings {
        path: path.to_owned(),
        limits,
    };
    SqliteStore::open(&settings, Clock::system()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_laws_hold() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let opened = Arc::new(AtomicU64::new(0));
    laws::hold(&move |limits| {
        let number = opened.fetch_add(1, Ordering::Relaxed);
        let path = folder.path().join(format!("{number}.db"));
        Box::pin(async move {
            let store: Arc<dyn Store> = Arc::new(open_at(&path, limits).await);
            store
        })
    })
    .await;
}

/// One step of what collectors do with a store.
#[derive(Clone, Debug)]
enum Step {
    /// Records alerts with these numbers; each has one of few kinds.
    Record(Vec<u64>),
    /// Begins to record, and is gone before the commit.
    Crash(Vec<u64>),
    /// Lets time pass.
    Wait(u64),
    Close,
    Reopen,
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    use proptest::prelude::*;
    let numbers = || proptest::collection::vec(0_u64..200, 0..40);
    prop_oneof![
        4 => numbers().prop_map(Step::Record),
        1 => numbers().prop_map(Step::Crash),
        2 => (0_u64..1_500).prop_map(Step::Wait),
        2 => Just(Step::Close),
        1 => Just(Step::Reopen),
    ]
}

/// An alert with this number, one of five rules.
fn numbered(number: u64) -> Incoming {
    let rule = format!("rule {}", number % 5);
    laws::incoming(laws::alert(
        &rule,
        number,
        1_700_000_000_000_000_000 + number * 1_000,
    ))
}

/// Records in a transaction that is dropped, as if the process were gone.
fn crash(path: &Path, numbers: &[u64], now_ms: u64) {
    let mut connection = rusqlite::Connection::open(path).unwrap();
    let transaction = connection.transaction().unwrap();
    for number in numbers {
        let row = Row::new(&numbered(*number));
        transaction
            .execute(
                "INSERT OR IGNORE INTO alerts (id, window_id, time_ns, priority, rule, tags, payload) \
                 VALUES (?1, 0, ?2, 0, '', '', x'00')",
                rusqlite::params![row.id.to_bytes(), now_ms.cast_signed()],
            )
            .unwrap();
    }
    drop(transaction);
}

async fn each_alert_is_told_once(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.db");
    let now_ms = Arc::new(AtomicU64::new(1_700_000_000_000));
    let open = async || {
        let settings = SqliteSettings {
            path: path.clone(),
            limits: Limits::default(),
        };
        let now_ms = Arc::clone(&now_ms);
        let clock = Clock::new(move || now_ms.load(Ordering::Relaxed));
        SqliteStore::open(&settings, clock).await.unwrap()
    };
    let (sinks, window) = (["siem".to_owned()], Duration::from_secs(1));
    let mut store = open().await;
    let mut stored = std::collections::BTreeSet::new();
    let mut recorded = Recorded::default();
    for step in steps {
        match step {
            Step::Record(numbers) => {
                let batch: Vec<_> = numbers.iter().copied().map(numbered).collect();
                let answer = store
                    .record(&batch, &sinks, Aggregation { window })
                    .await
                    .unwrap();
                let before = stored.len() as u64;
                stored.extend(batch.iter().map(|incoming| incoming.id));
                assert_eq!(answer.new, stored.len() as u64 - before);
                assert_eq!(answer.new + answer.duplicates, batch.len() as u64);
                recorded.new += answer.new;
                recorded.aggregated += answer.aggregated;
            }
            Step::Crash(numbers) => crash(&path, &numbers, now_ms.load(Ordering::Relaxed)),
            Step::Wait(ms) => drop(now_ms.fetch_add(ms, Ordering::Relaxed)),
            Step::Close => drop(store.close_windows(&sinks).await.unwrap()),
            Step::Reopen => store = open().await,
        }
    }
    now_ms.fetch_add(10_000, Ordering::Relaxed);
    store.close_windows(&sinks).await.unwrap();
    let claims = store
        .claim("siem", 10_000, Duration::from_secs(60))
        .await
        .unwrap();
    let firsts = claims
        .iter()
        .filter(|claim| claim.notification.repeats.members.len() == 1);
    assert!(firsts.count() as u64 >= recorded.new - recorded.aggregated);
    let mut told: Vec<_> = claims
        .iter()
        .flat_map(|claim| claim.notification.repeats.members.clone())
        .collect();
    told.sort();
    assert_eq!(told, stored.into_iter().collect::<Vec<_>>());
    assert_eq!(store.stats().await.unwrap().held, 0);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn every_alert_is_a_member_once(steps in proptest::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(each_alert_is_told_once(steps));
    }
}

#[tokio::test]
async fn what_is_no_database_is_a_permanent_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.db");
    std::fs::write(&path, "no database ".repeat(1_000)).unwrap();
    let settings = SqliteSettings {
        path: path.clone(),
        limits: Limits::default(),
    };
    let error = SqliteStore::open(&settings, Clock::system())
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), crate::ErrorKind::Permanent);
    assert!(error.to_string().contains("alerts.db"), "{error}");
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.db");
    drop(open_at(&path, Limits::default()).await);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    let settings = SqliteSettings {
        path,
        limits: Limits::default(),
    };
    let error = SqliteStore::open(&settings, Clock::system())
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("schema 999"), "{error}");
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.db");
    let store = open_at(&path, Limits::default()).await;
    let sinks = ["siem".to_owned()];
    let window = Duration::ZERO;
    let batch = [numbered(1), numbered(2), numbered(3)];
    store
        .record(&batch, &sinks, Aggregation { window })
        .await
        .unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute("UPDATE alerts SET payload = x'ff00' WHERE seq = 2", [])
        .unwrap();
    let all = Query {
        limit: 10,
        ..Query::default()
    };
    assert_eq!(store.query(&all).await.unwrap().len(), 2);
    assert_eq!(
        store
            .claim("siem", 10, Duration::from_secs(9))
            .await
            .unwrap()
            .len(),
        2
    );
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.corrupt_rows, 2);
    assert_eq!(stats.dead_letters, [("siem".to_owned(), 1)]);
}

#[tokio::test]
async fn a_full_disk_is_transient() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_at(&folder.path().join("alerts.db"), Limits::default()).await;
    let pages = async |pages: i64| {
        let set = move |connection: &mut rusqlite::Connection| {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        };
        store.connections.write("cannot limit", set).await.unwrap();
    };
    // The smallest that is possible: as many as there are.
    pages(1).await;
    let batch: Vec<_> = (0..2_000).map(numbered).collect();
    let window = Duration::ZERO;
    let error = store
        .record(&batch, &[], Aggregation { window })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Transient);
    pages(1 << 30).await;
    let recorded = store
        .record(&batch, &[], Aggregation { window })
        .await
        .unwrap();
    assert_eq!(
        recorded.new, 2_000,
        "nothing of the batch was stored before"
    );
}
