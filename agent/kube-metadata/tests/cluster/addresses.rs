//! Whose address is whose.

use crate::{WHOLE, empty, end, learn, limits, pod};
use saker_kube_metadata::{
    Answer, Cluster, Endpoint, Labels, Limits, Node, Object, ObjectName, PodNetwork, PodPhase,
    Scope, Service,
};
use std::time::Duration;

/// The name of what holds an address.
fn holder(cluster: &Cluster, address: &str) -> String {
    match cluster.endpoint(address.parse().expect("an address")) {
        Answer::Known(Endpoint::Pod(pod)) => format!("pod {}", pod.uid),
        Answer::Known(Endpoint::Service(service)) => format!("service {}", service.name.name),
        Answer::Known(Endpoint::Node(node)) => format!("node {node}"),
        Answer::Known(Endpoint::External) => "external".to_owned(),
        Answer::Awaited => "awaited".to_owned(),
        Answer::Unknown => "unknown".to_owned(),
    }
}

/// Limits with which what is gone stays known.
fn keeping() -> Limits {
    Limits {
        kept: Duration::from_secs(600),
        ..limits()
    }
}

#[test]
fn a_pod_keeps_its_address_after_its_end_until_another_has_it() {
    let cluster = empty(WHOLE, keeping());
    let first = pod("first", "10.0.0.1");
    learn(&cluster, &first);
    assert_eq!(holder(&cluster, "10.0.0.1"), "pod first");
    assert_eq!(holder(&cluster, "::ffff:10.0.0.1"), "pod first");
    end(&cluster, &first);
    assert_eq!(holder(&cluster, "10.0.0.1"), "pod first");
    // As old as it is, the one that runs has it.
    let mut second = pod("second", "10.0.0.1");
    second.created_s = 1;
    learn(&cluster, &second);
    assert_eq!(holder(&cluster, "10.0.0.1"), "pod second");
}

#[test]
fn what_is_told_late_of_an_ended_pod_takes_no_address() {
    let cluster = empty(WHOLE, keeping());
    let mut first = pod("first", "10.0.0.1");
    learn(&cluster, &first);
    let mut second = pod("second", "10.0.0.1");
    second.created_s = 2_000;
    learn(&cluster, &second);
    assert_eq!(holder(&cluster, "10.0.0.1"), "pod second");
    first.labels = Labels::from_iter([("changed", "yes")]).into();
    learn(&cluster, &first);
    assert_eq!(holder(&cluster, "10.0.0.1"), "pod second");
    first.phase = PodPhase::Finished;
    learn(&cluster, &first);
    end(&cluster, &first);
    assert_eq!(holder(&cluster, "10.0.0.1"), "pod second");
}

#[test]
fn a_finished_pod_leaves_its_address() {
    let cluster = empty(WHOLE, limits());
    let mut job = pod("job", "10.0.0.1");
    learn(&cluster, &job);
    job.phase = PodPhase::Finished;
    learn(&cluster, &job);
    assert_eq!(holder(&cluster, "10.0.0.1"), "pod job");
    cluster.forget_ended();
    assert_eq!(holder(&cluster, "10.0.0.1"), "external");
    assert!(
        matches!(cluster.pod("job"), Answer::Known(_)),
        "the pod itself is still there"
    );
    // One that was finished before it was first seen never had it.
    let mut old = pod("old", "10.0.0.2");
    old.phase = PodPhase::Finished;
    learn(&cluster, &old);
    assert_eq!(holder(&cluster, "10.0.0.2"), "external");
}

#[test]
fn a_pod_may_get_another_address() {
    let cluster = empty(WHOLE, limits());
    let mut moved = pod("moved", "10.0.0.1");
    learn(&cluster, &moved);
    moved.addresses = ["10.0.0.2".parse().unwrap(), "fd00::2".parse().unwrap()].into();
    learn(&cluster, &moved);
    cluster.forget_ended();
    assert_eq!(holder(&cluster, "10.0.0.1"), "external");
    assert_eq!(holder(&cluster, "10.0.0.2"), "pod moved");
    assert_eq!(holder(&cluster, "fd00::2"), "pod moved");
    end(&cluster, &moved);
    cluster.forget_ended();
    assert_eq!(cluster.stats().addresses, 0);
}

#[test]
fn pods_in_the_network_of_a_node_have_its_address() {
    let cluster = empty(WHOLE, limits());
    let mut first = pod("first", "192.0.2.10");
    first.network = PodNetwork::Host;
    let mut second = pod("second", "192.0.2.10");
    second.network = PodNetwork::Host;
    learn(&cluster, &first);
    learn(&cluster, &second);
    assert_eq!(holder(&cluster, "192.0.2.10"), "node node-a");
    for gone in [&first, &second] {
        assert_eq!(holder(&cluster, "192.0.2.10"), "node node-a");
        end(&cluster, gone);
        cluster.forget_ended();
    }
    assert_eq!(holder(&cluster, "192.0.2.10"), "external");
}

fn node(name: &str, address: &str) -> Object {
    Object::Node(Node {
        name: name.into(),
        uid: name.into(),
        labels: Labels::default().into(),
        addresses: [address.parse().unwrap()].into(),
    })
}

fn service(name: &str, addresses: &[&str]) -> Object {
    Object::Service(Service {
        name: ObjectName::new("shop", name),
        uid: name.into(),
        labels: Labels::default().into(),
        addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
        ..Service::default()
    })
}

#[test]
fn the_address_of_a_node_that_balances_the_load_of_a_service_is_the_nodes() {
    let cluster = empty(WHOLE, limits());
    cluster.learn(node("node-a", "192.0.2.10"));
    cluster.learn(service("web", &["10.96.0.1", "192.0.2.10"]));
    assert_eq!(holder(&cluster, "192.0.2.10"), "node node-a");
    assert_eq!(holder(&cluster, "10.96.0.1"), "service web");
    cluster.learn(service("web", &["10.96.0.2"]));
    assert_eq!(holder(&cluster, "10.96.0.1"), "external");
    assert_eq!(holder(&cluster, "10.96.0.2"), "service web");
    cluster.end(&node("node-a", "192.0.2.10"));
    cluster.end(&service("web", &[]));
    cluster.forget_ended();
    assert_eq!(cluster.stats().addresses, 0);
}

#[test]
fn only_who_knows_the_whole_cluster_knows_what_is_outside() {
    let outside = "198.51.100.1";
    assert_eq!(holder(&Cluster::unknown(), outside), "unknown");
    let node_only = empty(
        Scope::NODE_PODS.with(Scope::SERVICES).with(Scope::NODES),
        limits(),
    );
    learn(&node_only, &pod("here", "10.0.0.1"));
    assert_eq!(holder(&node_only, "10.0.0.1"), "pod here");
    assert_eq!(holder(&node_only, outside), "unknown");

    let cluster = Cluster::new(limits(), Box::new(|| {}));
    cluster.set_scope(WHOLE);
    assert_eq!(holder(&cluster, outside), "awaited");
    cluster.fail(saker_kube_metadata::Kind::Nodes);
    assert_eq!(holder(&cluster, outside), "unknown");

    let whole = empty(WHOLE, limits());
    assert_eq!(holder(&whole, outside), "external");
    for local in ["127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
        assert_eq!(holder(&whole, local), "unknown", "{local}");
    }
}
