//! `flow.src.*` and `flow.dst.*`: who opened a connection, and who accepted it.

use super::row;
use crate::context::{EventContext, Party, Side};
use crate::facts::{Fact, Needs};
use crate::namespaces::container::shown;
use crate::namespaces::fd::static_text;
use crate::namespaces::k8s;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_flow_state::Role;
use saker_kube_metadata::{OwnerReference, Scope};
use saker_rule_language::FieldType;
use std::net::SocketAddr;

pub(super) static SOURCE: &[FieldRow] = &[
    row(
        "flow.src.ip",
        FieldType::IpAddr,
        "Address of the client, as the socket has it; the same as `fd.cip`.",
        |context, _| {
            address(context, Side::Client, |end| {
                FieldValue::Ip(end.ip().to_canonical())
            })
        },
    ),
    row(
        "flow.src.port",
        FieldType::Port,
        "Port of the client.",
        |context, _| address(context, Side::Client, |end| FieldValue::Port(end.port())),
    ),
    row(
        "flow.src.on_host",
        FieldType::Bool,
        "Whether the client is of this host, so that its end of the connection is seen as well.",
        |context, _| {
            FieldValue::of(context.flow(), |flow| {
                let is_here = flow.role != Role::Server || flow.caller.is_some();
                FieldValue::Bool(is_here || flow.is_loopback())
            })
        },
    ),
    party(
        "flow.src.kind",
        "What the client is: `pod`, `service`, `node`, `container` one of this host that is in no pod, \
         `host` this host outside of clusters, `external` somebody whom the cluster does not know.",
        |context, _| kind(context, Side::Client),
    ),
    party("flow.src.pod", "Name of the client's pod.", |context, _| {
        pod(context, Side::Client)
    }),
    party(
        "flow.src.namespace",
        "Namespace of the client's pod or service.",
        |context, _| namespace(context, Side::Client),
    ),
    owned(
        "flow.src.workload",
        "What the client's pod exists for: name of the last of its owners, or of the pod if it has none.",
        |context, _| workload(context, Side::Client),
    ),
    owned(
        "flow.src.workload.kind",
        "Kind of that owner, such as `Deployment`; `Pod` for a pod without owners.",
        |context, _| workload_kind(context, Side::Client),
    ),
    party(
        "flow.src.service_account",
        "Service account of the client's pod.",
        |context, _| service_account(context, Side::Client),
    ),
    party(
        "flow.src.node",
        "Node of the client: the one that its pod runs on, or that it is.",
        |context, _| node(context, Side::Client),
    ),
];

pub(super) static DESTINATION: &[FieldRow] = &[
    row(
        "flow.dst.ip",
        FieldType::IpAddr,
        "Address of the server, as the socket has it; the same as `fd.sip`.",
        |context, _| {
            address(context, Side::Server, |end| {
                FieldValue::Ip(end.ip().to_canonical())
            })
        },
    ),
    row(
        "flow.dst.port",
        FieldType::Port,
        "Port of the server.",
        |context, _| address(context, Side::Server, |end| FieldValue::Port(end.port())),
    ),
    party(
        "flow.dst.kind",
        "What the server is, as `flow.src.kind`; `service` where it is not known which pod behind it.",
        |context, _| kind(context, Side::Server),
    ),
    party("flow.dst.pod", "Name of the server's pod.", |context, _| {
        pod(context, Side::Server)
    }),
    party(
        "flow.dst.namespace",
        "Namespace of the server's pod or service.",
        |context, _| namespace(context, Side::Server),
    ),
    owned(
        "flow.dst.workload",
        "What the server's pod exists for, as `flow.src.workload`.",
        |context, _| workload(context, Side::Server),
    ),
    owned(
        "flow.dst.workload.kind",
        "Kind of that owner, as `flow.src.workload.kind`.",
        |context, _| workload_kind(context, Side::Server),
    ),
    party(
        "flow.dst.service_account",
        "Service account of the server's pod.",
        |context, _| service_account(context, Side::Server),
    ),
    party(
        "flow.dst.node",
        "Node of the server: the one that its pod runs on, or that it is.",
        |context, _| node(context, Side::Server),
    ),
    party(
        "flow.dst.service",
        "Name of the service that the client connected to, as the client's end sees it; its namespace \
         is that of `flow.dst.namespace`.",
        |context, _| {
            let service = context.service().map(|service| shown(&service.name.name));
            context.show(service, FieldValue::Missing)
        },
    ),
];

/// Everything that has an address, and the pod of the process.
pub(in crate::namespaces) const PARTIES: Needs = Needs::CONTAINER.with(Needs::cluster(
    Scope::NODE_PODS
        .with(Scope::CLUSTER_PODS)
        .with(Scope::SERVICES)
        .with(Scope::NODES),
));

const fn party(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    row(name, FieldType::String, doc, extractor).asking(PARTIES)
}

const fn owned(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    let needs = PARTIES.with(Needs::cluster(Scope::OWNERS));
    row(name, FieldType::String, doc, extractor).asking(needs)
}

fn address<'c>(
    context: &EventContext<'_>,
    side: Side,
    part: fn(SocketAddr) -> FieldValue<'static>,
) -> FieldValue<'c> {
    FieldValue::of(context.flow(), |flow| {
        let (client, server) = flow.ends();
        part(match side {
            Side::Client => client,
            Side::Server => server,
        })
    })
}

fn kind<'c>(context: &'c EventContext<'_>, side: Side) -> FieldValue<'c> {
    let kind = context.party(side).map(|party| match party {
        Party::Pod(_) => "pod",
        Party::Service(_) => "service",
        Party::Node(_) => "node",
        Party::Host => "host",
        Party::Container => "container",
        Party::External => "external",
    });
    context.show(kind.map(static_text), FieldValue::Missing)
}

/// The runtime knows the own pod before the cluster tells of it.
fn of_runtime<'c>(
    context: &'c EventContext<'_>,
    side: Side,
    own: fn(&'c EventContext<'_>) -> Fact<&'c str>,
) -> Fact<&'c str> {
    match context.is_own(side) && !context.is_guest() {
        true => own(context),
        false => Fact::Unasked,
    }
}

fn pod<'c>(context: &'c EventContext<'_>, side: Side) -> FieldValue<'c> {
    let own = of_runtime(context, side, k8s::name);
    let name = own.or_else(|| {
        let pod = context.party(side).and_then(Party::pod);
        pod.map(|pod| &*pod.name.name)
    });
    context.show(name.map(shown), FieldValue::Missing)
}

fn namespace<'c>(context: &'c EventContext<'_>, side: Side) -> FieldValue<'c> {
    let own = of_runtime(context, side, k8s::namespace);
    let name = own.or_else(|| {
        context.party(side).and_then(|party| match party {
            Party::Pod(pod) => Some(&*pod.name.namespace),
            Party::Service(service) => Some(&*service.name.namespace),
            _ => None,
        })
    });
    context.show(name.map(shown), FieldValue::Missing)
}

fn owner<'c>(
    context: &'c EventContext<'_>,
    side: Side,
    of_owner: fn(&OwnerReference) -> &str,
    of_bare_pod: fn(&'c str) -> &'c str,
) -> FieldValue<'c> {
    let text = context.party_owner(side).map(of_owner);
    let text = match text {
        Fact::Absent => {
            let pod = context.party(side).and_then(Party::pod);
            pod.map(|pod| of_bare_pod(&pod.name.name))
        }
        text => text,
    };
    context.show(text.map(shown), FieldValue::Missing)
}

fn workload<'c>(context: &'c EventContext<'_>, side: Side) -> FieldValue<'c> {
    owner(context, side, |owner| &owner.name, |name| name)
}

fn workload_kind<'c>(context: &'c EventContext<'_>, side: Side) -> FieldValue<'c> {
    owner(context, side, |owner| &owner.kind_name, |_| "Pod")
}

fn service_account<'c>(context: &'c EventContext<'_>, side: Side) -> FieldValue<'c> {
    let pod = context.party(side).and_then(Party::pod);
    let account = pod.and_then(|pod| pod.service_account.as_deref());
    context.show(account.map(shown), FieldValue::Missing)
}

fn node<'c>(context: &'c EventContext<'_>, side: Side) -> FieldValue<'c> {
    let own = context.own_node().filter(|_| context.is_own(side));
    let node = match own {
        Some(node) => Fact::Known(node),
        None => context.party(side).and_then(|party| match party {
            Party::Pod(pod) => pod.node.as_deref(),
            Party::Node(name) => Some(name),
            _ => None,
        }),
    };
    context.show(node.map(shown), FieldValue::Missing)
}
