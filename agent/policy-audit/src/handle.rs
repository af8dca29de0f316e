//! The policies that are in force now.

use crate::mesh_policies::MeshPolicies;
use crate::settings::MtlsSettings;
use arc_swap::ArcSwapOption;
use saker_kube_metadata::{Answer, Cluster};
use std::sync::Arc;

/// The policies that are in force now: its copies share them.
#[derive(Clone)]
pub struct MeshHandle {
    shared: Arc<Shared>,
}

struct Shared {
    cluster: Cluster,
    settings: Arc<MtlsSettings>,
    /// Those of the generation of the cluster that they carry.
    current: ArcSwapOption<(u64, Answer<Arc<MeshPolicies>>)>,
}

impl MeshHandle {
    /// Nobody demands anything, and nothing is known of meshes.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Cluster::unknown(), MtlsSettings::default())
    }

    /// The policies of a cluster and of Saker's own configuration.
    #[must_use]
    pub fn new(cluster: Cluster, settings: MtlsSettings) -> Self {
        let shared = Shared {
            cluster,
            settings: Arc::new(settings),
            current: ArcSwapOption::empty(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The policies of this moment; [`Answer::Awaited`] while they are listed for the first time, never
    /// [`Answer::Unknown`]: policies that cannot be had are unknown in
    /// [`MtlsReason::NotKnown`](crate::MtlsReason::NotKnown).
    ///
    /// After a change of the cluster's policies the first call puts them in order, which takes some
    /// microseconds for each.
    #[must_use]
    pub fn policies(&self) -> Answer<Arc<MeshPolicies>> {
        let shared = &*self.shared;
        // Read first: a change in between is noticed the next time.
        let generation = shared.cluster.mesh_generation();
        if let Some(current) = &*shared.current.load()
            && current.0 == generation
            && current.1 != Answer::Awaited
        {
            return current.1.clone();
        }
        let answer = MeshPolicies::of_cluster(&shared.cluster, &shared.settings);
        let answer = answer.map(Arc::new);
        let current = (generation, answer.clone());
        shared.current.store(Some(Arc::new(current)));
        answer
    }
}
