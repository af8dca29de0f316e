//! `container.*`: the container that the process runs in.

use crate::context::EventContext;
use crate::namespaces::fd::static_text;
use crate::namespaces::proc::namespace_start;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_process_state::{Placement, Runtime};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};

/// Why most fields have no values.
const NEEDS_RUNTIME: &str = "needs the container runtime, which is not asked yet";
/// Why the probes of a container have no values.
const NO_PROBES: &str = "Falco has deprecated it and gives it no value either";

pub(super) static ROWS: &[&[FieldRow]] = &[CONTAINER];

static CONTAINER: &[FieldRow] = &[
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
        |context, _| match placement(context) {
            Some(Placement::Host) => static_text(HOST),
            Some(Placement::Container(container)) => {
                FieldValue::text(container.id.full().as_bytes())
            }
            Some(Placement::Unknown) | None => FieldValue::Missing,
        },
    ),
    FieldRow::filled(
        "container.type",
        FieldType::String,
        "Runtime, as the cgroup's path tells: `docker`, `containerd`, `cri-o`, `podman`, `lxc`, \
         `systemd-nspawn`; `host` outside of containers, missing when the path does not tell.",
        |context, _| match placement(context) {
            Some(Placement::Host) => static_text(HOST),
            Some(Placement::Container(container)) => {
                FieldValue::of(runtime_name(container.runtime), static_text)
            }
            Some(Placement::Unknown) | None => FieldValue::Missing,
        },
    ),
    FieldRow::on_host(
        "container.name",
        FieldType::String,
        "Name of the container; `host` outside of containers.",
        NEEDS_RUNTIME,
        |context, _| on_host(context, static_text(HOST)),
    ),
    text(
        "container.image",
        "Image with its tag; empty outside of containers.",
    ),
    text(
        "container.image.id",
        "Id of the image; empty outside of containers.",
    ),
    text(
        "container.image.repository",
        "Repository of the image, without tag; empty outside of containers.",
    ),
    text(
        "container.image.tag",
        "Tag of the image; empty outside of containers.",
    ),
    text(
        "container.image.digest",
        "Digest of the image in its registry; empty outside of containers.",
    ),
    truth(
        "container.privileged",
        "Whether the container is privileged; false outside of containers.",
    ),
    text(
        "container.mounts",
        "All mounts, separated by blanks; empty outside of containers.",
    ),
    mount(
        "container.mount",
        "One mount, by its number or by a pattern for its source.",
    ),
    mount(
        "container.mount.source",
        "Source of one mount, by its number or by a pattern for its destination.",
    ),
    mount(
        "container.mount.dest",
        "Destination of one mount, by its number or by a pattern for its source.",
    ),
    mount(
        "container.mount.mode",
        "Mode of one mount, by its number or by a pattern for its source.",
    ),
    mount(
        "container.mount.rdwr",
        "Whether one mount can be written, by its number or by a pattern for its source.",
    ),
    mount(
        "container.mount.propagation",
        "Propagation of one mount, by its number or by a pattern for its source.",
    ),
    old_probe("container.healthcheck", "Health check of the container."),
    old_probe(
        "container.liveness_probe",
        "Liveness probe of the container.",
    ),
    old_probe(
        "container.readiness_probe",
        "Readiness probe of the container.",
    ),
    FieldRow::filled(
        "container.start_ts",
        FieldType::AbsTime,
        "When the first process of the process's pid namespace started, nanoseconds since the epoch; \
         missing when it is not among the ancestors.",
        |context, _| FieldValue::of(namespace_start(context), FieldValue::AbsTime),
    ),
    FieldRow::filled(
        "container.duration",
        FieldType::RelTime,
        "How long that first process has run, nanoseconds.",
        |context, _| {
            FieldValue::of(namespace_start(context), |start| {
                FieldValue::RelTime(context.time_wall_ns().saturating_sub(start))
            })
        },
    ),
    text(
        "container.ip",
        "IPv4 address of the container; empty outside of containers.",
    ),
    text(
        "container.cni.json",
        "What the network plugin said about the container, as JSON; empty outside of containers.",
    ),
    truth(
        "container.host_pid",
        "Whether the container shares the host's pid namespace; false outside of containers.",
    ),
    truth(
        "container.host_network",
        "Whether the container shares the host's network namespace; false outside of containers.",
    ),
    truth(
        "container.host_ipc",
        "Whether the container shares the host's IPC namespace; false outside of containers.",
    ),
    missing("container.label", "One label of the container.")
        .takes(ArgumentRule::Required(ArgumentForms::Key)),
    text(
        "container.labels",
        "All labels of the container, separated by commas; empty outside of containers.",
    ),
];

/// Fields of the process that the container decides; part of the namespace `proc`.
pub(super) static PROBES: &[FieldRow] = &[
    probe(
        "proc.is_container_healthcheck",
        "Whether the process is the container's health check.",
    ),
    probe(
        "proc.is_container_liveness_probe",
        "Whether the process is the container's liveness probe.",
    ),
    probe(
        "proc.is_container_readiness_probe",
        "Whether the process is the container's readiness probe.",
    ),
];

/// What Falco calls everything outside of containers.
const HOST: &str = "host";

/// A text of the runtime, which Falco has empty outside of containers.
pub(super) const fn text(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::on_host(name, FieldType::String, doc, NEEDS_RUNTIME, |context, _| {
        on_host(context, static_text(""))
    })
}

/// A text of the runtime, which Falco has not outside of containers.
pub(super) const fn missing(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NEEDS_RUNTIME)
}

const fn old_probe(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NO_PROBES).deprecated()
}

const fn truth(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::on_host(name, FieldType::Bool, doc, NEEDS_RUNTIME, |context, _| {
        on_host(context, FieldValue::Bool(false))
    })
}

const fn mount(name: &'static str, doc: &'static str) -> FieldRow {
    missing(name, doc).takes(ArgumentRule::Required(ArgumentForms::IndexOrKey))
}

const fn probe(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::Bool, doc, NO_PROBES).deprecated()
}

fn placement<'c>(context: &EventContext<'c>) -> Option<&'c Placement> {
    let placement = context.process().map(|process| &process.placement)?;
    // As in Falco, what is not known to run in a container of a capture runs on its host.
    match (placement, context.captured()) {
        (Placement::Unknown, Some(_)) => Some(&Placement::Host),
        _ => Some(placement),
    }
}

/// A value outside of containers.
fn on_host<'c>(context: &EventContext<'_>, value: FieldValue<'c>) -> FieldValue<'c> {
    match placement(context) {
        Some(Placement::Host) => value,
        _ => FieldValue::Missing,
    }
}

/// The value of `container.id` of a captured event.
fn shown_id<'c>(context: &EventContext<'c>) -> Option<&'c str> {
    let captured = context.captured()?;
    captured.machine.container_id(captured.event.header.tid)
}

/// The value of `container.id` of an event of this host.
pub(super) fn short_id<'c>(context: &EventContext<'c>) -> Option<&'c str> {
    match placement(context)? {
        Placement::Host => Some(HOST),
        Placement::Container(container) => Some(container.id.short()),
        Placement::Unknown => None,
    }
}

const fn runtime_name(runtime: Runtime) -> Option<&'static str> {
    match runtime {
        Runtime::Docker => Some("docker"),
        Runtime::Containerd => Some("containerd"),
        Runtime::Crio => Some("cri-o"),
        Runtime::Podman => Some("podman"),
        Runtime::Lxc => Some("lxc"),
        Runtime::Nspawn => Some("systemd-nspawn"),
        Runtime::Unknown => None,
    }
}
