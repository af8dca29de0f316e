//! What publishers, consumers and the writer share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

use super::EmbeddedError;
use super::ledger::{Finished, Ledger};
use super::log::{ChunkKey, Log, Opener};
use crate::counters::Counters;

/// Bytes that are read from the log at once.
const READ_BYTES: u64 = 512 * 1024;

/// Guarded by one lock that is held for moments only, never while waiting.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ledger: Ledger,
    /// Chunks that are to be removed from the log.
    pub(crate) finished: Vec<Finished>,
    /// Alerts of the log that are not acknowledged.
    pub(crate) depth: u64,
    /// Bytes of the log.
    pub(crate) bytes: u64,
    is_loading: bool,
}

pub(crate) struct Core {
    pub(crate) path: PathBuf,
    pub(crate) bytes_max: u64,
    pub(crate) partitions: u16,
    pub(crate) counters: Counters,
    /// Wakes consumers: there is something new to take.
    pub(crate) ready: Notify,
    opener: Mutex<Opener>,
    shared: Mutex<Shared>,
    /// None while it is closed after a failed write.
    log: Mutex<Option<Arc<Log>>>,
    next_consumer: AtomicU64,
}

/// A lock that was poisoned guards counts and queues that are still whole: every change to them is a few
/// statements that do not panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since the epoch.
pub(crate) fn wall_clock_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

impl Core {
    /// Opens the log.
    pub(crate) fn open(
        opener: Opener,
        path: PathBuf,
        bytes_max: u64,
        partitions: u16,
        ledger: Ledger,
    ) -> Result<Self, EmbeddedError> {
        let core = Self {
            path,
            bytes_max,
            partitions,
            counters: Counters::default(),
            ready: Notify::new(),
            opener: Mutex::new(opener),
            shared: Mutex::new(Shared {
                ledger,
                finished: Vec::new(),
                depth: 0,
                bytes: 0,
                is_loading: false,
            }),
            log: Mutex::new(None),
            next_consumer: AtomicU64::new(0),
        };
        core.open_log()?;
        let contents = core.log()?.contents(partitions)?;
        let mut shared = core.shared();
        shared.depth = contents.alerts;
        shared.bytes = contents.bytes;
        for (partition, (first, next)) in (0..).zip(contents.first.iter().zip(&contents.next)) {
            if first < next {
                shared.ledger.written(partition, *first);
                shared.ledger.written(partition, *next - 1);
            }
        }
        drop(shared);
        Ok(core)
    }

    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }

    pub(crate) fn next_consumer(&self) -> u64 {
        self.next_consumer.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn log(&self) -> Result<Arc<Log>, EmbeddedError> {
        lock(&self.log)
            .clone()
            .ok_or_else(|| EmbeddedError::Closed {
                path: self.path.clone(),
            })
    }

    /// Opens the file.
    pub(crate) fn open_log(&self) -> Result<(), EmbeddedError> {
        let mut slot = lock(&self.log);
        let log = Log::open(&lock(&self.opener), &self.path, self.partitions)?;
        *slot = Some(Arc::new(log));
        Ok(())
    }

    /// Closes the file, when those who read from it are through.
    pub(crate) fn close_log(&self) {
        let Some(mut log) = lock(&self.log).take() else {
            return;
        };
        // Reads take milliseconds, and the slot is empty for new ones.
        while let Err(shared) = Arc::try_unwrap(log) {
            log = shared;
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Reads what consumers wait for into memory. Blocks.
    pub(crate) fn load(&self, (partition, sequence): ChunkKey) -> Result<(), EmbeddedError> {
        let _finished = Loading::begin(self);
        let read = self.log()?.read((partition, sequence), READ_BYTES)?;
        let mut shared = self.shared();
        if read.is_empty() {
            tracing::error!(partition, sequence, "chunk of the queue is missing");
            shared.ledger.skip((partition, sequence));
        }
        for chunk in read {
            match chunk.alerts {
                Ok(alerts) => {
                    shared
                        .ledger
                        .load(chunk.key, alerts, chunk.written_ms, chunk.bytes);
                }
                Err(count) => {
                    self.counters.corrupted.add(count as usize);
                    shared.ledger.skip(chunk.key);
                    shared.depth = shared.depth.saturating_sub(u64::from(count));
                    shared.finished.push(Finished {
                        key: chunk.key,
                        bytes: chunk.bytes,
                    });
                }
            }
        }
        Ok(())
    }

    /// Claims the right to load; one load at a time.
    pub(crate) fn claim_load(&self) -> Claim {
        let mut shared = self.shared();
        match shared.ledger.starving() {
            None => Claim::Nothing,
            Some(_) if shared.is_loading => Claim::Busy,
            Some(key) => {
                shared.is_loading = true;
                Claim::Load(key)
            }
        }
    }
}

/// Whether there is something to load.
pub(crate) enum Claim {
    Nothing,
    /// Someone is at it, and wakes the others.
    Busy,
    Load(ChunkKey),
}

/// Ends a load, also if it fails.
struct Loading<'core>(&'core Core);

impl<'core> Loading<'core> {
    fn begin(core: &'core Core) -> Self {
        Self(core)
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.0.shared().is_loading = false;
        self.0.ready.notify_waiters();
    }
}
