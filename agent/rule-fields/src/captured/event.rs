//! `evt.*` of captured events.

mod measure;
mod opening;

pub(crate) use measure::{Failing, Measured, count_errors, count_process_info, data, moved_bytes};
pub(crate) use opening::{creates, opens_to_execute, opens_to_read, opens_to_write};

use super::CapturedEvent;
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::{Descriptor, DescriptorKind};
use saker_event_decode::render::result_name;
use saker_falco_events::{Category, Class, Direction, EventFlags, ParameterKind, event_types};
use saker_rule_language::FieldArgument;

/// An extractor's value.
type Value<'c> = FieldValue<'c>;
/// An extractor's argument.
type Argument<'c> = Option<&'c FieldArgument>;

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
            ParameterKind::Errno if !result_name(result).is_empty() => word(result_name(result)),
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
