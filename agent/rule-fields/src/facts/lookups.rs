//! What was looked up for one event.

use super::{Enrichment, Fact};
use saker_container_metadata::Answer as ContainerAnswer;
use saker_kube_metadata::{Answer, Endpoint, Namespace, OwnerReference, Pod, Service, Workload};
use saker_policy_audit::pod_security::{Break, PodVerdict};
use saker_policy_audit::{
    Authorization, ClientIntent, MeshLeg, MeshPolicies, MtlsIntent, NetworkFlowVerdict,
    NetworkPolicies,
};
use saker_rego_policies::Judgment;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// What was looked up once.
type Once<T> = OnceCell<Answer<T>>;

/// Each answer is looked up when a field first asks, so that all fields of an event see the same.
#[derive(Default)]
pub(crate) struct Lookups {
    /// Of the container that the process runs in.
    pub(crate) container: OnceCell<ContainerAnswer>,
    /// Of the pod that the container belongs to.
    pub(crate) pod: Once<Arc<Pod>>,
    /// Of the pod's namespace.
    pub(crate) namespace: Once<Arc<Namespace>>,
    /// The pod beside what its namespace demands of it.
    pub(crate) security: OnceCell<Fact<Box<PodVerdict>>>,
    /// What the process has or does that its pod's specification rules out.
    pub(crate) breaks: OnceCell<Fact<Vec<Break>>>,
    /// Of the pod's services.
    pub(crate) services: Once<Vec<Arc<Service>>>,
    /// Of the pod's owners.
    pub(crate) owners: Owners,
    /// Of the client's address.
    pub(crate) client: Peer,
    /// Of the server's address.
    pub(crate) server: Peer,
    /// What only connections are asked.
    flow: OnceCell<Box<FlowLookups>>,
    /// What policies in Rego say.
    pub(crate) rego: OnceCell<Fact<Judgment>>,
    /// What was asked for and is not known.
    pub(crate) lacking: Cell<Enrichment>,
}

impl Lookups {
    /// What only connections are asked, made when it is first needed: other events pay nothing for it.
    pub(crate) fn flow(&self) -> &FlowLookups {
        self.flow.get_or_init(Box::default)
    }
}

/// What was looked up of a connection.
#[derive(Default)]
pub(crate) struct FlowLookups {
    /// Who has the address of the own end.
    pub(crate) own: Once<Endpoint>,
    /// Who has the address of the other end, as the socket has it.
    pub(crate) remote: Once<Endpoint>,
    /// Who has the address of the other end, as packets carry it.
    pub(crate) on_wire: Once<Endpoint>,
    /// If the own end is a pod, its last owner.
    pub(crate) own_owner: Once<Option<Arc<OwnerReference>>>,
    /// If the other end is a pod, its last owner.
    pub(crate) other_owner: Once<Option<Arc<OwnerReference>>>,
    /// If the own end is a pod, its namespace.
    pub(crate) own_namespace: Once<Arc<Namespace>>,
    /// If the other end is a pod, its namespace.
    pub(crate) other_namespace: Once<Arc<Namespace>>,
    /// If the own end is no pod that the process is in, the namespace of the pod that has its address.
    pub(crate) address_namespace: Once<Arc<Namespace>>,
    /// The network policies.
    pub(crate) network_policies: Once<Arc<NetworkPolicies>>,
    /// The namespace of the service that the client connected to.
    pub(crate) backend_namespace: Once<Arc<Namespace>>,
    /// The pods behind the service that the client connected to.
    pub(crate) backends: Once<Vec<Arc<Pod>>>,
    /// What network policies say of the connection.
    pub(crate) network_verdict: OnceCell<Fact<NetworkFlowVerdict>>,
    /// What the policies of meshes are.
    pub(crate) policies: Once<Arc<MeshPolicies>>,
    /// Which part of the way through proxies it is.
    pub(crate) leg: OnceCell<Fact<MeshLeg>>,
    /// What is demanded of the connection.
    pub(crate) intent: OnceCell<Fact<MtlsIntent>>,
    /// Whether its client may come.
    pub(crate) authorization: OnceCell<Fact<Authorization>>,
    /// How its client should connect.
    pub(crate) client_intent: OnceCell<Fact<ClientIntent>>,
}

/// What was looked up of the owners of a pod, by their kinds.
#[derive(Default)]
pub(crate) struct Owners {
    pub(crate) deployment: Once<Option<Workload>>,
    pub(crate) replica_set: Once<Option<Workload>>,
    pub(crate) replication_controller: Once<Option<Workload>>,
    /// Of any kind, the last of the chain.
    pub(crate) last: Once<Option<Arc<OwnerReference>>>,
}

/// What was looked up of one end of a connection.
#[derive(Default)]
pub(crate) struct Peer {
    /// Who has the address.
    pub(crate) endpoint: Once<Endpoint>,
    /// If it is a pod, its last owner.
    pub(crate) last_owner: Once<Option<Arc<OwnerReference>>>,
}
