//! Containers of Docker: `config.v2.json` and `hostconfig.json`.

use super::file::{self, Folder, null_as_default};
use super::{Owner, Privileges, State};
use crate::config::Engine;
use crate::error::RuntimeError;
use crate::{bounds, image};
use saker_container_metadata::{ContainerInfo, ContainerKind, Image, Mount};
use saker_process_state::{ContainerId, Runtime};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where Docker keeps containers, unless it is told otherwise.
pub(super) const CONTAINERS: &str = "/var/lib/docker/containers";

/// What is read of `config.v2.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Container {
    name: String,
    created: String,
    /// `sha256:…`.
    image: String,
    #[serde(deserialize_with = "null_as_default")]
    config: Config,
    /// By the path in the container.
    #[serde(deserialize_with = "null_as_default")]
    mount_points: BTreeMap<String, MountPoint>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    image: String,
    #[serde(deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct MountPoint {
    source: String,
    relabel: String,
    #[serde(rename = "RW")]
    rw: bool,
    propagation: String,
}

/// What is read of `hostconfig.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HostConfig {
    privileged: bool,
    network_mode: String,
    pid_mode: String,
    ipc_mode: String,
}

/// Looks for a container of Docker.
pub(super) fn find(folder: &Folder<'_>) -> Result<Option<State>, RuntimeError> {
    let Some(container) = file::read::<Container>(&folder.path(CONTAINERS, "config.v2.json"))?
    else {
        return Ok(None);
    };
    let host: Option<HostConfig> = file::read(&folder.path(CONTAINERS, "hostconfig.json"))?;
    let is_hosts = |mode: fn(&HostConfig) -> &str| host.as_ref().map(|host| mode(host) == "host");
    let name = container.name.strip_prefix('/').unwrap_or(&container.name);
    let mounts = container
        .mount_points
        .into_iter()
        .map(|(path, mount)| Mount {
            source: mount.source.into(),
            destination: path.into(),
            mode: mount.relabel.into(),
            is_writable: mount.rw,
            propagation: mount.propagation.into(),
        });
    let info = ContainerInfo {
        // Kubernetes with dockershim or cri-dockerd names its sandboxes so.
        kind: if name.contains("k8s_POD") {
            ContainerKind::Sandbox
        } else {
            ContainerKind::Container
        },
        name: bounds::text(name),
        image: Image {
            id: bounds::text(image::plain_id(&container.image)),
            ..image::of_reference(&container.config.image)
        },
        privileged: host.as_ref().map(|host| host.privileged),
        mounts: Some(bounds::mounts(mounts)),
        labels: Some(bounds::labels(
            container.config.labels,
            folder.label_max_len(),
        )),
        host_pid: is_hosts(|host| &host.pid_mode),
        host_network: is_hosts(|host| &host.network_mode),
        host_ipc: is_hosts(|host| &host.ipc_mode),
        created_wall_ns: file::time(&container.created),
        ..ContainerInfo::new(ContainerId::new(folder.id()), Runtime::Docker)
    };
    Ok(Some(State {
        info,
        owner: Owner::Engine(Engine::Docker),
        privileges: Privileges::Said,
    }))
}
