//! The policies that are in force now.

use super::{ISTIO, intent, object, peers, pod};
use saker_kube_metadata::{Answer, Cluster, Kind, Object, PeerMode, Scope};
use saker_policy_audit::{MeshHandle, MeshPolicies, MtlsMode, MtlsReason, MtlsSettings};
use std::sync::Arc;

fn now(handle: &MeshHandle) -> Arc<MeshPolicies> {
    handle.policies().known().expect("known")
}

#[test]
fn they_follow_the_cluster() {
    let cluster = Cluster::unknown();
    let handle = MeshHandle::new(cluster.clone(), MtlsSettings::default());
    let pod = pod(&[ISTIO]);
    let reason = || intent(&now(&handle), &pod, Some(80)).reason;
    assert_eq!(reason(), MtlsReason::NotKnown, "nobody watches");

    cluster.set_scope(Scope::MESH.with(Scope::MESH_AUTHORIZATION));
    assert_eq!(handle.policies(), Answer::Awaited);
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_mesh()) {
        assert_eq!(handle.policies(), Answer::Awaited, "{}", kind.name());
        cluster.lacks(kind);
    }
    assert_eq!(reason(), MtlsReason::MeshDefault);
    assert!(
        Arc::ptr_eq(&now(&handle), &now(&handle)),
        "put in order once"
    );

    let strict = Object::Mesh(object("shop", "n", 1, peers([], PeerMode::Strict, &[])));
    cluster.learn(strict.clone());
    assert!(intent(&now(&handle), &pod, Some(80)).is_required());
    cluster.end(&strict);
    assert_eq!(
        intent(&now(&handle), &pod, Some(80)).mode,
        MtlsMode::Permissive
    );
}

#[test]
fn what_cannot_be_had_of_one_mesh_is_no_matter_to_the_other() {
    let cluster = Cluster::unknown();
    cluster.set_scope(Scope::MESH.with(Scope::MESH_AUTHORIZATION));
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_mesh()) {
        match kind {
            Kind::Servers => cluster.fail(kind),
            kind => cluster.lacks(kind),
        }
    }
    let handle = MeshHandle::new(cluster, MtlsSettings::default());
    let of_istio = intent(&now(&handle), &pod(&[ISTIO]), Some(80));
    assert_eq!(of_istio.reason, MtlsReason::MeshDefault);
    let of_linkerd = intent(&now(&handle), &pod(&[super::LINKERD]), Some(80));
    assert_eq!(of_linkerd.reason, MtlsReason::NotKnown);
}
