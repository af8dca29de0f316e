//! `k8s.*`: the pod that the process belongs to, or that the event is about.
//!
//! The runtime answers first, because it knows a pod before the cluster's API tells of it. Where it says
//! nothing, the pod is the one that the cluster has under the uid of the cgroup's path.

mod peer;

use super::container::{address, shown};
use super::fd::static_text;
use crate::context::EventContext;
use crate::facts::{Fact, Needs};
use crate::labels::LabelSet;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_container_metadata::ContainerInfo;
use saker_kube_metadata::{OwnerReference, Scope};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};

/// Why Falco's old fields stay empty.
const NEVER: &str = "Falco has deprecated it and gives it no value either";

/// The runtime, and the cluster for what that does not say.
const RUNTIME_OR_CLUSTER: Needs = Needs::CONTAINER.with(Needs::cluster(Scope::NODE_PODS));

/// Those, and what owns pods.
const WITH_OWNERS: Needs = RUNTIME_OR_CLUSTER.with(Needs::cluster(Scope::OWNERS));

/// Characters of a sandbox's id that Falco shows.
const SHORT_CHARACTERS: usize = 12;

pub(super) static ROWS: &[&[FieldRow]] = &[
    POD,
    SANDBOX,
    WORKLOAD,
    peer::CLIENT,
    peer::SERVER,
    DEPRECATED,
];

static POD: &[FieldRow] = &FieldRow::of_pods([
    asked(
        "k8s.pod.name",
        RUNTIME_OR_CLUSTER,
        "Name of the pod.",
        |context, _| context.show(name(context).map(shown), FieldValue::Missing),
    ),
    asked(
        "k8s.ns.name",
        RUNTIME_OR_CLUSTER,
        "Namespace of the pod.",
        |context, _| context.show(namespace(context).map(shown), FieldValue::Missing),
    ),
    asked(
        "k8s.pod.uid",
        Needs::CONTAINER,
        "Uid of the pod, as the path of its cgroup tells, else as the runtime does.",
        |context, _| uid(context),
    ),
    asked(
        "k8s.pod.id",
        Needs::CONTAINER,
        "Another name of `k8s.pod.uid`.",
        |context, _| uid(context),
    ),
    asked(
        "k8s.pod.label",
        RUNTIME_OR_CLUSTER,
        "One label of the pod.",
        |context, argument| {
            let label = labels(context).and_then(|labels| labels.one(argument));
            context.show(label.map(shown), FieldValue::Missing)
        },
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    asked(
        "k8s.pod.labels",
        RUNTIME_OR_CLUSTER,
        "All labels of the pod, as `container.labels` shows those of a container; empty outside of \
         pods.",
        |context, _| context.show(labels(context).map(LabelSet::joined), static_text("")),
    ),
    asked(
        "k8s.pod.ip",
        RUNTIME_OR_CLUSTER,
        "First address of the pod.",
        |context, _| {
            let ip = context.of_sandbox(|pod| pod.ip, |sandbox| sandbox.ip);
            let ip = ip.or_else(|| context.of_pod(|pod| pod.addresses.first().copied()));
            context.show(ip.map(address), FieldValue::Missing)
        },
    ),
]);

static SANDBOX: &[FieldRow] = &FieldRow::of_processes([
    asked(
        "k8s.pod.sandbox_id",
        Needs::CONTAINER,
        "First 12 characters of the id of the pod's sandbox; empty outside of pods.",
        |context, _| context.show(sandbox_id(context).map(short).map(shown), static_text("")),
    ),
    asked(
        "k8s.pod.full_sandbox_id",
        Needs::CONTAINER,
        "Whole id of the pod's sandbox; empty outside of pods.",
        |context, _| context.show(sandbox_id(context).map(shown), static_text("")),
    ),
    asked(
        "k8s.pod.cni.json",
        Needs::CONTAINER,
        "What the network plugin said about the pod, as JSON.",
        |context, _| {
            let json = context.of_sandbox(
                |pod| pod.cni_json.as_deref(),
                |sandbox| sandbox.cni_json.as_deref(),
            );
            context.show(json.map(shown), FieldValue::Missing)
        },
    ),
]);

/// Saker's own.
static WORKLOAD: &[FieldRow] = &FieldRow::of_pods([
    asked(
        "k8s.node.name",
        RUNTIME_OR_CLUSTER,
        "Name of the node, also for processes outside of pods. Saker's own.",
        |context, _| {
            let node = match context.own_node() {
                Some(node) => Fact::Known(node),
                None => context.of_pod(|pod| pod.node.as_deref()),
            };
            context.show(node.map(shown), FieldValue::Missing)
        },
    ),
    asked(
        "k8s.pod.service_account",
        RUNTIME_OR_CLUSTER,
        "Service account of the pod. Saker's own.",
        |context, _| context.show(service_account(context).map(shown), FieldValue::Missing),
    ),
    asked(
        "k8s.workload.kind",
        WITH_OWNERS,
        "What the pod exists for: the kind of the last of its owners, such as `Deployment`, \
         `StatefulSet`, `DaemonSet`, `CronJob`, `Job`; missing for a pod without owners. Saker's own.",
        |context, _| {
            let kind = last_owner(context).map(|owner| &*owner.kind_name);
            context.show(kind.map(shown), FieldValue::Missing)
        },
    ),
    asked(
        "k8s.workload.name",
        WITH_OWNERS,
        "Name of that owner. Saker's own.",
        |context, _| {
            let name = last_owner(context).map(|owner| &*owner.name);
            context.show(name.map(shown), FieldValue::Missing)
        },
    ),
]);

static DEPRECATED: &[FieldRow] = &FieldRow::of_processes([
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
]);

const fn old(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NEVER).deprecated()
}

const fn old_label(name: &'static str, doc: &'static str) -> FieldRow {
    old(name, doc).takes(ArgumentRule::Required(ArgumentForms::Key))
}

/// A text of whoever is asked.
const fn asked(
    name: &'static str,
    needs: Needs,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor).asking(needs)
}

fn short(id: &str) -> &str {
    id.get(..SHORT_CHARACTERS).unwrap_or(id)
}

fn label<'c>(container: &'c ContainerInfo, key: &str) -> Option<&'c str> {
    container.labels.as_ref()?.get(key).map(|value| &**value)
}

/// Name of the pod.
pub(crate) fn name<'c>(context: &'c EventContext<'_>) -> Fact<&'c str> {
    let name = context.of_container(|container| {
        let of_pod = container.pod.as_ref().and_then(|pod| pod.name.as_deref());
        of_pod.or_else(|| label(container, "io.kubernetes.pod.name"))
    });
    name.or_else(|| context.of_pod(|pod| Some(&*pod.name.name)))
}

/// Namespace of the pod.
pub(crate) fn namespace<'c>(context: &'c EventContext<'_>) -> Fact<&'c str> {
    let name = context.of_container(|container| {
        let pod = container.pod.as_ref();
        let of_pod = pod.and_then(|pod| pod.namespace.as_deref());
        of_pod.or_else(|| label(container, "io.kubernetes.pod.namespace"))
    });
    name.or_else(|| context.of_pod(|pod| Some(&*pod.name.namespace)))
}

/// Service account of the pod.
pub(crate) fn service_account<'c>(context: &'c EventContext<'_>) -> Fact<&'c str> {
    context.of_pod(|pod| pod.service_account.as_deref())
}

fn uid<'c>(context: &'c EventContext<'_>) -> FieldValue<'c> {
    context.show(context.pod_uid().map(shown), FieldValue::Missing)
}

fn sandbox_id<'c>(context: &'c EventContext<'_>) -> Fact<&'c str> {
    context.of_container(|container| container.pod.as_ref().map(|pod| &*pod.id))
}

/// Labels of the pod.
pub(crate) fn labels<'c>(context: &'c EventContext<'_>) -> Fact<LabelSet<'c>> {
    let of_sandbox = context.of_sandbox(
        |pod| pod.labels.as_ref().map(LabelSet::Runtime),
        |sandbox| {
            let labels = sandbox.pod.as_ref()?.labels.as_ref();
            labels.map(LabelSet::Runtime)
        },
    );
    of_sandbox.or_else(|| context.of_pod(|pod| Some(LabelSet::Cluster(&pod.labels))))
}

/// What the pod exists for.
pub(crate) fn last_owner<'c>(context: &'c EventContext<'_>) -> Fact<&'c OwnerReference> {
    let owner = context.around_pod(
        |lookups| &lookups.owners.last,
        |cluster, pod| cluster.last_owner(pod),
    );
    owner.and_then(Option::as_deref)
}
