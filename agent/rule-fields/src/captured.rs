//! An event of a capture, and what the machine of the capture knows about it.

use crate::context::ANCESTORS_MAX;
use crate::event_names::EventName;
use saker_capture_state::{Machine, Subject, Thread};
use saker_falco_events::Event;

/// One event that Falco captured.
#[derive(Clone, Copy, Debug)]
pub struct CapturedEvent<'a> {
    /// The event.
    pub event: &'a Event<'a>,
    /// The thread that acted, and the descriptor on which it acted.
    pub subject: &'a Subject,
    /// The machine as the event left it.
    pub machine: &'a Machine,
}

impl<'a> CapturedEvent<'a> {
    /// The event's name among those that rules may name; `None` for one that is made up by whoever
    /// sent it.
    #[must_use]
    pub fn event_name(&self) -> Option<EventName> {
        EventName::new(self.event.event_type.name)
    }

    /// The thread that acted.
    pub(crate) fn thread(&self) -> Option<&'a Thread> {
        self.subject.thread.as_deref()
    }

    /// The first thread of a thread's process.
    pub(crate) fn main_thread(&self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.tid == thread.pid {
            return Some(thread);
        }
        self.machine.main_thread(thread).map(|main| &**main)
    }

    /// The process that acted (0), its parent (1), and so on, by their first threads.
    pub(crate) fn ancestor(&self, level: u32) -> Option<&'a Thread> {
        let mut process = self.main_thread(self.thread()?)?;
        for _ in 0..level {
            process = self.main_thread(self.machine.parent(process)?)?;
        }
        Some(process)
    }

    /// The thread that cloned the process, the one that cloned that one's process, and so on.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &'a Thread> + use<'a> {
        let machine = self.machine;
        let parent = move |thread: &&'a Thread| machine.parent(thread).map(|parent| &**parent);
        let first = self.thread().and_then(|thread| self.main_thread(thread));
        std::iter::successors(first, parent)
            .skip(1)
            .take_while(|thread| thread.tid != -1)
            .take(ANCESTORS_MAX)
    }
}
