//! One gate: an allowance for each key, and what each key holds back.
//!
//! The allowance is a generic cell rate algorithm: `whole_ns` is when the allowance of a key would be whole
//! again, and each alert that is let through moves it on by one interval. A window is the case with a burst of
//! one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use saker_proto::v1;

use super::key::Key;

/// How often alerts of one key are let through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Time that one alert takes up, nanoseconds.
    pub(super) interval_ns: u64,
    /// Alerts at once.
    pub(super) burst: u32,
}

impl Allowance {
    /// When the next alert is let through, if the allowance will be whole at this time.
    fn next_ns(self, whole_ns: u64) -> u64 {
        let ahead = u64::from(self.burst.saturating_sub(1)).saturating_mul(self.interval_ns);
        whole_ns.saturating_sub(ahead)
    }
}

/// Lets through, or holds back.
#[derive(Debug)]
pub(super) struct Gate {
    allowance: Allowance,
    keys_max: usize,
    entries: HashMap<Key, Entry>,
    /// When each entry has something to do, the next one first.
    ends: BTreeSet<(u64, Key)>,
    suppressed: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Entry {
    whole_ns: u64,
    held: Option<Held>,
}

/// What is held back: the last alert, and how many others it stands for.
#[derive(Debug)]
struct Held {
    last: Arc<v1::Alert>,
    others: u64,
}

impl Held {
    fn released(self) -> Arc<v1::Alert> {
        let mut alert = self.last;
        if self.others != alert.suppressed {
            Arc::make_mut(&mut alert).suppressed = self.others;
        }
        alert
    }
}

impl Gate {
    pub(super) fn new(allowance: Allowance, keys_max: usize) -> Self {
        Self {
            allowance,
            keys_max,
            entries: HashMap::new(),
            ends: BTreeSet::new(),
            suppressed: BTreeMap::new(),
        }
    }

    pub(super) fn offer(
        &mut self,
        key: Key,
        alert: Arc<v1::Alert>,
        now_ns: u64,
        out: &mut Vec<Arc<v1::Alert>>,
    ) {
        self.expire(now_ns, out);
        let mut entry = self.take(key).unwrap_or_default();
        if let Some(held) = entry.held.take() {
            self.count(&held.last.rule);
            entry.held = Some(Held {
                others: held
                    .others
                    .saturating_add(1)
                    .saturating_add(alert.suppressed),
                last: alert,
            });
        } else if self.allowance.next_ns(entry.whole_ns) <= now_ns {
            entry.whole_ns = self.later(entry.whole_ns.max(now_ns));
            out.push(alert);
        } else {
            entry.held = Some(Held {
                others: alert.suppressed,
                last: alert,
            });
        }
        self.keep(key, entry, out);
    }

    pub(super) fn expire(&mut self, now_ns: u64, out: &mut Vec<Arc<v1::Alert>>) {
        while let Some((end_ns, key)) = self.ends.first().copied().filter(|end| end.0 <= now_ns) {
            let Some(mut entry) = self.take(key) else {
                // Each end has its entry.
                self.ends.remove(&(end_ns, key));
                continue;
            };
            let Some(held) = entry.held.take() else {
                continue;
            };
            out.push(held.released());
            entry.whole_ns = self.later(entry.whole_ns.max(end_ns));
            self.keep(key, entry, out);
        }
    }

    pub(super) fn flush(&mut self, out: &mut Vec<Arc<v1::Alert>>) {
        while self.end_first(out) {}
    }

    pub(super) fn deadline_ns(&self) -> Option<u64> {
        self.ends.first().map(|(end_ns, _)| *end_ns)
    }

    pub(super) fn take_suppressed(&mut self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.suppressed)
    }

    fn later(&self, time_ns: u64) -> u64 {
        time_ns.saturating_add(self.allowance.interval_ns)
    }

    /// When an entry has something to do: let through what it holds, or be forgotten.
    fn end_ns(&self, entry: &Entry) -> u64 {
        match entry.held {
            Some(_) => self.allowance.next_ns(entry.whole_ns),
            None => entry.whole_ns,
        }
    }

    fn take(&mut self, key: Key) -> Option<Entry> {
        let entry = self.entries.remove(&key)?;
        self.ends.remove(&(self.end_ns(&entry), key));
        Some(entry)
    }

    fn keep(&mut self, key: Key, entry: Entry, out: &mut Vec<Arc<v1::Alert>>) {
        if self.entries.len() >= self.keys_max {
            self.end_first(out);
        }
        self.ends.insert((self.end_ns(&entry), key));
        self.entries.insert(key, entry);
    }

    /// Ends the entry whose time comes first; false without any.
    fn end_first(&mut self, out: &mut Vec<Arc<v1::Alert>>) -> bool {
        let Some((_, key)) = self.ends.pop_first() else {
            return false;
        };
        let held = self.entries.remove(&key).and_then(|entry| entry.held);
        out.extend(held.map(Held::released));
        true
    }

    fn count(&mut self, rule: &str) {
        if let Some(count) = self.suppressed.get_mut(rule) {
            *count = count.saturating_add(1);
        } else {
            self.suppressed.insert(rule.to_owned(), 1);
        }
    }
}
