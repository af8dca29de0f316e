//! What is gone, and for how long it is known.

use crate::{empty, end, learn, limits, pod};
use saker_kube_metadata::{Answer, Cluster, Kind, Limits, Scope};
use std::time::Duration;

#[test]
fn what_is_gone_stays_known_for_a_while() {
    let limits = Limits {
        kept: Duration::from_millis(100),
        ..limits()
    };
    let cluster = empty(Scope::NODE_PODS, limits);
    let short = pod("short", "10.0.0.1");
    learn(&cluster, &short);
    end(&cluster, &short);
    cluster.forget_ended();
    assert!(cluster.pod("short").known().is_some());
    assert_eq!(cluster.stats().of_kind(Kind::Pods).ended, 1);
    std::thread::sleep(Duration::from_millis(120));
    assert!(
        cluster.pod("short").known().is_some(),
        "until somebody tidies up"
    );
    cluster.forget_ended();
    assert!(cluster.pod("short").known().is_none());
    assert_eq!(cluster.stats().of_kind(Kind::Pods).ended, 0);
}

#[test]
fn what_a_list_does_not_bring_is_gone_at_its_end() {
    let cluster = empty(Scope::NODE_PODS, limits());
    for uid in ["stays", "goes"] {
        learn(&cluster, &pod(uid, "10.0.0.1"));
    }
    cluster.begin_list(Kind::Pods);
    learn(&cluster, &pod("stays", "10.0.0.1"));
    cluster.forget_ended();
    assert!(known(&cluster, "goes"), "the list may still bring it");
    cluster.end_list(Kind::Pods);
    cluster.forget_ended();
    assert!(known(&cluster, "stays"));
    assert!(!known(&cluster, "goes"));
}

#[test]
fn what_changed_before_a_list_began_anew_is_not_gone() {
    let cluster = empty(Scope::NODE_PODS, limits());
    cluster.begin_list(Kind::Pods);
    learn(&cluster, &pod("first", "10.0.0.1"));
    // The list failed, and another one is the one that counts.
    cluster.begin_list(Kind::Pods);
    learn(&cluster, &pod("second", "10.0.0.2"));
    cluster.end_list(Kind::Pods);
    cluster.forget_ended();
    assert!(known(&cluster, "second"));
    assert!(!known(&cluster, "first"));
}

#[test]
fn what_comes_back_is_there_again() {
    let cluster = empty(Scope::NODE_PODS, limits());
    let pod = pod("back", "10.0.0.1");
    learn(&cluster, &pod);
    end(&cluster, &pod);
    learn(&cluster, &pod);
    cluster.forget_ended();
    assert!(known(&cluster, "back"));
    assert_eq!(cluster.stats().of_kind(Kind::Pods).ended, 0);
    end(&cluster, &pod);
    end(&cluster, &pod);
    assert_eq!(cluster.stats().of_kind(Kind::Pods).ended, 1);
}

#[test]
fn a_static_pod_is_known_by_the_uid_of_its_node() {
    let cluster = empty(Scope::NODE_PODS, limits());
    let mut mirror = pod("in-cluster", "10.0.0.1");
    mirror.node_uid = Some("hash".into());
    learn(&cluster, &mirror);
    assert_eq!(&*cluster.pod("hash").known().unwrap().uid, "in-cluster");

    // Another pod cannot take that place by writing the hash into itself, nor the place of a pod by
    // writing its uid.
    let mut thief = pod("thief", "10.0.0.2");
    thief.node_uid = Some("hash".into());
    learn(&cluster, &thief);
    assert_eq!(&*cluster.pod("hash").known().unwrap().uid, "in-cluster");
    let victim = pod("victim", "10.0.0.3");
    learn(&cluster, &victim);
    thief.node_uid = Some("victim".into());
    learn(&cluster, &thief);
    assert_eq!(&*cluster.pod("victim").known().unwrap().uid, "victim");

    // When the object is made anew, the new one has it.
    end(&cluster, &mirror);
    let mut next = pod("next", "10.0.0.1");
    next.node_uid = Some("hash".into());
    learn(&cluster, &next);
    assert_eq!(&*cluster.pod("hash").known().unwrap().uid, "next");
    cluster.forget_ended();
    assert_eq!(&*cluster.pod("hash").known().unwrap().uid, "next");
    end(&cluster, &next);
    cluster.forget_ended();
    assert!(cluster.pod("hash").known().is_none());
}

fn known(cluster: &Cluster, uid: &str) -> bool {
    matches!(cluster.pod(uid), Answer::Known(_))
}
