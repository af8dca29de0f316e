//! Which services lead to a pod.

use crate::{empty, end, learn, limits, pod};
use saker_kube_metadata::{
    Answer, Cluster, EndpointSlice, Kind, Labels, Limits, Object, ObjectName, Pod, PodPhase, Scope,
    Service,
};
use std::time::Duration;

fn service(name: &str) -> Object {
    Object::Service(Service {
        name: ObjectName::new("shop", name),
        uid: name.into(),
        labels: Labels::default().into(),
        addresses: Box::default(),
        ..Service::default()
    })
}

fn slice(name: &str, service: &str, pods: &[&str]) -> Object {
    Object::EndpointSlice(EndpointSlice {
        name: ObjectName::new("shop", name),
        service: service.into(),
        pods: pods.iter().map(|uid| (*uid).into()).collect(),
    })
}

fn names(cluster: &Cluster, pod: &Pod) -> Vec<String> {
    let services = cluster.services_of(pod).known().expect("services");
    services
        .iter()
        .map(|service| service.name.name.to_string())
        .collect()
}

fn cluster(kept: Duration) -> Cluster {
    let scope = Scope::NODE_PODS.with(Scope::SERVICES);
    let cluster = empty(scope, Limits { kept, ..limits() });
    for name in ["web", "api"] {
        cluster.learn(service(name));
    }
    cluster
}

#[test]
fn a_pod_is_behind_a_service_while_one_of_its_slices_names_it() {
    let cluster = cluster(Duration::ZERO);
    let pod = pod("1", "10.0.0.1");
    learn(&cluster, &pod);
    assert!(names(&cluster, &pod).is_empty());
    cluster.learn(slice("web-4", "web", &["1", "2"]));
    cluster.learn(slice("web-6", "web", &["1"]));
    cluster.learn(slice("api-4", "api", &["1"]));
    cluster.learn(slice("gone-4", "no-such-service", &["1"]));
    assert_eq!(names(&cluster, &pod), ["api", "web"]);
    cluster.learn(slice("web-4", "web", &["2"]));
    assert_eq!(names(&cluster, &pod), ["api", "web"]);
    cluster.end(&slice("web-6", "web", &["1"]));
    assert_eq!(names(&cluster, &pod), ["api"]);
    // A slice may be given to another service.
    cluster.learn(slice("api-4", "web", &["1"]));
    assert_eq!(names(&cluster, &pod), ["web"]);
}

#[test]
fn a_pod_that_ended_was_behind_its_services() {
    let cluster = cluster(Duration::from_secs(600));
    let mut pod = pod("1", "10.0.0.1");
    learn(&cluster, &pod);
    cluster.learn(slice("web-4", "web", &["1"]));
    cluster.learn(slice("web-4", "web", &[]));
    assert!(names(&cluster, &pod).is_empty());
    pod.phase = PodPhase::Finished;
    assert_eq!(names(&cluster, &pod), ["web"]);
    pod.phase = PodPhase::Active;
    end(&cluster, &pod);
    assert_eq!(names(&cluster, &pod), ["web"]);
}

#[test]
fn services_are_awaited_until_they_and_their_slices_were_listed() {
    let cluster = Cluster::new(limits(), Box::new(|| {}));
    let pod = pod("1", "10.0.0.1");
    assert_eq!(cluster.services_of(&pod), Answer::Unknown);
    cluster.set_scope(Scope::SERVICES);
    assert_eq!(cluster.services_of(&pod), Answer::Awaited);
    cluster.end_list(Kind::Services);
    assert_eq!(cluster.services_of(&pod), Answer::Awaited);
    cluster.end_list(Kind::EndpointSlices);
    assert_eq!(cluster.services_of(&pod), Answer::Known(Vec::new()));
}
