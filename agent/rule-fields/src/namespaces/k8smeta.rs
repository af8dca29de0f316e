//! `k8smeta.*`: the pod that the process belongs to, as the cluster describes it.

use crate::row::{FieldRow, Plurality};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};

/// Why the fields have no values.
const NEEDS_CLUSTER: &str = "needs a watch on the cluster's API, which is not kept yet";

pub(super) static ROWS: &[&[FieldRow]] = &[POD, OWNERS, SERVICES];

static POD: &[FieldRow] = &[
    text("k8smeta.pod.name", "Name of the pod."),
    text("k8smeta.pod.uid", "Uid of the pod."),
    label("k8smeta.pod.label", "One label of the pod."),
    list("k8smeta.pod.labels", "All labels of the pod."),
    text("k8smeta.pod.ip", "Address of the pod."),
    text("k8smeta.ns.name", "Name of the pod's namespace."),
    text("k8smeta.ns.uid", "Uid of the pod's namespace."),
    label("k8smeta.ns.label", "One label of the pod's namespace."),
    list("k8smeta.ns.labels", "All labels of the pod's namespace."),
];

static OWNERS: &[FieldRow] = &[
    text("k8smeta.deployment.name", "Name of the pod's deployment."),
    text("k8smeta.deployment.uid", "Uid of the pod's deployment."),
    label(
        "k8smeta.deployment.label",
        "One label of the pod's deployment.",
    ),
    list(
        "k8smeta.deployment.labels",
        "All labels of the pod's deployment.",
    ),
    text("k8smeta.rs.name", "Name of the pod's replica set."),
    text("k8smeta.rs.uid", "Uid of the pod's replica set."),
    label("k8smeta.rs.label", "One label of the pod's replica set."),
    list("k8smeta.rs.labels", "All labels of the pod's replica set."),
    text(
        "k8smeta.rc.name",
        "Name of the pod's replication controller.",
    ),
    text("k8smeta.rc.uid", "Uid of the pod's replication controller."),
    label(
        "k8smeta.rc.label",
        "One label of the pod's replication controller.",
    ),
    list(
        "k8smeta.rc.labels",
        "All labels of the pod's replication controller.",
    ),
];

static SERVICES: &[FieldRow] = &[
    list(
        "k8smeta.svc.name",
        "Names of the services that lead to the pod.",
    ),
    list(
        "k8smeta.svc.uid",
        "Uids of the services that lead to the pod.",
    ),
    label(
        "k8smeta.svc.label",
        "One label of the services that lead to the pod.",
    )
    .several(Plurality::List),
    list(
        "k8smeta.svc.labels",
        "All labels of the services that lead to the pod.",
    ),
];

const fn text(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NEEDS_CLUSTER)
}

const fn list(name: &'static str, doc: &'static str) -> FieldRow {
    text(name, doc).several(Plurality::List)
}

const fn label(name: &'static str, doc: &'static str) -> FieldRow {
    text(name, doc).takes(ArgumentRule::Required(ArgumentForms::Key))
}
