//! Containers of CRI-O and podman: `<driver>-containers/<id>/userdata/config.json`, such as
//! `overlay-containers`.

use super::bundle::with_namespaces;
use super::file::{self, Folder, null_as_default};
use super::oci::{Mounts, Spec};
use super::{Owner, Privileges, State};
use crate::config::Engine;
use crate::error::RuntimeError;
use crate::{bounds, image};
use saker_container_metadata::{ContainerInfo, ContainerKind, Image, Labels, PodSandbox};
use saker_process_state::{ContainerId, Runtime};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Where both keep containers: the part that goes away with a reboot, which has the specification
/// that is run, and the part that stays.
pub(super) const STORAGES: [&str; 2] = ["/run/containers/storage", "/var/lib/containers/storage"];

/// Drivers of the storage that keep a folder of containers each, the usual one first. A host has one.
const DRIVERS: [&str; 4] = ["overlay", "vfs", "btrfs", "zfs"];

/// The list of all containers with their names, below a folder of containers. Those that are removed when they
/// end are in a list of their own, in the part of the storage that goes away.
const LISTS: [&str; 2] = ["containers.json", "volatile-containers.json"];

/// The folders in which containers may lie.
fn parents() -> impl Iterator<Item = String> {
    let of_driver =
        |driver: &'static str| STORAGES.map(|storage| format!("{storage}/{driver}-containers"));
    DRIVERS.into_iter().flat_map(of_driver)
}

/// Looks for a container of CRI-O or podman.
pub(super) fn find(folder: &Folder<'_>) -> Result<Option<State>, RuntimeError> {
    for parent in parents() {
        if let Some(spec) = file::read(&folder.path(&parent, "userdata/config.json"))? {
            return Ok(of_annotations(folder, &spec, Some(&parent)));
        }
    }
    Ok(None)
}

/// A container by the annotations of CRI-O or podman; `None` where it has none of them. `parent` is
/// the folder in which the sandbox may lie.
pub(super) fn of_annotations(
    folder: &Folder<'_>,
    spec: &Spec,
    parent: Option<&str>,
) -> Option<State> {
    match spec.annotation("io.container.manager") {
        Some("libpod") => Some(of_podman(folder, spec)),
        _ if spec.annotation("io.kubernetes.cri-o.ContainerID").is_some()
            || spec.annotation("io.container.manager") == Some("cri-o") =>
        {
            Some(of_crio(folder, spec, parent))
        }
        _ => None,
    }
}

fn of_crio(folder: &Folder<'_>, spec: &Spec, parent: Option<&str>) -> State {
    let annotation = |key: &str| spec.annotation(&format!("io.kubernetes.cri-o.{key}"));
    let is_sandbox = annotation("ContainerType") == Some("sandbox");
    let sandbox: Option<Spec> = annotation("SandboxID")
        .filter(|_| !is_sandbox)
        .and_then(|id| {
            let path = folder.other(id)?.path(parent?, "userdata/config.json");
            // Without it less is known.
            file::read(&path).ok()?
        });
    let of_sandbox = if is_sandbox {
        Some(spec)
    } else {
        sandbox.as_ref()
    };
    let sandbox_annotation = |key: &str| {
        of_sandbox.and_then(|sandbox| sandbox.annotation(&format!("io.kubernetes.cri-o.{key}")))
    };
    let labels = labels(annotation("Labels"));
    let pod_labels = of_sandbox.map(|_| self::labels(sandbox_annotation("Labels")));
    let label = |key: &str| labels.get(key).map(String::as_str);
    let pod_name = sandbox_annotation("KubeName").or_else(|| label("io.kubernetes.pod.name"));
    let namespace =
        sandbox_annotation("Namespace").or_else(|| label("io.kubernetes.pod.namespace"));
    let pod = PodSandbox {
        id: annotation("SandboxID")
            .and_then(bounds::text)
            .unwrap_or_default(),
        name: pod_name.and_then(bounds::text),
        namespace: namespace.and_then(bounds::text),
        uid: label("io.kubernetes.pod.uid").and_then(bounds::text),
        labels: pod_labels.map(|labels| bounds::labels(labels, folder.label_max_len())),
        ip: sandbox_annotation("IP.0").and_then(|ip| ip.parse().ok()),
        cni_json: sandbox_annotation("CNIResult").map(bounds::cni_json),
    };
    let mut info = ContainerInfo {
        ip: pod.ip,
        cni_json: pod.cni_json.clone(),
        created_wall_ns: annotation("Created").and_then(file::time),
        ..ContainerInfo::new(ContainerId::new(folder.id()), Runtime::Crio)
    };
    if let Some(sandbox) = of_sandbox {
        info = with_namespaces(info, sandbox);
    }
    if is_sandbox {
        info.kind = ContainerKind::Sandbox;
    } else {
        let name = label("io.kubernetes.container.name");
        info.name = name.and_then(bounds::text);
        let asked = annotation("ImageName").or_else(|| annotation("Image"));
        info.image = Image {
            id: annotation("ImageRef").and_then(|id| bounds::text(image::plain_id(id))),
            ..asked.map(image::of_reference).unwrap_or_default()
        };
        info.privileged = Some(spec.is_privileged());
        info.mounts = Some(spec.mounts(Mounts::Asked));
        let mut all = bounds::labels(&labels, folder.label_max_len());
        all.append(&mut labels_of_pod(&pod, name, folder.label_max_len()));
        info.labels = Some(all);
    }
    info.pod = (!pod.id.is_empty()).then(|| Arc::new(pod));
    State {
        info,
        owner: Owner::Engine(Engine::Cri),
        privileges: Privileges::Guessed,
    }
}

fn of_podman(folder: &Folder<'_>, spec: &Spec) -> State {
    let said = spec
        .annotation("io.podman.annotations.privileged")
        .map(|said| said.eq_ignore_ascii_case("true"));
    let privileges = match said {
        Some(_) => Privileges::Said,
        None => Privileges::Guessed,
    };
    let is_infra = spec.annotation("io.kubernetes.cri-o.ContainerType") == Some("sandbox");
    let listed = listed(folder).unwrap_or_default();
    let image = Image {
        id: bounds::text(image::plain_id(&listed.image_id)),
        ..image::of_reference(&listed.image_name)
    };
    let info = ContainerInfo {
        kind: if is_infra {
            ContainerKind::Infra
        } else {
            ContainerKind::Container
        },
        name: bounds::text(&listed.name),
        image,
        privileged: Some(said.unwrap_or_else(|| spec.is_privileged())),
        mounts: Some(spec.mounts(Mounts::Asked)),
        created_wall_ns: spec
            .annotation("io.kubernetes.cri-o.Created")
            .and_then(file::time),
        ..ContainerInfo::new(ContainerId::new(folder.id()), Runtime::Podman)
    };
    State {
        info: with_namespaces(info, spec),
        owner: Owner::Engine(Engine::Podman),
        privileges,
    }
}

/// A container in a list.
#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    metadata: String,
}

/// What the list keeps for podman: JSON in JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct ListedMetadata {
    name: String,
    image_name: String,
    image_id: String,
}

/// Name and image, which the specification of podman lacks.
fn listed(folder: &Folder<'_>) -> Option<ListedMetadata> {
    let lists = parents().flat_map(|parent| LISTS.map(|list| format!("{parent}/{list}")));
    lists.into_iter().find_map(|list| {
        // A list that cannot be read is one that does not know the container.
        let all: Vec<Listed> = file::read(&folder.on_host(Path::new(&list))).ok()??;
        let found = all.into_iter().find(|listed| listed.id == folder.id())?;
        serde_json::from_str(&found.metadata).ok()
    })
}

/// Labels that are written as JSON.
fn labels(json: Option<&str>) -> BTreeMap<String, String> {
    json.and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

/// The labels that the kubelet gives a container of a pod.
pub(super) fn labels_of_pod(
    pod: &PodSandbox,
    container_name: Option<&str>,
    label_max_len: usize,
) -> Labels {
    let labels = [
        ("io.kubernetes.container.name", container_name),
        ("io.kubernetes.pod.name", pod.name.as_deref()),
        ("io.kubernetes.pod.namespace", pod.namespace.as_deref()),
        ("io.kubernetes.pod.uid", pod.uid.as_deref()),
        (
            "io.kubernetes.sandbox.id",
            Some(&*pod.id).filter(|id| !id.is_empty()),
        ),
    ];
    let there = labels
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    bounds::labels(there, label_max_len)
}
