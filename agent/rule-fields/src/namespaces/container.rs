//! `container.*`: the container that the process runs in.

use crate::context::EventContext;
use crate::namespaces::fd::static_text;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_process_state::{Placement, Runtime};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};

/// Why most fields have no values.
pub(super) const NEEDS_RUNTIME: &str = "needs the container runtime, which is not asked yet";
/// Why the probes of an orchestrator are not told apart.
const NEEDS_PROBES: &str =
    "needs the container's probes from the runtime; Falco has deprecated these fields";

pub(super) static ROWS: &[&[FieldRow]] = &[CONTAINER];

static CONTAINER: &[FieldRow] = &[
    FieldRow::filled(
        "container.id",
        FieldType::String,
        "First 12 characters of the container's id; `host` outside of containers.",
        |context, _| FieldValue::of(short_id(context), |id| FieldValue::text(id.as_bytes())),
    ),
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
    FieldRow::filled(
        "container.name",
        FieldType::String,
        "Name of the container; `host` outside of containers. In a container missing until the \
         runtime is asked.",
        |context, _| match placement(context) {
            Some(Placement::Host) => static_text(HOST),
            _ => FieldValue::Missing,
        },
    ),
    text("container.image", "Image with its tag."),
    text("container.image.id", "Id of the image."),
    text(
        "container.image.repository",
        "Repository of the image, without tag.",
    ),
    text("container.image.tag", "Tag of the image."),
    text(
        "container.image.digest",
        "Digest of the image in its registry.",
    ),
    truth(
        "container.privileged",
        "Whether the container is privileged.",
    ),
    text("container.mounts", "All mounts, separated by blanks."),
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
    text("container.healthcheck", "Health check of the container.").deprecated(),
    text(
        "container.liveness_probe",
        "Liveness probe of the container.",
    )
    .deprecated(),
    text(
        "container.readiness_probe",
        "Readiness probe of the container.",
    )
    .deprecated(),
    FieldRow::not_yet(
        "container.start_ts",
        FieldType::AbsTime,
        "When the container started, nanoseconds since the epoch.",
        NEEDS_RUNTIME,
    ),
    FieldRow::not_yet(
        "container.duration",
        FieldType::RelTime,
        "How long the container has run, nanoseconds.",
        NEEDS_RUNTIME,
    ),
    text("container.ip", "IPv4 address of the container."),
    text(
        "container.cni.json",
        "What the network plugin said about the container, as JSON.",
    ),
    truth(
        "container.host_pid",
        "Whether the container shares the host's pid namespace.",
    ),
    truth(
        "container.host_network",
        "Whether the container shares the host's network namespace.",
    ),
    truth(
        "container.host_ipc",
        "Whether the container shares the host's IPC namespace.",
    ),
    text("container.label", "One label of the container.")
        .takes(ArgumentRule::Required(ArgumentForms::Key)),
    text(
        "container.labels",
        "All labels of the container, separated by commas.",
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

const fn text(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NEEDS_RUNTIME)
}

const fn truth(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::Bool, doc, NEEDS_RUNTIME)
}

const fn mount(name: &'static str, doc: &'static str) -> FieldRow {
    text(name, doc).takes(ArgumentRule::Required(ArgumentForms::IndexOrKey))
}

const fn probe(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::Bool, doc, NEEDS_PROBES).deprecated()
}

fn placement<'c>(context: &EventContext<'c>) -> Option<&'c Placement> {
    context.process().map(|process| &process.placement)
}

/// The value of `container.id`.
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
