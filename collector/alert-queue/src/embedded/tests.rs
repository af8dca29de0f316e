//! The queue on a disk that fails, and on one whose machine loses power.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use saker_proto::AlertId;

use super::*;
use crate::ErrorKind;

/// A disk: what was synced stays, of what was written since a power cut keeps any part of it, by sector.
#[derive(Debug, Default)]
struct Platter {
    /// As a running program reads it.
    current: Vec<u8>,
    /// As it is after a power cut that keeps nothing of `unsynced`.
    synced: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
    is_failing: bool,
    /// Counts power cuts: programs from before have no disk any more.
    generation: u64,
}

const SECTOR: usize = 512;

#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    fn opener(&self) -> Opener {
        let disk = self.clone();
        Box::new(move |_| {
            let generation = disk.0.lock().unwrap().generation;
            log::builder().create_with_backend(Cable {
                disk: disk.clone(),
                generation,
            })
        })
    }

    fn fail(&self, is_failing: bool) {
        self.0.lock().unwrap().is_failing = is_failing;
    }

    fn cut_power(&self, rng: &mut TestRng) {
        let mut platter = self.0.lock().unwrap();
        let platter = &mut *platter;
        platter.synced.resize(platter.current.len(), 0);
        for (offset, data) in std::mem::take(&mut platter.unsynced) {
            for (index, sector) in data.chunks(SECTOR).enumerate() {
                if rng.next_u32().is_multiple_of(2) {
                    let start = offset + index * SECTOR;
                    platter.synced[start..start + sector.len()].copy_from_slice(sector);
                }
            }
        }
        platter.current = platter.synced.clone();
        platter.generation += 1;
    }
}

#[derive(Debug)]
struct Cable {
    disk: Disk,
    generation: u64,
}

impl Cable {
    fn with<T>(&self, work: impl FnOnce(&mut Platter) -> io::Result<T>) -> io::Result<T> {
        let mut platter = self.disk.0.lock().unwrap();
        if platter.generation != self.generation {
            return Err(io::ErrorKind::NotConnected.into());
        }
        work(&mut platter)
    }
}

impl redb::StorageBackend for Cable {
    fn len(&self) -> io::Result<u64> {
        self.with(|platter| Ok(platter.current.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.with(|platter| {
            let start = offset as usize;
            let found = platter.current.get(start..start + out.len());
            out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.with(|platter| {
            platter.current.resize(len as usize, 0);
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(|platter| {
            if platter.is_failing {
                return Err(io::ErrorKind::StorageFull.into());
            }
            platter.synced = platter.current.clone();
            platter.unsynced.clear();
            Ok(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.with(|platter| {
            if platter.is_failing {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let start = offset as usize;
            platter.current[start..start + data.len()].copy_from_slice(data);
            platter.unsynced.push((start, data.to_vec()));
            Ok(())
        })
    }
}

fn alert(number: u64) -> QueuedAlert {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(700, b'.');
    QueuedAlert {
        id: AlertId::from_bytes(id),
        key: number,
        payload: payload.into(),
    }
}

fn number(delivery: &Delivery) -> u64 {
    u64::from_be_bytes(delivery.payload[..8].try_into().unwrap())
}

async fn open_on(disk: &Disk, folder: &Path) -> EmbeddedQueue {
    EmbeddedQueue::open_with(&EmbeddedSettings::default(), folder, disk.opener())
        .await
        .unwrap()
}

async fn take_all(queue: &EmbeddedQueue) -> Vec<u64> {
    let mut consumer = queue.consumer().await.unwrap();
    let mut taken = Vec::new();
    loop {
        let batch = consumer
            .next_batch(64, Duration::from_millis(20))
            .await
            .unwrap();
        if batch.is_empty() {
            return taken;
        }
        taken.extend(batch.iter().map(number));
        let receipts = batch.into_iter().map(|delivery| delivery.receipt);
        consumer.acknowledge(receipts.collect()).await.unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Publishes and takes until the power goes, several times; tells what was published and never handled.
async fn survive_power_cuts(disk: &Disk, rng: &mut TestRng, folder: &Path) {
    let mut published = std::collections::BTreeSet::new();
    let mut handled = std::collections::BTreeSet::new();
    let mut next = 0;
    for _ in 0..4 {
        let queue = Arc::new(open_on(disk, folder).await);
        let publisher = {
            let queue = Arc::clone(&queue);
            let sizes: Vec<u64> = (0..12).map(|_| u64::from(rng.next_u32() % 200)).collect();
            tokio::spawn(async move {
                let mut done = Vec::new();
                for size in sizes {
                    let batch: Vec<_> = (next..next + size).map(alert).collect();
                    next += size;
                    let numbers: Vec<u64> = batch.iter().map(|alert| alert.key).collect();
                    if queue.publish(batch).await.is_ok() {
                        done.extend(numbers);
                    }
                }
                (done, next)
            })
        };
        let consumer = {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                let mut consumer = queue.consumer().await.unwrap();
                let mut done = Vec::new();
                for _ in 0..6 {
                    let patience = Duration::from_millis(2);
                    let Ok(batch) = consumer.next_batch(100, patience).await else {
                        continue;
                    };
                    done.extend(batch.iter().map(number));
                    let receipts = batch.into_iter().map(|delivery| delivery.receipt);
                    consumer.acknowledge(receipts.collect()).await.unwrap();
                }
                done
            })
        };
        tokio::time::sleep(Duration::from_micros(u64::from(rng.next_u32() % 20_000))).await;
        disk.cut_power(rng);
        let (done, upto) = publisher.await.unwrap();
        published.extend(done);
        next = upto;
        handled.extend(consumer.await.unwrap());
    }
    let queue = open_on(disk, folder).await;
    handled.extend(take_all(&queue).await);
    let lost: Vec<_> = published.difference(&handled).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_power_cut_loses_nothing_that_was_published(seed in any::<[u8; 32]>()) {
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        runtime().block_on(survive_power_cuts(&disk, &mut rng, folder.path()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_until_it_has_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::default();
    let queue = open_on(&disk, folder.path()).await;
    queue.publish((0..10).map(alert).collect()).await.unwrap();
    disk.fail(true);
    for _ in 0..3 {
        let error = queue.publish(vec![alert(10)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transient, "{error}");
    }
    disk.fail(false);
    queue.publish(vec![alert(11)]).await.unwrap();
    let mut taken = take_all(&queue).await;
    taken.retain(|number| *number != 10);
    assert_eq!(taken, (0..10).chain([11]).collect::<Vec<_>>());
    let mut depth = u64::MAX;
    for _ in 0..100 {
        depth = queue.stats().await.unwrap().depth;
        if depth == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(depth, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_behind_reads_from_disk_and_has_it_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::default();
    let settings = EmbeddedSettings {
        memory_bytes_max: std::num::NonZeroU64::MIN,
        ..EmbeddedSettings::default()
    };
    let queue = EmbeddedQueue::open_with(&settings, folder.path(), disk.opener())
        .await
        .unwrap();
    queue.publish((0..2000).map(alert).collect()).await.unwrap();
    disk.fail(true);
    queue.publish(vec![alert(5000)]).await.unwrap_err();
    disk.fail(false);
    let mut consumer = queue.consumer().await.unwrap();
    let mut taken = Vec::new();
    for _ in 0..1000 {
        let Ok(batch) = consumer.next_batch(300, Duration::from_millis(50)).await else {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        };
        taken.extend(batch.iter().map(number));
        let receipts = batch.into_iter().map(|delivery| delivery.receipt);
        consumer.acknowledge(receipts.collect()).await.unwrap();
        if taken.len() >= 2000 {
            break;
        }
    }
    assert_eq!(taken[..2000], (0..2000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_chunk_is_counted_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let queue = EmbeddedQueue::open(&EmbeddedSettings::default(), folder.path())
        .await
        .unwrap();
    queue.publish((0..10).map(alert).collect()).await.unwrap();
    queue.publish((10..20).map(alert).collect()).await.unwrap();
    drop(queue);
    let path = folder.path().join(FILE_NAME);
    let opener: Opener = Box::new(log::open_file);
    log::Log::open(&opener, &path, 1).unwrap().damage((0, 0));

    let queue = EmbeddedQueue::open(&EmbeddedSettings::default(), folder.path())
        .await
        .unwrap();
    assert_eq!(take_all(&queue).await, (10..20).collect::<Vec<_>>());
    assert_eq!(queue.counters().corrupted, 10);
    assert_eq!(queue.stats().await.unwrap().depth, 0);
    drop(queue);
    let log = log::Log::open(&opener, &path, 1).unwrap();
    assert_eq!(log.contents(1).unwrap().alerts, 0, "removed at the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_does_not_grow_when_alerts_are_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let queue = EmbeddedQueue::open(&EmbeddedSettings::default(), folder.path())
        .await
        .unwrap();
    let path = folder.path().join(FILE_NAME);
    let mut sizes = Vec::new();
    for round in 0..40 {
        queue
            .publish((round * 1000..round * 1000 + 1000).map(alert).collect())
            .await
            .unwrap();
        assert_eq!(take_all(&queue).await.len(), 1000);
        sizes.push(std::fs::metadata(&path).unwrap().len());
    }
    assert!(sizes[39] <= 8 << 20, "28 MB went through: {sizes:?}");
}

#[tokio::test]
async fn a_second_process_and_other_partitions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let queue = EmbeddedQueue::open(&EmbeddedSettings::default(), folder.path())
        .await
        .unwrap();
    queue.publish(vec![alert(1)]).await.unwrap();
    let second = EmbeddedQueue::open(&EmbeddedSettings::default(), folder.path()).await;
    let error = second.err().unwrap();
    assert!(
        error.to_string().contains("in use by another process"),
        "{error}"
    );
    drop(queue);

    let settings = EmbeddedSettings {
        partitions: Some(Partitions(std::num::NonZeroU16::new(4).unwrap())),
        ..EmbeddedSettings::default()
    };
    let other = EmbeddedQueue::open(&settings, folder.path()).await;
    let error = other.err().unwrap();
    assert!(
        error
            .to_string()
            .contains("in 1 partitions, the settings say 4"),
        "{error}"
    );
    let queue = EmbeddedQueue::open(&EmbeddedSettings::default(), folder.path())
        .await
        .unwrap();
    assert_eq!(take_all(&queue).await, [1]);
    drop(queue);
    EmbeddedQueue::open(&settings, folder.path()).await.unwrap();
}

#[tokio::test]
async fn a_file_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), vec![b'x'; 10_000]).unwrap();
    let error = EmbeddedQueue::open(&EmbeddedSettings::default(), folder.path()).await;
    let error = error.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Permanent);
    assert!(error.to_string().contains(FILE_NAME), "{error}");
}
