//! The network policies that are in force now.

use super::index::NetworkPolicies;
use arc_swap::ArcSwapOption;
use saker_kube_metadata::{Answer, Cluster};
use std::sync::Arc;

/// The network policies that are in force now: its copies share them.
#[derive(Clone)]
pub struct NetworkPolicyHandle {
    shared: Arc<Shared>,
}

struct Shared {
    cluster: Cluster,
    /// Those of the generation of the cluster that they carry.
    current: ArcSwapOption<(u64, Answer<Arc<NetworkPolicies>>)>,
}

impl NetworkPolicyHandle {
    /// Nothing is known of policies.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Cluster::unknown())
    }

    /// The policies of a cluster.
    #[must_use]
    pub fn new(cluster: Cluster) -> Self {
        let shared = Shared {
            cluster,
            current: ArcSwapOption::empty(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The policies of this moment; [`Answer::Awaited`] while they are listed for the first time,
    /// [`Answer::Unknown`] where they cannot be had.
    ///
    /// After a change of the cluster's policies the first call puts them in order, which takes about a
    /// microsecond for each.
    #[must_use]
    pub fn policies(&self) -> Answer<Arc<NetworkPolicies>> {
        let shared = &*self.shared;
        // Read first: a change in between is noticed the next time.
        let generation = shared.cluster.network_policy_generation();
        if let Some(current) = &*shared.current.load()
            && current.0 == generation
            && matches!(current.1, Answer::Known(_))
        {
            return current.1.clone();
        }
        let answer = shared.cluster.all_network_policies();
        let answer = answer.map(|policies| Arc::new(NetworkPolicies::new(policies)));
        let current = (generation, answer.clone());
        shared.current.store(Some(Arc::new(current)));
        answer
    }
}
