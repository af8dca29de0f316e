//! A container as its runtime describes it.

use saker_process_state::{ContainerId, Runtime};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Labels by their keys.
pub type Labels = BTreeMap<Box<str>, Box<str>>;

/// What a runtime says about a container. What it does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerInfo {
    /// Whole id.
    pub id: ContainerId,
    /// Who runs it.
    pub runtime: Runtime,
    /// A container of its own, or the one that holds a pod's namespaces.
    pub kind: ContainerKind,
    /// Name.
    pub name: Option<Box<str>>,
    /// The image that it was made from.
    pub image: Image,
    /// Whether it runs with all privileges.
    pub privileged: Option<bool>,
    /// Its mounts, in the runtime's order.
    pub mounts: Option<Box<[Mount]>>,
    /// Its labels.
    pub labels: Option<Labels>,
    /// Its address; of a container in a pod, the pod's.
    pub ip: Option<IpAddr>,
    /// What the network plugin said, as JSON.
    pub cni_json: Option<Box<str>>,
    /// Whether it shares the host's pid namespace.
    pub host_pid: Option<bool>,
    /// Whether it shares the host's network namespace.
    pub host_network: Option<bool>,
    /// Whether it shares the host's IPC namespace.
    pub host_ipc: Option<bool>,
    /// When it was made, nanoseconds since the epoch.
    pub created_wall_ns: Option<u64>,
    /// When its first process began, nanoseconds since the epoch.
    pub started_wall_ns: Option<u64>,
    /// Commands that tell whether it is well.
    pub probes: Probes,
    /// The sandbox of the pod that it belongs to.
    pub pod: Option<Arc<PodSandbox>>,
}

impl ContainerInfo {
    /// A container of which nothing but its id is known.
    #[must_use]
    pub fn new(id: ContainerId, runtime: Runtime) -> Self {
        Self {
            id,
            runtime,
            kind: ContainerKind::Container,
            name: None,
            image: Image::default(),
            privileged: None,
            mounts: None,
            labels: None,
            ip: None,
            cni_json: None,
            host_pid: None,
            host_network: None,
            host_ipc: None,
            created_wall_ns: None,
            started_wall_ns: None,
            probes: Probes::default(),
            pod: None,
        }
    }
}

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerKind {
    /// Somebody's program.
    Container,
    /// Holds the namespaces of a pod (`pause`).
    Sandbox,
    /// Made by the runtime for itself: the infra container of a pod of podman.
    Infra,
}

/// The image of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// As it was asked for: repository with tag or digest.
    pub reference: Option<Box<str>>,
    /// Id, without the algorithm's name.
    pub id: Option<Box<str>>,
    /// Repository, with the registry's name.
    pub repository: Option<Box<str>>,
    /// Tag.
    pub tag: Option<Box<str>>,
    /// Digest in the registry, with the algorithm's name.
    pub digest: Option<Box<str>>,
}

/// One mount of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// Path on the host.
    pub source: Box<str>,
    /// Path in the container.
    pub destination: Box<str>,
    /// Mode as the runtime writes it; mostly empty.
    pub mode: Box<str>,
    /// Whether the container may write there.
    pub is_writable: bool,
    /// Propagation: `private`, `rslave`, `rshared`.
    pub propagation: Box<str>,
}

/// Commands that tell whether a container is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    /// Docker's health check.
    pub healthcheck: Option<Command>,
    /// Liveness probe of Kubernetes.
    pub liveness: Option<Command>,
    /// Readiness probe of Kubernetes.
    pub readiness: Option<Command>,
}

/// A program and its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The program.
    pub exe: Box<str>,
    /// What follows its name.
    pub arguments: Box<[Box<str>]>,
}

/// The sandbox of a pod as its runtime describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodSandbox {
    /// Whole id of the sandbox.
    pub id: Box<str>,
    /// Name of the pod.
    pub name: Option<Box<str>>,
    /// Namespace of the pod.
    pub namespace: Option<Box<str>>,
    /// Uid of the pod.
    pub uid: Option<Box<str>>,
    /// Labels of the pod.
    pub labels: Option<Labels>,
    /// Address of the pod.
    pub ip: Option<IpAddr>,
    /// What the network plugin said, as JSON.
    pub cni_json: Option<Box<str>>,
}
