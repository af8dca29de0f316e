//! A spool in a directory of its own, with a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use saker_proto::{AlertId, v1::Priority};

use crate::record::{Batch, BatchLimits, Entry, Record};
use crate::settings::{SpoolSettings, Sync};
use crate::spool::Spool;
use crate::{Appended, Recovery};

pub(crate) struct Scene {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) settings: SpoolSettings,
    clock: Arc<AtomicU64>,
}

impl Scene {
    pub(crate) fn new(max_bytes: u64, segment_bytes: u64) -> Self {
        Self {
            directory: temporary(),
            settings: SpoolSettings {
                max_bytes,
                segment_bytes,
                memory_bytes: 2_000,
                sync: Sync::EveryBatch,
                sync_interval_ms: 200,
            },
            clock: Arc::new(AtomicU64::new(1_700_000_000_000_000_000)),
        }
    }

    /// Nothing is dropped in it.
    pub(crate) fn roomy() -> Self {
        Self::new(1 << 20, 1_000)
    }

    pub(crate) fn open(&self) -> (Spool, Recovery) {
        self.open_at(self.directory.path())
    }

    pub(crate) fn open_at(&self, directory: &std::path::Path) -> (Spool, Recovery) {
        let clock = Arc::clone(&self.clock);
        let now = move || -> SystemTime {
            UNIX_EPOCH + Duration::from_nanos(clock.load(Ordering::Relaxed))
        };
        Spool::open_at(directory, &self.settings, Box::new(now)).unwrap()
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap();
        self.clock.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// The directory as a crash of the agent would leave it.
    pub(crate) fn snapshot(&self) -> tempfile::TempDir {
        let copy = temporary();
        for file in std::fs::read_dir(self.directory.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        copy
    }

    pub(crate) fn segment_files(&self) -> Vec<std::path::PathBuf> {
        let mut files: Vec<_> = std::fs::read_dir(self.directory.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "segment")
            })
            .collect();
        files.sort();
        files
    }
}

/// A directory, in memory where there is such a file system: tests write through thousands of times.
fn temporary() -> tempfile::TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory.or_else(|_| tempfile::tempdir()).unwrap()
}

pub(crate) fn entry(number: u64, priority: Priority, length: usize) -> Entry {
    Entry {
        id: id(number),
        priority,
        payload: payload(number, length),
    }
}

pub(crate) fn id(number: u64) -> AlertId {
    let mut bytes = [7; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    AlertId::from_bytes(bytes)
}

pub(crate) fn number(id: AlertId) -> u64 {
    u64::from_be_bytes(id.to_bytes()[8..].try_into().unwrap())
}

/// What belongs to this number, and to no other.
fn payload(number: u64, length: usize) -> Bytes {
    let pattern = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    pattern.into_iter().cycle().take(length).collect()
}

/// That a record is what was appended under its number.
pub(crate) fn assert_genuine(record: &Record) {
    let number = number(record.id);
    assert_eq!(
        record.payload,
        payload(number, record.payload.len()),
        "payload of {number}"
    );
}

pub(crate) fn limits(max_records: usize) -> BatchLimits {
    BatchLimits {
        max_records,
        max_bytes: 1 << 20,
    }
}

pub(crate) fn numbers(batch: &Batch) -> Vec<u64> {
    batch
        .records
        .iter()
        .map(|record| number(record.id))
        .collect()
}

/// Takes and acknowledges all that is there.
pub(crate) fn drain(spool: &mut Spool) -> Vec<u64> {
    let mut all = Vec::new();
    while let Some(batch) = spool.next_batch(limits(100)) {
        batch.records.iter().for_each(assert_genuine);
        all.extend(numbers(&batch));
        spool.acknowledge(batch.id);
    }
    all
}

pub(crate) fn append(
    spool: &mut Spool,
    numbers: std::ops::Range<u64>,
    priority: Priority,
) -> Appended {
    let entries: Vec<Entry> = numbers.map(|number| entry(number, priority, 100)).collect();
    spool.append(&entries)
}
