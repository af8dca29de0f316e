//! Tells who raised an alert when it is in safe hands.
//!
//! A [`Receipt`] goes along with any number of alerts. When the last of them is done with, whoever made it is told
//! whether each output that takes them has them: written, in its spool, or refused for good. An alert that was dropped
//! for want of room, or because the agent ends, makes it [`Fate::Lost`].
//!
//! What throttling holds back counts as done: another alert tells of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What became of the alerts of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Every output that takes them has them.
    Kept,
    /// At least one of them did not reach an output that takes it.
    Lost,
}

/// Goes along with alerts; a clone is the same receipt.
#[derive(Clone)]
pub struct Receipt(Arc<Shared>);

struct Shared {
    /// Hands that alerts are in, and went through.
    promised: AtomicU64,
    kept: AtomicU64,
    tell: Option<Box<dyn FnOnce(Fate) + Send + Sync>>,
}

impl Receipt {
    /// A receipt that tells `tell` once, when its last clone is gone.
    pub fn new(tell: impl FnOnce(Fate) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            promised: AtomicU64::new(0),
            kept: AtomicU64::new(0),
            tell: Some(Box::new(tell)),
        }))
    }

    /// Somebody takes an alert and has yet to pass it on.
    pub(crate) fn promise(&self) {
        self.0.promised.fetch_add(1, Relaxed);
    }

    /// Who promised has done it.
    pub(crate) fn keep(&self) {
        self.0.kept.fetch_add(1, Relaxed);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let fate = if self.promised.get_mut() == self.kept.get_mut() {
            Fate::Kept
        } else {
            Fate::Lost
        };
        if let Some(tell) = self.tell.take() {
            tell(fate);
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn receipt() -> (Receipt, mpsc::Receiver<Fate>) {
        let (send, told) = mpsc::channel();
        let receipt = Receipt::new(move |fate| send.send(fate).expect("somebody listens"));
        (receipt, told)
    }

    #[test]
    fn no_alert_is_as_good_as_kept() {
        let (receipt, told) = receipt();
        let clone = receipt.clone();
        drop(receipt);
        assert!(told.try_recv().is_err());
        drop(clone);
        assert_eq!(told.recv(), Ok(Fate::Kept));
    }

    #[test]
    fn what_was_promised_has_to_be_kept() {
        let (receipt, told) = receipt();
        receipt.promise();
        receipt.promise();
        receipt.keep();
        drop(receipt);
        assert_eq!(told.recv(), Ok(Fate::Lost));
    }
}
