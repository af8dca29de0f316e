//! Says that there is something new in the store.

use tokio::sync::watch;

/// Wakes those who wait for what is new in the store. Other processes cannot be woken: they look from time to time.
#[derive(Clone, Debug)]
pub(crate) struct Wake(watch::Sender<()>);

/// One who waits.
#[derive(Debug)]
pub(crate) struct Waiter(watch::Receiver<()>);

impl Wake {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    /// There is something new.
    pub(crate) fn wake(&self) {
        self.0.send_replace(());
    }

    /// One more who waits.
    pub(crate) fn waiter(&self) -> Waiter {
        Waiter(self.0.subscribe())
    }
}

impl Waiter {
    /// About to look: only what comes from now on wakes.
    pub(crate) fn looks(&mut self) {
        self.0.mark_unchanged();
    }

    /// Returns when there is something new since [`looks`](Self::looks).
    pub(crate) async fn wait(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody is left who could wake.
            std::future::pending::<()>().await;
        }
    }
}
