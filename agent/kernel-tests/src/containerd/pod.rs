//! What pods and containers are made of.

use super::messages::{
    ContainerConfig, ContainerMetadata, ContainerSecurityContext, ImageSpec, LinuxContainerConfig,
    LinuxPodSandboxConfig, Mount, NAMESPACE_CONTAINER, NAMESPACE_NODE, NAMESPACE_POD,
    NamespaceOption, PodSandboxConfig, PodSandboxMetadata, SandboxSecurityContext,
};
use std::collections::HashMap;

/// A pod to be made.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its uid; the control group has it in its name.
    pub uid: String,
    /// Labels, beside those that the kubelet adds.
    pub labels: Vec<(String, String)>,
    /// Whether it has namespaces of its own.
    pub namespaces: Namespaces,
    /// Whether containers in it may be privileged.
    pub privileged: bool,
}

/// Whose namespaces a pod has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Namespaces {
    /// Its own.
    #[default]
    Own,
    /// The host's, of processes, network and inter-process communication.
    Host,
}

impl Pod {
    /// A pod in the namespace `shop`. Its uid is made of its name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut uid = [0; 16];
        for (byte, of_name) in uid.iter_mut().zip(name.bytes().cycle()) {
            *byte = of_name;
        }
        let uid = u128::from_be_bytes(uid) ^ u128::from(std::process::id());
        let hex = format!("{uid:032x}");
        let (first, second, third) = (&hex[..8], &hex[8..12], &hex[12..16]);
        let (fourth, fifth) = (&hex[16..20], &hex[20..]);
        Self {
            name: name.to_owned(),
            namespace: "shop".to_owned(),
            uid: format!("{first}-{second}-{third}-{fourth}-{fifth}"),
            labels: Vec::new(),
            namespaces: Namespaces::default(),
            privileged: false,
        }
    }

    /// Path of its control group, as the kubelet chooses it with the driver `cgroupfs`.
    #[must_use]
    pub fn cgroup(&self) -> String {
        format!("kubepods/burstable/pod{}", self.uid)
    }

    fn own_labels(&self) -> [(String, String); 3] {
        let own = [
            ("io.kubernetes.pod.name", &self.name),
            ("io.kubernetes.pod.namespace", &self.namespace),
            ("io.kubernetes.pod.uid", &self.uid),
        ];
        own.map(|(key, value)| (key.to_owned(), value.clone()))
    }

    pub(super) fn config(&self) -> PodSandboxConfig {
        let mut labels = HashMap::from(self.own_labels());
        labels.extend(self.labels.iter().cloned());
        let source = "kubernetes.io/config.source".to_owned();
        PodSandboxConfig {
            metadata: Some(PodSandboxMetadata {
                name: self.name.clone(),
                uid: self.uid.clone(),
                namespace: self.namespace.clone(),
            }),
            hostname: self.namespaces.hostname(&self.name),
            labels,
            annotations: HashMap::from([(source, "api".to_owned())]),
            linux: Some(LinuxPodSandboxConfig {
                cgroup_parent: format!("/{}", self.cgroup()),
                security_context: Some(SandboxSecurityContext {
                    namespaces: Some(self.namespaces.options()),
                    privileged: self.privileged,
                }),
            }),
        }
    }
}

impl Namespaces {
    /// Who has the host's network has its name.
    fn hostname(self, name: &str) -> String {
        match self {
            Self::Own => name.to_owned(),
            Self::Host => String::new(),
        }
    }

    fn options(self) -> NamespaceOption {
        let (shared, pid) = match self {
            Self::Own => (NAMESPACE_POD, NAMESPACE_CONTAINER),
            Self::Host => (NAMESPACE_NODE, NAMESPACE_NODE),
        };
        NamespaceOption {
            network: shared,
            pid,
            ipc: shared,
        }
    }
}

/// A container to be made.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name in the pod.
    pub name: String,
    /// Its image.
    pub image: String,
    /// What the image's program is given.
    pub arguments: Vec<String>,
    /// Whether it may do all that the host's root may.
    pub privileged: bool,
    /// Folders of the host.
    pub mounts: Vec<HostFolder>,
    /// Labels, beside those that the kubelet adds.
    pub labels: Vec<(String, String)>,
}

/// A folder of the host in a container.
#[derive(Clone, Debug)]
pub struct HostFolder {
    /// Path on the host.
    pub source: String,
    /// Path in the container.
    pub destination: String,
    /// Whether the container may not write there.
    pub is_read_only: bool,
}

impl Container {
    /// A container of an image, with arguments for its program.
    #[must_use]
    pub fn new(name: &str, image: &str, arguments: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
            privileged: false,
            mounts: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// As the kubelet asks for it: by the id of the image.
    pub(super) fn config(&self, pod: &Pod, image_id: String) -> ContainerConfig {
        let mut labels = HashMap::from(pod.own_labels());
        let name = "io.kubernetes.container.name".to_owned();
        labels.insert(name, self.name.clone());
        labels.extend(self.labels.iter().cloned());
        let mounts = self.mounts.iter().map(|mount| Mount {
            container_path: mount.destination.clone(),
            host_path: mount.source.clone(),
            readonly: mount.is_read_only,
        });
        ContainerConfig {
            metadata: Some(ContainerMetadata {
                name: self.name.clone(),
            }),
            image: Some(ImageSpec { image: image_id }),
            arguments: self.arguments.clone(),
            working_dir: "/".to_owned(),
            mounts: mounts.collect(),
            labels,
            linux: Some(LinuxContainerConfig {
                security_context: Some(ContainerSecurityContext {
                    privileged: self.privileged,
                    namespaces: Some(pod.namespaces.options()),
                }),
            }),
        }
    }
}
