//! `fd.*`: the file descriptor that an event is about.

mod address;
mod file;
mod flow;

pub(super) use address::address_of;

use crate::captured::descriptor as captured;
use crate::context::{EventContext, PathView};
use crate::descriptor::{Descriptor, DescriptorKind, has_pair};
use crate::namespaces::container::short_id;
use crate::paths::descriptor_path;
use crate::row::{FieldRow, Plurality};
use crate::value::FieldValue;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};
use std::io::Write;

/// Why nothing knows the descriptors that no event is about.
pub(super) const NO_DESCRIPTOR_TABLE: &str = "user space keeps no table of a process's descriptors: what an event is about comes from the kernel";

pub(super) static ROWS: &[&[FieldRow]] = &[GENERAL, file::ROWS, address::ROWS];

static GENERAL: &[FieldRow] = &[
    FieldRow::filled(
        "fd.num",
        FieldType::Int,
        "Number of the descriptor; -1 when the call that would have made it failed.",
        |context, _| FieldValue::of(context.descriptor(), |fd| FieldValue::Int(fd.number)),
    )
    .captured(captured::number)
    .in_captures("-1 where the call named none"),
    FieldRow::filled(
        "fd.type",
        FieldType::String,
        "Kind of the descriptor: `file`, `directory`, `ipv4`, `ipv6`, `unix`, `pipe`, `event`, \
         `signalfd`, `eventpoll`, `inotify`, `timerfd`, `netlink`, `bpf`, `userfaultfd`, `io_uring`, \
         `memfd`, `pidfd`. Missing when the call failed.",
        |context, _| FieldValue::of(kind(context), |kind| static_text(kind.name())),
    )
    .captured(captured::kind)
    .in_flows(|context, _| {
        FieldValue::of(context.flow_event(), |event| static_text(flow::kind(&event.flow).name()))
    }),
    FieldRow::filled(
        "fd.typechar",
        FieldType::String,
        "Kind of the descriptor as one letter: `f` file, `d` directory, `4`, `6`, `u` unix socket (and \
         userfaultfd), `p` pipe, `e` event, `s` signal, `l` epoll, `i` inotify, `t` timer, `n` netlink, \
         `b` bpf, `r` io_uring, `m` memfd, `P` pidfd, `o` anything else. A failed open has `f`.",
        |context, _| {
            FieldValue::of(context.descriptor(), |fd| {
                let kind = context.descriptor_kind();
                let kind = kind.unwrap_or_else(|| fd.intended_kind());
                static_text(kind.character())
            })
        },
    )
    .captured(captured::character)
    .in_flows(|context, _| {
        FieldValue::of(context.flow_event(), |event| {
            static_text(flow::kind(&event.flow).character())
        })
    })
    .in_captures("`X` for kinds that Falco does not support"),
    FieldRow::not_yet(
        "fd.types",
        FieldType::String,
        "Kinds of all descriptors that the process has open, or of one of them.",
        NO_DESCRIPTOR_TABLE,
    )
    .captured(captured::kinds)
    .several(Plurality::List)
    .takes(ArgumentRule::Optional(ArgumentForms::Index))
    .no_rhs(),
    FieldRow::filled(
        "fd.uid",
        FieldType::String,
        "Thread id and descriptor number, one after the other.",
        |context, _| {
            FieldValue::of(context.descriptor().zip(context.event()), |(fd, event)| {
                FieldValue::owned(format!("{}{}", event.header().tid, fd.number))
            })
        },
    )
    .captured(captured::unique_id),
    FieldRow::filled(
        "fd.name",
        FieldType::String,
        "Path of a file, `client:port->server:port` of a connection, `address:port` of a listening \
         socket, path of a unix socket; empty for a socket without addresses. A path is the one asked \
         for, made absolute and normalised by its text, or the one the kernel resolved, as \
         `saker.path_view` says.",
        |context, _| FieldValue::of(name(context), FieldValue::text),
    )
    .captured(captured::name)
    .in_flows(|context, _| FieldValue::of(context.flow_event(), |event| flow::tuple(&event.flow)))
    .in_captures("the path asked for: a capture does not tell the resolved one"),
    FieldRow::filled(
        "fd.nameraw",
        FieldType::String,
        "Path exactly as the caller passed it, repeated slashes made one; the same in both path views. \
         Empty for sockets, missing for events that come with a descriptor rather than a path.",
        |context, _| FieldValue::from_option(raw_name(context)),
    )
    .captured(captured::raw_name)
    .in_captures("empty where the capture does not tell"),
    FieldRow::filled(
        "fd.containername",
        FieldType::String,
        "`container.id`, a colon and `fd.name`.",
        |context, _| with_container(context, name(context)),
    )
    .captured(captured::container_name)
    .in_captures("nothing before the colon outside of containers, as in Falco"),
    FieldRow::filled(
        "fd.containerdirectory",
        FieldType::String,
        "`container.id`, a colon and `fd.directory`.",
        |context, _| with_container(context, file::directory_of(context)),
    )
    .captured(captured::container_directory)
    .in_captures("nothing before the colon outside of containers, as in Falco"),
    FieldRow::filled(
        "fd.name_changed",
        FieldType::Bool,
        "Whether the event gave the descriptor another name: a socket was connected or bound.",
        |context, _| {
            FieldValue::of(context.descriptor().filter(is_open), |fd| {
                FieldValue::Bool(fd.connection().is_some_and(|socket| socket.is_renamed()))
            })
        },
    )
    .captured(captured::has_name_changed),
];

/// A text that the program itself contains.
pub(super) const fn static_text(text: &'static str) -> FieldValue<'static> {
    FieldValue::text(text.as_bytes())
}

pub(super) fn is_open(descriptor: &Descriptor<'_>) -> bool {
    descriptor.number >= 0
}

fn kind(context: &EventContext<'_>) -> Option<DescriptorKind> {
    context.descriptor_kind()
}

/// The value of `fd.name`.
pub(super) fn name<'c>(context: &'c EventContext<'_>) -> Option<&'c [u8]> {
    if let (PathView::Requested, Some(path)) = (context.path_view(), context.known_normal_path()) {
        return Some(path);
    }
    let descriptor = context.descriptor()?;
    let Some(socket) = descriptor.connection() else {
        return descriptor_path(context, &descriptor);
    };
    context.texts().connection.get_or_make(|out| {
        socket.append_name(out);
        true
    })
}

fn raw_name<'c>(context: &'c EventContext<'_>) -> Option<FieldValue<'c>> {
    // What is normalised has no repeated slashes.
    if let Some(path) = context.known_normal_path() {
        return Some(FieldValue::text(path));
    }
    let descriptor = context.descriptor()?;
    if descriptor.connection().is_some() {
        return Some(static_text(""));
    }
    let raw = descriptor.raw_path()?;
    if !has_pair(raw, |byte, next| (byte == b'/') & (next == b'/')) {
        return Some(FieldValue::text(raw));
    }
    let shortened = context.texts().raw.get_or_make(|out| {
        crate::paths::append_without_repeated_slashes(raw, out);
        true
    });
    shortened.map(FieldValue::text)
}

fn with_container<'c>(context: &EventContext<'_>, name: Option<&[u8]>) -> FieldValue<'c> {
    let (Some(container), Some(name)) = (short_id(context), name) else {
        return FieldValue::Missing;
    };
    let mut text = Vec::with_capacity(container.len().saturating_add(name.len()).saturating_add(1));
    let written = write!(text, "{container}:");
    debug_assert!(written.is_ok(), "a vector takes every byte");
    text.extend_from_slice(name);
    FieldValue::owned(text)
}
