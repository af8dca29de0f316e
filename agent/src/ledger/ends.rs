//! Who the ends of a connection are.

use saker_container_metadata::ContainerInfo;
use saker_encryption_ledger::Party;
use saker_flow_inspection::{SecurityClass, Transport};
use saker_flow_state::{Caller, Flow, Role};
use saker_kube_metadata::{Cluster, Endpoint, Namespace, Pod};
use saker_policy_audit::{CallerPlace, LegCaller, LegEnd, LegFacts, LegParty, LegProcess, leg};
use saker_process_state::{ContainerRef, Placement, Process};
use saker_rule_fields::Facts;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Longest name of a program or container, in characters.
const NAME_MAX: usize = 253;

/// File name of the executable of Istio's node proxy.
const ZTUNNEL: &str = "ztunnel";

/// The ends of a connection.
pub(super) struct Ends {
    /// Who opened it.
    pub(super) client: Party,
    /// Who accepted it.
    pub(super) server: Party,
    /// Where the server accepted it.
    pub(super) server_port: u16,
    /// Whether it needs no protection of its own.
    pub(super) is_excused: bool,
    /// Whether an end is of a pod that the cluster has not told of, so that it is named by its container alone.
    pub(super) is_unnamed: bool,
}

/// One end.
#[derive(Default)]
struct End {
    party: Option<Party>,
    pod: Option<Arc<Pod>>,
    namespace: Option<Arc<Namespace>>,
    node: Option<Arc<str>>,
    is_unnamed: bool,
}

impl Ends {
    /// The ends of a flow whose own end belongs to this process.
    pub(super) fn of(flow: &Flow, process: Option<&Process>, facts: &Facts) -> Self {
        let container = process.and_then(|process| match &process.placement {
            Placement::Container(container) => Some(&**container),
            Placement::Host | Placement::Unknown => None,
        });
        let info = container.and_then(|container| facts.containers.get(&container.id).info);
        let own = own_end(flow, process, container, info.as_deref(), facts);
        let remote = remote_address(flow);
        let mut peer = end_at(remote.ip(), &facts.cluster);
        if peer.party.is_none() && remote.ip().is_loopback() && own.pod.is_some() {
            // The same pod: its containers share the network.
            peer.party.clone_from(&own.party);
        }
        if peer.party.is_none()
            && is_of_host(flow.caller.as_ref())
            && let Some(node) = facts.cluster.own_node()
        {
            // An address of this host that the cluster does not know: that of a bridge to its pods.
            peer = of_node(node.into());
        }
        let is_excused = is_excused(flow, process, info.as_deref(), (&own, &peer));
        let is_unnamed = own.is_unnamed;
        let own = own.party.unwrap_or(Party::Address(flow.local.ip()));
        let peer = peer
            .party
            .unwrap_or(Party::Address(remote.ip().to_canonical()));
        match flow.role {
            Role::Server => Self {
                client: peer,
                server: own,
                server_port: flow.local.port(),
                is_excused,
                is_unnamed,
            },
            Role::Client | Role::Unknown => Self {
                client: own,
                server: peer,
                server_port: remote.port(),
                is_excused,
                is_unnamed,
            },
        }
    }
}

/// The address of the other end: behind the address of a service where packets show it, but not that of a proxy
/// that the connection is redirected to.
fn remote_address(flow: &Flow) -> SocketAddr {
    match flow.on_wire {
        Some((_, remote)) if !flow.is_loopback() && !remote.ip().is_loopback() => remote,
        _ => flow.remote,
    }
}

fn own_end(
    flow: &Flow,
    process: Option<&Process>,
    container: Option<&ContainerRef>,
    info: Option<&ContainerInfo>,
    facts: &Facts,
) -> End {
    if process.and_then(program).as_deref() == Some(ZTUNNEL) && !flow.local.ip().is_loopback() {
        // Its socket is in the network of the pod that it stands for.
        let host = end_at(flow.local.ip(), &facts.cluster);
        if host.pod.is_some() {
            return host;
        }
    }
    let of_runtime = || info?.pod.as_ref()?.uid.as_deref();
    let uid = container.and_then(|container| container.pod_uid.as_deref().or_else(of_runtime));
    if let Some(pod) = uid.and_then(|uid| facts.cluster.pod(uid).known()) {
        return of_pod(pod, &facts.cluster);
    }
    let placement = process.map(|process| &process.placement);
    let node = facts.cluster.own_node().filter(|_| {
        // Whose process is not known may be anybody of this node.
        matches!(placement, Some(Placement::Host))
    });
    if let Some(node) = node {
        return of_node(node.into());
    }
    let name = match (info.and_then(|info| info.name.as_deref()), container) {
        (Some(name), _) => Some(name.to_owned()),
        (None, Some(container)) => Some(container.id.short().to_owned()),
        (None, None) => process.and_then(program),
    };
    match name {
        Some(name) => End {
            party: Some(Party::Local(name.chars().take(NAME_MAX).collect())),
            is_unnamed: uid.is_some(),
            ..End::default()
        },
        None => end_at(flow.local.ip(), &facts.cluster),
    }
}

/// File name of the program.
fn program(process: &Process) -> Option<String> {
    let path = process.image.exe_path.as_deref()?;
    let name = path.rsplit(|byte| *byte == b'/').next()?;
    Some(String::from_utf8_lossy(name).into_owned())
}

/// Who has an address, as far as the cluster knows.
fn end_at(address: IpAddr, cluster: &Cluster) -> End {
    match cluster.endpoint(address).known() {
        Some(Endpoint::Pod(pod)) => of_pod(pod, cluster),
        Some(Endpoint::Service(service)) => End {
            party: Some(Party::service(&service.name.namespace, &service.name.name)),
            ..End::default()
        },
        Some(Endpoint::Node(node)) => of_node(node),
        Some(Endpoint::External) | None => End::default(),
    }
}

fn of_node(node: Arc<str>) -> End {
    End {
        party: Some(Party::Node((&*node).into())),
        node: Some(node),
        ..End::default()
    }
}

fn of_pod(pod: Arc<Pod>, cluster: &Cluster) -> End {
    End {
        party: Some(Party::workload(
            &pod.name.namespace,
            &workload_name(&pod, cluster),
        )),
        namespace: cluster.namespace(&pod.name.namespace).known(),
        pod: Some(pod),
        ..End::default()
    }
}

/// Kind and name of what somebody wrote down to have the pod.
pub(super) fn workload_name(pod: &Pod, cluster: &Cluster) -> String {
    let owner = match cluster.last_owner(pod).known() {
        Some(owner) => owner,
        // What it says itself, where owners are not known.
        None => pod.owner.clone(),
    };
    match owner {
        Some(owner) => format!("{}/{}", owner.kind_name, owner.name),
        None => format!("Pod/{}", pod.name.name),
    }
}

/// Whether a connection needs no protection of its own: the way to and from the own proxy, probes, and what does
/// not leave the network that it began in.
fn is_excused(
    flow: &Flow,
    process: Option<&Process>,
    info: Option<&ContainerInfo>,
    (own, peer): (&End, &End),
) -> bool {
    let executable = process.and_then(program).unwrap_or_default();
    let caller = flow.caller.as_ref();
    let caller_process = caller.and_then(|caller| caller.process.as_deref());
    let caller_process = caller_process.filter(|process| process.placement != Placement::Unknown);
    let caller_executable = caller_process.and_then(program).unwrap_or_default();
    let labels = info.and_then(|info| info.labels.as_ref());
    let container = labels.and_then(|labels| labels.get("io.kubernetes.container.name"));
    let facts = LegFacts {
        end: match flow.role {
            Role::Server => LegEnd::Server,
            Role::Client | Role::Unknown => LegEnd::Client,
        },
        is_loopback: flow.is_loopback(),
        is_datagram: flow.transport == Transport::Udp,
        is_mesh_mtls: flow.classification.class == SecurityClass::MeshMtls,
        process: LegProcess {
            executable: &executable,
            user_id: process.map_or(0, |process| process.credentials.uid),
            container: container.map(|name| &**name),
        },
        caller: caller.map(|caller| LegCaller {
            process: LegProcess {
                executable: &caller_executable,
                user_id: caller_process.map_or(0, |process| process.credentials.uid),
                container: None,
            },
            place: caller_process.map_or(CallerPlace::Host, caller_place),
            target: caller.target,
        }),
        own: leg_party(own),
        peer: leg_party(peer),
        local: flow.local,
        remote: flow.remote,
    };
    // What may be a probe and is not known to be one is not excused.
    leg(&facts).is_some_and(|leg| leg.is_excused())
}

fn caller_place(process: &Process) -> CallerPlace {
    match &process.placement {
        Placement::Container(container) if container.pod_uid.is_some() => CallerPlace::Pod,
        Placement::Container(_) => CallerPlace::Container,
        Placement::Host | Placement::Unknown => CallerPlace::Host,
    }
}

/// Whether the caller runs on this host outside of containers.
fn is_of_host(caller: Option<&Caller>) -> bool {
    let process = caller.and_then(|caller| caller.process.as_deref());
    process.is_some_and(|process| process.placement == Placement::Host)
}

fn leg_party(end: &End) -> LegParty<'_> {
    LegParty {
        pod: end.pod.as_deref(),
        namespace: end.namespace.as_deref(),
        node: end.node.as_deref(),
    }
}
