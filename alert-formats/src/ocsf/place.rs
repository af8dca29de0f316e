//! Where it happened: container, pod, node.

use saker_proto::v1::{Alert, Node, Pod};
use serde_json::Value;

use crate::facts;
use crate::object::{Object, text};

/// Nothing is said about what kind of device a node is.
const DEVICE_TYPE_UNKNOWN: u32 = 0;

pub(super) fn container(alert: &Alert) -> Object {
    let mut object = Object::default();
    let Some(container) = &alert.container else {
        return object;
    };
    let uid = match &*container.full_id {
        "" => &container.id,
        id => id,
    };
    object.add_text("uid", uid);
    object.add_text("name", &container.name);
    object.add_text("runtime", &container.runtime);
    let uid = match &*container.image_digest {
        "" => &container.image,
        digest => digest,
    };
    if !uid.is_empty() {
        let mut image = Object::default();
        image.add_text("uid", uid);
        image.add_text("name", &container.image_repository);
        image.add_text("tag", &container.image_tag);
        object.add("image", image);
    }
    if let Some(pod) = &alert.pod {
        object.add("orchestrator", "kubernetes");
        // The uid that a node gives a static pod is no UUID.
        if is_uuid(&pod.uid) {
            object.add_text("pod_uuid", &pod.uid);
        }
    }
    object.with_one_of(&["uid", "name"])
}

fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

pub(super) fn device(node: &Node) -> Object {
    let mut device = Object::default();
    device.add("type_id", DEVICE_TYPE_UNKNOWN);
    device.add("type", "Unknown");
    device.add_text("hostname", &node.hostname);
    device.add_text("name", &node.kubernetes_name);
    device.add_text("boot_uid", &node.boot_id);
    device.with_one_of(&["hostname", "name"])
}

/// The pod, what it exists for, what a request is about, and the cluster.
pub(super) fn resources(alert: &Alert) -> Value {
    let mut resources = Vec::new();
    if let Some(pod) = &alert.pod {
        let resource = resource_of(pod);
        if !resource.is_empty() {
            resources.push(Value::from(resource));
        }
        if !pod.workload_name.is_empty() {
            let mut workload = Object::default();
            workload.add_text("type", &pod.workload_kind);
            workload.add_text("name", &pod.workload_name);
            workload.add_text("namespace", &pod.namespace);
            resources.push(workload.into());
        }
    }
    if let Some(request) = facts::request(alert) {
        let mut target = Object::default();
        target.add_text("type", &request.resource);
        target.add_text("name", &request.name);
        target.add_text("namespace", &request.namespace);
        let target = target.with_one_of(&["name"]);
        if !target.is_empty() {
            resources.push(target.into());
        }
    }
    if !alert.cluster.is_empty() {
        let mut cluster = Object::default();
        cluster.add("type", "Cluster");
        cluster.add_text("name", &alert.cluster);
        resources.push(cluster.into());
    }
    resources.into()
}

fn resource_of(pod: &Pod) -> Object {
    let mut resource = Object::default();
    resource.add("type", "Pod");
    resource.add_text("uid", &pod.uid);
    resource.add_text("name", &pod.name);
    resource.add_text("namespace", &pod.namespace);
    let mut labels: Vec<_> = pod.labels.iter().collect();
    labels.sort();
    let labels = labels.into_iter();
    let labels = labels.map(|(key, value)| text(&format!("{key}:{value}")));
    resource.add("labels", labels.collect::<Value>());
    resource.with_one_of(&["uid", "name"])
}
