//! A pod's sandbox as the interface describes it.

use super::container::time;
use super::messages::{NAMESPACE_OF_NODE, PodSandboxStatusResponse};
use crate::bounds;
use saker_container_metadata::{ContainerInfo, ContainerKind, PodSandbox};
use saker_process_state::{ContainerId, Runtime};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Most sandboxes that are kept: several times the pods of a node. The first ones make room.
const SANDBOXES_MAX: usize = 1_024;

/// A sandbox.
#[derive(Debug)]
pub(super) struct Sandbox {
    pod: Arc<PodSandbox>,
    host_pid: Option<bool>,
    host_network: Option<bool>,
    host_ipc: Option<bool>,
    created_wall_ns: Option<u64>,
}

impl Sandbox {
    /// Takes over what the runtime says.
    pub(super) fn read(answer: PodSandboxStatusResponse, label_max_len: usize) -> Option<Self> {
        let status = answer.status?;
        let namespaces = status
            .linux
            .and_then(|linux| linux.namespaces)
            .and_then(|namespaces| namespaces.options);
        let is_hosts = |mode: i32| mode == NAMESPACE_OF_NODE;
        let metadata = status.metadata.unwrap_or_default();
        let ip = status.network.and_then(|network| network.ip.parse().ok());
        let pod = PodSandbox {
            id: bounds::text(&status.id).unwrap_or_default(),
            name: bounds::text(&metadata.name),
            namespace: bounds::text(&metadata.namespace),
            uid: bounds::text(&metadata.uid),
            labels: Some(bounds::labels(status.labels, label_max_len)),
            ip,
            cni_json: cni_json(&answer.info),
        };
        Some(Self {
            pod: Arc::new(pod),
            host_pid: namespaces.as_ref().map(|modes| is_hosts(modes.pid)),
            host_network: namespaces.as_ref().map(|modes| is_hosts(modes.network)),
            host_ipc: namespaces.as_ref().map(|modes| is_hosts(modes.ipc)),
            created_wall_ns: time(status.created_at),
        })
    }

    /// The sandbox as a container.
    pub(super) fn info(&self, id: ContainerId, runtime: Runtime) -> ContainerInfo {
        let mut info = ContainerInfo {
            kind: ContainerKind::Sandbox,
            created_wall_ns: self.created_wall_ns,
            ..ContainerInfo::new(id, runtime)
        };
        self.complete(&mut info);
        info
    }

    /// Adds what a container has from its sandbox.
    pub(super) fn complete(&self, info: &mut ContainerInfo) {
        info.ip = self.pod.ip;
        info.cni_json.clone_from(&self.pod.cni_json);
        info.host_pid = self.host_pid;
        info.host_network = self.host_network;
        info.host_ipc = self.host_ipc;
        if let Some(labels) = &mut info.labels {
            let pod = &self.pod;
            // The kubelet's labels, where another client made the container.
            for (key, value) in [
                ("io.kubernetes.sandbox.id", Some(&pod.id)),
                ("io.kubernetes.pod.uid", pod.uid.as_ref()),
                ("io.kubernetes.pod.name", pod.name.as_ref()),
                ("io.kubernetes.pod.namespace", pod.namespace.as_ref()),
            ] {
                if let Some(value) = value {
                    labels.insert(key.into(), value.clone());
                }
            }
        }
        info.pod = Some(Arc::clone(&self.pod));
    }

    /// Whether nothing about it will change: it has its address, or none of its own.
    fn is_whole(&self) -> bool {
        self.pod.ip.is_some() || self.host_network == Some(true)
    }
}

/// What only this runtime says of a sandbox.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(rename = "cniResult")]
    cni_result: Option<Value>,
    #[serde(rename = "runtimeSpec")]
    runtime_spec: Option<RuntimeSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RuntimeSpec {
    annotations: Option<HashMap<String, String>>,
}

/// The interfaces that the network plugin made, without the loopback and the host's ends; of CRI-O
/// what it notes in an annotation.
fn cni_json(info: &HashMap<String, String>) -> Option<Box<str>> {
    let details: Details = serde_json::from_str(info.get("info")?).ok()?;
    let is_of_pod = |name: &str| name != "lo" && !name.starts_with("veth");
    // Keys begin with a capital in containerd, which has no names of its own for JSON.
    let interfaces = details.cni_result.and_then(|result| match result {
        Value::Object(mut result) => result
            .remove("Interfaces")
            .or_else(|| result.remove("interfaces")),
        _ => None,
    });
    let interfaces = match interfaces {
        Some(Value::Object(mut interfaces)) => {
            interfaces.retain(|name, _| is_of_pod(name));
            Value::Object(interfaces)
        }
        Some(Value::Array(mut interfaces)) => {
            interfaces.retain(|interface| {
                let name = interface.get("name").or_else(|| interface.get("Name"));
                name.and_then(Value::as_str).is_none_or(is_of_pod)
            });
            Value::Array(interfaces)
        }
        _ => {
            let annotations = details.runtime_spec?.annotations?;
            let noted = annotations.get("io.kubernetes.cri-o.CNIResult")?;
            return Some(bounds::cni_json(noted));
        }
    };
    Some(bounds::cni_json(&interfaces.to_string()))
}

/// Sandboxes that were asked about, so that the containers of a pod share what is known of it.
#[derive(Debug, Default)]
pub(super) struct Sandboxes {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    sandboxes: HashMap<Box<str>, Arc<Sandbox>>,
    order: VecDeque<Box<str>>,
}

impl Sandboxes {
    /// The sandbox with this id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Sandbox>> {
        self.lock(|kept| kept.sandboxes.get(id).cloned())
    }

    /// Keeps a sandbox, unless more about it will become known.
    pub(super) fn keep(&self, sandbox: Sandbox) -> Arc<Sandbox> {
        let sandbox = Arc::new(sandbox);
        if !sandbox.is_whole() {
            return sandbox;
        }
        self.lock(|kept| {
            let id = sandbox.pod.id.clone();
            if kept
                .sandboxes
                .insert(id.clone(), Arc::clone(&sandbox))
                .is_none()
            {
                kept.order.push_back(id);
            }
            while kept.order.len() > SANDBOXES_MAX {
                if let Some(first) = kept.order.pop_front() {
                    kept.sandboxes.remove(&first);
                }
            }
        });
        sandbox
    }

    /// Forgets a sandbox that ended.
    pub(super) fn forget(&self, id: &str) {
        self.lock(|kept| {
            if kept.sandboxes.remove(id).is_some() {
                kept.order.retain(|kept| **kept != *id);
            }
        });
    }

    fn lock<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        change(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
