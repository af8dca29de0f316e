//! Where events wait, in their order.
//!
//! Bounded for each queue and in total: who is too many is for the caller to see off
//! ([`WaitingRoom::surplus`]), the oldest first.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Bounds of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// How long one waits at most.
    pub(crate) wait: Duration,
    /// How many of one queue may wait.
    pub(crate) of_queue_max: usize,
    /// How many may wait.
    pub(crate) all_max: usize,
    /// How much memory all together may take, in bytes.
    pub(crate) bytes_max: usize,
}

/// Who waits, by queue `K`.
pub(crate) struct WaitingRoom<K, T> {
    bounds: Bounds,
    /// By their numbers, which are given in order of arrival.
    waiting: BTreeMap<u64, Waiting<K, T>>,
    /// The numbers of each queue, ascending; none is empty.
    queues: HashMap<K, VecDeque<u64>>,
    /// The queue that has too many.
    crowded: Option<K>,
    next_number: u64,
    bytes: usize,
}

struct Waiting<K, T> {
    queue: K,
    guest: T,
    arrived: Instant,
    bytes: usize,
}

/// One that left.
pub(crate) struct Departed<T> {
    pub(crate) guest: T,
    pub(crate) waited: Duration,
}

/// Whether one goes on waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Stay,
    Leave,
}

impl<K: Clone + Eq + Hash, T> WaitingRoom<K, T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            waiting: BTreeMap::new(),
            queues: HashMap::new(),
            crowded: None,
            next_number: 0,
            bytes: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether someone waits in a queue.
    pub(crate) fn has(&self, queue: &K) -> bool {
        self.queues.contains_key(queue)
    }

    /// When the next one has waited long enough.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let (_, first) = self.waiting.first_key_value()?;
        first.arrived.checked_add(self.bounds.wait)
    }

    /// Lets one in, at the end of its queue. `bytes` is the memory that it takes.
    pub(crate) fn enter(&mut self, queue: K, guest: T, bytes: usize, now: Instant) {
        let number = self.next_number;
        self.next_number += 1;
        let numbers = self.queues.entry(queue.clone()).or_default();
        numbers.push_back(number);
        if numbers.len() > self.bounds.of_queue_max {
            self.crowded = Some(queue.clone());
        }
        self.bytes += bytes;
        let waiting = Waiting {
            queue,
            guest,
            arrived: now,
            bytes,
        };
        self.waiting.insert(number, waiting);
    }

    /// Takes out the oldest of those that are too many, if any are.
    pub(crate) fn surplus(&mut self, now: Instant) -> Option<Departed<T>> {
        if let Some(queue) = self.crowded.take() {
            let number = *self.queues.get(&queue)?.front()?;
            return self.depart(number, now);
        }
        let is_full =
            self.waiting.len() > self.bounds.all_max || self.bytes > self.bounds.bytes_max;
        if is_full { self.first(now) } else { None }
    }

    /// Takes out the oldest of those that have waited long enough, if any have.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<Departed<T>> {
        if self.deadline()? > now {
            return None;
        }
        self.first(now)
    }

    /// Takes out the oldest.
    pub(crate) fn first(&mut self, now: Instant) -> Option<Departed<T>> {
        let (number, _) = self.waiting.first_key_value()?;
        self.depart(*number, now)
    }

    /// Asks in order of arrival who may leave. Who stays keeps those behind in its queue, which are not
    /// asked.
    pub(crate) fn ask(
        &mut self,
        now: Instant,
        mut decide: impl FnMut(&K, &mut T, Duration) -> Decision,
    ) {
        let mut staying = HashSet::new();
        let mut left = Vec::new();
        for (number, waiting) in &mut self.waiting {
            if staying.contains(&waiting.queue) {
                continue;
            }
            let waited = now.saturating_duration_since(waiting.arrived);
            match decide(&waiting.queue, &mut waiting.guest, waited) {
                Decision::Leave => left.push(*number),
                Decision::Stay => {
                    staying.insert(waiting.queue.clone());
                }
            }
        }
        for number in left {
            drop(self.depart(number, now));
        }
    }

    fn depart(&mut self, number: u64, now: Instant) -> Option<Departed<T>> {
        let waiting = self.waiting.remove(&number)?;
        self.bytes -= waiting.bytes;
        if let Entry::Occupied(mut queue) = self.queues.entry(waiting.queue) {
            // Only the first of a queue leaves.
            queue.get_mut().pop_front();
            if queue.get().is_empty() {
                queue.remove();
            }
        }
        Some(Departed {
            guest: waiting.guest,
            waited: now.saturating_duration_since(waiting.arrived),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(500);

    fn room(of_queue_max: usize, all_max: usize) -> WaitingRoom<char, u32> {
        WaitingRoom::new(Bounds {
            wait: WAIT,
            of_queue_max,
            all_max,
            bytes_max: 1000,
        })
    }

    fn asked(room: &mut WaitingRoom<char, u32>, leave: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut asked = Vec::new();
        room.ask(Instant::now(), |_, guest, _| {
            asked.push(*guest);
            if leave(*guest) {
                Decision::Leave
            } else {
                Decision::Stay
            }
        });
        asked
    }

    #[test]
    fn who_stays_keeps_its_queue_and_no_other() {
        let mut room = room(10, 10);
        let now = Instant::now();
        for (queue, guest) in [('a', 1), ('b', 2), ('a', 3), ('b', 4), ('a', 5)] {
            room.enter(queue, guest, 1, now);
        }
        assert_eq!(asked(&mut room, |guest| guest == 2), [1, 2, 4]);
        assert_eq!(room.len(), 4);
        assert_eq!(asked(&mut room, |guest| guest != 5), [1, 3, 4, 5]);
        assert!(room.has(&'a') && !room.has(&'b'));
    }

    #[test]
    fn the_oldest_leaves_when_its_time_is_over() {
        let mut room = room(10, 10);
        let began = Instant::now();
        assert_eq!(room.deadline(), None);
        room.enter('a', 1, 1, began);
        room.enter('b', 2, 1, began + WAIT / 2);
        assert_eq!(room.deadline(), Some(began + WAIT));
        assert!(room.expired(began + WAIT / 2).is_none());
        let first = room.expired(began + WAIT).expect("the first");
        assert_eq!((first.guest, first.waited), (1, WAIT));
        assert!(room.expired(began + WAIT).is_none());
        assert_eq!(room.deadline(), Some(began + WAIT + WAIT / 2));
    }

    #[test]
    fn the_oldest_makes_room_in_its_queue_and_in_all() {
        let now = Instant::now();
        let mut room = room(2, 3);
        for (queue, guest) in [('a', 1), ('b', 2), ('b', 3)] {
            room.enter(queue, guest, 1, now);
            assert!(room.surplus(now).is_none());
        }
        room.enter('b', 4, 1, now);
        // One of the full queue, and the room is no longer full.
        assert_eq!(room.surplus(now).map(|it| it.guest), Some(2));
        assert!(room.surplus(now).is_none());
        room.enter('c', 5, 1, now);
        assert_eq!(room.surplus(now).map(|it| it.guest), Some(1));
        assert!(room.surplus(now).is_none());
        assert_eq!(room.len(), 3);
    }

    #[test]
    fn memory_is_bounded() {
        let now = Instant::now();
        let mut room = room(10, 10);
        room.enter('a', 1, 400, now);
        room.enter('b', 2, 400, now);
        room.enter('c', 3, 900, now);
        assert_eq!(room.surplus(now).map(|it| it.guest), Some(1));
        assert_eq!(room.surplus(now).map(|it| it.guest), Some(2));
        assert!(room.surplus(now).is_none());
        assert_eq!(room.first(now).map(|it| it.guest), Some(3));
        assert!(room.is_empty());
        room.enter('a', 4, 1000, now);
        assert!(room.surplus(now).is_none(), "what left is not counted");
    }
}
