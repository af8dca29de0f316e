//! What a cluster answers, by what it was told.

mod addresses;
mod bounds;
mod gone;
mod owners;
mod pod_events;
mod services;
mod waiting;

use saker_kube_metadata::{
    Cluster, Kind, Labels, Limits, Object, ObjectName, OwnerReference, Pod, PodNetwork, PodPhase,
    Scope, WorkloadKind,
};
use std::sync::Arc;
use std::time::Duration;

/// Everything that an address may belong to.
const WHOLE: Scope = Scope::CLUSTER_PODS.with(Scope::SERVICES).with(Scope::NODES);

/// Limits that a test does not have to wait for.
fn limits() -> Limits {
    Limits {
        objects_max: 1_000,
        kept: Duration::ZERO,
        wait: Duration::from_millis(50),
    }
}

/// A cluster in which everything of a scope was listed, and nothing was there.
fn empty(scope: Scope, limits: Limits) -> Cluster {
    let cluster = Cluster::new(limits, Box::new(|| {}));
    cluster.set_scope(scope);
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_in(scope)) {
        cluster.begin_list(kind);
        cluster.end_list(kind);
    }
    cluster
}

/// A pod of its own network with one address.
fn pod(uid: &str, address: &str) -> Pod {
    Pod {
        name: ObjectName::new("shop", &format!("pod-{uid}")),
        uid: uid.into(),
        node_uid: None,
        labels: Labels::from_iter([("app", "shop")]).into(),
        addresses: [address.parse().expect("an address")].into(),
        node: Some("node-a".into()),
        service_account: Some("default".into()),
        network: PodNetwork::Own,
        phase: PodPhase::Active,
        created_s: 1_000,
        owner: None,
        ..Pod::default()
    }
}

/// A reference to an owner whose uid is its name.
fn reference(kind: WorkloadKind, name: &str) -> Option<Arc<OwnerReference>> {
    Some(Arc::new(OwnerReference {
        kind,
        kind_name: format!("{kind:?}").into(),
        name: name.into(),
        uid: name.into(),
    }))
}

fn learn(cluster: &Cluster, pod: &Pod) {
    cluster.learn(Object::Pod(pod.clone()));
}

fn end(cluster: &Cluster, pod: &Pod) {
    cluster.end(&Object::Pod(pod.clone()));
}
