//! An event of a capture, and what the machine of the capture knows about it.

pub(crate) mod argument;
mod call;
pub(crate) mod descriptor;
pub(crate) mod event;
pub(crate) mod file_system;
mod line;
pub(crate) mod process;

use crate::context::ANCESTORS_MAX;
use crate::event_names::EventName;
use crate::facts::Fact;
use line::Line;
use saker_capture_state::{KnownContainer, Machine, Subject, Thread, ToldContainer};
use saker_container_metadata::Reason;
use saker_falco_events::{Event, EventCode, event_types, native_syscall_name, syscall_name};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The end of a call that has no event of its own.
const GENERIC_EXIT: EventCode = EventCode(1);
/// An event that a plugin put between others.
const ASYNC_EVENT: EventCode = EventCode(402);

/// The name of each code.
static NAMES: LazyLock<Box<[Option<EventName>]>> = LazyLock::new(|| {
    let names = event_types().map(|event_type| EventName::new(event_type.name));
    names.collect()
});

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
        match self.event.event_type.code {
            GENERIC_EXIT | ASYNC_EVENT => EventName::new(std::str::from_utf8(self.name()).ok()?),
            EventCode(code) => NAMES.get(usize::from(code)).copied().flatten(),
        }
    }

    /// The value of `evt.type`: of a call that has no event of its own the name of the call, of an
    /// event that a plugin put between others the name that the plugin gave it.
    pub(crate) fn name(&self) -> &'a [u8] {
        match self.event.event_type.code {
            GENERIC_EXIT => self.call_name().as_bytes(),
            ASYNC_EVENT => self.text(1).unwrap_or_default(),
            _ => self.event.event_type.name.as_bytes(),
        }
    }

    /// Name of the call that an event stands for which many calls share: by Falco's number, or by
    /// the kernel's for a call that was new to Falco then.
    fn call_name(&self) -> &'static str {
        let number = |index| {
            let number = self.event.unsigned(index)?;
            u16::try_from(number).ok()
        };
        let native = || native_syscall_name(number(1)?);
        match number(0) {
            None | Some(0) => native(),
            Some(number) => syscall_name(number),
        }
        .unwrap_or("unknown")
    }

    /// Whether the event stands for a call that has no event of its own.
    pub(crate) const fn is_generic(&self) -> bool {
        matches!(self.event.event_type.code, GENERIC_EXIT)
    }

    /// The thread that acted.
    pub(crate) fn thread(&self) -> Option<&'a Thread> {
        self.subject.thread.as_deref()
    }

    /// The container that the event belongs to, and that of its pod's sandbox where events told of it
    /// apart. On the host it is absent.
    pub(crate) fn container(&self) -> Fact<(&'a ToldContainer, Option<&'a ToldContainer>)> {
        match self.machine.container(self.event.header.tid) {
            Some(KnownContainer::Host) => Fact::Absent,
            Some(KnownContainer::Told { container, sandbox }) => Fact::Known((container, sandbox)),
            Some(KnownContainer::Untold) => Fact::Lacking(Reason::NotFound),
            None => Fact::Unasked,
        }
    }

    /// The first thread of a thread's process.
    pub(crate) fn main_thread(&self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.is_main() {
            return Some(thread);
        }
        self.machine.main_thread(thread).map(|main| &**main)
    }

    /// The process that acted (0), its parent (1), and so on, by their first threads.
    pub(crate) fn ancestor(&self, level: u32) -> Option<&'a Thread> {
        // A capture may say that a process is its own ancestor.
        usize::try_from(level)
            .ok()
            .filter(|level| *level <= ANCESTORS_MAX)?;
        let mut process = self.main_thread(self.thread()?)?;
        for _ in 0..level {
            process = self.main_thread(self.machine.parent(process)?)?;
        }
        Some(process)
    }

    /// The thread that cloned the process, the one that cloned that one, and so on.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &'a Thread> + use<'a> {
        let main = self.thread().and_then(|thread| self.main_thread(thread));
        let machine = self.machine;
        main.into_iter()
            .flat_map(move |main| Line::above(machine, main))
    }

    /// The thread that cloned a thread, the one that cloned that one, and so on.
    pub(crate) fn line_above(&self, thread: &'a Thread) -> Line<'a> {
        Line::above(self.machine, thread)
    }

    /// A text; the text `<NA>` where it has no value, as Falco has it. `None` where the event lacks
    /// the parameter.
    pub(crate) fn text(&self, index: usize) -> Option<&'a [u8]> {
        match self.event.parameter(index)? {
            b"" | b"(NULL)\0" => Some(NO_VALUE),
            _ => self.event.text(index),
        }
    }

    /// A text that has a value.
    pub(crate) fn known_text(&self, index: usize) -> Option<&'a [u8]> {
        match self.event.parameter(index)? {
            b"" => None,
            _ => self.text(index),
        }
    }

    /// The directory that a relative path begins at: that of a descriptor, or the working directory.
    pub(crate) fn directory(
        &self,
        thread: &'a Thread,
        path: &[u8],
        descriptor: i64,
    ) -> Cow<'a, [u8]> {
        if path.starts_with(b"/") {
            return Cow::Borrowed(b".");
        }
        if descriptor == WORKING_DIRECTORY {
            return Cow::Borrowed(self.working_directory(thread));
        }
        match self.machine.descriptor(thread, descriptor) {
            None => Cow::Borrowed(UNKNOWN_DIRECTORY),
            Some(directory) => with_slash(&directory.name),
        }
    }
}

/// The name of a directory with a slash at its end.
pub(crate) fn with_slash(name: &[u8]) -> Cow<'_, [u8]> {
    if name.is_empty() || name.ends_with(b"/") {
        return Cow::Borrowed(name);
    }
    Cow::Owned([name, b"/"].concat())
}

/// What stands for a text without a value.
pub(crate) const NO_VALUE: &[u8] = b"<NA>";
/// What stands for a directory that is not known.
pub(crate) const UNKNOWN_DIRECTORY: &[u8] = b"<UNKNOWN>";
/// `PPM_AT_FDCWD`: the working directory in place of a descriptor.
const WORKING_DIRECTORY: i64 = -100;
