//! The containers in the order in which they are forgotten.

use crate::containers::{Limits, Reason};
use crate::info::ContainerInfo;
use foldhash::HashMap;
use saker_process_state::ContainerId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// What is kept of a container.
pub(crate) struct Entry {
    pub(crate) info: Option<Arc<ContainerInfo>>,
    pub(crate) state: State,
    /// When it appeared, or appeared again.
    pub(crate) appeared: Instant,
    pub(crate) ended: Option<Instant>,
    rank: Rank,
}

/// How far the asking got.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Complete,
    Awaited,
    Ended(Reason),
}

/// Place in the order in which containers are forgotten: those that ended before those that run, and
/// among each the first ones first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_running: bool,
    sequence: u64,
}

/// The containers. Every change takes time that grows with the logarithm of their number.
#[derive(Default)]
pub(crate) struct Store {
    entries: HashMap<ContainerId, Entry>,
    order: BTreeMap<Rank, ContainerId>,
    sequence: u64,
}

impl Store {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, id: &ContainerId) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &ContainerId) -> Option<&mut Entry> {
        self.entries.get_mut(id)
    }

    /// Adds a container that is not there. Returns how many others made room.
    pub(crate) fn insert(&mut self, id: &ContainerId, now: Instant, limits: &Limits) -> u64 {
        let rank = self.next_rank(true);
        let entry = Entry {
            info: None,
            state: State::Awaited,
            appeared: now,
            ended: None,
            rank,
        };
        if let Some(replaced) = self.entries.insert(id.clone(), entry) {
            self.order.remove(&replaced.rank);
        }
        self.order.insert(rank, id.clone());
        let mut forgotten = 0_u64;
        while self.entries.len() > limits.containers_max.max(1) {
            let Some((_, first)) = self.order.pop_first() else {
                break;
            };
            self.entries.remove(&first);
            forgotten = forgotten.saturating_add(1);
        }
        forgotten
    }

    /// Notes that a container ended, unless that is known.
    pub(crate) fn end(&mut self, id: &ContainerId, now: Instant) {
        let rank = self.next_rank(false);
        if let Some(entry) = self
            .entries
            .get_mut(id)
            .filter(|entry| entry.ended.is_none())
        {
            entry.ended = Some(now);
            self.order.remove(&entry.rank);
            entry.rank = rank;
            self.order.insert(rank, id.clone());
        }
    }

    /// Notes that a container that had ended runs again.
    pub(crate) fn revive(&mut self, id: &ContainerId, now: Instant) {
        let rank = self.next_rank(true);
        if let Some(entry) = self.entries.get_mut(id) {
            entry.ended = None;
            entry.appeared = now;
            entry.state = State::Awaited;
            self.order.remove(&entry.rank);
            entry.rank = rank;
            self.order.insert(rank, id.clone());
        }
    }

    /// Forgets those that ended long enough ago.
    pub(crate) fn forget_ended(&mut self, now: Instant, limits: &Limits) {
        while let Some((_, id)) = self.order.first_key_value() {
            let is_over = self
                .entries
                .get(id)
                .and_then(|entry| entry.ended)
                .is_some_and(|ended| now.saturating_duration_since(ended) >= limits.kept);
            if !is_over {
                return;
            }
            if let Some((_, id)) = self.order.pop_first() {
                self.entries.remove(&id);
            }
        }
    }

    fn next_rank(&mut self, is_running: bool) -> Rank {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Rank {
            is_running,
            sequence,
        }
    }
}
