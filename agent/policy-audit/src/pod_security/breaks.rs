//! Where a running process has or does what its pod's specification rules out.

use super::capability::CapabilitySet;
use super::level::Level;
use saker_kube_metadata::{ContainerSecurity, HostNamespaces, PodSecurity};

/// What is known of a process, and of its container as the runtime runs it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuntimeFacts<'a> {
    /// Name of its container in the pod; where it is not known, what holds for all of them counts.
    pub container: Option<&'a str>,
    /// What the namespace demands of the pod; where it is not known, nothing.
    pub required: Option<Level>,
    /// Effective user id, as the node counts.
    pub user_id: Option<u32>,
    /// The effective and permitted capabilities; `None` where they are not known, or not those that count
    /// for the node.
    pub capabilities: Option<CapabilitySet>,
    /// The path, absolute and normalised, that it wrote, made, renamed or removed.
    pub written: Option<&'a [u8]>,
    /// Where the runtime mounted something.
    pub mounts: &'a [&'a str],
    /// Whether the runtime runs the container with all privileges.
    pub is_privileged: bool,
    /// The namespaces of the node that the runtime lets it share.
    pub host: HostNamespaces,
}

/// What is ruled out and nevertheless is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Break {
    /// A process has a capability that its container drops, or has not been given.
    CapabilityGained,
    /// A process is root although nobody may be.
    RootUnderNonRoot,
    /// Something was written below the root that nobody can write to.
    WriteToReadOnlyRoot,
    /// The container may do everything although its namespace forbids that.
    PrivilegedContainer,
    /// It shares namespaces of the node although its namespace forbids that.
    HostNamespace,
}

impl Break {
    /// Every break.
    pub const ALL: [Self; 5] = [
        Self::CapabilityGained,
        Self::RootUnderNonRoot,
        Self::WriteToReadOnlyRoot,
        Self::PrivilegedContainer,
        Self::HostNamespace,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CapabilityGained => "capability_gained",
            Self::RootUnderNonRoot => "root_under_non_root",
            Self::WriteToReadOnlyRoot => "write_to_read_only_root",
            Self::PrivilegedContainer => "privileged_container",
            Self::HostNamespace => "host_namespace",
        }
    }
}

/// What a process of a pod has or does that is ruled out. It must be one of the container's own: what the
/// runtime does before the container's first program is not meant.
#[must_use]
pub fn breaks(pod: &PodSecurity, facts: &RuntimeFacts<'_>) -> Vec<Break> {
    let named = facts.container.and_then(|name| pod.container(name));
    let candidates = match named {
        Some(container) => std::slice::from_ref(container),
        None => &pod.containers,
    };
    let holds = |test: &dyn Fn(&ContainerSecurity) -> bool| {
        !candidates.is_empty() && candidates.iter().all(test)
    };
    let is_forbidden = facts.required >= Some(Level::Baseline);
    let mut found = Vec::new();
    if let Some(own) = facts.capabilities
        && !facts.is_privileged
        && holds(&|it| !own.without(CapabilitySet::of_container(it)).is_empty())
    {
        found.push(Break::CapabilityGained);
    }
    if facts.user_id == Some(0) && holds(&|it| may_not_be_root(pod, it)) {
        found.push(Break::RootUnderNonRoot);
    }
    if let Some(path) = facts.written
        && holds(&|it| it.read_only_root == Some(true) && is_below_root(path, it, facts.mounts))
    {
        found.push(Break::WriteToReadOnlyRoot);
    }
    if is_forbidden && (facts.is_privileged || holds(&|it| it.privileged == Some(true))) {
        found.push(Break::PrivilegedContainer);
    }
    if is_forbidden && (facts.host.any() || pod.host.any()) {
        found.push(Break::HostNamespace);
    }
    found
}

fn may_not_be_root(pod: &PodSecurity, container: &ContainerSecurity) -> bool {
    let own = container.settings.run_as_non_root;
    own.or(pod.settings.run_as_non_root) == Some(true)
}

/// What every container has beside its root: the kernel's own file systems, and the files that the kubelet
/// and the runtime put there.
const ALWAYS_MOUNTED: [&str; 7] = [
    "/dev",
    "/proc",
    "/sys",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/run/secrets",
];

/// Whether a path is of the container's own root, and of nothing that is mounted in it.
fn is_below_root(path: &[u8], container: &ContainerSecurity, mounts: &[&str]) -> bool {
    let is_of_file_system = path.starts_with(b"/") && !path.starts_with(b"/memfd:");
    let of_pod = container.mounts.iter().map(|mount| &**mount);
    let mut all = of_pod.chain(mounts.iter().copied()).chain(ALWAYS_MOUNTED);
    is_of_file_system && !all.any(|mount| is_in(path, mount))
}

/// Whether a path is at or below a mount. `/var/run` is `/run` nearly everywhere.
fn is_in(path: &[u8], mount: &str) -> bool {
    let path = without_old_run(path);
    let mount = without_old_run(mount.trim_end_matches('/').as_bytes());
    // The root itself as a mount is the container's own.
    let rest = path.strip_prefix(mount).filter(|_| !mount.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn without_old_run(path: &[u8]) -> &[u8] {
    let rest = path.strip_prefix(b"/var");
    rest.filter(|rest| rest.strip_prefix(b"/run").is_some_and(is_end))
        .unwrap_or(path)
}

fn is_end(rest: &[u8]) -> bool {
    rest.is_empty() || rest.starts_with(b"/")
}
