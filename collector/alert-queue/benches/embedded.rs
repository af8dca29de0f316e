//! What the embedded queue takes: alerts a second through publish, delivery and acknowledgement, and the CPU time
//! of one. Prints a line for each number of publishers.
//!
//! `cargo bench -p saker-alert-queue`; the folder is `SAKER_BENCH_DIRECTORY`, or one in the folder for temporary
//! files, whose disk it measures.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use saker_alert_queue::{AlertQueue, QueueSettings, QueuedAlert, open};
use saker_proto::AlertId;

/// Alerts of one batch, as an agent sends them.
const BATCH: u64 = 200;

const ALERT_BYTES: usize = 1500;

const ALERTS: u64 = 400_000;

/// CPU time of this process, user and system.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").expect("read /proc/self/stat");
    let fields: Vec<&str> = text
        .rsplit(')')
        .next()
        .into_iter()
        .flat_map(str::split_whitespace)
        .collect();
    // utime and stime, the 14th and 15th field, in hundredths of a second.
    let ticks: u64 = fields[11..13]
        .iter()
        .map(|text| text.parse::<u64>().expect("ticks"))
        .sum();
    Duration::from_millis(ticks * 10)
}

fn batch(first: u64, payload: &Bytes) -> Vec<QueuedAlert> {
    (first..first + BATCH)
        .map(|number| QueuedAlert {
            id: AlertId::from_bytes(u128::from(number).to_be_bytes()),
            key: number,
            payload: payload.clone(),
        })
        .collect()
}

async fn run(publishers: u64, directory: PathBuf) {
    let opened = open(&QueueSettings::default(), &directory).await;
    let queue: Arc<dyn AlertQueue> = Arc::from(opened.expect("open the queue"));
    // Text that compresses no better than it should.
    let payload: Bytes = (0..ALERT_BYTES)
        .map(|place| (place * 7919 % 251) as u8)
        .collect();
    let next = Arc::new(AtomicU64::new(0));
    let (start, cpu) = (Instant::now(), cpu_time());
    let mut tasks = Vec::new();
    for _ in 0..publishers {
        let (queue, next, payload) = (Arc::clone(&queue), Arc::clone(&next), payload.clone());
        tasks.push(tokio::spawn(async move {
            loop {
                let first = next.fetch_add(BATCH, Ordering::Relaxed);
                if first >= ALERTS {
                    break;
                }
                queue
                    .publish(batch(first, &payload))
                    .await
                    .expect("publish");
            }
        }));
    }
    let taken = Arc::new(AtomicU64::new(0));
    for _ in 0..2 {
        let (queue, taken) = (Arc::clone(&queue), Arc::clone(&taken));
        tasks.push(tokio::spawn(async move {
            let mut consumer = queue.consumer().await.expect("join");
            while taken.load(Ordering::Relaxed) < ALERTS {
                let patience = Duration::from_millis(50);
                let batch = consumer.next_batch(500, patience).await.expect("take");
                taken.fetch_add(batch.len() as u64, Ordering::Relaxed);
                let receipts = batch.into_iter().map(|delivery| delivery.receipt);
                consumer
                    .acknowledge(receipts.collect())
                    .await
                    .expect("acknowledge");
            }
        }));
    }
    for task in tasks {
        task.await.expect("a task panicked");
    }
    let (wall, cpu) = (start.elapsed(), cpu_time() - cpu);
    let rate = ALERTS as f64 / wall.as_secs_f64();
    let each = cpu.as_secs_f64() * 1e6 / ALERTS as f64;
    println!(
        "embedded queue: {publishers} publishers, batches of {BATCH} alerts of {ALERT_BYTES} B: \
         {rate:.0} alerts/s, {each:.1} us of CPU an alert ({:.0} alerts/s a core)",
        1e6 / each
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("start tokio");
    for publishers in [1, 8, 32] {
        let directory = match std::env::var_os("SAKER_BENCH_DIRECTORY") {
            Some(parent) => tempfile::tempdir_in(parent),
            None => tempfile::tempdir(),
        };
        let directory = directory.expect("make a folder");
        runtime.block_on(run(publishers, directory.path().to_owned()));
    }
}
