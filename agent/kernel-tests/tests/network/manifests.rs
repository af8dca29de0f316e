//! What a cluster would say of the pods of a scene, as files.

use crate::mesh::Proxies;
use crate::pods::{Container, Pod};
use crate::scene::Scene;
use serde_json::{Value, json};

/// The namespace of both pods.
pub(crate) const NAMESPACE: &str = "shop";

/// Writes the objects of a scene, and those of a mesh, and returns the folder.
pub(crate) fn write(scene: &Scene, proxies: Option<(&Proxies, &str)>, objects: &[Value]) -> String {
    let folder = scene.path("manifests");
    std::fs::create_dir(&folder).expect("a folder");
    let [client, server] = [
        (&scene.pair.client, &scene.client),
        (&scene.pair.server, &scene.server),
    ]
    .map(|(pod, container)| {
        let proxy = proxies.map(|(proxies, inject)| {
            let of_client = container.name == scene.client.name;
            let proxy = if of_client {
                &proxies.client
            } else {
                &proxies.server
            };
            (&proxy.container, inject)
        });
        manifest(pod, container, proxy)
    });
    let items: Vec<Value> = [client, server]
        .into_iter()
        .chain(objects.iter().cloned())
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    std::fs::write(folder.join("objects.json"), list.to_string()).expect("a file");
    scene.text("manifests")
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

fn manifest(pod: &Pod, app: &Container, proxy: Option<(&Container, &str)>) -> Value {
    let containers: Vec<&Container> = [app].into_iter().chain(proxy.map(|(it, _)| it)).collect();
    let specification: Vec<Value> = containers
        .iter()
        .map(|container| json!({"name": container.name, "image": "test"}))
        .collect();
    let statuses: Vec<Value> = containers
        .iter()
        .map(|container| {
            json!({
                "name": container.name,
                "containerID": format!("containerd://{}", container.id),
                "ready": true,
                "started": true,
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            })
        })
        .collect();
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
        "spec": {"nodeName": "node", "serviceAccountName": app.name, "containers": specification},
        "status": {
            "phase": "Running",
            "podIP": pod.v4.to_string(),
            "podIPs": [{"ip": pod.v4.to_string()}, {"ip": pod.v6.to_string()}],
            "containerStatuses": statuses,
        },
    })
}
