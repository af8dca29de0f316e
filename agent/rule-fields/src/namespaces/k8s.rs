//! `k8s.*`: the pod that the process belongs to.

use super::container::{missing, text};
use crate::context::EventContext;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};

/// Why Falco's old fields stay empty.
const NEVER: &str = "Falco has deprecated it and gives it no value either";

pub(super) static ROWS: &[&[FieldRow]] = &[POD, DEPRECATED];

static POD: &[FieldRow] = &[
    FieldRow::filled(
        "k8s.pod.uid",
        FieldType::String,
        "Uid of the pod, as the path of its cgroup tells.",
        |context, _| pod_uid(context),
    ),
    FieldRow::filled(
        "k8s.pod.id",
        FieldType::String,
        "Another name of `k8s.pod.uid`.",
        |context, _| pod_uid(context),
    ),
    missing("k8s.pod.name", "Name of the pod."),
    missing("k8s.ns.name", "Namespace of the pod."),
    text(
        "k8s.pod.sandbox_id",
        "First 12 characters of the id of the pod's sandbox; empty outside of containers.",
    ),
    text(
        "k8s.pod.full_sandbox_id",
        "Whole id of the pod's sandbox; empty outside of containers.",
    ),
    missing("k8s.pod.label", "One label of the pod.")
        .takes(ArgumentRule::Required(ArgumentForms::Key)),
    text(
        "k8s.pod.labels",
        "All labels of the pod, separated by commas; empty outside of containers.",
    ),
    text(
        "k8s.pod.ip",
        "IPv4 address of the pod; empty outside of containers.",
    ),
    text(
        "k8s.pod.cni.json",
        "What the network plugin said about the pod, as JSON; empty outside of containers.",
    ),
];

static DEPRECATED: &[FieldRow] = &[
    old("k8s.rc.name", "Name of the replication controller."),
    old("k8s.rc.id", "Id of the replication controller."),
    old_label("k8s.rc.label", "One label of the replication controller."),
    old("k8s.rc.labels", "All labels of the replication controller."),
    old("k8s.svc.name", "Name of the service."),
    old("k8s.svc.id", "Id of the service."),
    old_label("k8s.svc.label", "One label of the service."),
    old("k8s.svc.labels", "All labels of the service."),
    old("k8s.ns.id", "Id of the namespace."),
    old_label("k8s.ns.label", "One label of the namespace."),
    old("k8s.ns.labels", "All labels of the namespace."),
    old("k8s.rs.name", "Name of the replica set."),
    old("k8s.rs.id", "Id of the replica set."),
    old_label("k8s.rs.label", "One label of the replica set."),
    old("k8s.rs.labels", "All labels of the replica set."),
    old("k8s.deployment.name", "Name of the deployment."),
    old("k8s.deployment.id", "Id of the deployment."),
    old_label("k8s.deployment.label", "One label of the deployment."),
    old("k8s.deployment.labels", "All labels of the deployment."),
];

const fn old(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NEVER).deprecated()
}

const fn old_label(name: &'static str, doc: &'static str) -> FieldRow {
    old(name, doc).takes(ArgumentRule::Required(ArgumentForms::Key))
}

fn pod_uid<'a>(context: &EventContext<'a>) -> FieldValue<'a> {
    let container = context.process().and_then(|process| process.container());
    let uid = container.and_then(|container| container.pod_uid.as_deref());
    FieldValue::of(uid, |uid| FieldValue::text(uid.as_bytes()))
}
