//! What holds for every queue. The tests of each kind say where the queue comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use saker_alert_queue::{
    AlertQueue, Consumer, Delivery, ErrorKind, QueueError, QueuedAlert, Receipt,
};
use saker_proto::AlertId;

/// What a law asks of its queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) bytes_max: u64,
    pub(crate) lease_seconds: u64,
    pub(crate) partitions: Option<u16>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            bytes_max: 64 << 20,
            lease_seconds: 30,
            partitions: None,
        }
    }
}

/// Where queues come from: each call opens the same one again.
#[async_trait]
pub(crate) trait Place: Sync {
    async fn open(&self, wish: Wish) -> Box<dyn AlertQueue>;
}

/// An alert that can be told from others by its number.
pub(crate) fn alert(number: u64, key: u64, size: usize) -> QueuedAlert {
    let mut payload = vec![b'.'; size.max(16)];
    payload[..8].copy_from_slice(&number.to_be_bytes());
    payload[8..16].copy_from_slice(&key.to_be_bytes());
    let mut id = [0; 16];
    id[..8].copy_from_slice(&key.to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    QueuedAlert {
        id: AlertId::from_bytes(id),
        key,
        payload: payload.into(),
    }
}

pub(crate) fn alerts(numbers: std::ops::Range<u64>) -> Vec<QueuedAlert> {
    numbers.map(|number| alert(number, number, 500)).collect()
}

pub(crate) fn number(payload: &Bytes) -> u64 {
    u64::from_be_bytes(payload[..8].try_into().unwrap())
}

pub(crate) fn key(payload: &Bytes) -> u64 {
    u64::from_be_bytes(payload[8..16].try_into().unwrap())
}

pub(crate) fn receipts(batch: &[Delivery]) -> Vec<Receipt> {
    batch
        .iter()
        .map(|delivery| delivery.receipt.clone())
        .collect()
}

fn numbers(batch: &[Delivery]) -> Vec<u64> {
    batch
        .iter()
        .map(|delivery| number(&delivery.payload))
        .collect()
}

/// Joins, again and again while the server has other cares, as workers do.
async fn join(queue: &dyn AlertQueue, until: Instant) -> Box<dyn Consumer> {
    loop {
        match queue.consumer().await {
            Ok(consumer) => return consumer,
            Err(error) if error.kind() == ErrorKind::Transient && Instant::now() < until => {
                println!("join: {error:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("cannot join: {error:?}"),
        }
    }
}

/// Takes and acknowledges until `count` different alerts came or the time is over.
pub(crate) async fn drain(
    queue: &dyn AlertQueue,
    count: usize,
    time: Duration,
) -> BTreeMap<u64, u64> {
    let until = Instant::now() + time;
    let mut consumer = join(queue, until).await;
    let mut seen = BTreeMap::new();
    while seen.len() < count && Instant::now() < until {
        let batch = match consumer.next_batch(500, Duration::from_millis(200)).await {
            Ok(batch) => batch,
            Err(error) => {
                println!("next batch: {error:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        for number in numbers(&batch) {
            *seen.entry(number).or_default() += 1;
        }
        if let Err(error) = consumer.acknowledge(receipts(&batch)).await {
            println!("acknowledge: {error:?}");
        }
    }
    seen
}

async fn depth_becomes(queue: &dyn AlertQueue, depth: u64) {
    let until = Instant::now() + Duration::from_secs(10);
    while queue.stats().await.unwrap().depth != depth {
        assert!(
            Instant::now() < until,
            "{:?}, not {depth}",
            queue.stats().await
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Four consumers that acknowledge get each alert once between them.
pub(crate) async fn each_alert_goes_to_one_consumer(place: &dyn Place) {
    let queue: Arc<dyn AlertQueue> = Arc::from(place.open(Wish::default()).await);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (queue, seen) = (Arc::clone(&queue), Arc::clone(&seen));
            tokio::spawn(async move {
                let mut consumer = queue.consumer().await.unwrap();
                let until = Instant::now() + Duration::from_secs(30);
                while seen.lock().unwrap().len() < 3000 && Instant::now() < until {
                    let patience = Duration::from_millis(100);
                    let batch = consumer.next_batch(50, patience).await.unwrap();
                    assert!(batch.len() <= 50);
                    assert!(batch.iter().all(|delivery| delivery.redelivered == 0));
                    seen.lock().unwrap().extend(numbers(&batch));
                    consumer.acknowledge(receipts(&batch)).await.unwrap();
                }
            })
        })
        .collect();
    let publishers: Vec<_> = (0..3)
        .map(|publisher| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                for batch in 0..10 {
                    let first = publisher * 1000 + batch * 100;
                    queue.publish(alerts(first..first + 100)).await.unwrap();
                }
            })
        })
        .collect();
    for task in publishers.into_iter().chain(workers) {
        task.await.unwrap();
    }
    let mut seen = Arc::try_unwrap(seen).unwrap().into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (0..3000).collect::<Vec<_>>());
    depth_becomes(&*queue, 0).await;
    let counters = queue.counters();
    assert_eq!(
        (
            counters.published,
            counters.delivered,
            counters.redelivered,
            counters.acknowledged
        ),
        (3000, 3000, 0, 3000)
    );
}

/// What a consumer that is gone has not acknowledged comes again, and nothing else.
pub(crate) async fn unacknowledged_alerts_come_again(place: &dyn Place) {
    let wish = Wish {
        lease_seconds: 1,
        ..Wish::default()
    };
    let queue = place.open(wish).await;
    queue.publish(alerts(0..20)).await.unwrap();
    let mut first = queue.consumer().await.unwrap();
    let batch = take(&mut *first, 20).await;
    assert_eq!(batch.len(), 20);
    first.acknowledge(receipts(&batch[..5])).await.unwrap();
    drop(first);

    let left: BTreeSet<u64> = numbers(&batch[5..]).into_iter().collect();
    let mut second = queue.consumer().await.unwrap();
    let again = take(&mut *second, 15).await;
    assert_eq!(numbers(&again).into_iter().collect::<BTreeSet<_>>(), left);
    assert!(again.iter().all(|delivery| delivery.redelivered > 0));
    // Alive, but too slow: they come once more, and a late acknowledgement still counts.
    let mut third = queue.consumer().await.unwrap();
    let late = take(&mut *third, 15).await;
    assert_eq!(numbers(&late).into_iter().collect::<BTreeSet<_>>(), left);
    second.acknowledge(receipts(&again)).await.unwrap();
    third.acknowledge(receipts(&late)).await.unwrap();
    third.acknowledge(receipts(&late)).await.unwrap();
    depth_becomes(&*queue, 0).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(
        third
            .next_batch(10, Duration::ZERO)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(queue.counters().redelivered >= 30);
}

/// Takes `count` alerts, in as many batches as it takes.
async fn take(consumer: &mut dyn Consumer, count: usize) -> Vec<Delivery> {
    let until = Instant::now() + Duration::from_secs(10);
    let mut taken = Vec::new();
    while taken.len() < count && Instant::now() < until {
        let max = count - taken.len();
        taken.extend(
            consumer
                .next_batch(max, Duration::from_millis(200))
                .await
                .unwrap(),
        );
    }
    taken
}

/// With partitions, alerts of a key are handled in their order, though consumers are slow, fail and vanish.
pub(crate) async fn keys_keep_their_order(place: &dyn Place) {
    let wish = Wish {
        lease_seconds: 2,
        partitions: Some(3),
        ..Wish::default()
    };
    let queue: Arc<dyn AlertQueue> = Arc::from(place.open(wish).await);
    for round in 0..10 {
        let batch = (0..40).map(|number| alert(round * 40 + number, number % 7, 300));
        queue.publish(batch.collect()).await.unwrap();
    }
    let handled: Arc<Mutex<Vec<(u64, u64)>>> = Arc::default();
    let workers: Vec<_> = (0..4_u64)
        .map(|worker| {
            let (queue, handled) = (Arc::clone(&queue), Arc::clone(&handled));
            tokio::spawn(async move {
                let mut consumer = queue.consumer().await.unwrap();
                let until = Instant::now() + Duration::from_secs(60);
                let mut failures = 0;
                loop {
                    let count = {
                        let handled = handled.lock().unwrap();
                        handled.iter().collect::<BTreeSet<_>>().len()
                    };
                    if count >= 400 || Instant::now() > until {
                        break;
                    }
                    let patience = Duration::from_millis(100);
                    let batch = consumer.next_batch(16, patience).await.unwrap();
                    if batch.is_empty() {
                        continue;
                    }
                    let pairs = |batch: &[Delivery]| -> Vec<(u64, u64)> {
                        let payloads = batch.iter().map(|delivery| &delivery.payload);
                        payloads
                            .map(|payload| (key(payload), number(payload)))
                            .collect()
                    };
                    if failures == 0 && worker < 2 {
                        // Vanishes after half of the batch.
                        failures = 1;
                        handled
                            .lock()
                            .unwrap()
                            .extend(pairs(&batch[..batch.len() / 2]));
                        consumer = queue.consumer().await.unwrap();
                        continue;
                    }
                    for delivery in &batch {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        handled
                            .lock()
                            .unwrap()
                            .extend(pairs(std::slice::from_ref(delivery)));
                    }
                    consumer.acknowledge(receipts(&batch)).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let handled = handled.lock().unwrap();
    let mut by_key: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (key, number) in handled.iter() {
        by_key.entry(*key).or_default().push(*number);
    }
    assert_eq!(handled.iter().collect::<BTreeSet<_>>().len(), 400);
    for (key, seen) in by_key {
        // What came again steps back; a first time never comes before what went in earlier.
        let mut first_times = Vec::new();
        for number in &seen {
            if !first_times.contains(number) {
                first_times.push(*number);
            }
        }
        assert!(first_times.is_sorted(), "key {key}: {seen:?}");
        // After a step back everything from there on comes again, in order.
        for pair in seen.windows(2) {
            assert!(
                pair[1] <= pair[0] || first_times.windows(2).any(|next| next == pair),
                "key {key}: {seen:?}"
            );
        }
    }
}

/// A full queue says so, keeps what it has, and takes more when there is room.
pub(crate) async fn a_full_queue_refuses(place: &dyn Place) {
    let wish = Wish {
        bytes_max: 1 << 20,
        ..Wish::default()
    };
    let queue = place.open(wish).await;
    let mut accepted = 0;
    let refused = loop {
        let batch = (accepted..accepted + 20).map(|number| alert(number, number, 4000));
        match queue.publish(batch.collect()).await {
            Ok(()) => accepted += 20,
            Err(error) => break error,
        }
        assert!(accepted < 1000, "a megabyte holds no more than 262");
    };
    assert!(
        matches!(
            refused,
            QueueError::Full {
                bytes_max: 1_048_576
            }
        ),
        "{refused}"
    );
    assert!(accepted > 150, "{accepted}");
    assert!(queue.counters().full > 0);
    let stats = queue.stats().await.unwrap();
    assert_eq!(stats.bytes_max, 1 << 20);
    assert!(stats.bytes > 700_000 && stats.bytes <= 1 << 20, "{stats:?}");

    let seen = drain(&*queue, accepted as usize, Duration::from_secs(10)).await;
    assert!((0..accepted).all(|number| seen.contains_key(&number)));
    let until = Instant::now() + Duration::from_secs(5);
    while let Err(error) = queue.publish(alerts(5000..5010)).await {
        assert!(Instant::now() < until, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!drain(&*queue, 10, Duration::from_secs(10)).await.is_empty());
}

/// Depth and age are told, and go back to nothing.
pub(crate) async fn stats_tell_depth_and_age(place: &dyn Place) {
    let queue = place.open(Wish::default()).await;
    let empty = queue.stats().await.unwrap();
    assert_eq!((empty.depth, empty.oldest_age), (0, Duration::ZERO));
    queue.publish(alerts(0..10)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    queue.publish(alerts(10..20)).await.unwrap();
    let full = queue.stats().await.unwrap();
    assert_eq!(full.depth, 20);
    assert!(full.bytes >= 20 * 500, "{full:?}");
    assert!(full.oldest_age >= Duration::from_secs(1), "{full:?}");
    assert!(full.oldest_age < Duration::from_secs(10), "{full:?}");

    let mut consumer = queue.consumer().await.unwrap();
    let batch = take(&mut *consumer, 20).await;
    let taken = queue.stats().await.unwrap();
    assert_eq!(taken.depth, 20, "taken is not acknowledged");
    assert!(taken.oldest_age >= Duration::from_secs(1), "{taken:?}");
    let (old, new): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .partition(|delivery| number(&delivery.payload) < 10);
    consumer.acknowledge(receipts(&old)).await.unwrap();
    depth_becomes(&*queue, 10).await;
    let younger = queue.stats().await.unwrap();
    assert!(younger.oldest_age < Duration::from_secs(1), "{younger:?}");
    consumer.acknowledge(receipts(&new)).await.unwrap();
    depth_becomes(&*queue, 0).await;
    assert_eq!(queue.stats().await.unwrap().oldest_age, Duration::ZERO);
}

/// What was in the queue when it was closed is there when it is opened again.
pub(crate) async fn alerts_outlive_the_handle(place: &dyn Place) {
    let wish = Wish {
        lease_seconds: 1,
        ..Wish::default()
    };
    let queue = place.open(wish).await;
    queue.publish(alerts(0..300)).await.unwrap();
    let mut consumer = queue.consumer().await.unwrap();
    let taken = take(&mut *consumer, 100).await;
    assert_eq!(taken.len(), 100);
    drop((consumer, queue));

    let queue = place.open(wish).await;
    assert_eq!(queue.stats().await.unwrap().depth, 300);
    let seen = drain(&*queue, 300, Duration::from_secs(10)).await;
    assert_eq!(seen.len(), 300);
    depth_becomes(&*queue, 0).await;
    drop(queue);

    let queue = place.open(wish).await;
    assert_eq!(queue.stats().await.unwrap().depth, 0);
    assert!(
        drain(&*queue, 1, Duration::from_millis(1500))
            .await
            .is_empty()
    );
}

/// Futures that are dropped half-way lose nothing.
pub(crate) async fn dropped_futures_lose_nothing(place: &dyn Place) {
    let wish = Wish {
        lease_seconds: 1,
        ..Wish::default()
    };
    let queue: Arc<dyn AlertQueue> = Arc::from(place.open(wish).await);
    let publisher = {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move {
            for batch in 0..40 {
                let due = alerts(batch * 10..batch * 10 + 10);
                // Given up at some point, then tried again as a collector's agents do.
                let hurry = Duration::from_micros(batch * 150);
                if tokio::time::timeout(hurry, queue.publish(due.clone()))
                    .await
                    .is_err()
                {
                    queue.publish(due).await.unwrap();
                }
            }
        })
    };
    let mut consumer = queue.consumer().await.unwrap();
    let mut seen = BTreeSet::new();
    let until = Instant::now() + Duration::from_secs(30);
    for round in 0_u64.. {
        if seen.len() >= 400 || Instant::now() > until {
            break;
        }
        let hurry = match round % 3 {
            0 => Duration::from_secs(5),
            _ => Duration::from_micros(round * 37 % 3000),
        };
        let next = consumer.next_batch(25, Duration::from_millis(300));
        let Ok(batch) = tokio::time::timeout(hurry, next).await else {
            continue;
        };
        let batch = batch.unwrap();
        seen.extend(numbers(&batch));
        consumer.acknowledge(receipts(&batch)).await.unwrap();
    }
    publisher.await.unwrap();
    assert_eq!(seen.len(), 400);
}

/// Nothing to take: waits as long as it may. Something comes: does not wait on.
pub(crate) async fn patience_is_kept(place: &dyn Place) {
    let queue: Arc<dyn AlertQueue> = Arc::from(place.open(Wish::default()).await);
    let mut consumer = queue.consumer().await.unwrap();
    let start = Instant::now();
    let none = consumer
        .next_batch(10, Duration::from_millis(400))
        .await
        .unwrap();
    assert!(none.is_empty());
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(350), "{waited:?}");
    assert!(waited < Duration::from_secs(2), "{waited:?}");

    let later = {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            queue.publish(alerts(0..1)).await.unwrap();
        })
    };
    let start = Instant::now();
    let batch = consumer
        .next_batch(10, Duration::from_secs(20))
        .await
        .unwrap();
    assert_eq!(numbers(&batch), [0]);
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    later.await.unwrap();
    consumer.acknowledge(receipts(&batch)).await.unwrap();
    queue.publish(Vec::new()).await.unwrap();
    assert!(
        consumer
            .next_batch(0, Duration::from_secs(5))
            .await
            .unwrap()
            .is_empty()
    );
}

/// Every law as a test of the kind of queue whose place the expression makes, a fresh one each.
macro_rules! laws {
    ($place:expr) => {
        laws!($place;
            each_alert_goes_to_one_consumer
            unacknowledged_alerts_come_again
            keys_keep_their_order
            a_full_queue_refuses
            stats_tell_depth_and_age
            alerts_outlive_the_handle
            dropped_futures_lose_nothing
            patience_is_kept
        );
    };
    ($place:expr; $($law:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                laws::$law(&$place).await;
            }
        )+
    };
}
pub(crate) use laws;
