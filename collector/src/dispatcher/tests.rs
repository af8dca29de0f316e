use super::*;
use crate::scene::{Memory, PATIENCE, SINK, alerts, eventually, id};
use crate::wake::Wake;
use bytes::Bytes;
use prost::Message;
use saker_alert_store::{
    Aggregation, DeadLetterSelection, Incoming, Limits, SqliteSettings, StoreSettings,
};
use saker_proto::v1;
use tempfile::TempDir;

/// A store, a sink and what tells it.
struct Stage {
    _folder: TempDir,
    store: Arc<dyn Store>,
    memory: Arc<Memory>,
    metrics: Arc<Metrics>,
    wake: Wake,
    stop: CancellationToken,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings::Sqlite(SqliteSettings {
            path: folder.path().join("alerts.db"),
            limits: Limits::default(),
        });
        Self {
            _folder: folder,
            store: saker_alert_store::open(&settings).await.unwrap().into(),
            memory: Arc::default(),
            metrics: Arc::default(),
            wake: Wake::new(),
            stop: CancellationToken::new(),
        }
    }

    fn start(&self, settings: DeliverySettings) {
        let dispatcher = Dispatcher {
            name: SINK.into(),
            sink: Arc::clone(&self.memory) as Arc<dyn Sink>,
            store: Arc::clone(&self.store),
            settings,
            waiter: self.wake.waiter(),
            metrics: Arc::clone(&self.metrics),
            stop: self.stop.clone(),
        };
        tokio::spawn(dispatcher.run());
    }

    async fn record(&self, alerts: &[v1::Alert]) {
        let batch: Vec<Incoming> = alerts
            .iter()
            .map(|alert| Incoming {
                id: id(alert),
                payload: Bytes::from(alert.encode_to_vec()),
                alert: Arc::new(alert.clone()),
            })
            .collect();
        let aggregation = Aggregation {
            window: Duration::ZERO,
        };
        self.store
            .record(&batch, &[SINK.to_owned()], aggregation)
            .await
            .unwrap();
        self.wake.wake();
    }

    /// Waits for so many dead letters; returns the reason of one.
    async fn dead_letters(&self, count: usize) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let selection = DeadLetterSelection::default();
            let letters = self.store.dead_letters(&selection, 1000).await.unwrap();
            if letters.len() >= count {
                assert_eq!(letters.len(), count);
                return letters[0].reason.clone();
            }
            assert!(Instant::now() < deadline, "{} dead letters", letters.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

const SETTINGS: DeliverySettings = DeliverySettings {
    concurrency: 1,
    attempts_max: 1000,
    age_max: Duration::from_secs(3600),
    retry_min: Duration::from_millis(5),
    retry_max: Duration::from_millis(20),
    lease: Duration::from_secs(10),
    poll: Duration::from_millis(50),
};

fn retry(reason: &str) -> Option<Outcome> {
    Some(Outcome::Retry {
        reason: reason.to_owned(),
        after: None,
    })
}

#[tokio::test]
async fn what_fails_is_tried_again_until_it_works() {
    let stage = Stage::new().await;
    stage.memory.answer(retry("503"));
    stage.start(SETTINGS);
    let all = alerts(0..30);
    stage.record(&all).await;
    let labels = SinkMetrics::of(SINK);
    let retries = || stage.metrics.sinks.retries.get_or_create(&labels).get();
    eventually("it was tried twice", || retries() >= 60).await;
    stage.memory.answer(None);
    stage.memory.knows(&all).await;
    assert!(stage.memory.told().values().all(|times| *times == 1));
    stage.stop.cancel();
}

#[tokio::test]
async fn after_so_many_attempts_it_is_given_up() {
    let stage = Stage::new().await;
    stage.memory.answer(retry("connection refused"));
    stage.start(DeliverySettings {
        attempts_max: 3,
        ..SETTINGS
    });
    stage.record(&alerts(0..2)).await;
    let reason = stage.dead_letters(2).await;
    assert_eq!(reason, "tried 3 times: connection refused");
    // They can be told after all.
    stage.memory.answer(None);
    let all = DeadLetterSelection::default();
    assert_eq!(stage.store.retry_dead_letters(&all).await.unwrap(), 2);
    eventually("they are told", || stage.memory.told().len() == 2).await;
    stage.stop.cancel();
}

#[tokio::test]
async fn what_is_too_old_is_given_up() {
    let stage = Stage::new().await;
    stage.memory.answer(retry("away"));
    stage.start(DeliverySettings {
        age_max: Duration::from_millis(100),
        ..SETTINGS
    });
    stage.record(&alerts(0..1)).await;
    let reason = stage.dead_letters(1).await;
    assert!(reason.starts_with("tried for "), "{reason}");
    stage.stop.cancel();
}

#[tokio::test]
async fn what_is_rejected_is_given_up_at_once() {
    let stage = Stage::new().await;
    stage.memory.answer(Some(Outcome::Rejected {
        reason: "x".repeat(10_000),
    }));
    stage.start(SETTINGS);
    stage.record(&alerts(0..3)).await;
    let reason = stage.dead_letters(3).await;
    assert_eq!(reason.chars().count(), REASON_CHARACTERS_MAX + 1);
    let labels = SinkMetrics::given_up(SINK, "rejected");
    assert_eq!(
        stage
            .metrics
            .sinks
            .dead_letters
            .get_or_create(&labels)
            .get(),
        3
    );
    stage.stop.cancel();
}

#[tokio::test]
async fn a_sink_that_hangs_is_tried_again_in_time() {
    let stage = Stage::new().await;
    stage.memory.pause(Duration::from_secs(3600));
    stage.start(DeliverySettings {
        lease: SETTLE_TIME + Duration::from_millis(100),
        ..SETTINGS
    });
    let all = alerts(0..2);
    stage.record(&all).await;
    let labels = SinkMetrics::of(SINK);
    let retries = || stage.metrics.sinks.retries.get_or_create(&labels).get();
    eventually("the first attempt is over", || retries() >= 2).await;
    stage.memory.pause(Duration::ZERO);
    stage.memory.knows(&all).await;
    stage.stop.cancel();
}

#[tokio::test]
async fn what_is_new_is_told_at_once() {
    let stage = Stage::new().await;
    stage.start(DeliverySettings {
        poll: Duration::from_secs(60),
        ..SETTINGS
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    let all = alerts(0..1);
    stage.record(&all).await;
    stage.memory.knows(&all).await;
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    stage.stop.cancel();
}
