//! The laws of queues for a real redis-server; and what becomes of alerts when it is killed.

use std::collections::BTreeSet;
use std::num::{NonZeroU16, NonZeroU64};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saker_alert_queue::{
    AlertQueue, ErrorKind, Partitions, QueueError, QueueSettings, RedisSettings, open,
};
use saker_delivery_tests::servers::RedisServer;

#[path = "../../alert-queue/tests/laws/mod.rs"]
mod laws;

use laws::{Place, Wish, laws};

fn settings(url: String, wish: Wish) -> RedisSettings {
    let mut settings: RedisSettings =
        serde_json::from_value(serde_json::json!({ "url": url })).unwrap();
    settings.bytes_max = NonZeroU64::new(wish.bytes_max).unwrap();
    settings.lease_seconds = NonZeroU64::new(wish.lease_seconds).unwrap();
    settings.partitions = wish
        .partitions
        .map(|count| Partitions(NonZeroU16::new(count).unwrap()));
    settings
}

async fn open_with(settings: RedisSettings) -> Result<Box<dyn AlertQueue>, QueueError> {
    open(&QueueSettings::Redis(settings), Path::new("/nonexistent")).await
}

#[async_trait]
impl Place for RedisServer {
    async fn open(&self, wish: Wish) -> Box<dyn AlertQueue> {
        open_with(settings(self.url(), wish)).await.unwrap()
    }
}

laws!(RedisServer::start().unwrap());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_nothing_that_was_acknowledged() {
    let mut server = RedisServer::start().unwrap();
    let wish = Wish {
        lease_seconds: 2,
        ..Wish::default()
    };
    let queue: Arc<dyn AlertQueue> = Arc::from(server.open(wish).await);
    let publisher = {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move {
            let mut published = BTreeSet::new();
            let mut failures = 0;
            for batch in 0..300_u64 {
                let numbers = batch * 50..batch * 50 + 50;
                while let Err(error) = queue.publish(laws::alerts(numbers.clone())).await {
                    assert_eq!(error.kind(), ErrorKind::Transient, "{error:?}");
                    failures += 1;
                    assert!(failures < 500, "{error:?}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                published.extend(numbers);
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            (published, failures)
        })
    };
    let reader = {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move { laws::drain(&*queue, 15_000, Duration::from_secs(90)).await })
    };
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.kill().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.start_again().unwrap();
    }
    let (published, failures) = publisher.await.unwrap();
    assert!(failures > 0, "the server was never gone");
    let seen: BTreeSet<u64> = reader.await.unwrap().into_keys().collect();
    let lost: Vec<_> = published.difference(&seen).collect();
    assert!(
        lost.is_empty(),
        "{} of {} lost",
        lost.len(),
        published.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_memory_is_full() {
    let server =
        RedisServer::start_with(&["--maxmemory", "6mb", "--maxmemory-policy", "noeviction"])
            .unwrap();
    let queue = server.open(Wish::default()).await;
    let mut accepted = 0_u64;
    let error = loop {
        let batch = (accepted..accepted + 50).map(|number| laws::alert(number, number, 4000));
        match queue.publish(batch.collect()).await {
            Ok(()) => accepted += 50,
            Err(error) => break error,
        }
        assert!(accepted < 5000);
    };
    assert_eq!(error.kind(), ErrorKind::Full, "{error:?}");
    let seen = laws::drain(&*queue, accepted as usize, Duration::from_secs(20)).await;
    assert_eq!(seen.len() as u64, accepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_are_asked_for_must_have_it() {
    let server = RedisServer::start().unwrap();
    let mut settings = settings(server.url(), Wish::default());
    settings.replicas = 1;
    let queue = open_with(settings).await.unwrap();
    let error = queue.publish(laws::alerts(0..1)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the alerts are not durable: on disk 1, on 0 replicas"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_opens_and_without_it_stays_shut() {
    let server = RedisServer::start_with(&["--requirepass", "hidden-password"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "hidden-password\n").unwrap();
    let mut settings = settings(server.url(), Wish::default());
    assert!(open_with(settings.clone()).await.is_err());
    settings.password = Some(saker_alert_clients::Secret::file(&file));
    let queue = open_with(settings).await.unwrap();
    queue.publish(laws::alerts(0..1)).await.unwrap();
}
