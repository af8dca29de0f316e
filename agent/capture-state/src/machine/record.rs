//! What the machine keeps for one thread.

use super::table::Table;
use crate::thread::Thread;
use saker_falco_events::{Event, EventType, Header};
use std::sync::Arc;

/// Longest enter event that is kept for its exit event, bytes.
const ENTER_BYTES_MAX: usize = 4096;

/// Most memory for an enter event that a thread keeps when it needs it no more, bytes: such that all
/// threads together keep no more than half of what may wait.
const ENTER_BYTES_IDLE: usize = 256;

/// Names a record: of two threads with one id, one after the other, each has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) tid: i64,
    pub(super) serial: u64,
}

/// One thread and what only the machine needs of it.
#[derive(Debug)]
pub(super) struct Record {
    /// Tells it from other records of the same thread id.
    pub(super) serial: u64,
    /// What is handed out.
    pub(super) thread: Arc<Thread>,
    /// Its own working directory; that of a main thread is the one of the process.
    pub(super) cwd: Arc<[u8]>,
    /// Whether the environment of its image is its own, not that of the main thread.
    pub(super) owns_environment: bool,
    /// Its own descriptors; those of a main thread are those of the process.
    pub(super) descriptors: Table,
    /// Threads whose parent it was once; some may have ended.
    pub(super) children: Vec<Link>,
    /// How many of these have not ended, as Falco counts.
    pub(super) children_alive: u64,
    /// Children that ended since the list was cleaned.
    pub(super) children_ended: usize,
    /// Its process; `None` for a thread of which only the id is known.
    pub(super) group: Option<u64>,
    /// Who gets its children, if the kernel told; else 0 or -1.
    pub(super) reaper_tid: i64,
    /// The descriptor of the last event.
    pub(super) last_fd: i64,
    /// Code of the last enter event.
    pub(super) last_enter: Option<u16>,
    /// Whether the enter event that was kept belongs to the present exit event.
    pub(super) is_enter_valid: bool,
    /// The enter event that was kept.
    pub(super) enter: Option<Box<KeptEvent>>,
}

impl Record {
    pub(super) fn new(serial: u64, thread: Thread) -> Self {
        Self {
            serial,
            thread: Arc::new(thread),
            cwd: Arc::default(),
            owns_environment: true,
            descriptors: Table::default(),
            children: Vec::new(),
            children_alive: 0,
            children_ended: 0,
            group: None,
            reaper_tid: -1,
            last_fd: 0,
            last_enter: None,
            is_enter_valid: false,
            enter: None,
        }
    }

    pub(super) fn link(&self) -> Link {
        Link {
            tid: self.thread.tid,
            serial: self.serial,
        }
    }

    /// Changes the thread; whoever holds the record keeps the old one.
    pub(super) fn thread_mut(&mut self) -> &mut Thread {
        Arc::make_mut(&mut self.thread)
    }

    /// Shows a working directory, which is that of the main thread.
    pub(super) fn show_directory(&mut self, directory: &Arc<[u8]>) {
        if self.thread.process.cwd.as_deref() != Some(&**directory) {
            self.thread_mut().process.cwd = Some(Arc::clone(directory));
        }
    }

    /// Memory for the enter event, bytes.
    pub(super) fn enter_bytes(&self) -> usize {
        self.enter.as_ref().map_or(0, |kept| kept.capacity())
    }

    /// Keeps an enter event for its exit event, unless that takes more than `room` bytes.
    pub(super) fn keep_enter(&mut self, event: &Event<'_>, room: usize) {
        let length = event.lengths().len().saturating_add(event.values().len());
        if length > ENTER_BYTES_MAX {
            return;
        }
        // Vectors grow to twice what they need at most.
        if length > self.enter_bytes() && length.saturating_mul(2) > room {
            self.forget_enter();
            return;
        }
        let kept = self.enter.get_or_insert_default();
        kept.event_type = Some(event.event_type);
        kept.lengths.clear();
        kept.lengths.extend_from_slice(event.lengths());
        kept.values.clear();
        kept.values.extend_from_slice(event.values());
        self.is_enter_valid = true;
    }

    /// Forgets the enter event that was kept, but not its memory if that is little.
    pub(super) fn forget_enter(&mut self) {
        let Some(kept) = &mut self.enter else {
            return;
        };
        if kept.event_type.take().is_some() {
            self.is_enter_valid = false;
        }
        if kept.capacity() > ENTER_BYTES_IDLE {
            self.enter = None;
        }
    }
}

/// A copy of an enter event.
#[derive(Debug, Default)]
pub(super) struct KeptEvent {
    event_type: Option<&'static EventType>,
    lengths: Vec<u8>,
    values: Vec<u8>,
}

impl KeptEvent {
    fn capacity(&self) -> usize {
        let lengths = self.lengths.capacity();
        lengths.saturating_add(self.values.capacity())
    }

    /// The event; `None` where none is kept.
    pub(super) fn event(&self, header: Header) -> Option<Event<'_>> {
        let event_type = self.event_type?;
        Some(Event::new(header, event_type, &self.lengths, &self.values))
    }
}
