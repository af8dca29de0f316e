//! Which workloads a namespace has, by the manifests of its pods.

use super::source::LedgerSourceError;
use crate::ledger::sighting;
use saker_encryption_ledger::Demand;
use saker_kube_manifests::Manifests;
use saker_kube_metadata::{Cluster, Limits, Scope};
use std::path::Path;

/// What is needed to name the workloads of pods.
const SCOPE: Scope = Scope::CLUSTER_PODS
    .with(Scope::NAMESPACES)
    .with(Scope::OWNERS)
    .with(Scope::NODES);

/// Adds the workloads of the demand's namespace that files tell of, and the nodes that their pods run on.
pub(super) fn add(demand: &mut Demand, path: &Path) -> Result<(), LedgerSourceError> {
    let manifests = Manifests::read(path)?;
    let cluster = Cluster::new(Limits::default(), Box::new(|| {}));
    manifests.tell(&cluster, SCOPE);
    for pod in cluster.present_pods() {
        // A pod that no node has taken yet counts as well: it had no traffic.
        let sighting = sighting(&pod, &cluster);
        let Some(sighting) = sighting.filter(|it| it.key.namespace == demand.namespace) else {
            continue;
        };
        if !sighting.key.node.is_empty() {
            demand.nodes.insert(sighting.key.node);
        }
        demand
            .workloads
            .insert(sighting.key.workload, sighting.labels);
    }
    Ok(())
}
