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
            if let Some(batch) = self.try_next_batch(limits).await {
                return batch;
            }
            if self.shared.lock().has_more() {
                // They cannot be read at present.
                tokio::time::sleep(READ_RETRY_INTERVAL).await;
            } else {
                arrived.await;
            }
        }
    }

    /// Records that wait now.
    pub async fn try_next_batch(&self, limits: BatchLimits) -> Option<Batch> {
        let handout = self
            .blocking(move |shared| {
                let batch = shared.lock().next_batch(limits);
                batch.map(|batch| Handout {
                    shared: Arc::clone(shared),
                    batch: Some(batch),
                })
            })
            .await;
        handout.and_then(Handout::accept)
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
