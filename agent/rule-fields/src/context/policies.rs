//! What the policies of meshes say about a connection.

use super::{EventContext, Party, Side};
use crate::facts::Fact;
use saker_container_metadata::{ContainerInfo, Reason};
use saker_flow_inspection::{SecurityClass, Transport};
use saker_flow_state::{Caller, Flow};
use saker_kube_metadata::Namespace;
use saker_policy_audit::{
    CallerPlace, ClientIntent, LegCaller, LegEnd, LegFacts, LegKind, LegParty, LegProcess, MeshLeg,
    MeshPolicies, MtlsIntent, MtlsReason, Target, leg,
};
use saker_process_state::{Placement, Process};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The label by which runtimes tell the name that a container has in its pod.
const NAME_LABEL: &str = "io.kubernetes.container.name";

impl EventContext<'_> {
    /// Which part of the way through the proxies of a mesh the connection is. Not known without its
    /// interface, or where the process is in a pod of which nothing is known.
    pub(crate) fn mesh_leg(&self) -> Fact<MeshLeg> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        let cell = &self.lookups().flow().leg;
        *cell.get_or_init(|| self.find_leg(flow))
    }

    fn find_leg(&self, flow: &Flow) -> Fact<MeshLeg> {
        if flow.interface.is_none() {
            return Fact::Unasked;
        }
        let is_loopback = flow.is_loopback();
        let own_side = Side::own(flow);
        let (end, other_side) = match own_side {
            Side::Client => (LegEnd::Client, Side::Server),
            Side::Server => (LegEnd::Server, Side::Client),
        };
        let own = match self.leg_party(own_side) {
            Fact::Known(own) => own,
            Fact::Awaited => return Fact::Awaited,
            Fact::Lacking(reason) if !is_loopback => return Fact::Lacking(reason),
            Fact::Absent | Fact::Unasked | Fact::Lacking(_) => LegParty::default(),
        };
        let peer = match self.leg_party(other_side) {
            Fact::Known(peer) => peer,
            Fact::Awaited => return Fact::Awaited,
            Fact::Absent | Fact::Unasked | Fact::Lacking(_) => LegParty::default(),
        };
        let process = self.leg_process();
        if process.executable.is_empty() && !is_loopback && own.pod.is_some() {
            // Without its program nobody can tell a proxy from who goes past it.
            return Fact::Unasked;
        }
        let container = match self.of_container(name_in_pod) {
            Fact::Awaited => return Fact::Awaited,
            container => container.known(),
        };
        let leg = leg(&LegFacts {
            end,
            is_loopback,
            is_datagram: flow.transport == Transport::Udp,
            is_mesh_mtls: flow.classification.class == SecurityClass::MeshMtls,
            process: LegProcess {
                container,
                ..process
            },
            caller: flow.caller.as_ref().map(leg_caller),
            own,
            peer,
            local: canonical(flow.local),
            remote: canonical(flow.remote),
        });
        leg.map_or(Fact::Unasked, Fact::Known)
    }

    /// The process of the own end; without an executable where it is not known.
    pub(super) fn leg_process(&self) -> LegProcess<'_> {
        self.process().map(leg_process).unwrap_or_default()
    }

    fn leg_party(&self, side: Side) -> Fact<LegParty<'_>> {
        self.party(side).then(|party| {
            let namespace = self.namespace_if_known(side);
            namespace.map(|namespace| LegParty {
                pod: party.pod(),
                namespace,
                node: party.node(),
            })
        })
    }

    /// The namespace of an end, nothing where nobody knows it: it may only not be known yet.
    pub(super) fn namespace_if_known(&self, side: Side) -> Fact<Option<&Namespace>> {
        match self.party_namespace(side) {
            Fact::Awaited => Fact::Awaited,
            namespace => Fact::Known(namespace.known()),
        }
    }

    /// What is demanded of connections to the server. Nothing where it is not known who that is, or
    /// what is demanded of it.
    pub(crate) fn mtls_intent(&self) -> Fact<&MtlsIntent> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        let cell = &self.lookups().flow().intent;
        let intent = cell.get_or_init(|| self.find_intent(flow));
        intent.as_ref()
    }

    fn find_intent(&self, flow: &Flow) -> Fact<MtlsIntent> {
        self.server_target(flow).then(|target| {
            let policies = self.policies();
            match policies.map(|policies| policies.mtls_intent(&target)) {
                Fact::Known(intent) if intent.is_known() => Fact::Known(intent),
                Fact::Known(intent)
                    if intent.reason == MtlsReason::NotKnown && target.pod.is_some() =>
                {
                    Fact::Lacking(Reason::NotFound)
                }
                Fact::Known(_) => Fact::Absent,
                intent => intent,
            }
        })
    }

    /// Who the server is, and which port of it is meant.
    pub(super) fn server_target(&self, flow: &Flow) -> Fact<Target<'_>> {
        let is_own = self.is_own(Side::Server);
        let pod = self.party(Side::Server).then(|party| match party {
            Party::Pod(pod) => Fact::Known(Some(pod)),
            Party::Host | Party::Node(_) | Party::Container if is_own => Fact::Known(None),
            // Whoever it is in the network of another node, and who is behind a service, is not known.
            _ => Fact::Absent,
        });
        let port = match is_own {
            true => self.own_server_port(flow),
            false => Fact::Known(Some(self.other_server_port(flow))),
        };
        pod.then(|pod| {
            port.then(|port| {
                let namespace = self.namespace_if_known(Side::Server);
                namespace.map(|namespace| Target {
                    pod,
                    namespace,
                    port,
                })
            })
        })
    }

    /// A proxy accepts connections on a port of its own: which one of the workload is meant does not
    /// show.
    pub(super) fn own_server_port(&self, flow: &Flow) -> Fact<Option<u16>> {
        match self.mesh_leg() {
            Fact::Awaited => Fact::Awaited,
            Fact::Known(leg) => Fact::Known((!is_at_proxy(leg.kind)).then(|| flow.local.port())),
            // Without an interface nobody can tell.
            Fact::Unasked | Fact::Absent | Fact::Lacking(_) => Fact::Known(None),
        }
    }

    /// The port of the workload: behind a service, where packets go.
    fn other_server_port(&self, flow: &Flow) -> u16 {
        let on_wire = flow.on_wire.map(|(_, remote)| canonical(remote));
        let pod = self.party(Side::Server).and_then(Party::pod).known();
        let is_of_pod = |address: IpAddr| pod.is_some_and(|pod| pod.addresses.contains(&address));
        match on_wire.filter(|remote| is_of_pod(remote.ip())) {
            Some(remote) => remote.port(),
            None => flow.remote.port(),
        }
    }

    /// How the client should connect, by the rules about the service that it connects to.
    pub(crate) fn client_intent(&self) -> Fact<&ClientIntent> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        let cell = &self.lookups().flow().client_intent;
        let intent = cell.get_or_init(|| {
            let client = self.party(Side::Client).and_then(Party::pod);
            client.then(|client| {
                self.service().then(|service| {
                    let port = flow.remote.port();
                    let policies = self.policies();
                    let server = self.party(Side::Server).and_then(Party::pod).known();
                    let labels = server.map(|pod| &*pod.labels);
                    policies.and_then(|policies| {
                        policies.client_intent(client, &service.name, port, labels)
                    })
                })
            })
        });
        intent.as_ref()
    }

    pub(super) fn policies(&self) -> Fact<&Arc<MeshPolicies>> {
        let Some(facts) = self.facts else {
            return Fact::Lacking(Reason::NotFound);
        };
        let cell = &self.lookups().flow().policies;
        Fact::of_cluster(cell.get_or_init(|| facts.mesh.policies()).as_ref())
    }
}

fn leg_process(process: &Process) -> LegProcess<'_> {
    let path = process.exe_path().unwrap_or_default();
    let name = path.rsplit(|byte| *byte == b'/').next();
    LegProcess {
        executable: str::from_utf8(name.unwrap_or_default()).unwrap_or_default(),
        user_id: process.credentials.uid,
        container: None,
    }
}

fn leg_caller(caller: &Caller) -> LegCaller<'_> {
    let process = caller.process.as_deref();
    let placed = process.filter(|process| process.placement != Placement::Unknown);
    LegCaller {
        process: placed.map(leg_process).unwrap_or_default(),
        place: match placed.map(|process| &process.placement) {
            Some(Placement::Container(container)) if container.pod_uid.is_some() => {
                CallerPlace::Pod
            }
            Some(Placement::Container(_)) => CallerPlace::Container,
            Some(Placement::Host | Placement::Unknown) | None => CallerPlace::Host,
        },
        target: canonical(caller.target),
    }
}

/// Whether the server of a part of the way is a proxy.
const fn is_at_proxy(kind: LegKind) -> bool {
    matches!(
        kind,
        LegKind::AppToProxy | LegKind::ProxyToProxy | LegKind::OutsideToProxy
    )
}

pub(super) fn name_in_pod(container: &ContainerInfo) -> Option<&str> {
    let labels = container.labels.as_ref();
    let label = labels.and_then(|labels| labels.get(NAME_LABEL));
    label.or(container.name.as_ref()).map(|name| &**name)
}

pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
