//! Services, addresses and network policies.

use super::objects::Objects;
use super::pods::everything;
use super::{Watched, config, eventually};
use saker_kube_metadata::{
    AddressBlock, Answer, Endpoint, LabelTest, PolicyPeer, PolicyPorts, PolicyProtocol, Scope,
};
use serde_json::{Value, json};
use std::path::Path;

fn names(services: Answer<Vec<std::sync::Arc<saker_kube_metadata::Service>>>) -> Vec<String> {
    let services = services.known().unwrap_or_default();
    services
        .iter()
        .map(|service| service.name.name.to_string())
        .collect()
}

/// A slice of endpoints as the controller writes it.
async fn slice(objects: &Objects, name: &str, service: &str, pods: &[(&str, &str)]) {
    let endpoints: Vec<Value> = pods
        .iter()
        .map(|(uid, address)| {
            let namespace = &objects.namespace;
            let target = json!({"kind": "Pod", "name": "x", "namespace": namespace, "uid": uid});
            json!({"addresses": [address], "targetRef": target})
        })
        .collect();
    let version = objects.version("discovery.k8s.io", "EndpointSlice");
    let object = json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]
    });
    objects
        .create("discovery.k8s.io", version, "EndpointSlice", object)
        .await;
}

async fn service(objects: &Objects, name: &str) {
    let ports = json!([{"name": "http", "port": 80, "targetPort": 8080}]);
    let object = json!({
        "metadata": {"name": name, "labels": {"exposes": name}},
        "spec": {"ports": ports, "externalIPs": ["203.0.113.7"]}
    });
    objects.create("", "v1", "Service", object).await;
}

/// The services of a pod are those whose slices name it.
pub(crate) async fn services_of_a_pod(kubeconfig: &Path, objects: &Objects) {
    let node = "saker-node-a";
    let first = objects
        .running_pod("first", node, json!({}), &["10.244.1.31"])
        .await;
    let second = objects
        .running_pod("second", node, json!({}), &["10.244.1.32"])
        .await;
    service(objects, "front").await;
    service(objects, "back").await;
    slice(
        objects,
        "front-a",
        "front",
        &[(&first, "10.244.1.31"), (&second, "10.244.1.32")],
    )
    .await;
    slice(objects, "back-a", "back", &[(&first, "10.244.1.31")]).await;
    // Two slices of one service are one service.
    slice(objects, "front-b", "front", &[(&first, "10.244.1.31")]).await;

    let scope = Scope::NODE_PODS.with(Scope::SERVICES);
    let watched = Watched::synced(config(kubeconfig, node), scope).await;
    let pod = watched.pod(&first).expect("the pod");
    assert_eq!(names(watched.cluster.services_of(&pod)), ["back", "front"]);
    let services = watched.cluster.services_of(&pod).known().expect("services");
    assert_eq!(services[0].labels.get("exposes"), Some("back"));
    let other = watched.pod(&second).expect("the pod");
    assert_eq!(names(watched.cluster.services_of(&other)), ["front"]);

    let version = objects.version("discovery.k8s.io", "EndpointSlice");
    objects
        .delete("discovery.k8s.io", version, "EndpointSlice", "back-a")
        .await;
    eventually("the pod left a service", || {
        names(watched.cluster.services_of(&pod)) == ["front"]
    })
    .await;
    for slice in ["front-a", "front-b"] {
        objects
            .delete("discovery.k8s.io", version, "EndpointSlice", slice)
            .await;
    }
    for name in ["front", "back"] {
        objects.delete("", "v1", "Service", name).await;
    }
    for name in ["first", "second"] {
        objects.delete("", "v1", "Pod", name).await;
    }
}

/// Both ends of a connection are found by their addresses.
pub(crate) async fn addresses(kubeconfig: &Path, objects: &Objects) {
    let node = "saker-node-c";
    objects
        .create("", "v1", "Node", json!({"metadata": {"name": node}}))
        .await;
    let status = json!([
        {"type": "InternalIP", "address": "198.51.100.3"}, {"type": "Hostname", "address": node}
    ]);
    objects
        .patch_status("Node", node, json!({"addresses": status}))
        .await;
    let uid = objects
        .running_pod("far", "saker-node-b", json!({}), &["10.244.2.5"])
        .await;
    let host = json!({"spec": {"hostNetwork": true}});
    objects
        .running_pod("host", "saker-node-b", host, &["198.51.100.2"])
        .await;
    service(objects, "shop").await;

    let watched = Watched::synced(config(kubeconfig, "saker-node-a"), everything()).await;
    let Answer::Known(Endpoint::Pod(pod)) = watched.endpoint("10.244.2.5") else {
        panic!("{:?}", watched.endpoint("10.244.2.5"));
    };
    assert_eq!(&*pod.uid, uid);
    assert_eq!(
        watched.endpoint("198.51.100.3"),
        Answer::Known(Endpoint::Node(node.into()))
    );
    assert_eq!(
        watched.endpoint("198.51.100.2"),
        Answer::Known(Endpoint::Node("saker-node-b".into()))
    );
    assert_eq!(
        watched.endpoint("192.0.2.1"),
        Answer::Known(Endpoint::External)
    );
    assert_eq!(watched.endpoint("127.0.0.1"), Answer::Unknown);
    let Answer::Known(Endpoint::Service(service)) = watched.endpoint("203.0.113.7") else {
        panic!("{:?}", watched.endpoint("203.0.113.7"));
    };
    let inside = service.addresses[0];
    assert_eq!(
        watched.cluster.endpoint(inside),
        Answer::Known(Endpoint::Service(service))
    );

    // The address of a pod that went is the next one's.
    objects.delete("", "v1", "Pod", "far").await;
    let next = objects
        .running_pod("next", "saker-node-b", json!({}), &["10.244.2.5"])
        .await;
    eventually("the address is the next pod's", || {
        matches!(watched.endpoint("10.244.2.5"), Answer::Known(Endpoint::Pod(pod)) if *pod.uid == *next)
    })
    .await;
    objects.delete("", "v1", "Service", "shop").await;
    for name in ["host", "next"] {
        objects.delete("", "v1", "Pod", name).await;
    }
}

/// A network policy is known whole.
pub(crate) async fn network_policies(kubeconfig: &Path, objects: &Objects) {
    let expression = json!({"key": "tier", "operator": "NotIn", "values": ["db", "cache"]});
    let outside = json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}});
    let spec = json!({
        "podSelector": {"matchLabels": {"app": "shop"}, "matchExpressions": [expression]},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [outside, {"namespaceSelector": {}}], "ports": [{"port": 8080}, {"port": "metrics", "protocol": "UDP"}]},
            {}
        ]
    });
    let policy = json!({"metadata": {"name": "only-web"}, "spec": spec});
    objects
        .create("networking.k8s.io", "v1", "NetworkPolicy", policy)
        .await;
    let watched =
        Watched::synced(config(kubeconfig, "saker-node-a"), Scope::NETWORK_POLICIES).await;
    let policies = watched.cluster.network_policies(&objects.namespace);
    assert_eq!(policies.len(), 1);
    let policy = &policies[0];
    assert_eq!(&*policy.name.name, "only-web");
    let tests: Vec<&LabelTest> = policy.pods.requirements.iter().map(|r| &r.test).collect();
    let is_shop = LabelTest::In(["shop".into()].into());
    let is_no_store = LabelTest::NotIn(["db".into(), "cache".into()].into());
    assert_eq!(tests, [&is_shop, &is_no_store]);
    assert_eq!(policy.egress, None);
    let rules = policy.ingress.as_ref().expect("rules");
    let block = |text| AddressBlock::parse(text).expect("a block");
    let expected = PolicyPeer::Addresses {
        block: block("10.0.0.0/8"),
        except: [block("10.1.0.0/16")].into(),
    };
    assert_eq!(rules[0].peers[0], expected);
    assert!(matches!(
        &rules[0].peers[1],
        PolicyPeer::Pods {
            namespaces: Some(_),
            pods: None
        }
    ));
    assert_eq!(
        rules[0].ports[0].ports,
        PolicyPorts::Range {
            first: 8080,
            last: 8080
        }
    );
    assert_eq!(
        rules[0].ports[1].ports,
        PolicyPorts::Named("metrics".into())
    );
    assert_eq!(rules[0].ports[1].protocol, PolicyProtocol::Udp);
    assert!(rules[1].peers.is_empty() && rules[1].ports.is_empty());
    objects
        .delete("networking.k8s.io", "v1", "NetworkPolicy", "only-web")
        .await;
    eventually("the policy is gone", || {
        watched
            .cluster
            .network_policies(&objects.namespace)
            .is_empty()
    })
    .await;
}
