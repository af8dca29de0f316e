//! Containers in a form that later versions can read: fields by name, those that are missing have their
//! default.

use saker_container_metadata::{
    Command, ContainerInfo, ContainerKind, Image, Labels, Mount, PodSandbox, Probes,
};
use saker_process_state::{ContainerId, Runtime};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// The names of runtimes; one that has none is not known.
const RUNTIMES: &[(&str, Runtime)] = &[
    ("docker", Runtime::Docker),
    ("containerd", Runtime::Containerd),
    ("cri-o", Runtime::Crio),
    ("podman", Runtime::Podman),
    ("lxc", Runtime::Lxc),
    ("libvirt-lxc", Runtime::LibvirtLxc),
    ("systemd-nspawn", Runtime::Nspawn),
    ("garden", Runtime::Garden),
    ("bpm", Runtime::Bpm),
];

/// What a runtime said about a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredContainer {
    id: Box<str>,
    runtime: Option<Box<str>>,
    kind: StoredKind,
    name: Option<Box<str>>,
    image: StoredImage,
    privileged: Option<bool>,
    mounts: Option<Vec<StoredMount>>,
    labels: Option<Labels>,
    ip: Option<IpAddr>,
    cni_json: Option<Box<str>>,
    host_pid: Option<bool>,
    host_network: Option<bool>,
    host_ipc: Option<bool>,
    created_wall_ns: Option<u64>,
    started_wall_ns: Option<u64>,
    healthcheck: Option<StoredCommand>,
    liveness: Option<StoredCommand>,
    readiness: Option<StoredCommand>,
    pod: Option<StoredPod>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum StoredKind {
    #[default]
    Container,
    Sandbox,
    Infra,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredImage {
    reference: Option<Box<str>>,
    id: Option<Box<str>>,
    repository: Option<Box<str>>,
    tag: Option<Box<str>>,
    digest: Option<Box<str>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredMount {
    source: Box<str>,
    destination: Box<str>,
    mode: Box<str>,
    is_writable: bool,
    propagation: Box<str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredCommand {
    exe: Box<str>,
    arguments: Box<[Box<str>]>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredPod {
    id: Box<str>,
    name: Option<Box<str>>,
    namespace: Option<Box<str>>,
    uid: Option<Box<str>>,
    labels: Option<Labels>,
    ip: Option<IpAddr>,
    cni_json: Option<Box<str>>,
}

impl StoredContainer {
    /// Bytes of its texts, and of what holds them.
    pub(super) fn text_bytes(&self) -> usize {
        let mut sum = Sum::default();
        sum.add(&[&self.name, &self.cni_json, &self.runtime]);
        let image = &self.image;
        sum.add(&[
            &image.reference,
            &image.id,
            &image.repository,
            &image.tag,
            &image.digest,
        ]);
        for mount in self.mounts.iter().flatten() {
            sum.text(&mount.source);
            sum.text(&mount.destination);
            sum.text(&mount.mode);
            sum.text(&mount.propagation);
        }
        for command in [&self.healthcheck, &self.liveness, &self.readiness]
            .into_iter()
            .flatten()
        {
            sum.text(&command.exe);
            command.arguments.iter().for_each(|text| sum.text(text));
        }
        sum.labels(self.labels.as_ref());
        if let Some(pod) = &self.pod {
            sum.add(&[&pod.name, &pod.namespace, &pod.uid, &pod.cni_json]);
            sum.labels(pod.labels.as_ref());
        }
        sum.0
    }
}

/// Adds up texts, each with what holds it.
#[derive(Default)]
struct Sum(usize);

impl Sum {
    fn text(&mut self, text: &str) {
        let bytes = text.len().saturating_add(size_of::<Box<str>>());
        self.0 = self.0.saturating_add(bytes);
    }

    fn add(&mut self, texts: &[&Option<Box<str>>]) {
        for text in texts.iter().copied().flatten() {
            self.text(text);
        }
    }

    fn labels(&mut self, labels: Option<&Labels>) {
        for (key, value) in labels.into_iter().flatten() {
            self.text(key);
            self.text(value);
        }
    }
}

impl From<&ContainerInfo> for StoredContainer {
    fn from(info: &ContainerInfo) -> Self {
        let runtime = RUNTIMES.iter().find(|(_, it)| *it == info.runtime);
        Self {
            id: info.id.full().into(),
            runtime: runtime.map(|(name, _)| (*name).into()),
            kind: match info.kind {
                ContainerKind::Container => StoredKind::Container,
                ContainerKind::Sandbox => StoredKind::Sandbox,
                ContainerKind::Infra => StoredKind::Infra,
            },
            name: info.name.clone(),
            image: StoredImage {
                reference: info.image.reference.clone(),
                id: info.image.id.clone(),
                repository: info.image.repository.clone(),
                tag: info.image.tag.clone(),
                digest: info.image.digest.clone(),
            },
            privileged: info.privileged,
            mounts: info
                .mounts
                .as_ref()
                .map(|mounts| mounts.iter().map(StoredMount::from).collect()),
            labels: info.labels.clone(),
            ip: info.ip,
            cni_json: info.cni_json.clone(),
            host_pid: info.host_pid,
            host_network: info.host_network,
            host_ipc: info.host_ipc,
            created_wall_ns: info.created_wall_ns,
            started_wall_ns: info.started_wall_ns,
            healthcheck: info.probes.healthcheck.as_ref().map(StoredCommand::from),
            liveness: info.probes.liveness.as_ref().map(StoredCommand::from),
            readiness: info.probes.readiness.as_ref().map(StoredCommand::from),
            pod: info.pod.as_deref().map(StoredPod::from),
        }
    }
}

impl From<StoredContainer> for ContainerInfo {
    fn from(stored: StoredContainer) -> Self {
        let name = stored.runtime.as_deref();
        let runtime = RUNTIMES.iter().find(|(known, _)| Some(*known) == name);
        Self {
            id: ContainerId::new(&stored.id),
            runtime: runtime.map_or(Runtime::Unknown, |(_, runtime)| *runtime),
            kind: match stored.kind {
                StoredKind::Container => ContainerKind::Container,
                StoredKind::Sandbox => ContainerKind::Sandbox,
                StoredKind::Infra => ContainerKind::Infra,
            },
            name: stored.name,
            image: Image {
                reference: stored.image.reference,
                id: stored.image.id,
                repository: stored.image.repository,
                tag: stored.image.tag,
                digest: stored.image.digest,
            },
            privileged: stored.privileged,
            mounts: stored
                .mounts
                .map(|mounts| mounts.into_iter().map(Mount::from).collect()),
            labels: stored.labels,
            ip: stored.ip,
            cni_json: stored.cni_json,
            host_pid: stored.host_pid,
            host_network: stored.host_network,
            host_ipc: stored.host_ipc,
            created_wall_ns: stored.created_wall_ns,
            started_wall_ns: stored.started_wall_ns,
            probes: Probes {
                healthcheck: stored.healthcheck.map(Command::from),
                liveness: stored.liveness.map(Command::from),
                readiness: stored.readiness.map(Command::from),
            },
            pod: stored.pod.map(|pod| Arc::new(PodSandbox::from(pod))),
        }
    }
}

impl From<&Mount> for StoredMount {
    fn from(mount: &Mount) -> Self {
        Self {
            source: mount.source.clone(),
            destination: mount.destination.clone(),
            mode: mount.mode.clone(),
            is_writable: mount.is_writable,
            propagation: mount.propagation.clone(),
        }
    }
}

impl From<StoredMount> for Mount {
    fn from(stored: StoredMount) -> Self {
        Self {
            source: stored.source,
            destination: stored.destination,
            mode: stored.mode,
            is_writable: stored.is_writable,
            propagation: stored.propagation,
        }
    }
}

impl From<&Command> for StoredCommand {
    fn from(command: &Command) -> Self {
        Self {
            exe: command.exe.clone(),
            arguments: command.arguments.clone(),
        }
    }
}

impl From<StoredCommand> for Command {
    fn from(stored: StoredCommand) -> Self {
        Self {
            exe: stored.exe,
            arguments: stored.arguments,
        }
    }
}

impl From<&PodSandbox> for StoredPod {
    fn from(pod: &PodSandbox) -> Self {
        Self {
            id: pod.id.clone(),
            name: pod.name.clone(),
            namespace: pod.namespace.clone(),
            uid: pod.uid.clone(),
            labels: pod.labels.clone(),
            ip: pod.ip,
            cni_json: pod.cni_json.clone(),
        }
    }
}

impl From<StoredPod> for PodSandbox {
    fn from(stored: StoredPod) -> Self {
        Self {
            id: stored.id,
            name: stored.name,
            namespace: stored.namespace,
            uid: stored.uid,
            labels: stored.labels,
            ip: stored.ip,
            cni_json: stored.cni_json,
        }
    }
}
