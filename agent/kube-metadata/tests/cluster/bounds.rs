//! How much is kept.

use crate::{WHOLE, empty, end, learn, limits, pod};
use saker_kube_metadata::{Answer, EndpointSlice, Kind, Limits, Object, ObjectName, Scope};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn what_is_gone_makes_room_and_then_what_is_new_is_refused() {
    let limits = Limits {
        objects_max: 3,
        kept: Duration::from_secs(600),
        ..limits()
    };
    let cluster = empty(WHOLE, limits);
    for n in 0..3 {
        learn(&cluster, &pod(&n.to_string(), &format!("10.0.0.{n}")));
    }
    end(&cluster, &pod("1", "10.0.0.1"));
    learn(&cluster, &pod("3", "10.0.0.3"));
    assert!(matches!(cluster.pod("3"), Answer::Known(_)));
    let known = |uid: &str| cluster.pod(uid).known().is_some();
    assert!(known("0") && known("2") && !known("1"));

    learn(&cluster, &pod("4", "10.0.0.4"));
    assert!(!known("4"));
    let pods = cluster.stats().of_kind(Kind::Pods);
    assert_eq!(
        (pods.objects, pods.refused, pods.forgotten_early),
        (3, 1, 1)
    );
    assert_eq!(cluster.stats().addresses, 3);
    // What is known may change all the same.
    let mut changed = pod("0", "10.0.0.9");
    changed.node = None;
    learn(&cluster, &changed);
    assert_eq!(cluster.pod("0").known().unwrap().node, None);
}

#[test]
fn what_objects_have_in_common_is_kept_once() {
    let cluster = empty(WHOLE, limits());
    for n in 0..100 {
        learn(&cluster, &pod(&n.to_string(), &format!("10.0.0.{n}")));
    }
    let one = cluster.pod("1").known().unwrap();
    let other = cluster.pod("2").known().unwrap();
    assert!(Arc::ptr_eq(&one.labels, &other.labels));
    assert!(Arc::ptr_eq(&one.settings, &other.settings));
    assert!(Arc::ptr_eq(&one.security, &other.security));
    assert!(Arc::ptr_eq(&one.name.namespace, &other.name.namespace));
    drop((one, other));
    // Namespace (which is also the value of the label), node, account, key, the set of labels, the settings, and
    // what decides how much the containers may do.
    assert_eq!(cluster.stats().shared_values, 7);
    for n in 0..100 {
        end(&cluster, &pod(&n.to_string(), &format!("10.0.0.{n}")));
    }
    cluster.forget_ended();
    assert_eq!(cluster.stats().shared_values, 0);
}

#[test]
fn a_pod_is_in_no_more_slices_than_are_remembered() {
    let cluster = empty(WHOLE, limits());
    for n in 0..200 {
        cluster.learn(Object::EndpointSlice(EndpointSlice {
            name: ObjectName::new("shop", &format!("slice-{n}")),
            service: "web".into(),
            pods: ["uid".into()].into(),
        }));
    }
    assert_eq!(cluster.stats().memberships_cut, 72);
}

#[test]
fn nothing_stays_of_what_is_not_watched_any_more() {
    let cluster = empty(WHOLE.with(Scope::NAMESPACES), limits());
    let mut in_host = pod("2", "192.0.2.1");
    in_host.network = saker_kube_metadata::PodNetwork::Host;
    learn(&cluster, &in_host);
    drop(in_host);
    learn(&cluster, &pod("1", "10.0.0.1"));
    cluster.set_scope(Scope::NOTHING);
    cluster.forget_ended();
    let stats = cluster.stats();
    assert!(stats.kinds.iter().all(|(_, numbers)| numbers.objects == 0));
    assert_eq!((stats.addresses, stats.shared_values), (0, 0));
    assert_eq!(cluster.pod("1"), Answer::Unknown);
}
