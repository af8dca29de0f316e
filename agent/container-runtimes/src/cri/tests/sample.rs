//! A pod with one container, as containerd describes them.

use super::server::Known;
use crate::cri::messages::{
    ContainerMetadata, ContainerStatus, ContainerStatusResponse, FoundImage, ImageSpec,
    LinuxPodSandboxStatus, Mount, NAMESPACE_OF_NODE, Namespace, NamespaceOption,
    PodSandboxMetadata, PodSandboxNetworkStatus, PodSandboxStatus, PodSandboxStatusResponse,
};
use serde_json::json;
use std::collections::HashMap;

pub(crate) const CONTAINER: &str =
    "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
pub(crate) const SANDBOX: &str = "aa01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
pub(crate) const UID: &str = "3e41dc6b-08a8-44db-bc2a-3724b18ab19a";
pub(crate) const IMAGE_ID: &str =
    "1d01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";

/// The pod and its container.
pub(crate) fn known() -> Known {
    let image = FoundImage {
        id: "sha256:1d".to_owned(),
        repo_digests: vec!["docker.io/library/busybox@sha256:d9".to_owned()],
    };
    Known {
        containers: HashMap::from([(CONTAINER.to_owned(), container(CONTAINER))]),
        sandbox_of: HashMap::from([(CONTAINER.to_owned(), SANDBOX.to_owned())]),
        sandboxes: HashMap::from([(SANDBOX.to_owned(), sandbox())]),
        images: HashMap::from([("busybox:1".to_owned(), image)]),
        ..Known::default()
    }
}

/// The container, under an id.
pub(crate) fn container(id: &str) -> ContainerStatusResponse {
    let mount = |host: &str, inside: &str, readonly, propagation| Mount {
        container_path: inside.to_owned(),
        host_path: host.to_owned(),
        readonly,
        propagation,
    };
    let details = json!({
        "sandboxID": SANDBOX,
        "pid": 4711,
        "config": {
            "metadata": {"name": "server"},
            "image": {"image": format!("sha256:{IMAGE_ID}")},
            "linux": {"security_context": {"privileged": true}}
        },
        "runtimeSpec": {"annotations": {"io.kubernetes.cri.image-name": "other:1"}}
    });
    ContainerStatusResponse {
        status: Some(ContainerStatus {
            id: id.to_owned(),
            metadata: Some(ContainerMetadata {
                name: "server".to_owned(),
            }),
            created_at: 1_795_255_200_000_000_000,
            started_at: 1_795_255_201_000_000_000,
            image: Some(ImageSpec {
                image: "docker.io/library/busybox:1.36".to_owned(),
            }),
            image_ref: "docker.io/library/busybox@sha256:d1".to_owned(),
            labels: HashMap::from([
                ("app".to_owned(), "shop".to_owned()),
                ("long".to_owned(), "x".repeat(101)),
            ]),
            mounts: vec![
                mount("/srv/data", "/data", false, 0),
                mount("/etc/ssl", "/etc/ssl", true, 1),
                mount("/mnt", "/mnt", false, 2),
                mount("/x", "/x", false, 9),
            ],
            image_id: "sha256:other".to_owned(),
        }),
        info: HashMap::from([("info".to_owned(), details.to_string())]),
    }
}

fn sandbox() -> PodSandboxStatusResponse {
    let details = json!({
        "cniResult": {
            "Interfaces": {
                "lo": {"IPConfigs": [{"IP": "127.0.0.1"}]},
                "eth0": {"IPConfigs": [{"IP": "10.88.0.7"}]},
                "veth1a2b": {"IPConfigs": null}
            }
        }
    });
    PodSandboxStatusResponse {
        status: Some(PodSandboxStatus {
            id: SANDBOX.to_owned(),
            metadata: Some(PodSandboxMetadata {
                name: "web-0".to_owned(),
                uid: UID.to_owned(),
                namespace: "shop".to_owned(),
            }),
            created_at: 1_795_255_199_000_000_000,
            network: Some(PodSandboxNetworkStatus {
                ip: "10.88.0.7".to_owned(),
            }),
            linux: Some(LinuxPodSandboxStatus {
                namespaces: Some(Namespace {
                    options: Some(NamespaceOption {
                        network: 0,
                        pid: 1,
                        ipc: NAMESPACE_OF_NODE,
                    }),
                }),
            }),
            labels: HashMap::from([("tier".to_owned(), "front".to_owned())]),
        }),
        info: HashMap::from([("info".to_owned(), details.to_string())]),
    }
}
