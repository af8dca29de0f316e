//! Who has the ends of a connection, and what policies say about it.
//!
//! The own end is the pod of the process, but for Istio's node proxy, which opens sockets in the networks of
//! other pods: those are theirs. The other is who has the address: the one that packets carry
//! where that belongs to a pod, since a service's address says less, or else the socket's. Behind a
//! loopback address is somebody in the same network namespace, that is in the same pod, or on the same
//! host.

use super::{EventContext, Place};
use crate::facts::{Fact, FlowLookups};
use saker_flow_state::{Flow, Role};
use saker_kube_metadata::{
    Answer, Cluster, Endpoint, Namespace, OwnerReference, Pod, PodNetwork, Service,
};
use saker_process_state::Placement;
use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// File name of the executable of Istio's node proxy.
const ZTUNNEL: &str = "ztunnel";

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Who opened it. An end whose role is not known counts as that.
    Client,
    /// Who accepted it.
    Server,
}

impl Side {
    /// The end that the flow was seen at.
    pub(crate) fn own(flow: &Flow) -> Self {
        match flow.role {
            Role::Server => Self::Server,
            Role::Client | Role::Unknown => Self::Client,
        }
    }
}

/// Who has an end.
#[derive(Clone, Copy)]
pub(crate) enum Party<'c> {
    /// A pod.
    Pod(&'c Pod),
    /// Something behind a service.
    Service(&'c Service),
    /// A node, outside of pods.
    Node(&'c str),
    /// This host, outside of containers and clusters.
    Host,
    /// A container of this host that belongs to no pod.
    Container,
    /// Somebody outside of the cluster.
    External,
}

impl<'c> Party<'c> {
    fn of(endpoint: &'c Endpoint) -> Self {
        match endpoint {
            Endpoint::Pod(pod) => Self::Pod(pod),
            Endpoint::Service(service) => Self::Service(service),
            Endpoint::Node(name) => Self::Node(name),
            Endpoint::External => Self::External,
        }
    }

    /// The pod.
    pub(crate) const fn pod(self) -> Option<&'c Pod> {
        match self {
            Self::Pod(pod) => Some(pod),
            _ => None,
        }
    }

    /// The name of the node that it is; empty for a host outside of clusters.
    pub(crate) const fn node(self) -> Option<&'c str> {
        match self {
            Self::Node(name) => Some(name),
            Self::Host => Some(""),
            Self::Pod(_) | Self::Service(_) | Self::Container | Self::External => None,
        }
    }
}

impl<'a> EventContext<'a> {
    /// The connection that the event is about.
    pub(crate) fn flow(&self) -> Option<&'a Flow> {
        Some(&*self.flow_event()?.flow)
    }

    /// Whether this is the end that the flow was seen at.
    pub(crate) fn is_own(&self, side: Side) -> bool {
        self.flow().is_some_and(|flow| Side::own(flow) == side)
    }

    /// Who has an end of the connection.
    pub(crate) fn party(&self, side: Side) -> Fact<Party<'_>> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        if Side::own(flow) == side {
            self.own_party(flow)
        } else {
            self.other_party(flow)
        }
    }

    /// Whether the own end may be in the network of another pod than its process: Istio's node proxy opens
    /// its sockets there.
    pub(crate) fn is_guest(&self) -> bool {
        self.leg_process().executable == ZTUNNEL
    }

    fn own_party(&self, flow: &Flow) -> Fact<Party<'_>> {
        if self.is_guest() && !is_unspecific(flow.local.ip()) {
            match self.endpoint(flow.local, |all| &all.own) {
                Fact::Known(Party::Pod(host)) => return Fact::Known(Party::Pod(host)),
                Fact::Awaited => return Fact::Awaited,
                _ => {}
            }
        }
        match (self.pod(), self.place()) {
            (Fact::Absent, Place::Container(_)) => Fact::Known(Party::Container),
            (Fact::Absent, _) => Fact::Known(self.here()),
            // The owner of the socket is not known: its address may tell.
            (Fact::Unasked, _) if !is_unspecific(flow.local.ip()) => {
                self.endpoint(flow.local, |all| &all.own)
            }
            (pod, _) => pod.map(Party::Pod),
        }
    }

    /// A process of this host outside of containers.
    fn here(&self) -> Party<'_> {
        self.own_node().map_or(Party::Host, Party::Node)
    }

    fn other_party(&self, flow: &Flow) -> Fact<Party<'_>> {
        if flow.remote.ip().to_canonical().is_loopback() {
            return self.own_party(flow).map(|own| match own {
                // Somebody else in the network of the host.
                Party::Pod(pod) if pod.network == PodNetwork::Host => self.here(),
                own => own,
            });
        }
        let on_wire = flow.on_wire.map(|(_, remote)| remote);
        let on_wire =
            on_wire.filter(|remote| *remote != flow.remote && !is_unspecific(remote.ip()));
        if let Some(remote) = on_wire
            && let Fact::Known(Party::Pod(pod)) = self.endpoint(remote, |all| &all.on_wire)
        {
            return Fact::Known(Party::Pod(pod));
        }
        let caller = flow.caller.as_ref().and_then(|it| it.process.as_deref());
        let is_of_host = caller.is_some_and(|process| process.placement == Placement::Host);
        match self.endpoint(flow.remote, |all| &all.remote) {
            // An address of this host that the cluster does not know: that of a bridge to its pods.
            Fact::Known(Party::External) if is_of_host => Fact::Known(self.here()),
            party => party,
        }
    }

    pub(super) fn endpoint<'c>(
        &'c self,
        address: SocketAddr,
        cell: impl FnOnce(&'c FlowLookups) -> &'c OnceCell<Answer<Endpoint>>,
    ) -> Fact<Party<'c>> {
        let address = address.ip().to_canonical();
        let endpoint = self.in_cluster(|all| cell(all.flow()), |cluster| cluster.endpoint(address));
        endpoint.map(Party::of)
    }

    /// The service that the client connected to, where packets go to a pod behind it.
    pub(crate) fn service(&self) -> Fact<&Service> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        if flow.role == Role::Server || is_unspecific(flow.remote.ip()) {
            return Fact::Absent;
        }
        let party = self.endpoint(flow.remote, |all| &all.remote);
        party.and_then(|party| match party {
            Party::Service(service) => Some(service),
            _ => None,
        })
    }

    /// The workload of a pod that has an end.
    pub(crate) fn party_owner(&self, side: Side) -> Fact<&OwnerReference> {
        let pod = self.party(side).and_then(Party::pod);
        let is_own = self.is_own(side);
        let owner = pod.then(|pod| {
            self.in_cluster(
                |all| match is_own {
                    true => &all.flow().own_owner,
                    false => &all.flow().other_owner,
                },
                |cluster: &Cluster| cluster.last_owner(pod),
            )
        });
        owner.and_then(Option::as_deref)
    }

    /// The namespace of a pod that has an end.
    pub(crate) fn party_namespace(&self, side: Side) -> Fact<&Namespace> {
        let pod = self.party(side).and_then(Party::pod);
        let is_own = self.is_own(side);
        let namespace = pod.then(|pod| {
            self.in_cluster(
                |all| match is_own {
                    true => &all.flow().own_namespace,
                    false => &all.flow().other_namespace,
                },
                |cluster| cluster.namespace(&pod.name.namespace),
            )
        });
        namespace.map(Arc::as_ref)
    }
}

/// Whether nobody can be found by an address.
pub(super) fn is_unspecific(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}
