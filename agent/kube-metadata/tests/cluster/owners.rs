//! What owns a pod.

use crate::{empty, learn, limits, pod, reference};
use saker_kube_metadata::{
    Answer, Cluster, Labels, Limits, Object, Owner, OwnerReference, Pod, Scope, WorkloadKind,
};
use std::sync::Arc;
use std::time::Duration;

fn owner(kind: WorkloadKind, uid: &str, above: Option<Arc<OwnerReference>>) -> Object {
    Object::Owner(Owner {
        kind,
        uid: uid.into(),
        labels: Labels::from_iter([("of", uid)]).into(),
        owner: above,
    })
}

fn names(cluster: &Cluster, pod: &Pod) -> Vec<String> {
    let owners = cluster.owners(pod);
    owners
        .iter()
        .map(|owner| owner.reference.name.to_string())
        .collect()
}

fn pod_of(kind: WorkloadKind, name: &str) -> Pod {
    Pod {
        owner: reference(kind, name),
        ..pod("1", "10.0.0.1")
    }
}

#[test]
fn the_chain_is_followed_as_far_as_it_is_known() {
    let cluster = empty(Scope::NODE_PODS.with(Scope::OWNERS), limits());
    let pod = pod_of(WorkloadKind::ReplicaSet, "web-1");
    learn(&cluster, &pod);
    assert_eq!(names(&cluster, &pod), ["web-1"]);
    let deployment = |cluster: &Cluster| cluster.owner(&pod, WorkloadKind::Deployment);
    assert_eq!(deployment(&cluster), Answer::Awaited);
    assert_eq!(cluster.last_owner(&pod), Answer::Awaited);

    let above = reference(WorkloadKind::Deployment, "web");
    cluster.learn(owner(WorkloadKind::ReplicaSet, "web-1", above.clone()));
    assert_eq!(names(&cluster, &pod), ["web-1", "web"]);
    let found = deployment(&cluster)
        .known()
        .flatten()
        .expect("a deployment");
    assert_eq!(Some(found.reference), above);
    assert_eq!(found.labels, Answer::Awaited);

    cluster.learn(owner(WorkloadKind::Deployment, "web", None));
    let found = deployment(&cluster)
        .known()
        .flatten()
        .expect("a deployment");
    assert_eq!(found.labels.known().unwrap().get("of"), Some("web"));
    assert_eq!(cluster.owner(&pod, WorkloadKind::Job), Answer::Known(None));
    assert_eq!(cluster.last_owner(&pod), Answer::Known(above));
}

#[test]
fn an_owner_that_does_not_come_is_not_awaited_for_long() {
    let limits = Limits {
        wait: Duration::from_millis(30),
        ..limits()
    };
    let cluster = empty(Scope::NODE_PODS.with(Scope::OWNERS), limits);
    let pod = pod_of(WorkloadKind::ReplicaSet, "web-1");
    let asked = || cluster.owner(&pod, WorkloadKind::Deployment);
    assert_eq!(asked(), Answer::Awaited);
    std::thread::sleep(Duration::from_millis(40));
    assert_eq!(asked(), Answer::Unknown);
    // The reference itself is known all the same.
    let known = cluster
        .owner(&pod, WorkloadKind::ReplicaSet)
        .known()
        .flatten();
    assert_eq!(known.unwrap().labels, Answer::Unknown);
}

#[test]
fn without_a_watch_only_the_reference_is_known() {
    let cluster = empty(Scope::NODE_PODS, limits());
    let pod = pod_of(WorkloadKind::ReplicaSet, "web-1");
    assert_eq!(names(&cluster, &pod), ["web-1"]);
    assert_eq!(
        cluster.owner(&pod, WorkloadKind::Deployment),
        Answer::Unknown
    );
    let alone = crate::pod("2", "10.0.0.2");
    assert_eq!(
        cluster.owner(&alone, WorkloadKind::Deployment),
        Answer::Known(None)
    );
}

#[test]
fn owners_that_own_each_other_have_an_end() {
    let cluster = empty(Scope::NODE_PODS.with(Scope::OWNERS), limits());
    let (first, second) = (WorkloadKind::ReplicaSet, WorkloadKind::Deployment);
    cluster.learn(owner(first, "a", reference(second, "b")));
    cluster.learn(owner(second, "b", reference(first, "a")));
    let pod = pod_of(first, "a");
    assert_eq!(names(&cluster, &pod), ["a", "b", "a", "b"]);
    assert_eq!(cluster.owner(&pod, WorkloadKind::Job), Answer::Known(None));
    assert!(cluster.last_owner(&pod).known().is_some());
}
