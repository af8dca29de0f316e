//! Who has the ends of a connection, and what is demanded of it.

use super::cluster::{EVERYTHING, cluster_with, objects};
use super::flow::{classified, flow};
use super::scene::{POD_CGROUP, Scene, exec, text};
use crate::{Enrichment, Facts, FieldValue};
use saker_flow_state::{Caller, Flow, FlowEvent, Role};
use saker_kube_metadata::{
    Cluster, Kind, Labels, Object, PodContainer, PodSettings, PortReference, Scope,
};
use saker_policy_audit::{MeshHandle, MtlsMode, MtlsRule, MtlsSettings};
use std::net::SocketAddr;
use std::sync::Arc;

const FULL: Scope = EVERYTHING.with(Scope::MESH).with(Scope::MESH_AUTHORIZATION);

/// A process of the pod web-5d-x, 10.1.0.7, of `shop`.
fn in_pod(facts: &Facts) -> Scene {
    let event = exec(10, &["node"], "/usr/bin/node").cgroup_id(POD_CGROUP);
    Scene::new(event).with_facts(facts)
}

fn shop() -> Facts {
    cluster_with(FULL, objects())
}

#[track_caller]
fn shows(scene: &Scene, event: &FlowEvent, expected: &[(&str, &str)]) {
    for (field, value) in expected {
        let value = match *value {
            "" => FieldValue::Missing,
            value => text(value),
        };
        assert_eq!(scene.of_flow(event, field), value, "{field}");
    }
}

fn server(local: &str, remote: &str) -> Flow {
    let mut flow = flow(local, remote);
    flow.role = Role::Server;
    flow
}

#[test]
fn two_pods() {
    let facts = shop();
    let event = classified(flow("10.1.0.7:40000", "10.1.0.8:80"));
    shows(
        &in_pod(&facts),
        &event,
        &[
            ("flow.src.kind", "pod"),
            ("flow.src.pod", "web-5d-x"),
            ("flow.src.namespace", "shop"),
            ("flow.src.workload", "web"),
            ("flow.src.workload.kind", "Deployment"),
            ("flow.src.service_account", "robot"),
            ("flow.src.node", "node-1"),
            ("flow.dst.kind", "pod"),
            ("flow.dst.pod", "lonely"),
            ("flow.dst.workload", "lonely"),
            ("flow.dst.workload.kind", "Pod"),
            ("flow.dst.service", ""),
            ("k8s.server.name", "lonely"),
            ("k8s.pod.name", "web-5d-x"),
        ],
    );
}

#[test]
fn the_own_end_is_the_pod_of_the_process_whatever_its_address() {
    let facts = shop();
    let event = classified(server("192.168.0.1:80", "192.168.0.1:40000"));
    shows(
        &in_pod(&facts),
        &event,
        &[
            ("flow.dst.pod", "web-5d-x"),
            ("flow.src.kind", "node"),
            ("flow.src.node", "node-1"),
            ("flow.src.pod", ""),
            ("flow.src.workload", ""),
        ],
    );
}

#[test]
fn behind_a_service() {
    let facts = shop();
    let mut through = flow("10.1.0.7:40000", "10.96.0.1:80");
    let event = classified(through.clone());
    let scene = in_pod(&facts);
    shows(
        &scene,
        &event,
        &[
            ("flow.dst.kind", "service"),
            ("flow.dst.service", "front"),
            ("flow.dst.namespace", "shop"),
            ("flow.dst.pod", ""),
        ],
    );
    let local: SocketAddr = "10.1.0.7:40000".parse().unwrap();
    through.on_wire = Some((local, "10.1.0.8:8080".parse().unwrap()));
    shows(
        &scene,
        &classified(through.clone()),
        &[
            ("flow.dst.kind", "pod"),
            ("flow.dst.service", "front"),
            ("flow.dst.pod", "lonely"),
        ],
    );
    // A redirection to the proxy of the pod says nothing about who is behind the service.
    through.on_wire = Some((local, "127.0.0.1:15001".parse().unwrap()));
    shows(
        &scene,
        &classified(through),
        &[("flow.dst.kind", "service"), ("flow.dst.service", "front")],
    );
}

#[test]
fn behind_a_loopback_address_is_the_same_pod() {
    let facts = shop();
    let event = classified(flow("127.0.0.1:40000", "127.0.0.1:6379"));
    shows(
        &in_pod(&facts),
        &event,
        &[("flow.dst.pod", "web-5d-x"), ("flow.src.pod", "web-5d-x")],
    );
    let on_host = Scene::new(exec(10, &["psql"], "/usr/bin/psql")).with_facts(&facts);
    shows(
        &on_host,
        &event,
        &[("flow.dst.kind", "host"), ("flow.dst.pod", "")],
    );
}

#[test]
fn outside_of_clusters_nothing_is_claimed() {
    let event = classified(flow("192.0.2.7:40000", "198.51.100.7:80"));
    let scene = Scene::new(exec(10, &["curl"], "/usr/bin/curl")).with_facts(&Facts::none());
    shows(
        &scene,
        &event,
        &[
            ("flow.src.kind", "host"),
            ("flow.dst.kind", ""),
            ("flow.dst.namespace", ""),
            ("flow.leg", "direct"),
            ("mtls.mode", ""),
            ("mtls.policy", ""),
        ],
    );
    assert_eq!(scene.of_flow(&event, "mtls.required"), FieldValue::Missing);
    // Nobody demands anything of the host itself, which is known.
    let own_server = classified(server("192.0.2.7:80", "198.51.100.7:40000"));
    let required = scene.of_flow(&own_server, "mtls.required");
    assert_eq!(required, FieldValue::Bool(false));
    shows(&scene, &own_server, &[("mtls.mode", "unset")]);
    let without_facts = Scene::new(exec(10, &["curl"], "/usr/bin/curl"));
    shows(
        &without_facts,
        &event,
        &[("flow.dst.kind", ""), ("mtls.mode", "")],
    );
}

#[test]
fn without_an_owner_the_address_tells() {
    let facts = shop();
    let event = classified(flow("10.1.0.7:40000", "10.1.0.8:80"));
    let scene = in_pod(&facts);
    scene.without_process(&event, &facts, |context, fields| {
        let value = |name: &str| {
            let id = fields.id(name).unwrap();
            fields.extract(id, None, context).into_owned()
        };
        assert_eq!(value("flow.src.pod"), text("web-5d-x"));
        assert_eq!(value("proc.name"), FieldValue::Missing);
        assert_eq!(value("container.id"), FieldValue::Missing);
    });
}

/// Mutual TLS is demanded of the pods of `shop`.
fn strict(cluster: &Cluster, ports: &[u16]) -> MeshHandle {
    let settings = MtlsSettings {
        rules: vec![MtlsRule {
            namespace: Some("shop".to_owned()),
            ports: ports.to_vec(),
            mode: MtlsMode::Strict,
            ..MtlsRule::default()
        }],
        ..MtlsSettings::default()
    };
    MeshHandle::new(cluster.clone(), settings)
}

#[test]
fn what_is_demanded_of_the_server() {
    let mut facts = shop();
    facts.mesh = strict(&facts.cluster, &[8080]);
    let scene = in_pod(&facts);
    let to_other = |remote: &str| classified(flow("10.1.0.7:40000", remote));
    let required = |event: &FlowEvent| scene.of_flow(event, "mtls.required");
    let event = to_other("10.1.0.8:8080");
    assert_eq!(required(&event), FieldValue::Bool(true));
    shows(
        &scene,
        &event,
        &[("mtls.mode", "strict"), ("mtls.reason", "configuration")],
    );
    assert_eq!(required(&to_other("10.1.0.8:80")), FieldValue::Bool(false));
    let to_own = classified(server("10.1.0.7:8080", "10.1.0.8:40000"));
    assert_eq!(required(&to_own), FieldValue::Bool(true));
    // Which port of the pod a port of the service leads to shows only in packets.
    let mut through = flow("10.1.0.7:40000", "10.96.0.1:80");
    assert_eq!(required(&classified(through.clone())), FieldValue::Missing);
    let local: SocketAddr = "10.1.0.7:40000".parse().unwrap();
    through.on_wire = Some((local, "10.1.0.8:8080".parse().unwrap()));
    assert_eq!(required(&classified(through)), FieldValue::Bool(true));
    for outside in ["203.0.113.1:8080", "192.168.0.1:8080"] {
        assert_eq!(
            required(&to_other(outside)),
            FieldValue::Missing,
            "{outside}"
        );
    }
}

#[test]
fn what_is_on_its_way_is_waited_for() {
    let cluster = Cluster::new(saker_kube_metadata::Limits::default(), Box::new(|| {}));
    cluster.set_scope(FULL);
    for kind in Kind::ALL {
        cluster.begin_list(kind);
    }
    let facts = Facts {
        mesh: strict(&cluster, &[]),
        cluster: cluster.clone(),
        ..Facts::none()
    };
    let mut scene = in_pod(&facts);
    let event = classified(flow("10.1.0.7:40000", "10.1.0.8:8080"));
    let fields = [
        "mtls.required",
        "mesh.authz.verdict",
        "mesh.authn.request",
        "flow.dst.pod",
        "flow.leg",
        "flow.excused",
    ];
    for field in fields {
        assert_eq!(scene.of_flow(&event, field), FieldValue::Pending, "{field}");
    }
    for object in objects() {
        cluster.learn(object);
    }
    for kind in Kind::ALL {
        cluster.end_list(kind);
    }
    assert_eq!(
        scene.of_flow(&event, "mtls.required"),
        FieldValue::Bool(true)
    );
    shows(
        &scene,
        &event,
        &[("flow.dst.pod", "lonely"), ("flow.leg", "direct")],
    );
    scene.end_patience();
    shows(&scene, &event, &[("flow.dst.pod", "lonely")]);
}

#[test]
fn legs_are_judged_by_interface() {
    let namespace = objects().into_iter().map(|object| match object {
        Object::Namespace(mut namespace) => {
            namespace.labels = Arc::new(Labels::from_iter([("istio-injection", "enabled")]));
            Object::Namespace(namespace)
        }
        object => object,
    });
    let facts = cluster_with(FULL, namespace.collect());
    let scene = in_pod(&facts);
    let mut local = flow("10.1.0.7:40000", "10.1.0.7:8080");
    local.interface = Some(1);
    let event = classified(local);
    assert_eq!(
        scene.of_flow(&event, "flow.excused"),
        FieldValue::Bool(true)
    );
    shows(
        &scene,
        &event,
        &[("flow.leg", "local"), ("flow.excuse", "loopback")],
    );
    let outside = classified(flow("10.1.0.7:40000", "127.0.0.1:8080"));
    assert_eq!(
        scene.of_flow(&outside, "flow.excused"),
        FieldValue::Bool(false)
    );
    assert_eq!(scene.enrichment_by("evt.num"), Enrichment::Complete);
}

fn kubelet(facts: &Facts) -> Scene {
    Scene::new(exec(20, &["kubelet"], "/usr/bin/kubelet")).with_facts(facts)
}

#[test]
fn who_calls_from_the_same_host_is_known_by_its_own_end() {
    let facts = shop();
    facts.cluster.set_own_node("node-1");
    let scene = in_pod(&facts);
    let on_host = |event: &FlowEvent| scene.of_flow(event, "flow.src.on_host");
    let from_elsewhere = classified(server("10.1.0.7:8080", "203.0.113.1:40000"));
    assert_eq!(on_host(&from_elsewhere), FieldValue::Bool(false));
    shows(&scene, &from_elsewhere, &[("flow.src.kind", "external")]);
    // The address of the bridge is nobody's, but the process is of this node.
    let mut from_bridge = server("10.1.0.7:8080", "10.244.0.1:40000");
    from_bridge.caller = Some(Caller {
        process: Some(Arc::new(kubelet(&facts).process().clone())),
        target: from_bridge.local,
    });
    let event = classified(from_bridge.clone());
    assert_eq!(on_host(&event), FieldValue::Bool(true));
    shows(
        &scene,
        &event,
        &[("flow.src.kind", "node"), ("flow.src.node", "node-1")],
    );
    let opened_here = classified(flow("10.1.0.7:40000", "203.0.113.1:80"));
    assert_eq!(on_host(&opened_here), FieldValue::Bool(true));
}

#[test]
fn a_probe_is_one_of_a_kubelet_that_is_known() {
    let probed = objects().into_iter().map(|object| match object {
        Object::Pod(mut pod) => {
            let container = PodContainer {
                name: "web".into(),
                probed: [PortReference::Number(8_080)].into(),
                ..PodContainer::default()
            };
            pod.settings = Arc::new(PodSettings {
                containers: [container].into(),
                ..PodSettings::default()
            });
            Object::Pod(pod)
        }
        object => object,
    });
    let facts = cluster_with(FULL, probed.collect());
    let scene = in_pod(&facts);
    let asked = |caller: Option<&Scene>| {
        let mut flow = server("10.1.0.7:8080", "192.168.0.1:40000");
        flow.caller = caller.map(|scene| Caller {
            process: Some(Arc::new(scene.process().clone())),
            target: flow.local,
        });
        classified(flow)
    };
    let excused = |event: &FlowEvent| scene.of_flow(event, "flow.excused");
    let by_kubelet = asked(Some(&kubelet(&facts)));
    shows(&scene, &by_kubelet, &[("flow.leg", "probe")]);
    assert_eq!(excused(&by_kubelet), FieldValue::Bool(true));
    let by_curl = Scene::new(exec(20, &["curl"], "/usr/bin/curl"));
    assert_eq!(excused(&asked(Some(&by_curl))), FieldValue::Bool(false));
    // In a container it only has the name.
    let contained = exec(20, &["kubelet"], "/usr/bin/kubelet").cgroup_id(POD_CGROUP);
    let contained = asked(Some(&Scene::new(contained)));
    assert_eq!(excused(&contained), FieldValue::Bool(false));
    // Somebody who has the address of the node.
    assert_eq!(excused(&asked(None)), FieldValue::Missing);
    shows(&scene, &asked(None), &[("flow.leg", "")]);
}

#[test]
fn a_socket_of_the_node_proxy_is_of_the_pod_in_whose_network_it_is() {
    let facts = shop();
    // In a pod of its own, which is `web-5d-x` here.
    let event = exec(10, &["ztunnel"], "/usr/local/bin/ztunnel").cgroup_id(POD_CGROUP);
    let scene = Scene::new(event).with_facts(&facts);
    let inbound = classified(server("10.1.0.8:15008", "203.0.113.1:40000"));
    shows(
        &scene,
        &inbound,
        &[
            ("flow.dst.pod", "lonely"),
            ("flow.dst.namespace", "shop"),
            ("flow.dst.workload", "lonely"),
            ("k8s.pod.name", "web-5d-x"),
        ],
    );
    let outbound = classified(flow("10.1.0.8:40000", "203.0.113.1:15008"));
    shows(&scene, &outbound, &[("flow.src.pod", "lonely")]);
    let own = classified(flow("10.1.0.7:40000", "203.0.113.1:15012"));
    shows(&scene, &own, &[("flow.src.pod", "web-5d-x")]);
    // Nobody else has sockets with the addresses of others.
    let other = classified(server("10.1.0.8:15008", "203.0.113.1:40000"));
    shows(&in_pod(&facts), &other, &[("flow.dst.pod", "web-5d-x")]);
}

#[test]
fn addresses_of_dual_stack_sockets_are_those_of_the_peers() {
    let mut objects = objects();
    for object in &mut objects {
        if let Object::Pod(pod) = object
            && &*pod.name.name == "lonely"
        {
            pod.addresses = ["10.1.0.8".parse().unwrap(), "fd00::8".parse().unwrap()].into();
        }
    }
    let facts = cluster_with(FULL, objects);
    let scene = in_pod(&facts);
    // As an IPv6 socket has an IPv4 peer, and the pod by its other address.
    for (local, remote) in [
        ("[::ffff:10.1.0.7]:8080", "[::ffff:10.1.0.8]:40000"),
        ("[fd00::7]:8080", "[fd00::8]:40000"),
    ] {
        let event = classified(server(local, remote));
        let expected = [
            ("flow.src.pod", "lonely"),
            ("flow.dst.pod", "web-5d-x"),
            ("flow.leg", "direct"),
        ];
        shows(&scene, &event, &expected);
    }
    // A mapped loopback address is one.
    let mapped = classified(flow("[::ffff:127.0.0.1]:40000", "[::ffff:127.0.0.1]:6379"));
    shows(&scene, &mapped, &[("flow.dst.pod", "web-5d-x")]);
}
