//! Everything of some kinds that is there, at one moment.

use super::Cluster;
use crate::network_policy::NetworkPolicy;
use crate::objects::{Namespace, Node, Pod, Service};
use std::sync::Arc;

/// The objects that are there at one moment, those that are gone left out.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Pods, also those that have finished.
    pub pods: Vec<Arc<Pod>>,
    /// Namespaces.
    pub namespaces: Vec<Arc<Namespace>>,
    /// Services.
    pub services: Vec<Arc<Service>>,
    /// Nodes.
    pub nodes: Vec<Arc<Node>>,
    /// Network policies.
    pub network_policies: Vec<Arc<NetworkPolicy>>,
}

impl Cluster {
    /// The objects that are there now. The copies share what they are copies of.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let state = self.read();
        Listing {
            pods: state.pods.present().cloned().collect(),
            namespaces: state.namespaces.present().cloned().collect(),
            services: state.services.present().cloned().collect(),
            nodes: state.nodes.present().cloned().collect(),
            network_policies: state.policies.present().cloned().collect(),
        }
    }
}
