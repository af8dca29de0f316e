//! `fd.*` of captured events: the descriptor as the machine of the capture knows it.

mod socket;

pub(crate) use socket::{
    End, address, addresses, family, is_connected, is_server, port, port_text, ports, protocol,
    protocol_of,
};

use super::{CapturedEvent, call::Call};
use crate::context::EventContext;
use crate::paths::append_without_repeated_slashes;
use crate::value::FieldValue;
use saker_capture_state::{Descriptor, DescriptorKind, Thread};
use saker_falco_events::{Direction, EventFlags, concatenate};
use saker_rule_language::FieldArgument;
use std::collections::BTreeSet;

/// An extractor's value.
type Value<'c> = FieldValue<'c>;
/// An extractor's argument.
type Argument<'c> = Option<&'c FieldArgument>;

/// The descriptor of an event that is about one.
#[derive(Clone, Copy)]
struct Target<'a> {
    captured: &'a CapturedEvent<'a>,
    thread: &'a Thread,
    /// `None` when the call failed or the capture does not tell.
    descriptor: Option<&'a Descriptor>,
}

impl<'a> Target<'a> {
    fn of(context: &EventContext<'a>) -> Option<Self> {
        let captured = context.captured()?;
        captured.uses_descriptor().then_some(())?;
        Some(Self {
            captured,
            thread: captured.thread()?,
            descriptor: captured.descriptor(),
        })
    }

    /// The value of `fd.name`.
    fn name<'c>(&self, context: &'c EventContext<'a>) -> Option<&'c [u8]> {
        match self.descriptor {
            Some(descriptor) => Some(&descriptor.name),
            None => {
                let text = &context.texts().requested;
                text.get_or_make(|out| self.append_intended_name(context, out))
            }
        }
    }

    /// Appends what the name would have been, had the call not failed; `false` before it returned.
    fn append_intended_name(&self, context: &EventContext<'a>, out: &mut Vec<u8>) -> bool {
        let event = self.captured.event;
        if event.event_type.code.direction() == Direction::Enter {
            return false;
        }
        match Call::of(event) {
            Call::OpenAt | Call::OpenAt2 => {
                let (Some(name), Some(directory)) = (self.captured.known_text(2), event.signed(1))
                else {
                    return false;
                };
                let directory = self.captured.directory(self.thread, name, directory);
                concatenate(&directory, name, out);
            }
            Call::OpenByHandleAt => {
                let name = event.parameter(3).filter(|name| !name.is_empty());
                out.extend_from_slice(name.and_then(|_| event.text(3)).unwrap_or_default());
            }
            Call::Open | Call::Creat | Call::Accept | Call::Connect => {
                return context.append_parameter(self.captured, 1, out);
            }
            _ => {}
        }
        true
    }

    /// What lies before the last slash of a file, or the directory itself.
    fn directory<'c>(&self, context: &'c EventContext<'a>) -> Option<&'c [u8]> {
        let kind = self.descriptor.map(|descriptor| &descriptor.kind);
        let name = self.name(context)?;
        match kind {
            Some(DescriptorKind::Directory) => Some(name),
            None | Some(DescriptorKind::File) => Some(match split(name) {
                None | Some((b"", _)) => b"/",
                Some((_, b"")) => name,
                Some((directory, _)) => directory,
            }),
            Some(_) => None,
        }
    }
}

impl<'a> CapturedEvent<'a> {
    /// Whether the event is about a descriptor.
    pub(crate) const fn uses_descriptor(&self) -> bool {
        let flags = self.event.event_type.flags;
        flags.contains(EventFlags::CREATES_FD)
            || flags.contains(EventFlags::USES_FD)
            || flags.contains(EventFlags::DESTROYS_FD)
    }

    /// The descriptor, if the machine knows it.
    pub(crate) fn descriptor(&self) -> Option<&'a Descriptor> {
        self.subject.descriptor.as_deref()
    }
}

/// The text before the last slash and the one behind it.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    Some((path.get(..slash)?, path.get(slash.saturating_add(1)..)?))
}

/// The value of `fd.type`.
pub(crate) const fn kind_name(kind: &DescriptorKind) -> &'static str {
    match kind {
        DescriptorKind::File => "file",
        DescriptorKind::Directory => "directory",
        DescriptorKind::Ipv4 { .. } | DescriptorKind::Ipv4Server { .. } => "ipv4",
        DescriptorKind::Ipv6 { .. } | DescriptorKind::Ipv6Server { .. } => "ipv6",
        DescriptorKind::Unix { .. } => "unix",
        DescriptorKind::Fifo => "pipe",
        DescriptorKind::Event => "event",
        DescriptorKind::SignalFd => "signalfd",
        DescriptorKind::EventPoll => "eventpoll",
        DescriptorKind::Inotify => "inotify",
        DescriptorKind::TimerFd => "timerfd",
        DescriptorKind::Netlink => "netlink",
        DescriptorKind::Bpf => "bpf",
        DescriptorKind::UserFaultFd => "userfaultfd",
        DescriptorKind::IoUring => "io_uring",
        DescriptorKind::MemFd => "memfd",
        DescriptorKind::PidFd => "pidfd",
        DescriptorKind::Unknown | DescriptorKind::Unsupported => "<NA>",
    }
}

/// The value of `fd.typechar`.
pub(crate) const fn kind_character(kind: &DescriptorKind) -> &'static str {
    match kind {
        DescriptorKind::File => "f",
        DescriptorKind::Directory => "d",
        DescriptorKind::Ipv4 { .. } | DescriptorKind::Ipv4Server { .. } => "4",
        DescriptorKind::Ipv6 { .. } | DescriptorKind::Ipv6Server { .. } => "6",
        DescriptorKind::Unix { .. } | DescriptorKind::UserFaultFd => "u",
        DescriptorKind::Fifo => "p",
        DescriptorKind::Event => "e",
        DescriptorKind::SignalFd => "s",
        DescriptorKind::EventPoll => "l",
        DescriptorKind::Inotify => "i",
        DescriptorKind::TimerFd => "t",
        DescriptorKind::Netlink => "n",
        DescriptorKind::Bpf => "b",
        DescriptorKind::IoUring => "r",
        DescriptorKind::MemFd => "m",
        DescriptorKind::PidFd => "P",
        DescriptorKind::Unknown => "o",
        DescriptorKind::Unsupported => "X",
    }
}

/// The value of `fd.typechar` where the descriptor is not known: what the call would have made.
const fn intended_character(call: Call) -> &'static str {
    match call {
        Call::OpenAt | Call::OpenAt2 | Call::Creat => "f",
        Call::Socket | Call::Accept => "4",
        Call::Pipe => "p",
        Call::EventFd => "e",
        Call::SignalFd => "s",
        Call::TimerFd => "t",
        Call::Inotify => "i",
        _ => "o",
    }
}

/// A value of an event that is about a descriptor.
fn of<'a, 'c>(
    context: &'c EventContext<'a>,
    value: impl FnOnce(Target<'a>) -> Option<Value<'c>>,
) -> Value<'c> {
    FieldValue::from_option(Target::of(context).and_then(value))
}

/// A value of a descriptor that is known.
fn of_known<'a, 'c>(
    context: &'c EventContext<'a>,
    value: impl FnOnce(&'a Descriptor) -> Value<'c>,
) -> Value<'c> {
    of(context, |target| target.descriptor.map(value))
}

const fn word(text: &'static str) -> Value<'static> {
    FieldValue::text(text.as_bytes())
}

pub(crate) fn number<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let number = target.captured.subject.fd_number;
        Some(FieldValue::Int(number.unwrap_or(-1)))
    })
}

pub(crate) fn kind<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of_known(context, |descriptor| word(kind_name(&descriptor.kind)))
}

pub(crate) fn character<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let intended = || intended_character(Call::of(target.captured.event));
        let known = target.descriptor.map(|known| kind_character(&known.kind));
        Some(word(known.unwrap_or_else(intended)))
    })
}

pub(crate) fn unique_id<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let number = target.captured.subject.fd_number.unwrap_or(-1);
        let text = format!("{}{number}", target.thread.tid);
        Some(FieldValue::owned(text))
    })
}

pub(crate) fn name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| target.name(context).map(FieldValue::text))
}

pub(crate) fn raw_name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let captured = target.captured;
        let raw = match (target.descriptor, Call::of_exit(captured.event)) {
            (Some(descriptor), _) => &*descriptor.name_raw,
            (None, Call::OpenAt | Call::OpenAt2) => captured.known_text(2)?,
            (None, _) => target.name(context)?,
        };
        if !raw.windows(2).any(|pair| pair == b"//") {
            return Some(FieldValue::text(raw));
        }
        let mut text = Vec::with_capacity(raw.len());
        append_without_repeated_slashes(raw, &mut text);
        Some(FieldValue::owned(text))
    })
}

pub(crate) fn directory<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        target.directory(context).map(FieldValue::text)
    })
}

pub(crate) fn file_name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let descriptor = target.descriptor?;
        (descriptor.kind == DescriptorKind::File).then_some(())?;
        Some(FieldValue::text(match split(&descriptor.name) {
            None => b"/",
            Some((_, b"")) => &descriptor.name,
            Some((_, name)) => name,
        }))
    })
}

pub(crate) fn container_name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let name = target.name(context)?;
        Some(with_container(target.thread, name))
    })
}

pub(crate) fn container_directory<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let directory = target.directory(context)?;
        Some(with_container(target.thread, directory))
    })
}

/// As in Falco nothing stands before the colon outside of containers.
fn with_container<'c>(thread: &Thread, text: &[u8]) -> Value<'c> {
    let container = thread.container.as_deref().unwrap_or_default();
    FieldValue::owned([container.as_bytes(), b":", text].concat())
}

pub(crate) fn has_name_changed<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let has_changed = target.captured.subject.has_name_changed;
        target.descriptor.map(|_| FieldValue::Bool(has_changed))
    })
}

pub(crate) fn device<'c>(context: &'c EventContext<'_>, part: fn(u32) -> u32) -> Value<'c> {
    of_known(context, |descriptor| {
        FieldValue::Int(part(descriptor.device).into())
    })
}

/// Major number of a device as the kernel gives it to programs.
pub(crate) const fn major(device: u32) -> u32 {
    (device & 0xf_ff00) >> 8
}

/// Minor number of a device as the kernel gives it to programs.
pub(crate) const fn minor(device: u32) -> u32 {
    (device & 0xff) | ((device >> 12) & 0xf_ff00)
}

pub(crate) fn inode<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of_known(context, |descriptor| {
        FieldValue::Int(descriptor.inode.cast_signed())
    })
}

pub(crate) fn is_upper<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of_known(context, |descriptor| {
        FieldValue::Bool(descriptor.is_overlay_upper)
    })
}

pub(crate) fn is_lower<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of_known(context, |descriptor| {
        FieldValue::Bool(descriptor.is_overlay_lower)
    })
}

/// The kinds of the process's descriptors, or of one of them.
pub(crate) fn kinds<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let machine = target.captured.machine;
        let names: BTreeSet<&str> = match argument {
            Some(FieldArgument::Index(number)) => {
                let descriptor = machine.descriptor(target.thread, (*number).into());
                descriptor.iter().map(|it| kind_name(&it.kind)).collect()
            }
            _ => {
                let descriptors = machine.descriptors(target.thread);
                descriptors.map(|it| kind_name(&it.kind)).collect()
            }
        };
        Some(FieldValue::list(names.into_iter().map(word).collect()))
    })
}
