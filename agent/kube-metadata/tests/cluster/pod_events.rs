use super::{limits, pod};
use saker_kube_metadata::{
    Cluster, Kind, Labels, Namespace, Object, Pod, PodEventKind, PodPhase, PodSecurity, Scope,
};

const SCOPE: Scope = Scope::NODE_PODS.with(Scope::NAMESPACES);

use PodEventKind::{Changed, Seen};

fn cluster() -> Cluster {
    let cluster = Cluster::new(limits(), Box::new(|| {}));
    cluster.set_own_node("node-a");
    cluster.set_scope(SCOPE);
    cluster
}

fn settled() -> Cluster {
    let cluster = cluster();
    for kind in [Kind::Pods, Kind::Namespaces] {
        cluster.begin_list(kind);
        cluster.end_list(kind);
    }
    cluster
}

fn shop(labels: &[(&str, &str)]) -> Object {
    Object::Namespace(Namespace {
        name: "shop".into(),
        uid: "uid-of-shop".into(),
        labels: labels.iter().copied().collect::<Labels>().into(),
        ..Namespace::default()
    })
}

fn privileged(mut pod: Pod) -> Pod {
    let mut security = PodSecurity::default();
    security.host.pid = true;
    pod.security = security.into();
    pod
}

fn taken(cluster: &Cluster) -> Vec<(PodEventKind, String)> {
    let events = cluster.take_pod_events(100, 7);
    assert!(events.iter().all(|event| event.time_wall_ns == 7));
    events
        .iter()
        .map(|event| (event.kind, event.pod.uid.to_string()))
        .collect()
}

fn told(kind: PodEventKind, uid: &str) -> (PodEventKind, String) {
    (kind, uid.to_owned())
}

#[test]
fn nothing_is_told_unless_somebody_asks_and_then_everything() {
    let cluster = settled();
    cluster.learn(Object::Pod(pod("one", "10.0.0.1")));
    assert_eq!(taken(&cluster), []);
    cluster.report_pods();
    assert_eq!(taken(&cluster), [told(Seen, "one")]);
    assert_eq!(taken(&cluster), []);
    cluster.learn(Object::Pod(pod("two", "10.0.0.2")));
    assert_eq!(taken(&cluster), [told(Seen, "two")]);
    cluster.report_pods();
    assert_eq!(taken(&cluster), [], "it was asked already");
    cluster.ignore_pods();
    cluster.learn(Object::Pod(pod("three", "10.0.0.3")));
    assert_eq!(taken(&cluster), []);
}

#[test]
fn changes_count_that_judges_see() {
    let cluster = settled();
    cluster.report_pods();
    cluster.learn(Object::Pod(pod("one", "10.0.0.1")));
    assert_eq!(taken(&cluster), [told(Seen, "one")]);
    cluster.learn(Object::Pod(pod("one", "10.0.0.2")));
    assert_eq!(taken(&cluster), [], "another address");
    cluster.learn(Object::Pod(privileged(pod("one", "10.0.0.2"))));
    assert_eq!(taken(&cluster), [told(Changed, "one")]);
    cluster.learn(shop(&[]));
    assert_eq!(
        taken(&cluster),
        [told(Changed, "one")],
        "its namespace is new"
    );
    cluster.learn(shop(&[("pod-security.kubernetes.io/enforce", "baseline")]));
    assert_eq!(taken(&cluster), [told(Changed, "one")]);
    cluster.learn(shop(&[("pod-security.kubernetes.io/enforce", "baseline")]));
    assert_eq!(taken(&cluster), []);
}

#[test]
fn changes_that_come_faster_than_they_are_taken_are_one() {
    let cluster = settled();
    cluster.report_pods();
    for round in 0..1_000 {
        let mut pod = pod("one", "10.0.0.1");
        pod.labels = Labels::from_iter([("round", round.to_string())]).into();
        cluster.learn(Object::Pod(pod));
    }
    let events = cluster.take_pod_events(100, 7);
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].kind, events[0].pod.labels.get("round")),
        (Seen, Some("999"))
    );
}

#[test]
fn what_is_not_taken_at_once_is_there_the_next_time() {
    let cluster = settled();
    cluster.report_pods();
    for uid in ["a", "b", "c"] {
        cluster.learn(Object::Pod(pod(uid, "10.0.0.1")));
    }
    assert_eq!(cluster.take_pod_events(2, 7).len(), 2);
    assert_eq!(taken(&cluster), [told(Seen, "c")]);
}

#[test]
fn a_pod_waits_until_its_namespace_can_be_told() {
    let cluster = cluster();
    cluster.report_pods();
    cluster.begin_list(Kind::Pods);
    cluster.learn(Object::Pod(pod("one", "10.0.0.1")));
    cluster.end_list(Kind::Pods);
    assert_eq!(
        taken(&cluster),
        [],
        "nobody knows what its namespace demands"
    );
    cluster.begin_list(Kind::Namespaces);
    cluster.learn(shop(&[]));
    assert_eq!(taken(&cluster), [told(Seen, "one")]);
    cluster.end_list(Kind::Namespaces);
    assert_eq!(taken(&cluster), []);
}

#[test]
fn a_namespace_that_cannot_be_had_is_not_waited_for() {
    for settle in [Cluster::fail, Cluster::lacks] {
        let cluster = cluster();
        cluster.report_pods();
        cluster.learn(Object::Pod(pod("one", "10.0.0.1")));
        assert_eq!(taken(&cluster), []);
        settle(&cluster, Kind::Namespaces);
        assert_eq!(taken(&cluster), [told(Seen, "one")]);
    }
}

#[test]
fn other_nodes_and_pods_that_are_over_are_nobodys_business() {
    let cluster = settled();
    cluster.report_pods();
    let elsewhere = Pod {
        node: Some("node-b".into()),
        ..pod("elsewhere", "10.0.0.1")
    };
    let nowhere = Pod {
        node: None,
        ..pod("nowhere", "10.0.0.2")
    };
    let over = Pod {
        phase: PodPhase::Finished,
        ..pod("over", "10.0.0.3")
    };
    for pod in [elsewhere, nowhere, over] {
        cluster.learn(Object::Pod(pod));
    }
    assert_eq!(taken(&cluster), []);
    cluster.learn(Object::Pod(pod("nowhere", "10.0.0.2")));
    assert_eq!(taken(&cluster), [told(Seen, "nowhere")], "it was scheduled");
    let gone = Object::Pod(pod("gone", "10.0.0.4"));
    cluster.learn(gone.clone());
    cluster.end(&gone);
    assert_eq!(taken(&cluster), [], "it was gone before anybody looked");
}
