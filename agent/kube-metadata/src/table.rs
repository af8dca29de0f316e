//! The objects of one kind.

use foldhash::{HashMap, HashMapExt};
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

/// How far the watch of a kind is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Watch {
    /// Nobody watches.
    #[default]
    Off,
    /// The first list is on its way.
    Syncing,
    /// The first list could not be had so far.
    Failing,
    /// Everything was listed once.
    Synced,
}

/// Objects by their keys, and those that are gone for a while longer.
pub(crate) struct Table<K, V> {
    entries: HashMap<K, Entry<V>>,
    watch: Watch,
    /// Number of the list that was begun last: what it does not mention is gone.
    round: u32,
    ended: usize,
    objects_max: usize,
    refused: u64,
    forgotten_early: u64,
}

struct Entry<V> {
    object: Arc<V>,
    round: u32,
    ended: Option<Instant>,
}

/// What became of an object that was learned.
pub(crate) enum Learned<V> {
    /// It is new.
    New(Arc<V>),
    /// It took the place of another state of it.
    Changed { old: Arc<V>, new: Arc<V> },
    /// It was known as it is.
    Same,
    /// There are too many.
    Refused,
}

/// Numbers of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindStats {
    /// Objects that are kept now, those that are gone among them.
    pub objects: usize,
    /// Objects that are gone and still known.
    pub ended: usize,
    /// Objects that were not kept because there were too many.
    pub refused: u64,
    /// Objects that were gone and were forgotten before their time because there were too many.
    pub forgotten_early: u64,
}

impl<K: Clone + Eq + Hash, V: PartialEq> Table<K, V> {
    pub(crate) fn new(objects_max: usize) -> Self {
        Self {
            entries: HashMap::new(),
            watch: Watch::Off,
            round: 0,
            ended: 0,
            objects_max,
            refused: 0,
            forgotten_early: 0,
        }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|entry| &entry.object)
    }

    pub(crate) fn is_ended<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.entries
            .get(key)
            .is_some_and(|entry| entry.ended.is_some())
    }

    /// The objects that are not gone.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Arc<V>> {
        let entries = self.entries.values();
        entries
            .filter(|entry| entry.ended.is_none())
            .map(|entry| &entry.object)
    }

    /// All objects, also those that are gone.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Arc<V>> {
        self.entries.values().map(|entry| &entry.object)
    }

    /// Everything was listed: what was not is gone. Returns that.
    pub(crate) fn end_list(&mut self, now: Instant) -> Vec<Arc<V>> {
        self.watch = Watch::Synced;
        let mut gone = Vec::new();
        for entry in self.entries.values_mut() {
            if entry.round != self.round && entry.ended.is_none() {
                entry.ended = Some(now);
                gone.push(Arc::clone(&entry.object));
            }
        }
        self.ended = self.ended.saturating_add(gone.len());
        gone
    }

    /// Whether an object that is not known yet finds room, after those that are gone made theirs.
    /// Returns what was forgotten for it.
    pub(crate) fn make_room<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Vec<Arc<V>>
    where
        K: Borrow<Q>,
    {
        if self.entries.len() < self.objects_max || self.entries.contains_key(key) {
            return Vec::new();
        }
        let forgotten = self.forget(|_| true);
        let number = u64::try_from(forgotten.len()).unwrap_or(u64::MAX);
        self.forgotten_early = self.forgotten_early.saturating_add(number);
        forgotten
    }

    pub(crate) fn learn(&mut self, key: K, object: V) -> Learned<V> {
        let is_full = self.entries.len() >= self.objects_max;
        let Some(entry) = self.entries.get_mut(&key) else {
            if is_full {
                self.refused = self.refused.saturating_add(1);
                return Learned::Refused;
            }
            let object = Arc::new(object);
            let entry = Entry {
                object: Arc::clone(&object),
                round: self.round,
                ended: None,
            };
            self.entries.insert(key, entry);
            return Learned::New(object);
        };
        entry.round = self.round;
        let was_ended = entry.ended.take().is_some();
        if was_ended {
            self.ended = self.ended.saturating_sub(1);
        }
        if *entry.object == object && !was_ended {
            return Learned::Same;
        }
        let new = Arc::new(object);
        let old = std::mem::replace(&mut entry.object, Arc::clone(&new));
        Learned::Changed { old, new }
    }

    /// The object is gone. Returns it, if it was there.
    pub(crate) fn end<Q: Eq + Hash + ?Sized>(&mut self, key: &Q, now: Instant) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        let entry = self.entries.get_mut(key)?;
        if entry.ended.is_some() {
            return None;
        }
        entry.ended = Some(now);
        self.ended = self.ended.saturating_add(1);
        Some(Arc::clone(&entry.object))
    }

    /// Forgets objects that are gone since a time that `is_over` accepts. Returns them.
    pub(crate) fn forget(&mut self, is_over: impl Fn(Instant) -> bool) -> Vec<Arc<V>> {
        if self.ended == 0 {
            return Vec::new();
        }
        let mut forgotten = Vec::new();
        self.entries.retain(|_, entry| {
            let is_kept = entry.ended.is_none_or(|ended| !is_over(ended));
            if !is_kept {
                forgotten.push(Arc::clone(&entry.object));
            }
            is_kept
        });
        self.ended = self.ended.saturating_sub(forgotten.len());
        self.entries.shrink_to(self.entries.len().saturating_mul(2));
        forgotten
    }
}

/// A table, whatever it holds.
pub(crate) trait AnyTable {
    fn watch(&self) -> Watch;
    fn set_watch(&mut self, watch: Watch);
    fn begin_list(&mut self);
    /// Nobody watches any more: nothing is known.
    fn clear(&mut self);
    fn stats(&self) -> KindStats;
}

impl<K, V> AnyTable for Table<K, V> {
    fn watch(&self) -> Watch {
        self.watch
    }

    fn set_watch(&mut self, watch: Watch) {
        self.watch = watch;
    }

    fn begin_list(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    fn clear(&mut self) {
        self.entries = HashMap::new();
        self.ended = 0;
        self.watch = Watch::Off;
    }

    fn stats(&self) -> KindStats {
        KindStats {
            objects: self.entries.len(),
            ended: self.ended,
            refused: self.refused,
            forgotten_early: self.forgotten_early,
        }
    }
}
