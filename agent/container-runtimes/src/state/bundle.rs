//! Bundles of containerd, and of whoever else runs `runc`: `<bundle>/config.json`.

use super::file::{self, Folder, null_as_default};
use super::oci::{Mounts, Spec};
use super::storage;
use super::{Owner, Privileges, State};
use crate::config::Engine;
use crate::error::RuntimeError;
use crate::{bounds, image};
use saker_container_metadata::{ContainerInfo, ContainerKind, PodSandbox};
use saker_process_state::{ContainerId, Runtime};
use serde::Deserialize;
use std::path::{Component, Path};
use std::sync::Arc;

/// Where containerd keeps bundles, one folder for each of its namespaces: as Kubernetes, k3s, Docker
/// and Bottlerocket start it.
pub(super) const TASKS: [&str; 5] = [
    "/run/containerd/io.containerd.runtime.v2.task",
    "/run/k3s/containerd/io.containerd.runtime.v2.task",
    "/run/docker/containerd/daemon/io.containerd.runtime.v2.task",
    "/run/host-containerd/io.containerd.runtime.v2.task",
    "/run/containerd/io.containerd.runtime.v1.linux",
];

/// Where `runc` notes where bundles lie: below a folder for each namespace.
const RUNC_NAMESPACES: [&str; 3] = [
    "/run/containerd/runc",
    "/run/k3s/containerd/runc",
    "/run/docker/runtime-runc",
];

/// Where `runc` notes it when it is called without a folder of one's own.
pub(super) const RUNC: &str = "/run/runc";

/// The namespace of containerd's CRI plugin.
const CRI_NAMESPACE: &str = "k8s.io";

/// The namespace of Docker.
const DOCKER_NAMESPACE: &str = "moby";

/// Looks for the bundle of a container.
pub(super) fn find(folder: &Folder<'_>) -> Result<Option<State>, RuntimeError> {
    for parent in TASKS {
        for namespace in folder.namespaces(parent) {
            let parent = format!("{parent}/{namespace}");
            if let Some(spec) = file::read(&folder.path(&parent, "config.json"))? {
                let sandbox = sandbox_spec(folder, &parent, &spec);
                return Ok(Some(state(folder, &spec, sandbox.as_ref(), &namespace)));
            }
        }
    }
    for parent in RUNC_NAMESPACES {
        for namespace in folder.namespaces(parent) {
            let parent = format!("{parent}/{namespace}");
            if let Some(spec) = noted(folder, &parent)? {
                return Ok(Some(state(folder, &spec, None, &namespace)));
            }
        }
    }
    Ok(noted(folder, RUNC)?.map(|spec| {
        // CRI-O and podman call `runc` like this, too.
        storage::of_annotations(folder, &spec, None)
            .unwrap_or_else(|| state(folder, &spec, None, ""))
    }))
}

/// What `runc` notes about a container.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Noted {
    #[serde(deserialize_with = "null_as_default")]
    config: NotedConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NotedConfig {
    #[serde(deserialize_with = "null_as_default")]
    labels: Vec<String>,
}

/// The specification in the bundle that `runc` notes.
fn noted(folder: &Folder<'_>, parent: &str) -> Result<Option<Spec>, RuntimeError> {
    let Some(noted) = file::read::<Noted>(&folder.path(parent, "state.json"))? else {
        return Ok(None);
    };
    let bundle = noted
        .config
        .labels
        .iter()
        .find_map(|label| label.strip_prefix("bundle="))
        .map(Path::new)
        .filter(|bundle| {
            bundle.is_absolute()
                && !bundle
                    .components()
                    .any(|component| component == Component::ParentDir)
        });
    match bundle {
        Some(bundle) => file::read(&folder.on_host(bundle).join("config.json")),
        None => Ok(None),
    }
}

/// The specification of the sandbox that a container belongs to.
fn sandbox_spec(folder: &Folder<'_>, parent: &str, spec: &Spec) -> Option<Spec> {
    let sandbox = spec.annotation("io.kubernetes.cri.sandbox-id")?;
    let path = folder.other(sandbox)?.path(parent, "config.json");
    // Without it less is known.
    file::read(&path).ok()?
}

fn state(folder: &Folder<'_>, spec: &Spec, sandbox: Option<&Spec>, namespace: &str) -> State {
    let id = ContainerId::new(folder.id());
    let owner = match namespace {
        CRI_NAMESPACE => Owner::Engine(Engine::Cri),
        DOCKER_NAMESPACE => Owner::Engine(Engine::Docker),
        _ => Owner::Nobody,
    };
    let info = match owner {
        Owner::Engine(Engine::Cri) => of_cri(folder, id, spec, sandbox),
        Owner::Engine(Engine::Docker) => ContainerInfo {
            privileged: Some(spec.is_privileged()),
            mounts: Some(spec.mounts(Mounts::Asked)),
            ..with_namespaces(ContainerInfo::new(id, Runtime::Docker), spec)
        },
        _ => of_tools(id, spec),
    };
    State {
        info,
        owner,
        privileges: Privileges::Guessed,
    }
}

/// A container that `ctr` or `nerdctl` made. Falco shows the id as its name.
fn of_tools(id: ContainerId, spec: &Spec) -> ContainerInfo {
    let name = spec
        .annotation("nerdctl/name")
        .unwrap_or_else(|| id.short());
    ContainerInfo {
        name: bounds::text(name),
        privileged: Some(spec.is_privileged()),
        mounts: Some(spec.mounts(Mounts::All)),
        ..with_namespaces(ContainerInfo::new(id, Runtime::Containerd), spec)
    }
}

/// A container that containerd's CRI plugin made. It joins the namespaces of its sandbox by their
/// paths, also where they are the host's: only the sandbox's specification tells.
fn of_cri(
    folder: &Folder<'_>,
    id: ContainerId,
    spec: &Spec,
    sandbox: Option<&Spec>,
) -> ContainerInfo {
    let annotation = |key: &str| spec.annotation(&format!("io.kubernetes.cri.{key}"));
    let is_sandbox = annotation("container-type") == Some("sandbox");
    let sandbox = if is_sandbox { Some(spec) } else { sandbox };
    let pod = PodSandbox {
        id: bounds::text(annotation("sandbox-id").unwrap_or_default()).unwrap_or_default(),
        name: annotation("sandbox-name").and_then(bounds::text),
        namespace: annotation("sandbox-namespace").and_then(bounds::text),
        uid: annotation("sandbox-uid").and_then(bounds::text),
        ..PodSandbox::default()
    };
    let mut info = ContainerInfo::new(id, Runtime::Containerd);
    if let Some(sandbox) = sandbox {
        info = with_namespaces(info, sandbox);
    }
    if is_sandbox {
        info.kind = ContainerKind::Sandbox;
    } else {
        let name = annotation("container-name");
        info.name = name.and_then(bounds::text);
        info.image = annotation("image-name")
            .map(image::of_reference)
            .unwrap_or_default();
        info.privileged = Some(spec.is_privileged());
        info.mounts = Some(spec.mounts(Mounts::Asked));
        info.labels = Some(storage::labels_of_pod(&pod, name, folder.label_max_len()));
    }
    info.pod = (!pod.id.is_empty()).then(|| Arc::new(pod));
    info
}

/// Whose namespaces a specification asks for.
pub(super) fn with_namespaces(info: ContainerInfo, spec: &Spec) -> ContainerInfo {
    ContainerInfo {
        host_pid: Some(spec.is_hosts("pid")),
        host_network: Some(spec.is_hosts("network")),
        host_ipc: Some(spec.is_hosts("ipc")),
        ..info
    }
}
