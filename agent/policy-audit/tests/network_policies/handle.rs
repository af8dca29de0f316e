//! The policies of a cluster, as they change.

use super::world::{DB, Policy, Somebody, WEB, verdict};
use saker_kube_metadata::{Answer, Cluster, Kind, NetworkPolicy, Object, Scope};
use saker_policy_audit::{NetworkPolicyHandle, NetworkVerdict};

fn deny_all(name: &str) -> Object {
    let policy = Policy {
        namespace: "shop",
        name: name.to_owned(),
        pods: &[],
        ingress: Some(Vec::new()),
        egress: None,
    };
    Object::NetworkPolicy(NetworkPolicy::clone(&policy.typed()))
}

#[test]
fn policies_are_those_of_this_moment() {
    let cluster = Cluster::unknown();
    let handle = NetworkPolicyHandle::new(cluster.clone());
    assert!(
        matches!(handle.policies(), Answer::Unknown),
        "nobody watches"
    );

    cluster.set_scope(Scope::NETWORK_POLICIES);
    assert!(matches!(handle.policies(), Answer::Awaited));

    cluster.begin_list(Kind::NetworkPolicies);
    cluster.learn(deny_all("default-deny"));
    cluster.end_list(Kind::NetworkPolicies);
    let said = || {
        let policies = handle.policies().known().unwrap();
        verdict(
            &policies,
            Somebody::Pod(&WEB),
            Somebody::Pod(&DB),
            "TCP",
            80,
        )
        .verdict
    };
    assert_eq!(said(), NetworkVerdict::Denied);
    let first = handle.policies().known().unwrap();
    let again = handle.policies().known().unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again), "put in order once");

    cluster.end(&deny_all("default-deny"));
    assert_eq!(said(), NetworkVerdict::NotIsolated);
    cluster.learn(deny_all("again"));
    assert_eq!(said(), NetworkVerdict::Denied);
}

#[test]
fn policies_that_cannot_be_had_are_not_known() {
    let cluster = Cluster::unknown();
    cluster.set_scope(Scope::NETWORK_POLICIES);
    cluster.fail(Kind::NetworkPolicies);
    let handle = NetworkPolicyHandle::new(cluster);
    assert!(matches!(handle.policies(), Answer::Unknown));
    assert!(matches!(
        NetworkPolicyHandle::none().policies(),
        Answer::Unknown
    ));
}
