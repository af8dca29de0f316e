//! The cluster, shared by the watches that fill it in and the fields that read it.

use crate::objects::{Namespace, Pod, Service};
use std::net::IpAddr;
use std::sync::Arc;

/// A handle to what is known of the cluster; its copies share it.
#[derive(Clone, Debug, Default)]
pub struct Cluster {}

/// What is known of a pod at one moment.
#[derive(Clone, Debug)]
pub enum PodAnswer {
    /// This.
    Known(Arc<Pod>),
    /// Nothing yet: the watch may still tell.
    Awaited,
    /// Nothing, and nothing will come: there is no cluster, or it does not have the pod.
    Unknown,
}

/// What an address belongs to.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// A pod.
    Pod(Arc<Pod>),
    /// A service.
    Service(Arc<Service>),
    /// A node, or a pod that shares its network.
    Node(Arc<str>),
    /// Nothing that the cluster knows.
    External,
}

impl Cluster {
    /// Nothing is known, and nothing is awaited.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// The pod with this uid.
    #[must_use]
    pub fn pod(&self, _uid: &str) -> PodAnswer {
        PodAnswer::Unknown
    }

    /// The namespace with this name.
    #[must_use]
    pub fn namespace(&self, _name: &str) -> Option<Arc<Namespace>> {
        None
    }

    /// The services that lead to a pod.
    #[must_use]
    pub fn services_of(&self, _pod: &Pod) -> Vec<Arc<Service>> {
        Vec::new()
    }

    /// What an address belongs to; `None` while the cluster is not known.
    #[must_use]
    pub fn endpoint(&self, _address: IpAddr) -> Option<Endpoint> {
        None
    }

    /// Grows with every change that may answer what was awaited.
    #[must_use]
    pub fn generation(&self) -> u64 {
        0
    }
}
