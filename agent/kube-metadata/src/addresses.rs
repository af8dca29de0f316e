//! Whose address is whose.
//!
//! Addresses are used again: the one of a pod that ended is somebody else's soon. A pod that runs has a
//! better claim than one that ended, and among equals the younger one has it.

use crate::objects::{Node, ObjectName, Pod, PodNetwork, PodPhase, Service};
use foldhash::{HashMap, HashMapExt};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// Addresses and their holders.
pub(crate) struct Addresses {
    pods: HashMap<IpAddr, PodClaim>,
    nodes: HashMap<IpAddr, NodeClaim>,
    services: HashMap<IpAddr, ObjectName>,
}

struct PodClaim {
    uid: Arc<str>,
    created_s: i64,
    /// Since when the pod does not use it any more.
    released: Option<Instant>,
}

struct NodeClaim {
    node: Arc<str>,
    /// How many objects say so: the node itself, and the pods in its network.
    claims: u32,
}

/// Who holds an address.
pub(crate) enum Holder<'a> {
    /// The pod with this uid.
    Pod(&'a Arc<str>),
    /// The node with this name.
    Node(&'a Arc<str>),
    /// A service.
    Service(&'a ObjectName),
}

impl Addresses {
    pub(crate) fn new() -> Self {
        Self {
            pods: HashMap::new(),
            nodes: HashMap::new(),
            services: HashMap::new(),
        }
    }

    /// A node's address may also be a service's (where the nodes themselves balance its load): then
    /// it is the node's, from which a connection may also come.
    pub(crate) fn holder(&self, address: IpAddr) -> Option<Holder<'_>> {
        let address = address.to_canonical();
        if let Some(claim) = self.pods.get(&address) {
            return Some(Holder::Pod(&claim.uid));
        }
        if let Some(claim) = self.nodes.get(&address) {
            return Some(Holder::Node(&claim.node));
        }
        self.services.get(&address).map(Holder::Service)
    }

    pub(crate) fn pod_learned(&mut self, old: Option<&Pod>, new: &Pod, now: Instant) {
        match (new.network, &new.node) {
            (PodNetwork::Host, Some(node)) => {
                self.claim_for_node(node, &new.addresses);
                if let Some(old) = old {
                    self.forget_pod(old);
                }
            }
            (PodNetwork::Host, None) => {}
            (PodNetwork::Own, _) => {
                if let Some(old) = old.filter(|old| old.addresses != new.addresses) {
                    self.release_pod(old, now);
                }
                match new.phase {
                    PodPhase::Active => self.claim_for_pod(new),
                    PodPhase::Finished => self.release_pod(new, now),
                }
            }
        }
    }

    fn claim_for_pod(&mut self, pod: &Pod) {
        for address in &pod.addresses {
            let address = address.to_canonical();
            if let Some(held) = self.pods.get(&address) {
                let is_others = held.uid != pod.uid;
                if is_others && held.released.is_none() && held.created_s > pod.created_s {
                    continue;
                }
            }
            let claim = PodClaim {
                uid: Arc::clone(&pod.uid),
                created_s: pod.created_s,
                released: None,
            };
            self.pods.insert(address, claim);
        }
    }

    /// The pod uses its addresses no more: they are its own until somebody else's or forgotten.
    pub(crate) fn release_pod(&mut self, pod: &Pod, now: Instant) {
        for address in &pod.addresses {
            if let Some(claim) = self.pods.get_mut(&address.to_canonical())
                && claim.uid == pod.uid
            {
                claim.released.get_or_insert(now);
            }
        }
    }

    pub(crate) fn forget_pod(&mut self, pod: &Pod) {
        if pod.network == PodNetwork::Host {
            if pod.node.is_some() {
                self.drop_claims_of_node(&pod.addresses);
            }
            return;
        }
        for address in &pod.addresses {
            let address = address.to_canonical();
            if self.pods.get(&address).is_some_and(|c| c.uid == pod.uid) {
                self.pods.remove(&address);
            }
        }
    }

    pub(crate) fn node_learned(&mut self, old: Option<&Node>, new: &Node) {
        self.claim_for_node(&new.name, &new.addresses);
        if let Some(old) = old {
            self.forget_node(old);
        }
    }

    pub(crate) fn forget_node(&mut self, node: &Node) {
        self.drop_claims_of_node(&node.addresses);
    }

    fn claim_for_node(&mut self, node: &Arc<str>, addresses: &[IpAddr]) {
        for address in addresses {
            let claim = self.nodes.entry(address.to_canonical());
            let claim = claim.or_insert_with(|| NodeClaim {
                node: Arc::clone(node),
                claims: 0,
            });
            claim.claims = claim.claims.saturating_add(1);
            if claim.node != *node {
                claim.node = Arc::clone(node);
            }
        }
    }

    fn drop_claims_of_node(&mut self, addresses: &[IpAddr]) {
        for address in addresses {
            let address = address.to_canonical();
            let Some(claim) = self.nodes.get_mut(&address) else {
                continue;
            };
            claim.claims = claim.claims.saturating_sub(1);
            if claim.claims == 0 {
                self.nodes.remove(&address);
            }
        }
    }

    pub(crate) fn service_learned(&mut self, old: Option<&Service>, new: &Service) {
        if let Some(old) = old {
            self.forget_service(old);
        }
        for address in &new.addresses {
            self.services
                .insert(address.to_canonical(), new.name.clone());
        }
    }

    pub(crate) fn forget_service(&mut self, service: &Service) {
        for address in &service.addresses {
            let address = address.to_canonical();
            if self.services.get(&address) == Some(&service.name) {
                self.services.remove(&address);
            }
        }
    }

    /// Forgets addresses that are not used since a time that `is_over` accepts.
    pub(crate) fn forget_released(&mut self, is_over: impl Fn(Instant) -> bool) {
        self.pods
            .retain(|_, claim| claim.released.is_none_or(|since| !is_over(since)));
        self.pods.shrink_to(self.pods.len().saturating_mul(2));
    }

    pub(crate) fn clear_pods<'a>(&mut self, pods: impl Iterator<Item = &'a Arc<Pod>>) {
        self.pods = HashMap::new();
        for pod in pods.filter(|pod| pod.network == PodNetwork::Host) {
            self.forget_pod(pod);
        }
    }

    pub(crate) fn clear_services(&mut self) {
        self.services = HashMap::new();
    }

    pub(crate) fn len(&self) -> usize {
        let nodes_and_services = self.nodes.len().saturating_add(self.services.len());
        self.pods.len().saturating_add(nodes_and_services)
    }
}
