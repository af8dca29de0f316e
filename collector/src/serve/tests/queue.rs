//! A queue or a store that is full, away or holds what is no alert.

use crate::scene::{Scene, alert, alerts, deliver, eventually, metrics, plain, request};
use crate::serve::{Parts, open_parts};
use async_trait::async_trait;
use saker_alert_queue::{AlertQueue, Consumer, QueueCounters, QueueError, QueueStats, QueuedAlert};
use saker_proto::AlertId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tonic::Code;

/// A queue that can be full.
struct Bounded {
    inner: Arc<dyn AlertQueue>,
    is_full: AtomicBool,
    attempts: AtomicU64,
}

#[async_trait]
impl AlertQueue for Bounded {
    async fn publish(&self, alerts: Vec<QueuedAlert>) -> Result<(), QueueError> {
        self.attempts.fetch_add(1, SeqCst);
        if self.is_full.load(SeqCst) {
            return Err(QueueError::Full { bytes_max: 1 });
        }
        self.inner.publish(alerts).await
    }

    async fn consumer(&self) -> Result<Box<dyn Consumer>, QueueError> {
        self.inner.consumer().await
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        self.inner.stats().await
    }

    fn counters(&self) -> QueueCounters {
        self.inner.counters()
    }
}

const LIMITS: &str = "limits: {queue_patience_seconds: 1}";

/// The parts of a collector, with a queue that can be full.
async fn bounded(scene: &Scene) -> (Parts, Arc<Bounded>) {
    let mut parts = open_parts(&scene.config(LIMITS).unwrap()).await.unwrap();
    let queue = Arc::new(Bounded {
        inner: parts.queue.take().unwrap(),
        is_full: AtomicBool::new(true),
        attempts: AtomicU64::new(0),
    });
    parts.queue = Some(Arc::clone(&queue) as Arc<dyn AlertQueue>);
    parts.sinks = scene.sinks();
    (parts, queue)
}

#[tokio::test]
async fn a_full_queue_is_waited_for_and_then_told_of() {
    let scene = Scene::new();
    let (parts, queue) = bounded(&scene).await;
    let collector = scene.collector_of(LIMITS, parts).await;
    let channel = plain(&collector).await;
    let status = deliver(channel.clone(), vec![request(1, &alerts(0..10))])
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(queue.attempts.load(SeqCst) > 2);

    // When there is room in time, the client hears nothing of it.
    let waiting = tokio::spawn(deliver(channel, vec![request(1, &alerts(10..20))]));
    tokio::time::sleep(Duration::from_millis(300)).await;
    queue.is_full.store(false, SeqCst);
    assert_eq!(waiting.await.unwrap().unwrap().len(), 1);
    eventually("ten alerts arrive", || scene.memory.told().len() == 10).await;
    collector.end().await;
}

#[tokio::test]
async fn what_is_no_alert_is_kept_apart() {
    let scene = Scene::new();
    let parts = open_parts(&scene.config("").unwrap()).await.unwrap();
    let queue = parts.queue.clone().unwrap();
    let parts = Parts {
        sinks: scene.sinks(),
        ..parts
    };
    let collector = scene.collector_of("", parts).await;
    // Damage that ingest does not look for: a process that is none.
    let damaged = QueuedAlert {
        id: AlertId::from_bytes([1; 16]),
        key: 0,
        payload: b"\x4a\x03\xff\xff\xff".as_slice().into(),
    };
    queue.publish(vec![damaged]).await.unwrap();
    let good = alert(1, "node-a");
    deliver(
        plain(&collector).await,
        vec![request(1, std::slice::from_ref(&good))],
    )
    .await
    .unwrap();
    scene.memory.knows(&[good]).await;
    let file = scene.path("data/undecodable.jsonl");
    eventually("the damaged one is kept", || file.exists()).await;
    let text = metrics(&collector).await;
    assert!(
        text.contains("saker_collector_worker_alerts_total{result=\"undecodable\"} 1"),
        "{text}"
    );
    collector.end().await;
}
