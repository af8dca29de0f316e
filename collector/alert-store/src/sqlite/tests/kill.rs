//! A collector that is killed with SIGKILL leaves a database that holds all it had acknowledged.

use crate::{Aggregation, Clock, Incoming, Limits, SqliteSettings, SqliteStore, Store, laws};
use saker_proto::AlertId;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Set for the process that is killed: the database.
const DATABASE: &str = "SAKER_STORE_KILL_TEST";
const WINDOW: Aggregation = Aggregation {
    window: Duration::from_millis(20),
};

async fn open(path: &Path) -> SqliteStore {
    let settings = SqliteSettings {
        path: path.to_owned(),
        limits: Limits::default(),
    };
    SqliteStore::open(&settings, Clock::system()).await.unwrap()
}

fn batch(number: u64) -> Vec<Incoming> {
    let time_ns = 1_700_000_000_000_000_000;
    (number * 50..(number + 1) * 50)
        .map(|number| {
            let rule = format!("rule {}", number % 3);
            laws::incoming(laws::alert(&rule, number, time_ns + number * 1_000))
        })
        .collect()
}

fn sinks() -> Vec<String> {
    vec!["siem".to_owned()]
}

/// Not a test of its own: the process that [`what_was_acknowledged_survives`] kills.
#[tokio::test]
async fn records_until_it_is_killed() {
    let Ok(path) = std::env::var(DATABASE) else {
        return;
    };
    let store = open(Path::new(&path)).await;
    for number in 0.. {
        store
            .record(&batch(number), &sinks(), WINDOW)
            .await
            .unwrap();
        println!("\nacknowledged {number}");
        if number % 5 == 0 {
            store.close_windows(&sinks()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let path = folder.path().join(format!("{round}.db"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "sqlite::tests::kill::records_until_it_is_killed",
                "--nocapture",
            ])
            .env(DATABASE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = 0;
        let out = BufReader::new(child.stdout.take().unwrap());
        for line in out.lines() {
            if let Some(number) = line.unwrap().strip_prefix("acknowledged ") {
                acknowledged = number.parse::<u64>().unwrap() + 1;
                if acknowledged == 7 + round * 4 {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        assert!(acknowledged > 0);
        check(&path, acknowledged).await;
    }
}

async fn check(path: &Path, acknowledged: u64) {
    let store = open(path).await;
    for number in 0..acknowledged {
        let again = store
            .record(&batch(number), &sinks(), WINDOW)
            .await
            .unwrap();
        assert_eq!(again.duplicates, 50, "batch {number} was acknowledged");
    }
    // What was on its way is there whole, or not at all.
    let next = store
        .record(&batch(acknowledged), &sinks(), WINDOW)
        .await
        .unwrap();
    assert!(next.duplicates == 50 || next.new == 50, "{next:?}");
    tokio::time::sleep(Duration::from_millis(50)).await;
    store.close_windows(&sinks()).await.unwrap();
    let lease = Duration::from_secs(60);
    let claims = store.claim("siem", 100_000, lease).await.unwrap();
    let told: Vec<AlertId> = claims
        .iter()
        .flat_map(|claim| claim.notification.repeats.members.clone())
        .collect();
    let once: BTreeSet<_> = told.iter().copied().collect();
    assert_eq!(once.len(), told.len(), "each is told once");
    let expected: BTreeSet<_> = (0..=acknowledged)
        .flat_map(batch)
        .map(|incoming| incoming.id)
        .collect();
    assert!(once.is_superset(&expected));
}
