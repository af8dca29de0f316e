//! What a cluster would say of the pods of a scene, as files.

use crate::mesh::{Proxies, Proxy};
use crate::pods::{Container, Pod};
use crate::scene::Scene;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// The namespace of both pods.
pub(crate) const NAMESPACE: &str = "shop";

/// The node of both pods.
pub(crate) const NODE: &str = "node";

/// Writes the objects of a scene, and those of a mesh, and returns the folder.
pub(crate) fn write(scene: &Scene, proxies: Option<(&Proxies, &str)>, objects: &[Value]) -> String {
    let of_mesh = |own: fn(&Proxies) -> &Proxy| {
        proxies.map(|(proxies, inject)| (&own(proxies).container, inject))
    };
    let client = pod(&scene.pair.client, &scene.client, of_mesh(|it| &it.client));
    let server = pod(&scene.pair.server, &scene.server, of_mesh(|it| &it.server));
    write_all(scene, &[&[client, server], objects].concat())
}

/// Writes objects and returns the folder.
pub(crate) fn write_all(scene: &Scene, objects: &[Value]) -> String {
    let folder = scene.path("manifests");
    std::fs::create_dir_all(&folder).expect("a folder");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(folder.join("objects.json"), list.to_string()).expect("a file");
    scene.text("manifests")
}

/// The node of all pods, with an address.
pub(crate) fn node(address: Ipv4Addr) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": NODE, "uid": "4e0de"},
        "status": {"addresses": [{"type": "InternalIP", "address": address.to_string()}]},
    })
}

/// The namespace, with labels and annotations.
pub(crate) fn namespace(labels: Value, annotations: Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": labels, "annotations": annotations},
    })
}

/// A policy of Istio for the whole namespace.
pub(crate) fn peer_authentication(mode: &str) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": NAMESPACE},
        "spec": {"mtls": {"mode": mode}},
    })
}

/// A pod with a container, and with a proxy's of a mesh.
pub(crate) fn pod(pod: &Pod, app: &Container, proxy: Option<(&Container, &str)>) -> Value {
    let containers: Vec<&Container> = [app].into_iter().chain(proxy.map(|(it, _)| it)).collect();
    let specification: Vec<Value> = containers.iter().map(|it| container(it)).collect();
    let statuses: Vec<Value> = containers.iter().map(|it| status(it)).collect();
    let annotations = match proxy {
        Some((_, "linkerd")) => json!({"linkerd.io/proxy-version": "edge-26.1.1"}),
        Some(_) => json!({"sidecar.istio.io/status": "{}"}),
        None => json!({}),
    };
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": app.name,
            "namespace": NAMESPACE,
            "uid": pod.uid,
            "labels": {"app": app.name},
            "annotations": annotations,
        },
        "spec": {"nodeName": NODE, "serviceAccountName": app.name, "containers": specification},
        "status": {
            "phase": "Running",
            "podIP": pod.v4.to_string(),
            "podIPs": [{"ip": pod.v4.to_string()}, {"ip": pod.v6.to_string()}],
            "containerStatuses": statuses,
        },
    })
}

/// A container as a pod's specification has it.
pub(crate) fn container(container: &Container) -> Value {
    json!({"name": container.name, "image": "test"})
}

/// A running container as a pod's status has it.
pub(crate) fn status(container: &Container) -> Value {
    json!({
        "name": container.name,
        "containerID": format!("containerd://{}", container.id),
        "ready": true,
        "started": true,
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    })
}
