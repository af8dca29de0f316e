//! What network policies say about a connection.
//!
//! They are about packets, so who has the address counts: a process of the node in the network namespace of
//! a pod is that pod.

use super::parties::is_unspecific;
use super::policies::canonical;
use super::{EventContext, Party, Side};
use crate::facts::Fact;
use saker_container_metadata::Reason;
use saker_flow_inspection::Transport;
use saker_flow_state::{Flow, Role};
use saker_kube_metadata::{Namespace, Pod, PodNetwork, PolicyProtocol, Service};
use saker_policy_audit::{
    Membership, NetworkFlow, NetworkFlowVerdict, NetworkParty, NetworkPolicies, NetworkReason,
    NetworkVerdict, membership,
};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// An end of a connection, with the namespace of its pod.
#[derive(Clone, Copy)]
struct End<'c> {
    party: Party<'c>,
    namespace: Option<&'c Namespace>,
    address: IpAddr,
}

impl<'c> End<'c> {
    fn network_party(&self) -> NetworkParty<'c> {
        let address = Some(self.address);
        match self.party {
            Party::Pod(pod) => NetworkParty::Pod {
                pod,
                namespace: self.namespace.map(|namespace| &*namespace.labels),
                address,
            },
            Party::Node(name) => NetworkParty::Node {
                name: Some(name),
                address,
            },
            Party::Host => NetworkParty::Node {
                name: None,
                address,
            },
            Party::External => NetworkParty::External {
                address: self.address,
            },
            // A container beside the cluster: what policies call it is not known.
            Party::Container => NetworkParty::Unknown { address },
            // Packets go to somebody behind it.
            Party::Service(_) => NetworkParty::Unknown { address: None },
        }
    }
}

impl EventContext<'_> {
    /// What network policies say of the connection. Absent where no end is a pod that is known, and
    /// nothing is known of policies.
    pub(crate) fn network_verdict(&self) -> Fact<&NetworkFlowVerdict> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        let cell = &self.lookups().flow().network_verdict;
        cell.get_or_init(|| self.find_network_verdict(flow))
            .as_ref()
    }

    fn find_network_verdict(&self, flow: &Flow) -> Fact<NetworkFlowVerdict> {
        let decided =
            |verdict, reason| Fact::Known(NetworkFlowVerdict::without_policy(verdict, reason));
        let (own, other) = match (self.network_end(flow, true), self.network_end(flow, false)) {
            (Fact::Awaited, _) | (_, Fact::Awaited) => return Fact::Awaited,
            (own, other) => (own.known(), other.known()),
        };
        let pod = |end: &Option<End<'_>>| end.as_ref().and_then(|end| end.party.pod()).is_some();
        let policies = match self.network_policies() {
            Fact::Known(policies) => policies,
            Fact::Awaited => return Fact::Awaited,
            _ if pod(&own) || pod(&other) => {
                return decided(NetworkVerdict::Unknown, NetworkReason::PoliciesNotKnown);
            }
            // No cluster, no policies.
            _ => return Fact::Absent,
        };
        let is_loopback = flow.is_loopback() || flow.remote.ip().to_canonical().is_loopback();
        if is_loopback && (pod(&own) || pod(&other)) {
            return decided(NetworkVerdict::Allowed, NetworkReason::Loopback);
        }
        if flow.role == Role::Unknown && (pod(&own) || pod(&other)) {
            return decided(NetworkVerdict::Unknown, NetworkReason::RoleNotKnown);
        }
        self.judge(flow, policies, own, other)
    }

    fn judge(
        &self,
        flow: &Flow,
        policies: &NetworkPolicies,
        own: Option<End<'_>>,
        other: Option<End<'_>>,
    ) -> Fact<NetworkFlowVerdict> {
        let own_pod = own.and_then(|end| end.party.pod());
        let to_service = other.and_then(|end| match end.party {
            Party::Service(service) => Some(service),
            _ => None,
        });
        let own = party_or(own, None);
        let other = party_or(other, Some(packet_remote(flow).ip()));
        let protocol = match flow.transport {
            Transport::Tcp => PolicyProtocol::Tcp,
            Transport::Udp => PolicyProtocol::Udp,
        };
        if flow.role == Role::Server {
            let port = match self.port_of_server(flow, own_pod) {
                Fact::Awaited => return Fact::Awaited,
                port => port.known().flatten(),
            };
            return Fact::Known(policies.verdict(&NetworkFlow {
                source: other,
                destination: own,
                protocol,
                port,
            }));
        }
        if let Some(service) = to_service {
            return self.judge_backends(flow, policies, own, service, protocol);
        }
        Fact::Known(policies.verdict(&NetworkFlow {
            source: own,
            destination: other,
            protocol,
            port: Some(packet_remote(flow).port()),
        }))
    }

    /// To somebody behind a service: where policies say the same of all, it does not matter to whom.
    fn judge_backends(
        &self,
        flow: &Flow,
        policies: &NetworkPolicies,
        source: NetworkParty<'_>,
        service: &Service,
        protocol: PolicyProtocol,
    ) -> Fact<NetworkFlowVerdict> {
        let backends = self.in_cluster(
            |all| &all.flow().backends,
            |cluster| cluster.backends(service),
        );
        let backends: &[Arc<Pod>] = match backends {
            Fact::Known(backends) => backends,
            Fact::Awaited => return Fact::Awaited,
            _ => &[],
        };
        let target = service.target(flow.remote.port(), protocol);
        // They are all of the service's namespace.
        let namespace = self.in_cluster(
            |all| &all.flow().backend_namespace,
            |cluster| cluster.namespace(&service.name.namespace),
        );
        let namespace = match namespace {
            Fact::Awaited => return Fact::Awaited,
            namespace => namespace.known(),
        };
        let flows = backends.iter().map(|pod| NetworkFlow {
            source,
            destination: NetworkParty::Pod {
                pod,
                namespace: namespace.map(|namespace| &*namespace.labels),
                address: None,
            },
            protocol,
            port: target.and_then(|target| pod.settings.port_number(target)),
        });
        let verdict = policies.verdict_of_backends(flows);
        Fact::Known(verdict.unwrap_or_else(|| {
            policies.verdict(&NetworkFlow {
                source,
                destination: NetworkParty::Unknown { address: None },
                protocol,
                port: None,
            })
        }))
    }

    /// Who has an end, by its address.
    fn network_end(&self, flow: &Flow, is_own: bool) -> Fact<End<'_>> {
        let own_side = Side::own(flow);
        let other_side = match own_side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        };
        let (side, address) = match is_own {
            true => (own_side, flow.local.ip().to_canonical()),
            false => (other_side, packet_remote(flow).ip()),
        };
        if is_own
            && !is_unspecific(address)
            && let Fact::Known(Party::Pod(pod)) = self.endpoint(flow.local, |all| &all.own)
        {
            let namespace = self.in_cluster(
                |all| &all.flow().address_namespace,
                |cluster| cluster.namespace(&pod.name.namespace),
            );
            return match namespace {
                Fact::Awaited => Fact::Awaited,
                namespace => Fact::Known(End {
                    party: Party::Pod(pod),
                    namespace: namespace.known().map(|namespace| &**namespace),
                    address,
                }),
            };
        }
        let party = self.party(side);
        party.then(|party| {
            let namespace = self.namespace_if_known(side);
            namespace.map(|namespace| End {
                party,
                namespace,
                address: address_of(party, address),
            })
        })
    }

    /// The port of a server that packets go to: a proxy accepts connections on a port of its own.
    fn port_of_server(&self, flow: &Flow, pod: Option<&Pod>) -> Fact<Option<u16>> {
        let namespace = match self.namespace_if_known(Side::Server) {
            Fact::Awaited => return Fact::Awaited,
            namespace => namespace.known().flatten(),
        };
        match pod {
            Some(pod) if membership(pod, namespace) != Membership::Outside => {
                self.own_server_port(flow)
            }
            _ => Fact::Known(Some(flow.local.port())),
        }
    }

    fn network_policies(&self) -> Fact<&Arc<NetworkPolicies>> {
        let Some(facts) = self.facts else {
            return Fact::Lacking(Reason::NotFound);
        };
        let cell = &self.lookups().flow().network_policies;
        let answer = cell.get_or_init(|| facts.network_policies.policies());
        Fact::of_cluster(answer.as_ref())
    }
}

/// The other end where packets go: the socket's, unless they carry another.
fn packet_remote(flow: &Flow) -> SocketAddr {
    let on_wire = flow.on_wire.map(|(_, remote)| remote);
    let on_wire = on_wire.filter(|remote| !is_unspecific(remote.ip()));
    canonical(on_wire.unwrap_or(flow.remote))
}

/// The address of a pod, where what packets carry belongs to it or to a node; a socket that listens on any
/// address says nothing.
fn address_of(party: Party<'_>, address: IpAddr) -> IpAddr {
    match party {
        Party::Pod(pod) if pod.network == PodNetwork::Own && !pod.addresses.contains(&address) => {
            pod.addresses.first().copied().unwrap_or(address)
        }
        _ => address,
    }
}

/// An end; where it is not known who that is, its address may be.
fn party_or<'c>(end: Option<End<'c>>, address: Option<IpAddr>) -> NetworkParty<'c> {
    end.map_or(NetworkParty::Unknown { address }, |end| end.network_party())
}
