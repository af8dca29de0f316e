//! What of a pod's specification decides how much its containers may do.
//!
//! Texts are as they are written: who judges them knows which versions of Kubernetes allow what.

use crate::labels::Labels;
use crate::pod_settings::ContainerRole;
use std::sync::Arc;

/// What pods of one workload are allowed, and what they ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodSecurity {
    /// For which operating system it says to be made (1.25).
    pub os: PodOs,
    /// Whose users its processes are.
    pub users: PodUsers,
    /// Which namespaces of the node it shares.
    pub host: HostNamespaces,
    /// What holds for all containers that say nothing else.
    pub settings: SecuritySettings,
    /// Names of the kernel's settings that it changes.
    pub sysctls: Box<[Arc<str>]>,
    /// Its volumes.
    pub volumes: Box<[PodVolume]>,
    /// Its containers: those that initialise it, the others, those that were added to it later.
    pub containers: Box<[ContainerSecurity]>,
    /// Annotations that were used before there were fields: of AppArmor and seccomp.
    pub annotations: Labels,
    /// Whether everything that it lists is in here.
    pub extent: Extent,
}

impl PodSecurity {
    /// The container with this name.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<&ContainerSecurity> {
        self.containers.iter().find(|known| &*known.name == name)
    }
}

/// For which operating system a pod is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PodOs {
    /// It does not say, or says Linux.
    #[default]
    Linux,
    /// Windows.
    Windows,
}

/// Whose users the processes of a pod are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PodUsers {
    /// The node's.
    #[default]
    Host,
    /// Its own: it is in a user namespace (`hostUsers: false`).
    Own,
}

/// Which namespaces of its node a pod shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HostNamespaces {
    /// Its network.
    pub network: bool,
    /// Its processes.
    pub pid: bool,
    /// Its shared memory and message queues.
    pub ipc: bool,
}

impl HostNamespaces {
    /// Whether it shares any.
    #[must_use]
    pub const fn any(self) -> bool {
        self.network || self.pid || self.ipc
    }
}

/// Whether all of a specification was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Everything.
    #[default]
    Whole,
    /// Some list was longer than is kept.
    Cut,
}

/// What a pod and each of its containers may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SecuritySettings {
    /// Type of the seccomp profile.
    pub seccomp: Option<Arc<str>>,
    /// Type of the AppArmor profile.
    pub app_armor: Option<Arc<str>>,
    /// Labels of SELinux.
    pub selinux: Option<SelinuxOptions>,
    /// Whether nobody may be root.
    pub run_as_non_root: Option<bool>,
    /// Whom the first process runs as.
    pub run_as_user: Option<i64>,
    /// Whether it is a process of the host, on Windows.
    pub host_process: Option<bool>,
}

/// Labels of SELinux; empty where they are not stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SelinuxOptions {
    /// Type.
    pub type_name: Arc<str>,
    /// User.
    pub user: Arc<str>,
    /// Role.
    pub role: Arc<str>,
}

/// A volume of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodVolume {
    /// Name.
    pub name: Arc<str>,
    /// Of which kinds it is, as the specification names them: one, where that is valid.
    pub sources: Box<[Arc<str>]>,
}

/// A container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ContainerSecurity {
    /// Name.
    pub name: Arc<str>,
    /// When it runs.
    pub role: ContainerRole,
    /// What it says itself.
    pub settings: SecuritySettings,
    /// Whether it may do everything.
    pub privileged: Option<bool>,
    /// Whether its processes may gain privileges.
    pub privilege_escalation: Option<bool>,
    /// Which capabilities it changes; `None` where it does not mention them.
    pub capabilities: Option<CapabilityChanges>,
    /// How `/proc` is mounted.
    pub proc_mount: Option<Arc<str>>,
    /// Whether nothing may be written outside of its volumes.
    pub read_only_root: Option<bool>,
    /// Ports of the node that lead to it.
    pub host_ports: Box<[i32]>,
    /// Hosts, other than the pod itself, that its probes and its handlers of start and end connect to.
    pub handler_hosts: Box<[Arc<str>]>,
    /// Where its volumes are mounted.
    pub mounts: Box<[Arc<str>]>,
}

/// Which capabilities a container has beside, or without, those of its runtime; as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CapabilityChanges {
    /// Beside.
    pub add: Box<[Arc<str>]>,
    /// Without.
    pub drop: Box<[Arc<str>]>,
}
