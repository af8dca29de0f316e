//! The laws of queues for a real nats-server; and what becomes of alerts when servers are killed.

use std::collections::BTreeSet;
use std::num::{NonZeroU8, NonZeroU16, NonZeroU64};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saker_alert_clients::Secret;
use saker_alert_queue::{
    AlertQueue, NatsCredentials, NatsSettings, Partitions, QueueError, QueueSettings, open,
};
use saker_delivery_tests::servers::{NatsCluster, NatsServer};

#[path = "../../alert-queue/tests/laws/mod.rs"]
mod laws;

use laws::{Place, Wish, laws};

fn settings(servers: Vec<String>, wish: Wish) -> NatsSettings {
    let text = serde_json::json!({ "servers": servers });
    let mut settings: NatsSettings = serde_json::from_value(text).unwrap();
    settings.bytes_max = NonZeroU64::new(wish.bytes_max).unwrap();
    settings.lease_seconds = NonZeroU64::new(wish.lease_seconds).unwrap();
    settings.partitions = wish
        .partitions
        .map(|count| Partitions(NonZeroU16::new(count).unwrap()));
    settings
}

async fn open_with(settings: NatsSettings) -> Result<Box<dyn AlertQueue>, QueueError> {
    open(&QueueSettings::Nats(settings), Path::new("/nonexistent")).await
}

#[async_trait]
impl Place for NatsServer {
    async fn open(&self, wish: Wish) -> Box<dyn AlertQueue> {
        open_with(settings(vec![self.url()], wish)).await.unwrap()
    }
}

laws!(NatsServer::start().unwrap());

/// Publishes batches until `count` are acknowledged, whatever happens meanwhile.
async fn publish_through(queue: Arc<dyn AlertQueue>, count: u64) -> BTreeSet<u64> {
    let mut published = BTreeSet::new();
    for batch in 0..count {
        let numbers = batch * 50..batch * 50 + 50;
        // An agent tries again, too.
        for attempt in 0.. {
            match queue.publish(laws::alerts(numbers.clone())).await {
                Ok(()) => break,
                Err(error) => println!("batch {batch}, attempt {attempt}: {error:?}"),
            }
            assert!(attempt < 10);
        }
        published.extend(numbers);
    }
    published
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_nothing_that_was_acknowledged() {
    let mut server = NatsServer::start().unwrap();
    let wish = Wish {
        lease_seconds: 2,
        ..Wish::default()
    };
    let queue: Arc<dyn AlertQueue> = Arc::from(server.open(wish).await);
    let publisher = tokio::spawn(publish_through(Arc::clone(&queue), 200));
    let reader = {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move { laws::drain(&*queue, 10_000, Duration::from_secs(90)).await })
    };
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        server.kill().unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.start_again().unwrap();
    }
    let published = publisher.await.unwrap();
    let seen: BTreeSet<u64> = reader.await.unwrap().into_keys().collect();
    let lost: Vec<_> = published.difference(&seen).collect();
    assert!(
        lost.is_empty(),
        "{} of {} lost",
        lost.len(),
        published.len()
    );
    assert!(
        queue.counters().disconnects > 0,
        "the server was never gone"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_outlives_the_leader_of_the_stream() {
    let mut cluster = NatsCluster::start().unwrap();
    let wish = Wish {
        lease_seconds: 3,
        ..Wish::default()
    };
    let mut settings = settings(cluster.urls(), wish);
    settings.replicas = NonZeroU8::new(3).unwrap();
    let queue: Arc<dyn AlertQueue> = Arc::from(open_with(settings).await.unwrap());
    let publisher = tokio::spawn(publish_through(Arc::clone(&queue), 300));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!publisher.is_finished(), "too fast to be disturbed");
    let leader = cluster.stream_leader("saker-alerts").unwrap();
    cluster.kill(leader).unwrap();
    let published = publisher.await.unwrap();
    assert_eq!(published.len(), 15_000);
    // Read with the dead one still dead.
    let seen = laws::drain(&*queue, 15_000, Duration::from_secs(60)).await;
    let seen: BTreeSet<u64> = seen.into_keys().collect();
    let lost: Vec<_> = published.difference(&seen).collect();
    assert!(
        lost.is_empty(),
        "{} of {} lost",
        lost.len(),
        published.len()
    );
    cluster.start_again(leader).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_added_twice_is_held_once() {
    let server = NatsServer::start().unwrap();
    let queue = server.open(Wish::default()).await;
    queue.publish(laws::alerts(0..100)).await.unwrap();
    queue.publish(laws::alerts(50..150)).await.unwrap();
    assert_eq!(queue.stats().await.unwrap().depth, 150);
    assert_eq!(queue.counters().duplicates, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_other_settings_is_refused() {
    let server = NatsServer::start().unwrap();
    drop(server.open(Wish::default()).await);
    let other = Wish {
        bytes_max: 1 << 20,
        ..Wish::default()
    };
    let error = open_with(settings(vec![server.url()], other)).await;
    let text = error.err().unwrap().to_string();
    assert_eq!(
        text,
        "the stream saker-alerts has max_bytes 67108864, the settings say 1048576: change them or edit the stream"
    );
    let queue = server.open(Wish::default()).await;
    drop(queue.consumer().await.unwrap());
    let partitioned = Wish {
        partitions: Some(4),
        ..Wish::default()
    };
    let error = open_with(settings(vec![server.url()], partitioned)).await;
    let text = error.err().unwrap().to_string();
    assert!(text.contains("of another number of partitions"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_that_the_server_does_not_take_is_refused() {
    let server = NatsServer::start_with("max_payload: 4096").unwrap();
    let queue = server.open(Wish::default()).await;
    let error = queue.publish(vec![laws::alert(1, 1, 5000)]).await;
    assert!(
        matches!(
            error,
            Err(QueueError::TooLarge {
                bytes: 5000,
                bytes_max: 4096,
                ..
            })
        ),
        "{error:?}"
    );
    queue.publish(laws::alerts(0..1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_and_a_wrong_one_does_not() {
    let server = NatsServer::start_with("authorization { token: hidden-token }").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "hidden-token\n").unwrap();
    let mut settings = settings(vec![server.url()], Wish::default());
    settings.credentials = Some(NatsCredentials::Token(Secret::file(&file)));
    let queue = open_with(settings.clone()).await.unwrap();
    queue.publish(laws::alerts(0..1)).await.unwrap();
    let wrong = folder.path().join("wrong");
    std::fs::write(&wrong, "wrong").unwrap();
    settings.credentials = Some(NatsCredentials::Token(Secret::file(&wrong)));
    let error = open_with(settings).await.err().unwrap();
    assert!(
        error.to_string().starts_with("cannot connect to nats"),
        "{error}"
    );
}
