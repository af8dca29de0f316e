//! How long outputs may still try when the agent ends.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shared by all outputs. Without end until somebody sets one.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    end: Mutex<Option<Instant>>,
    changed: Condvar,
}

/// What a pause came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paused {
    /// It is over, try again.
    Elapsed,
    /// No time is left to try again.
    NoTimeLeft,
}

impl Patience {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on there is an end.
    pub(crate) fn end_at(&self, end: Instant) {
        *self.lock() = Some(end);
        self.changed.notify_all();
    }

    /// How long is left; nothing while there is no end.
    pub(crate) fn left(&self) -> Option<Duration> {
        let end = *self.lock();
        end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Waits, but not beyond the end.
    pub(crate) fn pause(&self, pause: Duration) -> Paused {
        let until = Instant::now().checked_add(pause);
        let mut end = self.lock();
        loop {
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                return Paused::NoTimeLeft;
            }
            let next = [until, *end].into_iter().flatten().min();
            let left = next.map(|next| next.saturating_duration_since(now));
            if left.is_some_and(|left| left.is_zero()) {
                return Paused::Elapsed;
            }
            let left = left.unwrap_or(Duration::from_secs(3_600));
            end = self
                .changed
                .wait_timeout(end, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn a_pause_ends_by_itself_or_with_the_patience() {
        let patience = Arc::new(Patience::default());
        assert_eq!(patience.left(), None);
        assert_eq!(patience.pause(Duration::from_millis(1)), Paused::Elapsed);
        let waiting = thread::spawn({
            let patience = Arc::clone(&patience);
            move || patience.pause(Duration::MAX)
        });
        patience.end_at(Instant::now() + Duration::from_millis(5));
        assert_eq!(waiting.join().expect("it ends"), Paused::NoTimeLeft);
        assert_eq!(patience.left(), Some(Duration::ZERO));
    }
}
