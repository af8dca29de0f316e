//! The laws of queues, for the embedded one; and what it alone promises.

use std::collections::BTreeSet;
use std::io::Read;
use std::num::{NonZeroU16, NonZeroU64};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use saker_alert_queue::{
    AlertQueue, EmbeddedSettings, Partitions, QueueError, QueueSettings, open,
};
use tempfile::TempDir;

mod laws;

use laws::{Place, Wish, laws};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

fn settings(wish: Wish) -> QueueSettings {
    QueueSettings::Embedded(EmbeddedSettings {
        bytes_max: NonZeroU64::new(wish.bytes_max).unwrap(),
        lease_seconds: NonZeroU64::new(wish.lease_seconds).unwrap(),
        partitions: wish
            .partitions
            .map(|count| Partitions(NonZeroU16::new(count).unwrap())),
        ..EmbeddedSettings::default()
    })
}

async fn open_in(folder: &Path, wish: Wish) -> Result<Box<dyn AlertQueue>, QueueError> {
    open(&settings(wish), folder).await
}

#[async_trait]
impl Place for Folder {
    async fn open(&self, wish: Wish) -> Box<dyn AlertQueue> {
        open_in(self.0.path(), wish).await.unwrap()
    }
}

laws!(Folder::new());

const FOLDER: &str = "SAKER_QUEUE_FOLDER";
const FIRST: &str = "SAKER_QUEUE_FIRST";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs until it is killed, as the child of the test that kills it"]
async fn publishes_and_handles_until_it_is_killed() {
    let folder = std::env::var_os(FOLDER).unwrap();
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let queue = open_in(Path::new(&folder), Wish::default()).await.unwrap();
    let mut consumer = queue.consumer().await.unwrap();
    // Ends the line in which the name of the test stands.
    println!();
    tokio::spawn(async move {
        loop {
            let batch = consumer
                .next_batch(40, Duration::from_secs(1))
                .await
                .unwrap();
            for delivery in &batch {
                println!("handled {}", laws::number(&delivery.payload));
            }
            consumer.acknowledge(laws::receipts(&batch)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    });
    for start in (first..).step_by(50) {
        queue
            .publish(laws::alerts(start..start + 50))
            .await
            .unwrap();
        println!("published {start}");
    }
}

/// Runs the child for a while; tells what it said.
fn run_and_kill(folder: &Path, first: u64, time: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "--test-threads=1"])
        .arg("publishes_and_handles_until_it_is_killed")
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        text
    });
    std::thread::sleep(time);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    let text = reader.join().unwrap();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole.map(|line| line.trim_end().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_that_was_published() {
    let folder = Folder::new();
    let (mut published, mut handled) = (BTreeSet::new(), BTreeSet::new());
    let mut first = 0;
    for round in 0..10_u64 {
        let time = Duration::from_millis(80 + round * 37 % 150);
        for line in run_and_kill(folder.0.path(), first, time) {
            match line.split_once(' ') {
                Some(("published", start)) => {
                    let start: u64 = start.parse().unwrap();
                    published.extend(start..start + 50);
                    first = start + 50;
                }
                Some(("handled", number)) => {
                    handled.insert(number.parse().unwrap());
                }
                _ => {}
            }
        }
        // What was being published when it was killed may be there.
        first += 1000;
    }
    assert!(published.len() > 500, "{} is no load", published.len());
    let queue = folder.open(Wish::default()).await;
    let depth = queue.stats().await.unwrap().depth;
    assert!(depth > 0, "nothing was left behind");
    let mut consumer = queue.consumer().await.unwrap();
    loop {
        let batch = consumer
            .next_batch(500, Duration::from_millis(100))
            .await
            .unwrap();
        if batch.is_empty() {
            break;
        }
        handled.extend(batch.iter().map(|delivery| laws::number(&delivery.payload)));
        consumer.acknowledge(laws::receipts(&batch)).await.unwrap();
    }
    let lost: Vec<u64> = published.difference(&handled).copied().collect();
    assert!(lost.is_empty(), "{lost:?}");
}
