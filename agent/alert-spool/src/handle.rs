//! The spool, used from asynchronous code and from several places.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use crate::error::SpoolError;
use crate::loss::{Appended, Recovery, SpoolStats};
use crate::record::{Batch, BatchId, BatchLimits, Entry};
use crate::settings::SpoolSettings;
use crate::spool::Spool;

/// How long files that could not be read are left alone.
const READ_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Shares a [`Spool`]; clones are the same spool. The files are closed with the last of them.
///
/// A thread of its own does what is due later. It sleeps as long as nothing is.
#[derive(Clone, Debug)]
pub struct SpoolHandle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    spool: Mutex<Spool>,
    /// There may be something to hand out.
    arrived: Notify,
    /// There may be something due later.
    keeper: Arc<Wakeup>,
}

/// Wakes the thread that does what is due.
#[derive(Debug, Default)]
struct Wakeup {
    state: Mutex<KeeperState>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum KeeperState {
    #[default]
    Idle,
    Wanted,
    Ended,
}

impl SpoolHandle {
    /// Opens the spool in this directory, see [`Spool::open`]. Blocks.
    ///
    /// # Errors
    ///
    /// See [`SpoolError`].
    pub fn open(
        directory: &Path,
        settings: &SpoolSettings,
    ) -> Result<(Self, Recovery), SpoolError> {
        let (spool, recovery) = Spool::open(directory, settings)?;
        let handle = Self {
            shared: Arc::new(Shared {
                spool: Mutex::new(spool),
                arrived: Notify::new(),
                keeper: Arc::default(),
            }),
        };
        let keeper = Keeper {
            spool: Arc::downgrade(&handle.shared),
            wakeup: Arc::clone(&handle.shared.keeper),
        };
        thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || keeper.run())
            .map_err(|error| SpoolError::file("start the thread of the spool", directory, error))?;
        Ok((handle, recovery))
    }

    /// See [`Spool::append`].
    pub async fn append(&self, entries: Vec<Entry>) -> Appended {
        self.blocking(move |shared| shared.append(&entries)).await
    }

    /// The same for a thread that may block.
    pub fn append_blocking(&self, entries: &[Entry]) -> Appended {
        self.shared.append(entries)
    }

    /// Waits for records. Where the future is dropped they are handed out to the next who asks.
    pub async fn next_batch(&self, limits: BatchLimits) -> Batch {
        loop {
            let arrived = self.shared.arrived.notified();
            match self.take(limits).await {
                Taken::Batch(handout) => {
                    if let Some(batch) = handout.accept() {
                        return batch;
                    }
                }
                Taken::Unreadable => tokio::time::sleep(READ_RETRY_INTERVAL).await,
                Taken::Empty => arrived.await,
            }
        }
    }

    async fn take(&self, limits: BatchLimits) -> Taken {
        self.blocking(move |shared| {
            let mut spool = shared.lock();
            match spool.next_batch(limits) {
                Some(batch) => Taken::Batch(Handout {
                    shared: Arc::clone(shared),
                    batch: Some(batch),
                }),
                // Asked later, it would be about what came meanwhile.
                None if spool.has_more() => Taken::Unreadable,
                None => Taken::Empty,
            }
        })
        .await
    }

    /// See [`Spool::acknowledge`].
    pub async fn acknowledge(&self, batch: BatchId) {
        self.blocking(move |shared| {
            shared.lock().acknowledge(batch);
            shared.keeper.set(KeeperState::Wanted);
        })
        .await;
    }

    /// See [`Spool::release`]. May wait for a write that is under way.
    pub fn release(&self, batch: BatchId) {
        self.shared.release(batch);
    }

    /// See [`Spool::flush`].
    pub async fn flush(&self) -> u64 {
        self.blocking(|shared| shared.lock().flush()).await
    }

    /// See [`Spool::stats`]. May wait for a write that is under way.
    #[must_use]
    pub fn stats(&self) -> SpoolStats {
        self.shared.lock().stats()
    }

    /// Runs what accesses files on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Shared>) -> T + Send + 'static,
    ) -> T {
        let shared = Arc::clone(&self.shared);
        match spawn_blocking(move || work(&shared)).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only while the runtime ends: nobody will ask again.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Spool> {
        // A spool whose method panicked still has its files in order: each write is whole or cut off.
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, entries: &[Entry]) -> Appended {
        let appended = self.lock().append(entries);
        self.arrived.notify_one();
        self.keeper.set(KeeperState::Wanted);
        appended
    }

    fn release(&self, batch: BatchId) {
        self.lock().release(batch);
        self.arrived.notify_one();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.keeper.set(KeeperState::Ended);
    }
}

/// What there was to take.
enum Taken {
    Batch(Handout),
    /// Records that cannot be read at present.
    Unreadable,
    Empty,
}

/// A batch on its way to who asked for it. If that one is gone it goes back.
struct Handout {
    shared: Arc<Shared>,
    batch: Option<Batch>,
}

impl Handout {
    fn accept(mut self) -> Option<Batch> {
        self.batch.take()
    }
}

impl Drop for Handout {
    fn drop(&mut self) {
        if let Some(batch) = self.batch.take() {
            self.shared.release(batch.id);
        }
    }
}

impl Wakeup {
    fn lock(&self) -> MutexGuard<'_, KeeperState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: KeeperState) {
        *self.lock() = state;
        self.changed.notify_one();
    }

    /// Waits until something may be due; false once the spool is gone.
    fn wait(&self, due: Option<Duration>) -> bool {
        let mut state = self.lock();
        if let Some(due) = due {
            let waited = self
                .changed
                .wait_timeout_while(state, due, |state| *state != KeeperState::Ended);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        } else {
            let waited = self
                .changed
                .wait_while(state, |state| *state == KeeperState::Idle);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if *state == KeeperState::Wanted {
            *state = KeeperState::Idle;
        }
        *state != KeeperState::Ended
    }
}

/// Does what is due later, until the spool is gone.
struct Keeper {
    spool: Weak<Shared>,
    wakeup: Arc<Wakeup>,
}

impl Keeper {
    fn run(self) {
        let mut due = None;
        while self.wakeup.wait(due) {
            let Some(shared) = self.spool.upgrade() else {
                return;
            };
            let mut spool = shared.lock();
            spool.maintain();
            due = spool.maintenance_due();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Sync;
    use bytes::Bytes;
    use saker_proto::{AlertId, v1::Priority};

    /// Records that come while nothing was found must not look like records that cannot be read: those are
    /// left alone for a second.
    #[tokio::test]
    async fn what_comes_meanwhile_is_not_unreadable() {
        let directory = tempfile::tempdir().unwrap();
        let settings = SpoolSettings {
            sync: Sync::Interval,
            ..SpoolSettings::default()
        };
        let (spool, _) = SpoolHandle::open(directory.path(), &settings).unwrap();
        let count = 2_000;
        let appending = spool.clone();
        let appender = thread::spawn(move || {
            for number in 0..count {
                appending.append_blocking(&[Entry {
                    id: AlertId::from_bytes(u128::to_be_bytes(number)),
                    priority: Priority::Notice,
                    payload: Bytes::from_static(b"an alert"),
                }]);
                thread::yield_now();
            }
        });
        let mut taken = 0;
        while taken < count {
            match spool.take(BatchLimits::default()).await {
                Taken::Batch(handout) => {
                    let batch = handout.accept().unwrap();
                    taken += u128::try_from(batch.records.len()).unwrap();
                    spool.acknowledge(batch.id).await;
                }
                Taken::Empty => tokio::task::yield_now().await,
                Taken::Unreadable => panic!("everything can be read"),
            }
        }
        appender.join().unwrap();
    }
}
