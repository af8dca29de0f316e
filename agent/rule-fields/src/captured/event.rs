//! `evt.*` of captured events.

use super::{CapturedEvent, call::Call};
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::{Descriptor, DescriptorKind};
use saker_event_decode::render::result_name;
use saker_falco_events::{
    Category, Class, Direction, Event, EventFlags, ParameterKind, event_types,
};
use saker_rule_language::FieldArgument;
use std::borrow::Cow;

/// An extractor's value.
type Value<'c> = FieldValue<'c>;
/// An extractor's argument.
type Argument<'c> = Option<&'c FieldArgument>;

/// Bits of `flags` of a call that opens, as Falco numbers them.
mod open_flag {
    /// For reading; set for reading and writing too.
    pub(super) const READ: u64 = 1;
    /// For writing; set for reading and writing too.
    pub(super) const WRITE: u64 = 1 << 1;
    /// The file is made if it is not there.
    pub(super) const CREATE: u64 = 1 << 2;
    /// A file without a name.
    pub(super) const UNNAMED: u64 = 1 << 13;
    /// The file was made.
    pub(super) const CREATED: u64 = 1 << 14;
}

/// Permission to execute, for anyone.
const EXECUTE: u64 = 0o111;
/// Where the socket of the system's log lies.
const LOG_SOCKET: &[u8] = b"/dev/log";

impl CapturedEvent<'_> {
    /// What the call returned, if the event is the end of a call that tells.
    pub(crate) fn result(&self) -> Option<i64> {
        let event = self.event;
        let is_exit = event.event_type.code.direction() == Direction::Exit;
        let is_call = event.event_type.class == Class::Syscall && !self.is_generic();
        if !is_exit || !is_call {
            return None;
        }
        let bytes = event.parameter(0)?;
        Some(match *bytes {
            [a, b, c, d] => i32::from_le_bytes([a, b, c, d]).into(),
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => 0,
        })
    }

    const fn has(&self, flag: EventFlags) -> bool {
        self.event.event_type.flags.contains(flag)
    }

    const fn is_meta(&self) -> bool {
        matches!(self.event.event_type.class, Class::Meta)
    }

    /// The class of an event; what the descriptor is decides that of work on any descriptor.
    fn category(&self) -> &'static str {
        match self.event.event_type.category {
            Category::Unknown => "unknown",
            Category::Other => "other",
            Category::File => "file",
            Category::Net => "net",
            Category::Ipc => "IPC",
            Category::Memory => "memory",
            Category::Process => "process",
            Category::Sleep => "sleep",
            Category::System => "system",
            Category::Signal => "signal",
            Category::User => "user",
            Category::Time => "time",
            Category::Processing => "processing",
            Category::Wait => "wait",
            Category::Scheduler => "scheduler",
            Category::Internal => "internal",
            Category::IoRead | Category::IoWrite | Category::IoOther => {
                self.descriptor().map_or("unknown", category_of)
            }
        }
    }
}

/// The class of work on a descriptor.
const fn category_of(descriptor: &Descriptor) -> &'static str {
    match Medium::of(descriptor) {
        Medium::File => "file",
        Medium::Socket => "net",
        Medium::Other => match descriptor.kind {
            DescriptorKind::Fifo
            | DescriptorKind::Unix { .. }
            | DescriptorKind::Event
            | DescriptorKind::SignalFd
            | DescriptorKind::Inotify
            | DescriptorKind::UserFaultFd => "ipc",
            _ => "unknown",
        },
    }
}

/// What data goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    /// A file or directory.
    File,
    /// A connection over IP, or a socket that takes some.
    Socket,
    /// Anything else.
    Other,
}

impl Medium {
    const fn of(descriptor: &Descriptor) -> Self {
        match descriptor.kind {
            DescriptorKind::File | DescriptorKind::Directory => Self::File,
            DescriptorKind::Ipv4 { .. }
            | DescriptorKind::Ipv6 { .. }
            | DescriptorKind::Ipv4Server { .. }
            | DescriptorKind::Ipv6Server { .. } => Self::Socket,
            _ => Self::Other,
        }
    }
}

/// A value of a captured event.
fn of<'a>(
    context: &EventContext<'a>,
    value: impl FnOnce(&'a CapturedEvent<'a>) -> Option<Value<'a>>,
) -> Value<'a> {
    FieldValue::from_option(context.captured().and_then(value))
}

const fn word(text: &'static str) -> Value<'static> {
    FieldValue::text(text.as_bytes())
}

pub(crate) fn name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| Some(FieldValue::text(captured.name())))
}

/// As in Falco only the events that had the name first are of its type: newer forms are not.
pub(crate) fn is_of_type<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        let event_type = captured.event.event_type;
        let is_named =
            matches!(argument, Some(FieldArgument::Key(name)) if **name == *event_type.name);
        let first = || event_types().find(|first| first.name == event_type.name);
        let is_first = is_named
            && first().is_some_and(|first| {
                let code = event_type.code.0;
                code == first.code.0 || Some(code) == first.code.0.checked_add(1)
            });
        Some(FieldValue::Uint(is_first.into()))
    })
}

pub(crate) fn call_name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        let is_call = captured.event.event_type.class == Class::Syscall;
        is_call.then(|| FieldValue::text(captured.name()))
    })
}

pub(crate) fn category<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| Some(word(captured.category())))
}

pub(crate) fn direction<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        Some(word(match captured.event.event_type.code.direction() {
            Direction::Enter => ">",
            Direction::Exit => "<",
        }))
    })
}

pub(crate) fn cpu<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        Some(FieldValue::Int(captured.event.header.cpu.into()))
    })
}

pub(crate) fn is_async<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        Some(FieldValue::Bool(captured.is_meta()))
    })
}

pub(crate) fn async_type<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        captured
            .is_meta()
            .then(|| FieldValue::text(captured.name()))
    })
}

pub(crate) fn latency<'c>(_: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    FieldValue::RelTime(0)
}

pub(crate) fn latency_magnitude<'c>(_: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    FieldValue::Uint(0)
}

pub(crate) fn latency_text<'c>(_: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    word("0ns")
}

/// Nanoseconds since the event before, 0 for the first.
pub(crate) fn since_previous(context: &EventContext<'_>) -> u64 {
    let previous = context.previous_time_ns();
    previous.map_or(0, |previous| {
        context.time_wall_ns().saturating_sub(previous)
    })
}

fn truth<'c>(
    context: &'c EventContext<'_>,
    test: impl FnOnce(&CapturedEvent<'_>) -> bool,
) -> Value<'c> {
    of(context, |captured| Some(FieldValue::Bool(test(captured))))
}

pub(crate) fn moves_data<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    truth(context, |event| {
        event.has(EventFlags::READS_FROM_FD) || event.has(EventFlags::WRITES_TO_FD)
    })
}

pub(crate) fn reads<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    truth(context, |event| event.has(EventFlags::READS_FROM_FD))
}

pub(crate) fn writes<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    truth(context, |event| event.has(EventFlags::WRITES_TO_FD))
}

pub(crate) fn waits<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    truth(context, |event| event.has(EventFlags::WAITS))
}

pub(crate) fn writes_to_log<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    truth(context, |event| {
        let is_log = |descriptor: &Descriptor| {
            let mut parts = descriptor.name.windows(LOG_SOCKET.len());
            parts.any(|part| part == LOG_SOCKET)
        };
        event.has(EventFlags::WRITES_TO_FD) && event.descriptor().is_some_and(is_log)
    })
}

pub(crate) fn data_direction<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |event| {
        if event.has(EventFlags::WRITES_TO_FD) {
            return Some(word("write"));
        }
        event.has(EventFlags::READS_FROM_FD).then(|| word("read"))
    })
}

pub(crate) fn result<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        let result = captured.result()?;
        let kind = captured.event.event_type.parameters.first()?.kind;
        Some(match kind {
            _ if result >= 0 => word("SUCCESS"),
            ParameterKind::Errno | ParameterKind::Fd => word(result_name(result)),
            _ => {
                let mut text = Vec::new();
                context.append_parameter(captured, 0, &mut text);
                FieldValue::owned(text)
            }
        })
    })
}

pub(crate) fn raw_result<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| captured.result().map(FieldValue::Int))
}

pub(crate) fn has_failed<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        captured.result().map(|result| FieldValue::Bool(result < 0))
    })
}

pub(crate) fn one<'c>(_: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    FieldValue::Uint(1)
}

pub(crate) fn count_exit<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        let direction = captured.event.event_type.code.direction();
        (direction == Direction::Exit).then_some(FieldValue::Uint(1))
    })
}

/// What calls that fail are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    /// All.
    Any,
    /// Those on files.
    File,
    /// Those on sockets.
    Socket,
    /// Those on memory.
    Memory,
    /// The rest.
    Other,
}

impl Failing {
    fn counts(self, captured: &CapturedEvent<'_>) -> bool {
        let call = Call::of_exit(captured.event);
        let is_memory = captured.event.event_type.category == Category::Memory;
        let medium = match captured.descriptor() {
            // A unix socket counts as a socket here.
            Some(descriptor) => match descriptor.kind {
                DescriptorKind::Unix { .. } => Medium::Socket,
                _ => Medium::of(descriptor),
            },
            None if call.opens_file() => Medium::File,
            None if call.makes_connection() => Medium::Socket,
            None => Medium::Other,
        };
        match self {
            Self::Any => true,
            Self::File => medium == Medium::File,
            Self::Socket => medium == Medium::Socket,
            Self::Memory => is_memory,
            Self::Other => {
                medium == Medium::Other && (captured.descriptor().is_some() || !is_memory)
            }
        }
    }
}

/// 1 for a call that failed, 0 for one that did not; missing for calls that are not counted.
pub(crate) fn count_errors<'c>(context: &EventContext<'c>, failing: Failing) -> Value<'c> {
    of(context, |captured| {
        let result = captured.result()?;
        let is_counted = failing.counts(captured);
        is_counted.then(|| FieldValue::Uint((result < 0).into()))
    })
}

/// 1 for information about a process or thread.
pub(crate) fn count_process_info<'c>(context: &EventContext<'c>, is_any_thread: bool) -> Value<'c> {
    of(context, |captured| {
        let is_main = || {
            let thread = captured.thread();
            thread.is_some_and(|thread| thread.tid == thread.pid)
        };
        let is_info = captured.event.event_type.name == "procinfo";
        let is_counted = is_info && (is_any_thread || is_main());
        Some(FieldValue::Uint(is_counted.into()))
    })
}

/// Which calls that move data are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Those in this direction only.
    direction: Option<Category>,
    /// Those through this medium only.
    medium: Option<Medium>,
}

impl Measured {
    /// Every call.
    pub(crate) const ALL: Self = Self::of(None, None);
    /// Reads.
    pub(crate) const READ: Self = Self::of(Some(Category::IoRead), None);
    /// Writes.
    pub(crate) const WRITTEN: Self = Self::of(Some(Category::IoWrite), None);
    /// Calls on files.
    pub(crate) const FILE: Self = Self::of(None, Some(Medium::File));
    /// Reads of files.
    pub(crate) const FILE_READ: Self = Self::of(Some(Category::IoRead), Some(Medium::File));
    /// Writes of files.
    pub(crate) const FILE_WRITTEN: Self = Self::of(Some(Category::IoWrite), Some(Medium::File));
    /// Calls on sockets.
    pub(crate) const SOCKET: Self = Self::of(None, Some(Medium::Socket));
    /// Reads of sockets.
    pub(crate) const RECEIVED: Self = Self::of(Some(Category::IoRead), Some(Medium::Socket));
    /// Writes of sockets.
    pub(crate) const SENT: Self = Self::of(Some(Category::IoWrite), Some(Medium::Socket));

    const fn of(direction: Option<Category>, medium: Option<Medium>) -> Self {
        Self { direction, medium }
    }

    fn contains(self, category: Category, descriptor: &Descriptor) -> bool {
        let moves_data = matches!(
            category,
            Category::IoRead | Category::IoWrite | Category::IoOther
        );
        let is_wanted = self.direction.is_none_or(|wanted| wanted == category);
        let goes_through = match self.medium {
            None => true,
            // Directories are no files here.
            Some(Medium::File) => descriptor.kind == DescriptorKind::File,
            Some(medium) => Medium::of(descriptor) == medium,
        };
        moves_data && is_wanted && goes_through
    }
}

/// How many bytes a call moved.
pub(crate) fn moved_bytes<'c>(context: &EventContext<'c>, measured: Measured) -> Value<'c> {
    of(context, |captured| {
        let category = captured.event.event_type.category;
        measured
            .contains(category, captured.descriptor()?)
            .then_some(())?;
        let bytes = captured.result().filter(|result| *result >= 0)?;
        Some(FieldValue::Uint(bytes.cast_unsigned()))
    })
}

/// The data that a call moved, as far as the capture holds it.
pub(crate) fn data<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        let data = captured.event.parameter(captured.event.slot("data")?)?;
        (!data.is_empty()).then(|| FieldValue::Bytes(Cow::Borrowed(data)))
    })
}

/// A call that opens a file, and how it does.
struct Opening<'a> {
    call: Call,
    event: &'a Event<'a>,
    flags: u64,
}

impl<'a> Opening<'a> {
    fn of(captured: &CapturedEvent<'a>) -> Option<Self> {
        let event = captured.event;
        let call = Call::of_exit(event);
        let flags = match call {
            Call::Open | Call::OpenByHandleAt => event.unsigned(2).unwrap_or(0),
            Call::OpenAt | Call::OpenAt2 => event.unsigned(3).unwrap_or(0),
            Call::Creat => 0,
            _ => return None,
        };
        Some(Self { call, event, flags })
    }

    const fn has(&self, flags: u64) -> bool {
        self.flags & flags != 0
    }

    /// Whether a new file may be executed.
    fn makes_executable(&self) -> bool {
        let mode = match self.call {
            Call::Creat => self.event.unsigned(2),
            _ if !self.has(open_flag::CREATE | open_flag::UNNAMED) => None,
            Call::Open => self.event.unsigned(3),
            Call::OpenAt | Call::OpenAt2 => self.event.unsigned(4),
            _ => None,
        };
        mode.is_some_and(|mode| mode & EXECUTE != 0)
    }
}

fn opening<'c>(
    context: &EventContext<'c>,
    test: impl FnOnce(&Opening<'c>, i64) -> bool,
) -> Value<'c> {
    of(context, |captured| {
        let result = captured.result().unwrap_or(-1);
        let opening = Opening::of(captured);
        let holds = opening.is_some_and(|opening| test(&opening, result));
        Some(FieldValue::Bool(holds))
    })
}

pub(crate) fn opens_to_read<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, _| opening.has(open_flag::READ))
}

pub(crate) fn opens_to_write<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, _| opening.has(open_flag::WRITE))
}

pub(crate) fn opens_to_execute<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, _| opening.makes_executable())
}

pub(crate) fn creates<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, result| {
        opening.has(open_flag::CREATED) || (opening.has(open_flag::UNNAMED) && result >= 0)
    })
}
