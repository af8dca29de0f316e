//! Fields that the API of Kubernetes fills.

use super::scene::{CONTAINER_ID, DOCKER_CGROUP, POD_CGROUP, POD_UID, Scene, find, text};
use crate::{Enrichment, Facts, FieldValue, Fields};
use saker_container_metadata::{ContainerInfo, Containers, Limits, Reason};
use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::event;
use saker_kube_metadata::{
    Cluster, EndpointSlice, Kind, Labels, Namespace, Node, Object, ObjectName, Owner,
    OwnerReference, Pod, PodNetwork, PodPhase, Scope, Service, WorkloadKind,
};
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Everything that fields can ask of a cluster.
pub(super) const EVERYTHING: Scope = Scope::NODE_PODS
    .with(Scope::CLUSTER_PODS)
    .with(Scope::NAMESPACES)
    .with(Scope::SERVICES)
    .with(Scope::OWNERS)
    .with(Scope::NODES);

fn labels<const N: usize>(labels: [(&str, &str); N]) -> Arc<Labels> {
    Arc::new(labels.into_iter().collect())
}

fn reference(kind: WorkloadKind, kind_name: &str, name: &str) -> Arc<OwnerReference> {
    Arc::new(OwnerReference {
        kind,
        kind_name: kind_name.into(),
        name: name.into(),
        uid: format!("uid-of-{name}").as_str().into(),
    })
}

fn pod(name: &str, uid: &str, last: u8) -> Pod {
    Pod {
        name: ObjectName::new("shop", name),
        uid: uid.into(),
        node_uid: None,
        labels: labels([("app", "web"), ("bare", "")]),
        addresses: [IpAddr::from([10, 1, 0, last])].into(),
        node: Some("node-1".into()),
        service_account: Some("robot".into()),
        network: PodNetwork::Own,
        phase: PodPhase::Active,
        created_s: 1,
        owner: Some(reference(WorkloadKind::ReplicaSet, "ReplicaSet", "web-5d")),
        ..Pod::default()
    }
}

fn owner(kind: WorkloadKind, name: &str, above: Option<Arc<OwnerReference>>) -> Object {
    Object::Owner(Owner {
        kind,
        uid: format!("uid-of-{name}").as_str().into(),
        labels: labels([("made-by", name)]),
        owner: above,
    })
}

/// A shop of two pods.
pub(super) fn objects() -> Vec<Object> {
    let deployment = reference(WorkloadKind::Deployment, "Deployment", "web");
    let service = |name: &str, last| {
        Object::Service(Service {
            name: ObjectName::new("shop", name),
            uid: format!("uid-of-{name}").as_str().into(),
            labels: labels([("tier", name)]),
            addresses: [IpAddr::from([10, 96, 0, last])].into(),
            ..Service::default()
        })
    };
    let slice = |service: &str| {
        Object::EndpointSlice(EndpointSlice {
            name: ObjectName::new("shop", &format!("{service}-1")),
            service: service.into(),
            pods: [POD_UID.into()].into(),
        })
    };
    vec![
        Object::Pod(pod("web-5d-x", POD_UID, 7)),
        Object::Pod(Pod {
            owner: None,
            ..pod("lonely", "uid-of-lonely", 8)
        }),
        Object::Namespace(Namespace {
            name: "shop".into(),
            uid: "uid-of-shop".into(),
            labels: labels([("team", "checkout")]),
            ..Namespace::default()
        }),
        owner(WorkloadKind::ReplicaSet, "web-5d", Some(deployment)),
        owner(WorkloadKind::Deployment, "web", None),
        service("front", 1),
        service("back", 2),
        slice("front"),
        slice("back"),
        Object::Node(Node {
            name: "node-1".into(),
            uid: "uid-of-node".into(),
            labels: labels([]),
            addresses: [IpAddr::from([192, 168, 0, 1])].into(),
        }),
    ]
}

pub(super) fn cluster_with(scope: Scope, objects: Vec<Object>) -> Facts {
    let cluster = Cluster::unknown();
    cluster.set_scope(scope);
    for kind in Kind::ALL {
        cluster.begin_list(kind);
    }
    objects.into_iter().for_each(|object| cluster.learn(object));
    for kind in Kind::ALL {
        cluster.end_list(kind);
    }
    Facts {
        cluster,
        ..Facts::none()
    }
}

fn unlink(cgroup: u64) -> EventBuilder {
    let event = EventBuilder::new(event::UNLINK).set("path", "/tmp/x");
    event.cgroup_id(cgroup)
}

fn list<const N: usize>(texts: [&str; N]) -> FieldValue<'static> {
    FieldValue::list(texts.map(text).into())
}

const TOLD: &[(&str, &str)] = &[
    ("k8smeta.pod.name", "web-5d-x"),
    ("k8smeta.pod.uid", POD_UID),
    ("k8smeta.pod.label[app]", "web"),
    ("k8smeta.pod.label[bare]", ""),
    ("k8smeta.pod.ip", "10.1.0.7"),
    ("k8smeta.ns.name", "shop"),
    ("k8smeta.ns.uid", "uid-of-shop"),
    ("k8smeta.ns.label[team]", "checkout"),
    ("k8smeta.deployment.name", "web"),
    ("k8smeta.deployment.uid", "uid-of-web"),
    ("k8smeta.deployment.label[made-by]", "web"),
    ("k8smeta.rs.name", "web-5d"),
    ("k8smeta.rs.uid", "uid-of-web-5d"),
    ("k8smeta.rs.label[made-by]", "web-5d"),
    ("k8s.pod.name", "web-5d-x"),
    ("k8s.ns.name", "shop"),
    ("k8s.pod.ip", "10.1.0.7"),
    ("k8s.pod.label[app]", "web"),
    ("k8s.pod.labels", "app:web, bare"),
    ("k8s.node.name", "node-1"),
    ("k8s.pod.service_account", "robot"),
    ("k8s.workload.kind", "Deployment"),
    ("k8s.workload.name", "web"),
];

const LISTS: &[&str] = &[
    "k8smeta.pod.labels",
    "k8smeta.ns.labels",
    "k8smeta.deployment.labels",
    "k8smeta.rs.labels",
    "k8smeta.svc.name",
    "k8smeta.svc.uid",
    "k8smeta.svc.label[tier]",
    "k8smeta.svc.labels",
];

const CONTROLLER: &[&str] = &[
    "k8smeta.rc.name",
    "k8smeta.rc.uid",
    "k8smeta.rc.label[x]",
    "k8smeta.rc.labels",
];

fn all() -> impl Iterator<Item = &'static str> {
    let told = TOLD.iter().map(|(field, _)| *field);
    told.chain(LISTS.iter().copied())
        .chain(CONTROLLER.iter().copied())
}

#[test]
fn what_the_cluster_tells() {
    let facts = cluster_with(EVERYTHING, objects());
    let scene = Scene::new(unlink(POD_CGROUP)).with_facts(&facts);
    for (field, expected) in TOLD {
        scene.text(field, expected);
        assert_eq!(scene.enrichment_by(field), Enrichment::Complete, "{field}");
    }
    let expected = [
        list(["app:web", "bare:"]),
        list(["team:checkout"]),
        list(["made-by:web"]),
        list(["made-by:web-5d"]),
        list(["back", "front"]),
        list(["uid-of-back", "uid-of-front"]),
        list(["back", "front"]),
        list(["tier:back", "tier:front"]),
    ];
    for (field, expected) in LISTS.iter().zip(expected) {
        assert_eq!(scene.value(field), expected, "{field}");
    }
    // The pod has no replication controller, and nothing is lacking.
    for field in CONTROLLER
        .iter()
        .chain(&["k8smeta.pod.label[x]", "k8smeta.svc.label[x]"])
    {
        scene.missing(&[field]);
        assert_eq!(scene.enrichment_by(field), Enrichment::Complete, "{field}");
    }
}

#[test]
fn what_owns_a_pod() {
    let facts = |owner| {
        let pod = Pod {
            owner,
            ..pod("web-0", POD_UID, 7)
        };
        cluster_with(EVERYTHING, vec![Object::Pod(pod)])
    };
    let stateful = reference(WorkloadKind::StatefulSet, "StatefulSet", "web");
    let own = reference(WorkloadKind::Other, "Crew", "red");
    let node = reference(WorkloadKind::Node, "Node", "node-1");
    for (owner, kind, name) in [(own, "Crew", "red"), (node, "Node", "node-1")] {
        let facts = facts(Some(owner));
        let scene = Scene::new(unlink(POD_CGROUP)).with_facts(&facts);
        scene.text("k8s.workload.kind", kind);
        scene.text("k8s.workload.name", name);
        scene.missing(&["k8smeta.deployment.name"]);
        let enrichment = scene.enrichment_by("k8smeta.deployment.name");
        assert_eq!(enrichment, Enrichment::Complete, "it has none");
    }
    // The owner's own description is not there yet: it may have an owner itself.
    let awaited = facts(Some(stateful));
    let scene = Scene::new(unlink(POD_CGROUP)).with_facts(&awaited);
    assert_eq!(scene.value("k8s.workload.kind"), FieldValue::Pending);
    let alone = facts(None);
    let scene = Scene::new(unlink(POD_CGROUP)).with_facts(&alone);
    scene.missing(&["k8s.workload.kind", "k8s.workload.name"]);
    assert_eq!(
        scene.enrichment_by("k8s.workload.kind"),
        Enrichment::Complete
    );
}

#[test]
fn the_node_is_known_where_it_has_a_name() {
    let facts = Facts::none();
    let on_host = || Scene::new(unlink(2)).with_facts(&facts);
    on_host().missing(&["k8s.node.name"]);
    facts.cluster.set_own_node("nest");
    on_host().text("k8s.node.name", "nest");
    let in_pod = Scene::new(unlink(POD_CGROUP)).with_facts(&facts);
    in_pod.text("k8s.node.name", "nest");
}

#[test]
fn what_is_awaited_is_pending_until_patience_ends() {
    let cluster = Cluster::unknown();
    cluster.set_scope(EVERYTHING);
    let facts = Facts {
        cluster,
        ..Facts::none()
    };
    let mut scene = Scene::new(unlink(POD_CGROUP)).with_facts(&facts);
    for field in all() {
        assert_eq!(scene.value(field), FieldValue::Pending, "{field}");
    }
    scene.end_patience();
    for field in all() {
        assert_eq!(scene.value(field), FieldValue::Missing, "{field}");
        let partial = Enrichment::Partial(Reason::TimedOut);
        assert_eq!(scene.enrichment_by(field), partial, "{field}");
    }
}

#[test]
fn without_a_cluster_nothing_is_awaited() {
    let facts = Facts::none();
    let scene = Scene::new(unlink(POD_CGROUP)).with_facts(&facts);
    for field in all() {
        assert_eq!(scene.value(field), FieldValue::Missing, "{field}");
        assert_ne!(scene.enrichment_by(field), Enrichment::Complete, "{field}");
    }
    let host = Scene::new(unlink(2)).with_facts(&facts);
    for field in all().filter(|field| *field != "k8s.pod.labels") {
        host.missing(&[field]);
        assert_eq!(host.enrichment_by(field), Enrichment::Complete, "{field}");
    }
}

#[test]
fn a_container_outside_of_pods_has_no_pod() {
    let (containers, _requests) = Containers::new(Limits::default(), Box::new(|| {}));
    let id = ContainerId::new(CONTAINER_ID);
    containers.appeared(&Arc::new(ContainerRef {
        id: id.clone(),
        runtime: Runtime::Docker,
        pod_uid: None,
        cgroup_path: b"/x"[..].into(),
    }));
    let facts = Facts {
        containers,
        ..cluster_with(EVERYTHING, objects())
    };
    let scene = Scene::new(unlink(DOCKER_CGROUP)).with_facts(&facts);
    assert_eq!(
        scene.value("k8smeta.pod.name"),
        FieldValue::Pending,
        "the runtime may tell"
    );
    facts
        .containers
        .learn(ContainerInfo::new(id, Runtime::Docker));
    for field in all().filter(|field| *field != "k8s.pod.labels") {
        scene.missing(&[field]);
        assert_eq!(scene.enrichment_by(field), Enrichment::Complete, "{field}");
    }
}

fn connect(to: [u8; 4]) -> EventBuilder {
    let (near, far) = (
        SocketAddr::from(([10, 1, 0, 8], 40_000)),
        SocketAddr::from((to, 443)),
    );
    EventBuilder::new(event::CONNECT)
        .set("fd", 3)
        .set("tuple", Value::tcp(near, far))
        .cgroup_id(2)
}

#[test]
fn both_ends_of_a_connection() {
    let facts = cluster_with(EVERYTHING, objects());
    let scene = |to| Scene::new(connect(to)).with_facts(&facts);
    let to_pod = scene([10, 1, 0, 7]);
    for (field, expected) in [
        ("k8s.client.kind", "pod"),
        ("k8s.client.name", "lonely"),
        ("k8s.client.ns", "shop"),
        ("k8s.client.service_account", "robot"),
        ("k8s.client.node", "node-1"),
        ("k8s.server.kind", "pod"),
        ("k8s.server.name", "web-5d-x"),
        ("k8s.server.workload.kind", "Deployment"),
        ("k8s.server.workload.name", "web"),
        ("k8s.server.label[app]", "web"),
        ("k8s.server.labels", "app:web, bare"),
    ] {
        to_pod.text(field, expected);
    }
    to_pod.missing(&["k8s.client.workload.kind", "k8s.server.label[x]"]);
    let to_service = scene([10, 96, 0, 1]);
    to_service.text("k8s.server.kind", "service");
    to_service.text("k8s.server.name", "front");
    to_service.text("k8s.server.labels", "tier:front");
    to_service.missing(&["k8s.server.node", "k8s.server.workload.name"]);
    let to_node = scene([192, 168, 0, 1]);
    to_node.text("k8s.server.kind", "node");
    to_node.text("k8s.server.name", "node-1");
    to_node.text("k8s.server.node", "node-1");
    to_node.missing(&["k8s.server.ns", "k8s.server.labels"]);
    let outside = scene([1, 1, 1, 1]);
    outside.text("k8s.server.kind", "external");
    outside.missing(&["k8s.server.name", "k8s.server.ns"]);
    assert_eq!(
        outside.enrichment_by("k8s.server.name"),
        Enrichment::Complete
    );
    let loopback = scene([127, 0, 0, 1]);
    loopback.missing(&["k8s.server.kind"]);
    assert_eq!(
        loopback.enrichment_by("k8s.server.kind"),
        Enrichment::Complete
    );
}

#[test]
fn ends_are_awaited_and_lacking() {
    let awaited = Cluster::unknown();
    awaited.set_scope(EVERYTHING);
    let facts = Facts {
        cluster: awaited,
        ..Facts::none()
    };
    let mut scene = Scene::new(connect([10, 1, 0, 7])).with_facts(&facts);
    assert_eq!(scene.value("k8s.server.kind"), FieldValue::Pending);
    scene.end_patience();
    scene.missing(&["k8s.server.kind"]);
    let partial = Enrichment::Partial(Reason::TimedOut);
    assert_eq!(scene.enrichment_by("k8s.server.workload.kind"), partial);
    let nobody = Facts::none();
    let scene = Scene::new(connect([10, 1, 0, 7])).with_facts(&nobody);
    scene.missing(&["k8s.server.kind", "k8s.client.label[app]"]);
    // What is no connection has no ends, and nothing is lacking.
    let scene = Scene::new(unlink(2)).with_facts(&nobody);
    scene.missing(&["k8s.server.kind"]);
    assert_eq!(scene.enrichment_by("k8s.server.kind"), Enrichment::Complete);
}

#[test]
fn rows_say_what_must_be_watched() {
    let fields = Fields::new();
    let scope = |text: &str| {
        let (id, _) = find(&fields, text);
        fields.row(id).unwrap().needs().scope()
    };
    for field in all() {
        assert!(scope(field).contains(Scope::NODE_PODS), "{field}");
    }
    for (field, needed) in [
        ("k8smeta.ns.label[x]", Scope::NAMESPACES),
        ("k8smeta.deployment.name", Scope::OWNERS),
        ("k8smeta.svc.name", Scope::SERVICES),
        ("k8s.workload.kind", Scope::OWNERS),
        ("k8s.client.name", Scope::CLUSTER_PODS),
        ("k8s.server.kind", Scope::NODES.with(Scope::SERVICES)),
        ("k8s.server.workload.kind", Scope::OWNERS),
    ] {
        assert!(scope(field).contains(needed), "{field}");
    }
    for field in ["k8s.pod.name", "k8smeta.pod.name", "k8smeta.ns.name"] {
        assert_eq!(scope(field), Scope::NODE_PODS, "{field}: nothing more");
    }
    for field in ["container.image", "k8s.pod.uid", "fd.cip"] {
        assert!(scope(field).is_empty(), "{field}");
    }
}
