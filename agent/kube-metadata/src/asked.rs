//! What was asked for and was not there.

use foldhash::{HashMap, HashMapExt};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most names that are remembered. What is asked for beyond is not waited for.
const ASKED_MAX: usize = 4_096;

/// Since when each name was asked for in vain.
///
/// A watch tells of an object soon after it was made, so that what is still not there after a while
/// does not exist (or may not be seen), and need not be waited for with each event.
pub(crate) struct Asked {
    first: Mutex<HashMap<Box<str>, Instant>>,
    wait: Duration,
}

impl Asked {
    pub(crate) fn new(wait: Duration) -> Self {
        Self {
            first: Mutex::new(HashMap::new()),
            wait,
        }
    }

    /// Whether it is worth waiting for `name`.
    pub(crate) fn may_come(&self, name: &str) -> bool {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = first.get(name) {
            return asked.elapsed() < self.wait;
        }
        if first.len() >= ASKED_MAX {
            return false;
        }
        first.insert(name.into(), Instant::now());
        true
    }

    /// Forgets what was first asked for at a time that `is_over` accepts.
    pub(crate) fn forget(&self, is_over: impl Fn(Instant) -> bool) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.retain(|_, asked| !is_over(*asked));
    }
}
