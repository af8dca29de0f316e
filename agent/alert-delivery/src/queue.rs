//! A bounded queue that a flood of unimportant alerts cannot close to important ones.
//!
//! # Invariants
//!
//! - What comes out comes out in the order in which it went in.
//! - Where there is no room, the least urgent makes room for the more urgent, the oldest of it first, and the
//!   sender is told how many were lost. Or the sender waits, if the queue was made so.
//! - The lock is held for as long as it takes to move one element, and never while anybody waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use saker_proto::v1::Priority;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Elements.
    pub elements_max: usize,
    /// Bytes of all elements. A single one may have more.
    pub bytes_max: usize,
}

/// What happens when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The least urgent is dropped, and counted.
    DropLeastUrgent,
    /// The sender waits.
    Wait,
}

/// What became of an element that was sent, and of others for its sake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "what is lost has to be counted"]
pub(crate) struct Sent {
    /// Elements that were dropped for want of room, perhaps the one that was sent.
    pub displaced: u64,
    /// Whether nobody receives any more. The element that was sent is lost then.
    pub is_closed: bool,
}

/// What is received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received<T> {
    /// An element.
    Element(T),
    /// None came in time.
    Nothing,
    /// None will come any more.
    Ended,
}

/// Makes a queue.
pub(crate) fn queue<T>(bounds: Bounds, when_full: WhenFull) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            classes: BTreeMap::new(),
            next: 0,
            elements: 0,
            bytes: 0,
            senders: 1,
            is_received: true,
        }),
        changed: Condvar::new(),
        room: Condvar::new(),
        bounds,
        when_full,
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

/// Puts elements in. The queue ends when the last clone is gone.
#[derive(Debug)]
pub(crate) struct Sender<T>(Arc<Shared<T>>);

/// Takes elements out.
#[derive(Debug)]
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    room: Condvar,
    bounds: Bounds,
    when_full: WhenFull,
}

#[derive(Debug)]
struct State<T> {
    /// By priority, the least urgent first.
    classes: BTreeMap<i32, VecDeque<Waiting<T>>>,
    /// Number of the next element.
    next: u64,
    elements: usize,
    bytes: usize,
    senders: usize,
    is_received: bool,
}

#[derive(Debug)]
struct Waiting<T> {
    number: u64,
    bytes: usize,
    element: T,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn has_room(&self, bytes: usize, bounds: Bounds) -> bool {
        self.elements == 0
            || (self.elements < bounds.elements_max
                && self.bytes.saturating_add(bytes) <= bounds.bytes_max)
    }

    fn push(&mut self, priority: i32, bytes: usize, element: T) {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.elements = self.elements.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        self.classes
            .entry(priority)
            .or_default()
            .push_back(Waiting {
                number,
                bytes,
                element,
            });
    }

    fn pop(&mut self) -> Option<T> {
        let oldest = self
            .classes
            .iter()
            .filter_map(|(priority, class)| Some((class.front()?.number, *priority)))
            .min()?;
        self.pop_of(oldest.1)
    }

    /// The priority that would make room.
    fn least(&self) -> Option<i32> {
        let mut classes = self.classes.iter();
        classes
            .find(|(_, class)| !class.is_empty())
            .map(|(priority, _)| *priority)
    }

    fn pop_of(&mut self, priority: i32) -> Option<T> {
        let waiting = self.classes.get_mut(&priority)?.pop_front()?;
        self.elements = self.elements.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(waiting.bytes);
        Some(waiting.element)
    }
}

impl<T> Sender<T> {
    /// Puts an element in; `bytes` is what it takes, roughly.
    pub(crate) fn send(&self, priority: Priority, bytes: usize, element: T) -> Sent {
        let priority = i32::from(priority);
        let shared = &*self.0;
        let mut dropped = Vec::new();
        let mut state = shared.lock();
        while state.is_received && !state.has_room(bytes, shared.bounds) {
            if shared.when_full == WhenFull::Wait {
                state = shared
                    .room
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            match state.least() {
                Some(least) if least <= priority => dropped.extend(state.pop_of(least)),
                _ => {
                    dropped.push(element);
                    return self.sent(state, dropped);
                }
            }
        }
        if !state.is_received {
            return Sent {
                displaced: 0,
                is_closed: true,
            };
        }
        state.push(priority, bytes, element);
        shared.changed.notify_one();
        self.sent(state, dropped)
    }

    /// Frees what was dropped after the lock.
    fn sent(&self, state: MutexGuard<'_, State<T>>, dropped: Vec<T>) -> Sent {
        drop(state);
        Sent {
            displaced: u64::try_from(dropped.len()).unwrap_or(u64::MAX),
            is_closed: false,
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        let mut state = self.0.lock();
        state.senders = state.senders.saturating_add(1);
        drop(state);
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.senders = state.senders.saturating_sub(1);
        drop(state);
        self.0.changed.notify_all();
    }
}

impl<T> Receiver<T> {
    /// The next element; waits for it until the deadline, or for as long as it takes without one.
    pub(crate) fn receive(&self, deadline: Option<Instant>) -> Received<T> {
        let mut state = self.0.lock();
        loop {
            if let Some(element) = state.pop() {
                drop(state);
                self.0.room.notify_one();
                return Received::Element(element);
            }
            if state.senders == 0 {
                return Received::Ended;
            }
            let changed = &self.0.changed;
            state = match deadline {
                None => changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let patience = deadline.saturating_duration_since(Instant::now());
                    if patience.is_zero() {
                        return Received::Nothing;
                    }
                    changed
                        .wait_timeout(state, patience)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// Takes nothing any more, and gives how many elements waited.
    #[must_use = "what is lost has to be counted"]
    pub(crate) fn close(&self) -> u64 {
        let mut state = self.0.lock();
        state.is_received = false;
        let left = state.elements;
        let classes = std::mem::take(&mut state.classes);
        (state.elements, state.bytes) = (0, 0);
        drop(state);
        self.0.room.notify_all();
        drop(classes);
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// Another handle on the same queue that tells how much waits, and can close it.
    #[must_use]
    pub(crate) fn watcher(&self) -> Watcher<T> {
        Watcher(Arc::clone(&self.0))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.lock().is_received = false;
        self.0.room.notify_all();
    }
}

/// Looks at a queue from outside.
#[derive(Debug)]
pub(crate) struct Watcher<T>(Arc<Shared<T>>);

impl<T> Watcher<T> {
    /// Elements that wait.
    #[must_use]
    pub(crate) fn depth(&self) -> usize {
        self.0.lock().elements
    }
}

impl<T> Clone for Watcher<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests;
