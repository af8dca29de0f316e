//! Objects of a cluster, with what fields show of them.

use crate::answer::Answer;
use crate::kind::Kind;
use crate::labels::Labels;
use crate::mesh_objects::MeshObject;
use crate::network_policy::{NetworkPolicy, PolicyProtocol};
use crate::pod_security::PodSecurity;
use crate::pod_settings::{PodSettings, PortReference};
use std::net::IpAddr;
use std::sync::Arc;

/// Namespace and name of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    /// Namespace; empty for objects of the cluster.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
}

impl ObjectName {
    /// The object `name` in `namespace`.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Where it is.
    pub name: ObjectName,
    /// Uid.
    pub uid: Arc<str>,
    /// The uid by which its node knows it, where that is another one: a static pod's is the hash of its
    /// manifest, which also stands in the names of its cgroups.
    pub node_uid: Option<Arc<str>>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// Addresses, the first one first.
    pub addresses: Box<[IpAddr]>,
    /// Name of the node that it runs on.
    pub node: Option<Arc<str>>,
    /// Service account.
    pub service_account: Option<Arc<str>>,
    /// Whose network it is in.
    pub network: PodNetwork,
    /// Whether its containers may still run.
    pub phase: PodPhase,
    /// When it was made, seconds since the epoch.
    pub created_s: i64,
    /// What made it: the reference that it carries. [`Cluster::owners`](crate::Cluster::owners) knows
    /// what is behind it.
    pub owner: Option<Arc<OwnerReference>>,
    /// What of its specification decides how its connections are protected.
    pub settings: Arc<PodSettings>,
    /// What of it decides how much its containers may do.
    pub security: Arc<PodSecurity>,
    /// Names of the containers that are not ready, of those that should run.
    pub unready: Box<[Arc<str>]>,
}

/// Whose network a pod is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PodNetwork {
    /// One of its own.
    #[default]
    Own,
    /// The node's: its address is the node's.
    Host,
}

/// Whether the containers of a pod may still run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PodPhase {
    /// They run or will run.
    #[default]
    Active,
    /// They ended for good, and the pod's address is free again.
    Finished,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// Name.
    pub name: Arc<str>,
    /// Uid.
    pub uid: Arc<str>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// Those annotations that say something about the protection of connections.
    pub annotations: Arc<Labels>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Where it is.
    pub name: ObjectName,
    /// Uid.
    pub uid: Arc<str>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// Addresses that lead to it: inside of the cluster, then from outside.
    pub addresses: Box<[IpAddr]>,
    /// Labels of the pods behind it; nobody says who is behind it where empty.
    pub selector: Arc<Labels>,
    /// Its ports.
    pub ports: Box<[ServicePort]>,
}

impl Service {
    /// The port of the pods behind a port of the service.
    #[must_use]
    pub fn target_port(&self, number: u16) -> Option<&PortReference> {
        let port = self.ports.iter().find(|port| port.number == number);
        port.map(|port| &port.target)
    }

    /// The port of the pods behind a port of the service of this protocol.
    #[must_use]
    pub fn target(&self, number: u16, protocol: PolicyProtocol) -> Option<&PortReference> {
        let mut ports = self.ports.iter();
        let port = ports.find(|port| port.number == number && port.protocol == protocol);
        port.map(|port| &port.target)
    }
}

/// A port of a service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServicePort {
    /// Number.
    pub number: u16,
    /// Protocol; a service may lead the same number of two protocols to different ports.
    pub protocol: PolicyProtocol,
    /// The port of the pods.
    pub target: PortReference,
}

/// Some of the pods behind a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSlice {
    /// Where it is.
    pub name: ObjectName,
    /// The service, in the same namespace.
    pub service: Arc<str>,
    /// Uids of the pods.
    pub pods: Box<[Arc<str>]>,
}

impl EndpointSlice {
    /// Where the service is.
    #[must_use]
    pub fn service_name(&self) -> ObjectName {
        ObjectName {
            namespace: Arc::clone(&self.name.namespace),
            name: Arc::clone(&self.service),
        }
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Name.
    pub name: Arc<str>,
    /// Uid.
    pub uid: Arc<str>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// Its addresses, inside and outside of the cluster.
    pub addresses: Box<[IpAddr]>,
}

/// What makes pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkloadKind {
    /// `Deployment`.
    Deployment,
    /// `ReplicaSet`.
    ReplicaSet,
    /// `ReplicationController`.
    ReplicationController,
    /// `StatefulSet`.
    StatefulSet,
    /// `DaemonSet`.
    DaemonSet,
    /// `Job`.
    Job,
    /// `CronJob`.
    CronJob,
    /// `Node`: a static pod.
    Node,
    /// Something else.
    Other,
}

impl WorkloadKind {
    /// The kind of an owner, by the group (without its version) and kind of its reference.
    #[must_use]
    pub fn of_reference(group: &str, kind: &str) -> Self {
        match (group, kind) {
            ("apps", "Deployment") => Self::Deployment,
            ("apps", "ReplicaSet") => Self::ReplicaSet,
            ("", "ReplicationController") => Self::ReplicationController,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("apps", "DaemonSet") => Self::DaemonSet,
            ("batch", "Job") => Self::Job,
            ("batch", "CronJob") => Self::CronJob,
            ("", "Node") => Self::Node,
            _ => Self::Other,
        }
    }

    /// The objects that tell more about an owner of this kind, where they are watched.
    pub(crate) const fn watched_as(self) -> Option<Kind> {
        match self {
            Self::Deployment => Some(Kind::Deployments),
            Self::ReplicaSet => Some(Kind::ReplicaSets),
            Self::ReplicationController => Some(Kind::ReplicationControllers),
            Self::StatefulSet => Some(Kind::StatefulSets),
            Self::DaemonSet => Some(Kind::DaemonSets),
            Self::Job => Some(Kind::Jobs),
            Self::CronJob => Some(Kind::CronJobs),
            Self::Node | Self::Other => None,
        }
    }
}

/// What an object says about its owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OwnerReference {
    /// What it is.
    pub kind: WorkloadKind,
    /// Its kind as the cluster writes it, also of kinds that Saker does not know.
    pub kind_name: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// Uid.
    pub uid: Arc<str>,
}

/// An object that owns pods, or owns what owns them, as the cluster describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// What it is.
    pub kind: WorkloadKind,
    /// Uid.
    pub uid: Arc<str>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// What made it.
    pub owner: Option<Arc<OwnerReference>>,
}

/// One owner in the chain of a pod's owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Kind, name and uid.
    pub reference: Arc<OwnerReference>,
    /// Labels, where the owner itself is watched.
    pub labels: Answer<Arc<Labels>>,
}

/// Any object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A pod.
    Pod(Pod),
    /// A namespace.
    Namespace(Namespace),
    /// A service.
    Service(Service),
    /// Some of the pods behind a service.
    EndpointSlice(EndpointSlice),
    /// An owner.
    Owner(Owner),
    /// A node.
    Node(Node),
    /// A network policy.
    NetworkPolicy(NetworkPolicy),
    /// An object of a mesh.
    Mesh(MeshObject),
}

impl Object {
    /// As which kind it is watched. Owners of kinds that are not watched count as deployments.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Pod(_) => Kind::Pods,
            Self::Namespace(_) => Kind::Namespaces,
            Self::Service(_) => Kind::Services,
            Self::EndpointSlice(_) => Kind::EndpointSlices,
            Self::Owner(owner) => owner.kind.watched_as().unwrap_or(Kind::Deployments),
            Self::Node(_) => Kind::Nodes,
            Self::NetworkPolicy(_) => Kind::NetworkPolicies,
            Self::Mesh(object) => object.content.kind(),
        }
    }
}
