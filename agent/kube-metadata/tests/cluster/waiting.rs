//! When more is awaited, and who is woken.

use crate::{empty, learn, limits, pod};
use saker_kube_metadata::{Answer, Cluster, Kind, Labels, Limits, Namespace, Object, Scope};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

#[test]
fn nothing_is_awaited_of_a_cluster_that_nobody_watches() {
    let cluster = Cluster::unknown();
    assert_eq!(cluster.pod("1"), Answer::Unknown);
    assert_eq!(cluster.namespace("shop"), Answer::Unknown);
    assert!(cluster.is_synced());
    // Nor of what is not watched in one that somebody watches.
    let cluster = empty(Scope::NODE_PODS, limits());
    assert_eq!(cluster.namespace("shop"), Answer::Unknown);
}

#[test]
fn everything_is_awaited_until_the_first_list_ends() {
    let cluster = Cluster::new(limits(), Box::new(|| {}));
    cluster.set_scope(Scope::NODE_PODS);
    assert!(!cluster.is_synced());
    assert_eq!(cluster.pod("1"), Answer::Awaited);
    std::thread::sleep(limits().wait);
    assert_eq!(
        cluster.pod("1"),
        Answer::Awaited,
        "as long as the list takes"
    );
    cluster.begin_list(Kind::Pods);
    learn(&cluster, &pod("1", "10.0.0.1"));
    assert!(matches!(cluster.pod("1"), Answer::Known(_)));
    cluster.end_list(Kind::Pods);
    assert!(cluster.is_synced());
}

#[test]
fn an_object_that_may_be_new_is_awaited_for_a_moment() {
    let limits = Limits {
        wait: Duration::from_millis(30),
        ..limits()
    };
    let cluster = empty(Scope::NODE_PODS, limits);
    assert_eq!(cluster.pod("new"), Answer::Awaited);
    assert_eq!(cluster.pod("new"), Answer::Awaited);
    std::thread::sleep(Duration::from_millis(40));
    assert_eq!(cluster.pod("new"), Answer::Unknown);
    learn(&cluster, &pod("new", "10.0.0.1"));
    assert!(matches!(cluster.pod("new"), Answer::Known(_)));
}

#[test]
fn no_more_names_are_awaited_than_are_remembered() {
    let limits = Limits {
        wait: Duration::from_secs(600),
        ..limits()
    };
    let cluster = empty(Scope::NODE_PODS, limits);
    for n in 0..4_096 {
        assert_eq!(cluster.pod(&n.to_string()), Answer::Awaited);
    }
    assert_eq!(cluster.pod("one more"), Answer::Unknown);
    assert_eq!(cluster.pod("17"), Answer::Awaited);
    cluster.forget_ended();
    assert_eq!(cluster.pod("one more"), Answer::Awaited);
}

#[test]
fn nothing_is_awaited_of_a_list_that_fails() {
    let cluster = Cluster::new(limits(), Box::new(|| {}));
    cluster.set_scope(Scope::NODE_PODS);
    cluster.fail(Kind::Pods);
    assert_eq!(cluster.pod("1"), Answer::Unknown);
    // What comes of the next try is known nevertheless.
    cluster.begin_list(Kind::Pods);
    learn(&cluster, &pod("1", "10.0.0.1"));
    assert!(matches!(cluster.pod("1"), Answer::Known(_)));
    cluster.end_list(Kind::Pods);
    assert_eq!(cluster.pod("2"), Answer::Awaited);
    // A watch that worked once and fails now may be back in a moment.
    cluster.fail(Kind::Pods);
    assert_eq!(cluster.pod("3"), Answer::Awaited);
}

#[test]
fn pods_of_more_nodes_are_awaited_when_more_are_watched() {
    let cluster = empty(Scope::NODE_PODS, limits());
    learn(&cluster, &pod("here", "10.0.0.1"));
    cluster.set_scope(Scope::CLUSTER_PODS);
    assert!(!cluster.is_synced());
    assert!(
        matches!(cluster.pod("here"), Answer::Known(_)),
        "it stays known meanwhile"
    );
    assert_eq!(cluster.pod("there"), Answer::Awaited);
}

#[test]
fn who_was_told_to_wait_is_woken_once_by_what_comes() {
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    let cluster = Cluster::new(
        limits(),
        Box::new(move || {
            count.fetch_add(1, SeqCst);
        }),
    );
    cluster.set_scope(Scope::NODE_PODS.with(Scope::NAMESPACES));
    let before = cluster.generation();
    learn(&cluster, &pod("1", "10.0.0.1"));
    assert!(cluster.generation() > before);
    assert_eq!(woken.load(SeqCst), 0, "nobody waits");

    assert_eq!(cluster.pod("2"), Answer::Awaited);
    learn(&cluster, &pod("1", "10.0.0.1"));
    assert_eq!(woken.load(SeqCst), 0, "nothing new");
    learn(&cluster, &pod("2", "10.0.0.2"));
    learn(&cluster, &pod("3", "10.0.0.3"));
    assert_eq!(woken.load(SeqCst), 1);

    assert_eq!(cluster.namespace("shop"), Answer::Awaited);
    cluster.learn(Object::Namespace(Namespace {
        name: "other".into(),
        uid: "other".into(),
        labels: Labels::default().into(),
        ..Namespace::default()
    }));
    assert_eq!(woken.load(SeqCst), 2);
    assert_eq!(cluster.namespace("shop"), Answer::Awaited);
    cluster.end_list(Kind::Namespaces);
    assert_eq!(woken.load(SeqCst), 3, "that there is none is an answer too");
}
