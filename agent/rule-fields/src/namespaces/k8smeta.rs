//! `k8smeta.*`: the pod that the process belongs to, as the cluster describes it.
//!
//! Outside of pods all of them are missing, as in Falco's plugin, and so is what a pod does not have.

use super::container::{address, shown};
use crate::context::EventContext;
use crate::facts::{Fact, Lookups, Needs};
use crate::labels::LabelSet;
use crate::row::{Extractor, FieldRow, Plurality};
use crate::value::FieldValue;
use saker_kube_metadata::{Answer, Namespace, Scope, Service, Workload, WorkloadKind};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};
use std::cell::OnceCell;
use std::sync::Arc;

pub(super) static ROWS: &[&[FieldRow]] = &[POD, NAMESPACE, OWNERS, SERVICES];

static POD: &[FieldRow] = &[
    pod("k8smeta.pod.name", "Name of the pod.", |context, _| {
        let name = context.of_pod(|pod| Some(&*pod.name.name));
        context.show(name.map(shown), FieldValue::Missing)
    }),
    pod("k8smeta.pod.uid", "Uid of the pod.", |context, _| {
        // As the cluster has it: of a static pod the node says another one.
        let uid = context.of_pod(|pod| Some(&*pod.uid));
        context.show(uid.map(shown), FieldValue::Missing)
    }),
    pod(
        "k8smeta.pod.label",
        "One label of the pod.",
        |context, argument| label(context, pod_labels(context), argument),
    )
    .takes(KEY),
    pod(
        "k8smeta.pod.labels",
        "All labels of the pod, each as `key:value`.",
        |context, _| labels(context, pod_labels(context)),
    )
    .several(Plurality::List),
    pod(
        "k8smeta.pod.ip",
        "First address of the pod.",
        |context, _| {
            let ip = context.of_pod(|pod| pod.addresses.first().copied());
            context.show(ip.map(address), FieldValue::Missing)
        },
    ),
    pod(
        "k8smeta.ns.name",
        "Name of the pod's namespace.",
        |context, _| {
            let name = context.of_pod(|pod| Some(&*pod.name.namespace));
            context.show(name.map(shown), FieldValue::Missing)
        },
    ),
];

static NAMESPACE: &[FieldRow] = &[
    namespaced(
        "k8smeta.ns.uid",
        "Uid of the pod's namespace.",
        |context, _| {
            let uid = namespace(context).map(|namespace| &*namespace.uid);
            context.show(uid.map(shown), FieldValue::Missing)
        },
    ),
    namespaced(
        "k8smeta.ns.label",
        "One label of the pod's namespace.",
        |context, argument| label(context, namespace_labels(context), argument),
    )
    .takes(KEY),
    namespaced(
        "k8smeta.ns.labels",
        "All labels of the pod's namespace, each as `key:value`.",
        |context, _| labels(context, namespace_labels(context)),
    )
    .several(Plurality::List),
];

static OWNERS: &[FieldRow] = &[
    owned(
        "k8smeta.deployment.name",
        "Name of the pod's deployment.",
        |context, _| name(context, deployment(context)),
    ),
    owned(
        "k8smeta.deployment.uid",
        "Uid of the pod's deployment.",
        |context, _| uid(context, deployment(context)),
    ),
    owned(
        "k8smeta.deployment.label",
        "One label of the pod's deployment.",
        |context, argument| label(context, owner_labels(deployment(context)), argument),
    )
    .takes(KEY),
    owned(
        "k8smeta.deployment.labels",
        "All labels of the pod's deployment, each as `key:value`.",
        |context, _| labels(context, owner_labels(deployment(context))),
    )
    .several(Plurality::List),
    owned(
        "k8smeta.rs.name",
        "Name of the pod's replica set.",
        |context, _| name(context, replica_set(context)),
    ),
    owned(
        "k8smeta.rs.uid",
        "Uid of the pod's replica set.",
        |context, _| uid(context, replica_set(context)),
    ),
    owned(
        "k8smeta.rs.label",
        "One label of the pod's replica set.",
        |context, argument| label(context, owner_labels(replica_set(context)), argument),
    )
    .takes(KEY),
    owned(
        "k8smeta.rs.labels",
        "All labels of the pod's replica set, each as `key:value`.",
        |context, _| labels(context, owner_labels(replica_set(context))),
    )
    .several(Plurality::List),
    owned(
        "k8smeta.rc.name",
        "Name of the pod's replication controller.",
        |context, _| name(context, replication_controller(context)),
    ),
    owned(
        "k8smeta.rc.uid",
        "Uid of the pod's replication controller.",
        |context, _| uid(context, replication_controller(context)),
    ),
    owned(
        "k8smeta.rc.label",
        "One label of the pod's replication controller.",
        |context, argument| {
            label(
                context,
                owner_labels(replication_controller(context)),
                argument,
            )
        },
    )
    .takes(KEY),
    owned(
        "k8smeta.rc.labels",
        "All labels of the pod's replication controller, each as `key:value`.",
        |context, _| labels(context, owner_labels(replication_controller(context))),
    )
    .several(Plurality::List),
];

static SERVICES: &[FieldRow] = &[
    served(
        "k8smeta.svc.name",
        "Names of the services that lead to the pod.",
        |context, _| {
            of_services(context, |service, names| {
                names.push(shown(&service.name.name));
            })
        },
    ),
    served(
        "k8smeta.svc.uid",
        "Uids of the services that lead to the pod.",
        |context, _| of_services(context, |service, uids| uids.push(shown(&service.uid))),
    ),
    served(
        "k8smeta.svc.label",
        "One label of the services that lead to the pod: the values of all that have it.",
        |context, argument| {
            of_services(context, |service, values| {
                let value = LabelSet::Cluster(&service.labels).one(argument);
                values.extend(value.map(shown));
            })
        },
    )
    .takes(KEY),
    served(
        "k8smeta.svc.labels",
        "All labels of the services that lead to the pod, each as `key:value`.",
        |context, _| {
            of_services(context, |service, list| {
                LabelSet::Cluster(&service.labels).append(list);
            })
        },
    ),
];

const KEY: ArgumentRule = ArgumentRule::Required(ArgumentForms::Key);

const fn pod(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    asked(name, Scope::NOTHING, doc, extractor)
}

const fn namespaced(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    asked(name, Scope::NAMESPACES, doc, extractor)
}

const fn owned(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    asked(name, Scope::OWNERS, doc, extractor)
}

const fn served(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    asked(name, Scope::SERVICES, doc, extractor).several(Plurality::List)
}

/// A text that the cluster tells about a pod of this node and about what else `scope` says. The runtime
/// is asked for the pod's uid where the cgroup does not tell it.
const fn asked(
    name: &'static str,
    scope: Scope,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    let needs = Needs::CONTAINER.with(Needs::cluster(scope.with(Scope::NODE_PODS)));
    FieldRow::filled(name, FieldType::String, doc, extractor).asking(needs)
}

fn label<'c>(
    context: &'c EventContext<'_>,
    labels: Fact<LabelSet<'c>>,
    argument: Option<&FieldArgument>,
) -> FieldValue<'c> {
    let label = labels.and_then(|labels| labels.one(argument));
    context.show(label.map(shown), FieldValue::Missing)
}

fn labels<'c>(context: &'c EventContext<'_>, labels: Fact<LabelSet<'c>>) -> FieldValue<'c> {
    let list = labels.map(|labels| {
        let mut list = Vec::new();
        labels.append(&mut list);
        FieldValue::list(list)
    });
    context.show(list, FieldValue::Missing)
}

fn pod_labels<'c>(context: &'c EventContext<'_>) -> Fact<LabelSet<'c>> {
    context.of_pod(|pod| Some(LabelSet::Cluster(&pod.labels)))
}

fn namespace<'c>(context: &'c EventContext<'_>) -> Fact<&'c Arc<Namespace>> {
    context.pod_namespace()
}

fn namespace_labels<'c>(context: &'c EventContext<'_>) -> Fact<LabelSet<'c>> {
    namespace(context).map(|namespace| LabelSet::Cluster(&namespace.labels))
}

fn deployment<'c>(context: &'c EventContext<'_>) -> Fact<&'c Workload> {
    let kind = WorkloadKind::Deployment;
    owner(context, kind, |lookups| &lookups.owners.deployment)
}

fn replica_set<'c>(context: &'c EventContext<'_>) -> Fact<&'c Workload> {
    let kind = WorkloadKind::ReplicaSet;
    owner(context, kind, |lookups| &lookups.owners.replica_set)
}

fn replication_controller<'c>(context: &'c EventContext<'_>) -> Fact<&'c Workload> {
    let kind = WorkloadKind::ReplicationController;
    owner(context, kind, |lookups| {
        &lookups.owners.replication_controller
    })
}

fn owner<'c>(
    context: &'c EventContext<'_>,
    kind: WorkloadKind,
    cell: impl FnOnce(&'c Lookups) -> &'c OnceCell<Answer<Option<Workload>>>,
) -> Fact<&'c Workload> {
    let owner = context.around_pod(cell, |cluster, pod| cluster.owner(pod, kind));
    owner.and_then(Option::as_ref)
}

fn name<'c>(context: &'c EventContext<'_>, owner: Fact<&'c Workload>) -> FieldValue<'c> {
    let name = owner.map(|owner| shown(&owner.reference.name));
    context.show(name, FieldValue::Missing)
}

fn uid<'c>(context: &'c EventContext<'_>, owner: Fact<&'c Workload>) -> FieldValue<'c> {
    let uid = owner.map(|owner| shown(&owner.reference.uid));
    context.show(uid, FieldValue::Missing)
}

fn owner_labels(owner: Fact<&Workload>) -> Fact<LabelSet<'_>> {
    owner
        .then(|owner| Fact::of_cluster(owner.labels.as_ref()))
        .map(|labels| LabelSet::Cluster(labels))
}

/// What `show` puts together of each service that leads to the pod.
fn of_services<'c>(
    context: &'c EventContext<'_>,
    mut show: impl FnMut(&'c Service, &mut Vec<FieldValue<'c>>),
) -> FieldValue<'c> {
    let services = context.around_pod(
        |lookups| &lookups.services,
        |cluster, pod| cluster.services_of(pod),
    );
    let list = services.map(|services| {
        let mut list = Vec::new();
        for service in services {
            show(service, &mut list);
        }
        FieldValue::list(list)
    });
    context.show(list, FieldValue::Missing)
}
