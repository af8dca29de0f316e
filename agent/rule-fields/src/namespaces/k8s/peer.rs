//! `k8s.client.*` and `k8s.server.*`: who in the cluster has the addresses of a connection.
//!
//! The addresses are those of `fd.cip` and `fd.sip`. What the cluster does not know lies outside of it;
//! loopback addresses belong to nobody that can be named.

use crate::context::EventContext;
use crate::descriptor::End;
use crate::facts::Peer as PeerLookups;
use crate::facts::{Fact, Lookups, Needs};
use crate::labels::LabelSet;
use crate::namespaces::container::shown;
use crate::namespaces::fd::{address_of, static_text};
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_kube_metadata::{Endpoint, ObjectName, OwnerReference, Pod, Scope};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};

/// Which end of the connection.
type Peer = End;

pub(super) static CLIENT: &[FieldRow] = &FieldRow::of_processes([
    peer(
        "k8s.client.kind",
        "What has the client's address: `pod`, `service`, `node`, or `external` for none of them. \
         Saker's own.",
        |context, _| kind(context, Peer::Client),
    ),
    peer(
        "k8s.client.name",
        "Name of the pod, service or node that has the client's address. Saker's own.",
        |context, _| name(context, Peer::Client),
    ),
    peer(
        "k8s.client.ns",
        "Namespace of the pod or service that has the client's address. Saker's own.",
        |context, _| namespace(context, Peer::Client),
    ),
    owned(
        "k8s.client.workload.kind",
        "Kind of the workload of the client's pod, as `k8s.workload.kind` has it. Saker's own.",
        |context, _| owner(context, Peer::Client, |owner| &owner.kind_name),
    ),
    owned(
        "k8s.client.workload.name",
        "Name of the workload of the client's pod. Saker's own.",
        |context, _| owner(context, Peer::Client, |owner| &owner.name),
    ),
    peer(
        "k8s.client.service_account",
        "Service account of the client's pod. Saker's own.",
        |context, _| of_pod(context, Peer::Client, |pod| pod.service_account.as_deref()),
    ),
    peer(
        "k8s.client.node",
        "Name of the node that has the client's address or runs the client's pod. Saker's own.",
        |context, _| node(context, Peer::Client),
    ),
    peer(
        "k8s.client.label",
        "One label of the pod or service that has the client's address. Saker's own.",
        |context, argument| label(context, Peer::Client, argument),
    )
    .takes(KEY),
    peer(
        "k8s.client.labels",
        "All labels of the pod or service that has the client's address, as `k8s.pod.labels` shows \
         them. Saker's own.",
        |context, _| all_labels(context, Peer::Client),
    ),
]);

pub(super) static SERVER: &[FieldRow] = &FieldRow::of_processes([
    peer(
        "k8s.server.kind",
        "What has the server's address: `pod`, `service`, `node`, or `external` for none of them. \
         Saker's own.",
        |context, _| kind(context, Peer::Server),
    ),
    peer(
        "k8s.server.name",
        "Name of the pod, service or node that has the server's address. Saker's own.",
        |context, _| name(context, Peer::Server),
    ),
    peer(
        "k8s.server.ns",
        "Namespace of the pod or service that has the server's address. Saker's own.",
        |context, _| namespace(context, Peer::Server),
    ),
    owned(
        "k8s.server.workload.kind",
        "Kind of the workload of the server's pod, as `k8s.workload.kind` has it. Saker's own.",
        |context, _| owner(context, Peer::Server, |owner| &owner.kind_name),
    ),
    owned(
        "k8s.server.workload.name",
        "Name of the workload of the server's pod. Saker's own.",
        |context, _| owner(context, Peer::Server, |owner| &owner.name),
    ),
    peer(
        "k8s.server.service_account",
        "Service account of the server's pod. Saker's own.",
        |context, _| of_pod(context, Peer::Server, |pod| pod.service_account.as_deref()),
    ),
    peer(
        "k8s.server.node",
        "Name of the node that has the server's address or runs the server's pod. Saker's own.",
        |context, _| node(context, Peer::Server),
    ),
    peer(
        "k8s.server.label",
        "One label of the pod or service that has the server's address. Saker's own.",
        |context, argument| label(context, Peer::Server, argument),
    )
    .takes(KEY),
    peer(
        "k8s.server.labels",
        "All labels of the pod or service that has the server's address, as `k8s.pod.labels` shows \
         them. Saker's own.",
        |context, _| all_labels(context, Peer::Server),
    ),
]);

const KEY: ArgumentRule = ArgumentRule::Required(ArgumentForms::Key);

/// Everything that has an address.
const ADDRESSES: Scope = Scope::CLUSTER_PODS.with(Scope::SERVICES).with(Scope::NODES);

const fn peer(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor).asking(Needs::cluster(ADDRESSES))
}

const fn owned(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    let needs = Needs::cluster(ADDRESSES.with(Scope::OWNERS));
    FieldRow::filled(name, FieldType::String, doc, extractor).asking(needs)
}

fn lookups(end: Peer, lookups: &Lookups) -> &PeerLookups {
    match end {
        End::Client => &lookups.client,
        End::Server | End::Local | End::Remote => &lookups.server,
    }
}

fn endpoint<'c>(context: &'c EventContext<'_>, end: Peer) -> Fact<&'c Endpoint> {
    let Some(address) = address_of(context, end) else {
        return Fact::Unasked;
    };
    if address.is_loopback() || address.is_unspecified() {
        return Fact::Absent;
    }
    context.in_cluster(
        |all| &lookups(end, all).endpoint,
        |cluster| cluster.endpoint(address),
    )
}

fn kind<'c>(context: &'c EventContext<'_>, end: Peer) -> FieldValue<'c> {
    let kind = endpoint(context, end).map(|endpoint| match endpoint {
        Endpoint::Pod(_) => "pod",
        Endpoint::Service(_) => "service",
        Endpoint::Node(_) => "node",
        Endpoint::External => "external",
    });
    context.show(kind.map(static_text), FieldValue::Missing)
}

fn name<'c>(context: &'c EventContext<'_>, end: Peer) -> FieldValue<'c> {
    let name = endpoint(context, end).and_then(|endpoint| match endpoint {
        Endpoint::Node(name) => Some(&**name),
        other => Some(&*object_name(other)?.name),
    });
    context.show(name.map(shown), FieldValue::Missing)
}

fn namespace<'c>(context: &'c EventContext<'_>, end: Peer) -> FieldValue<'c> {
    let name = endpoint(context, end).and_then(object_name);
    context.show(name.map(|name| shown(&name.namespace)), FieldValue::Missing)
}

fn object_name(endpoint: &Endpoint) -> Option<&ObjectName> {
    match endpoint {
        Endpoint::Pod(pod) => Some(&pod.name),
        Endpoint::Service(service) => Some(&service.name),
        Endpoint::Node(_) | Endpoint::External => None,
    }
}

fn pod<'c>(context: &'c EventContext<'_>, end: Peer) -> Fact<&'c Pod> {
    endpoint(context, end).and_then(|endpoint| match endpoint {
        Endpoint::Pod(pod) => Some(&**pod),
        Endpoint::Service(_) | Endpoint::Node(_) | Endpoint::External => None,
    })
}

fn of_pod<'c>(
    context: &'c EventContext<'_>,
    end: Peer,
    read: impl FnOnce(&'c Pod) -> Option<&'c str>,
) -> FieldValue<'c> {
    let text = pod(context, end).and_then(read);
    context.show(text.map(shown), FieldValue::Missing)
}

fn owner<'c>(
    context: &'c EventContext<'_>,
    end: Peer,
    read: impl FnOnce(&'c OwnerReference) -> &'c str,
) -> FieldValue<'c> {
    let owner = pod(context, end).then(|pod| {
        context.in_cluster(
            |all| &lookups(end, all).last_owner,
            |cluster| cluster.last_owner(pod),
        )
    });
    let text = owner.and_then(|owner| owner.as_deref().map(read));
    context.show(text.map(shown), FieldValue::Missing)
}

fn node<'c>(context: &'c EventContext<'_>, end: Peer) -> FieldValue<'c> {
    let node = endpoint(context, end).and_then(|endpoint| match endpoint {
        Endpoint::Pod(pod) => pod.node.as_deref(),
        Endpoint::Node(name) => Some(&**name),
        Endpoint::Service(_) | Endpoint::External => None,
    });
    context.show(node.map(shown), FieldValue::Missing)
}

fn labels<'c>(context: &'c EventContext<'_>, end: Peer) -> Fact<LabelSet<'c>> {
    endpoint(context, end).and_then(|endpoint| match endpoint {
        Endpoint::Pod(pod) => Some(LabelSet::Cluster(&pod.labels)),
        Endpoint::Service(service) => Some(LabelSet::Cluster(&service.labels)),
        Endpoint::Node(_) | Endpoint::External => None,
    })
}

fn label<'c>(
    context: &'c EventContext<'_>,
    end: Peer,
    argument: Option<&FieldArgument>,
) -> FieldValue<'c> {
    let label = labels(context, end).and_then(|labels| labels.one(argument));
    context.show(label.map(shown), FieldValue::Missing)
}

fn all_labels<'c>(context: &'c EventContext<'_>, end: Peer) -> FieldValue<'c> {
    let labels = labels(context, end).map(LabelSet::joined);
    context.show(labels, FieldValue::Missing)
}
