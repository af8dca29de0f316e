//! Objects of a cluster, with what fields show of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Labels by their keys.
pub type Labels = BTreeMap<Box<str>, Box<str>>;

/// Namespace and name of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    /// Namespace; empty for objects of the cluster.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Where it is.
    pub name: ObjectName,
    /// Uid.
    pub uid: Arc<str>,
    /// Labels.
    pub labels: Labels,
    /// Addresses, the first one first.
    pub addresses: Box<[IpAddr]>,
    /// Name of the node that it runs on.
    pub node: Option<Arc<str>>,
    /// Service account.
    pub service_account: Option<Arc<str>>,
    /// Whether it shares the host's network.
    pub host_network: bool,
    /// Its owners, nearest first: replica set, then deployment.
    pub owners: Box<[Workload]>,
}

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Name.
    pub name: Arc<str>,
    /// Uid.
    pub uid: Arc<str>,
    /// Labels.
    pub labels: Labels,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Where it is.
    pub name: ObjectName,
    /// Uid.
    pub uid: Arc<str>,
    /// Labels.
    pub labels: Labels,
    /// Addresses inside of the cluster.
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

/// An owner of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What it is.
    pub kind: WorkloadKind,
    /// Its kind as the cluster writes it, also of kinds that Saker does not know.
    pub kind_name: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// Uid.
    pub uid: Option<Arc<str>>,
    /// Labels, where the owner itself is watched.
    pub labels: Option<Arc<Labels>>,
}
