//! What a cluster says, as the manifests of a case write it.

use saker_kube_manifests::objects_of_values;
use saker_kube_metadata::{Cluster, Kind, Object, Scope};
use saker_policy_audit::{MeshHandle, MtlsSettings, NetworkPolicyHandle};
use saker_rule_fields::Facts;
use serde_json::Value;

use crate::error::Problem;

/// The objects of manifests; every one must be of a kind that is known.
pub(crate) fn objects(manifests: Vec<Value>) -> Result<Vec<Object>, Problem> {
    let read = objects_of_values(manifests).map_err(Box::new)?;
    match read.skipped {
        0 => Ok(read.objects),
        count => Err(Problem::UnknownManifests { count }),
    }
}

/// Somebody who knows these objects, and that there are no others.
pub(crate) fn told(facts: Facts, objects: &[Object]) -> Facts {
    let cluster = Cluster::unknown();
    cluster.set_scope(EVERYTHING);
    for kind in Kind::ALL {
        cluster.begin_list(kind);
    }
    for object in objects {
        cluster.learn(object.clone());
    }
    for kind in Kind::ALL {
        cluster.end_list(kind);
    }
    Facts {
        mesh: MeshHandle::new(cluster.clone(), MtlsSettings::default()),
        rego: facts.rego.with_cluster(cluster.clone()),
        network_policies: NetworkPolicyHandle::new(cluster.clone()),
        cluster,
        ..facts
    }
}

/// All that fields ask for.
const EVERYTHING: Scope = Scope::NODE_PODS
    .with(Scope::CLUSTER_PODS)
    .with(Scope::NAMESPACES)
    .with(Scope::SERVICES)
    .with(Scope::OWNERS)
    .with(Scope::NODES)
    .with(Scope::NETWORK_POLICIES)
    .with(Scope::MESH)
    .with(Scope::MESH_AUTHORIZATION);
