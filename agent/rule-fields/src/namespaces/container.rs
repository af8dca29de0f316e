//! `container.*`: the container that the process runs in.
//!
//! As in Falco's plugin the host is a container of which everything is known and nearly everything is
//! empty, and what a runtime does not say of a container that it described is empty as well. Missing
//! is only what nobody told.

mod mounts;
mod probes;

pub(super) use probes::ROWS as PROBES;

use crate::captured::CapturedEvent;
use crate::context::{EventContext, Place};
use crate::facts::{Fact, Needs};
use crate::labels::LabelSet;
use crate::namespaces::fd::static_text;
use crate::namespaces::proc::namespace_start;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_container_metadata::ContainerInfo;
use saker_process_state::{ContainerRef, Runtime};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};
use std::net::IpAddr;

pub(super) static ROWS: &[&[FieldRow]] = &[IDENTITY, IMAGE, mounts::ROWS, probes::COMMANDS, STATE];

static IDENTITY: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "container.id",
        FieldType::String,
        "First 12 characters of the container's id; `host` outside of containers.",
        |context, _| FieldValue::of(short_id(context), |id| FieldValue::text(id.as_bytes())),
    )
    .captured(|context, _| FieldValue::of(shown_id(context), |id| FieldValue::text(id.as_bytes())))
    .in_captures("what Falco's container plugin shows, also where that is no id of a runtime"),
    FieldRow::filled(
        "container.full_id",
        FieldType::String,
        "The container's whole id; `host` outside of containers.",
        |context, _| match context.place() {
            Place::Host => static_text(HOST),
            Place::Container(container) => shown(container.id.full()),
            Place::Unknown => FieldValue::Missing,
        },
    )
    .captured(|context, _| {
        let captured = context.captured();
        let container = captured.map_or(Fact::Unasked, CapturedEvent::container);
        // Old captures tell the short id only.
        let id = container.and_then(|(own, _)| {
            let id = own.info.id.full();
            (id != &*own.id).then_some(id)
        });
        in_capture(context, id.map(shown), |container| {
            shown(container.id.full())
        })
    }),
    FieldRow::filled(
        "container.type",
        FieldType::String,
        "Runtime, as the cgroup's path tells, else as the runtime does: `docker`, `containerd`, \
         `cri-o`, `podman`, `lxc`, `systemd-nspawn`; `host` outside of containers.",
        |context, _| match context.place() {
            Place::Host => static_text(HOST),
            Place::Container(container) => match runtime_name(container.runtime) {
                Some(name) => static_text(name),
                None => runtime_of(context),
            },
            Place::Unknown => FieldValue::Missing,
        },
    )
    .captured(|context, _| {
        let captured = context.captured();
        let container = captured.map_or(Fact::Unasked, CapturedEvent::container);
        let name = container.map(|(own, _)| static_text(own.type_name));
        in_capture(context, name, |container| {
            FieldValue::of(runtime_name(container.runtime), static_text)
        })
    })
    .in_captures("what Falco's container plugin says, with names that it has for more runtimes")
    .asking(Needs::CONTAINER),
    asked(
        "container.name",
        FieldType::String,
        "Name of the container; `host` outside of containers.",
        |context, _| {
            let name = context.of_container(|container| container.name.as_deref());
            // A container without a name is not the host.
            let absent = match context.of_container(Some) {
                Fact::Known(_) => "",
                _ => HOST,
            };
            context.show(name.map(shown), static_text(absent))
        },
    ),
]);

static IMAGE: &[FieldRow] = &FieldRow::of_processes([
    asked(
        "container.image",
        FieldType::String,
        "Image as it was asked for, with tag or digest; empty outside of containers.",
        |context, _| text(context, |container| container.image.reference.as_deref()),
    ),
    asked(
        "container.image.id",
        FieldType::String,
        "Id of the image; empty outside of containers.",
        |context, _| text(context, |container| container.image.id.as_deref()),
    ),
    asked(
        "container.image.repository",
        FieldType::String,
        "Repository of the image, without tag; empty outside of containers.",
        |context, _| text(context, |container| container.image.repository.as_deref()),
    ),
    asked(
        "container.image.tag",
        FieldType::String,
        "Tag of the image; empty outside of containers.",
        |context, _| text(context, |container| container.image.tag.as_deref()),
    ),
    asked(
        "container.image.digest",
        FieldType::String,
        "Digest of the image in its registry; empty outside of containers.",
        |context, _| text(context, |container| container.image.digest.as_deref()),
    ),
]);

static STATE: &[FieldRow] = &FieldRow::of_processes([
    asked(
        "container.privileged",
        FieldType::Bool,
        "Whether the container is privileged; false outside of containers.",
        |context, _| truth(context, |container| container.privileged),
    ),
    asked(
        "container.start_ts",
        FieldType::AbsTime,
        "When the first process of the process's pid namespace started, nanoseconds since the epoch; \
         where that is not among the ancestors, when the runtime says that the container started.",
        |context, _| start(context, FieldValue::AbsTime),
    )
    .captured(|context, _| FieldValue::of(captured_start(context), FieldValue::AbsTime))
    .in_captures("when the pid namespace began, as the capture says"),
    asked(
        "container.duration",
        FieldType::RelTime,
        "How long the container has run since `container.start_ts`, nanoseconds.",
        |context, _| {
            start(context, |start| {
                FieldValue::RelTime(context.time_wall_ns().saturating_sub(start))
            })
        },
    )
    .captured(|context, _| {
        FieldValue::of(captured_start(context), |start| {
            FieldValue::RelTime(context.time_wall_ns().saturating_sub(start))
        })
    }),
    asked(
        "container.ip",
        FieldType::String,
        "Address of the container, or of its pod; empty outside of containers.",
        |context, _| {
            let ip = context.of_container(|container| container.ip);
            context.show(ip.map(address), static_text(""))
        },
    ),
    asked(
        "container.cni.json",
        FieldType::String,
        "What the network plugin said about the container or its pod, as JSON; empty outside of \
         containers.",
        |context, _| {
            text(context, |container| {
                let of_pod = || container.pod.as_ref()?.cni_json.as_deref();
                container.cni_json.as_deref().or_else(of_pod)
            })
        },
    ),
    asked(
        "container.host_pid",
        FieldType::Bool,
        "Whether the container shares the host's pid namespace; false outside of containers.",
        |context, _| truth(context, |container| container.host_pid),
    ),
    asked(
        "container.host_network",
        FieldType::Bool,
        "Whether the container shares the host's network namespace; false outside of containers.",
        |context, _| truth(context, |container| container.host_network),
    ),
    asked(
        "container.host_ipc",
        FieldType::Bool,
        "Whether the container shares the host's IPC namespace; false outside of containers.",
        |context, _| truth(context, |container| container.host_ipc),
    ),
    asked(
        "container.label",
        FieldType::String,
        "One label of the container.",
        |context, argument| {
            let label = labels(context).and_then(|labels| labels.one(argument));
            context.show(label.map(shown), FieldValue::Missing)
        },
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    asked(
        "container.labels",
        FieldType::String,
        "All labels of the container but those whose keys begin with `io.kubernetes.` or \
         `annotation.`, in the order of their keys: `a:1, b:2`; empty outside of containers.",
        |context, _| context.show(labels(context).map(LabelSet::joined), static_text("")),
    ),
]);

/// What Falco calls everything outside of containers.
const HOST: &str = "host";

/// A field that the runtime fills.
const fn asked(
    name: &'static str,
    value_type: FieldType,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    FieldRow::filled(name, value_type, doc, extractor).asking(Needs::CONTAINER)
}

/// A text that the runtime says.
fn text<'c>(
    context: &'c EventContext<'_>,
    read: impl FnOnce(&'c ContainerInfo) -> Option<&'c str>,
) -> FieldValue<'c> {
    let text = context.of_container(read);
    context.show(text.map(shown), static_text(""))
}

/// A text as a value.
pub(super) fn shown(text: &str) -> FieldValue<'_> {
    FieldValue::text(text.as_bytes())
}

fn labels<'c>(context: &'c EventContext<'_>) -> Fact<LabelSet<'c>> {
    context.of_container(|container| container.labels.as_ref().map(LabelSet::Runtime))
}

fn truth<'c>(
    context: &'c EventContext<'_>,
    read: impl FnOnce(&'c ContainerInfo) -> Option<bool>,
) -> FieldValue<'c> {
    let truth = context.of_container(read);
    context.show(truth.map(FieldValue::Bool), FieldValue::Bool(false))
}

/// The text of an address.
pub(super) fn address(address: IpAddr) -> FieldValue<'static> {
    FieldValue::owned(address.to_string())
}

/// When the container started, as Falco counts, or else as the runtime does.
fn start<'c>(
    context: &'c EventContext<'_>,
    value: impl FnOnce(u64) -> FieldValue<'c>,
) -> FieldValue<'c> {
    let fact = match namespace_start(context) {
        Some(start) => Fact::Known(start),
        None => context.of_container(|container| container.started_wall_ns),
    };
    context.show(fact.map(value), FieldValue::Missing)
}

/// When the pid namespace of a captured event's thread began.
fn captured_start(context: &EventContext<'_>) -> Option<u64> {
    let thread = context.captured()?.thread()?;
    let start = thread.pid_namespace_start_ns;
    (start != 0).then_some(start)
}

/// A value of what a capture tells of a container, or else of what its cgroup does.
fn in_capture<'c>(
    context: &'c EventContext<'_>,
    told: Fact<FieldValue<'c>>,
    of_cgroup: impl FnOnce(&'c ContainerRef) -> FieldValue<'c>,
) -> FieldValue<'c> {
    match (told, context.place()) {
        (Fact::Known(value), _) => value,
        (_, Place::Host) => static_text(HOST),
        (_, Place::Container(container)) => of_cgroup(container),
        (_, Place::Unknown) => FieldValue::Missing,
    }
}

fn runtime_of<'c>(context: &'c EventContext<'_>) -> FieldValue<'c> {
    let name = context.of_container(|container| runtime_name(container.runtime));
    context.show(name.map(static_text), FieldValue::Missing)
}

/// The value of `container.id` of a captured event.
fn shown_id<'c>(context: &EventContext<'c>) -> Option<&'c str> {
    let captured = context.captured()?;
    captured.machine.container_id(captured.event.header.tid)
}

/// The value of `container.id` of an event of this host.
pub(super) fn short_id<'c>(context: &EventContext<'c>) -> Option<&'c str> {
    match context.place() {
        Place::Host => Some(HOST),
        Place::Container(container) => Some(container.id.short()),
        Place::Unknown => None,
    }
}

/// What Falco calls a runtime.
pub(crate) const fn runtime_name(runtime: Runtime) -> Option<&'static str> {
    match runtime {
        Runtime::Docker => Some("docker"),
        Runtime::Containerd => Some("containerd"),
        Runtime::Crio => Some("cri-o"),
        Runtime::Podman => Some("podman"),
        Runtime::Lxc => Some("lxc"),
        Runtime::LibvirtLxc => Some("libvirt-lxc"),
        Runtime::Nspawn => Some("systemd-nspawn"),
        Runtime::Garden => Some("garden"),
        Runtime::Bpm => Some("bpm"),
        Runtime::Unknown => None,
    }
}
