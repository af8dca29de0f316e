//! From a cgroup path to a container.
//!
//! A runtime names the cgroup of a container after the container, each in its own way
//! ([`names`]); the innermost component that names one decides, so that a container inside a
//! container counts as itself, and whatever cgroups the processes of a container make below its
//! own belong to it. Monitors of a runtime (`conmon`, `lxc.monitor`) run on the host.
//!
//! ```
//! use saker_process_state::container_id;
//! let id = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
//! let path = format!("/system.slice/docker-{id}.scope");
//! assert_eq!(container_id(path.as_bytes()).map(|id| id.short().to_owned()), Some("4c01db0b339c".into()));
//! assert_eq!(container_id(b"/user.slice/user-1000.slice/session-1.scope"), None);
//! ```

mod id;
mod names;
pub(crate) mod placement;
pub(crate) mod register;

pub use id::ContainerId;
pub use register::ContainerChange;

/// Runtime that made a container, as far as the cgroup path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// Docker.
    Docker,
    /// containerd, through its CRI plugin, `nerdctl` or `ctr`.
    Containerd,
    /// CRI-O.
    Crio,
    /// Podman.
    Podman,
    /// LXC, LXD and Incus.
    Lxc,
    /// libvirt's containers.
    LibvirtLxc,
    /// systemd-nspawn, and what else registers with systemd-machined.
    Nspawn,
    /// Cloud Foundry's Garden.
    Garden,
    /// BOSH process manager.
    Bpm,
    /// The path does not tell: a kubelet with the cgroupfs driver.
    Unknown,
}

/// A container, as the cgroup path of its processes names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRef {
    /// Id of the container (for a pod sandbox, of the sandbox).
    pub id: ContainerId,
    /// Who made it.
    pub runtime: Runtime,
    /// Uid of the pod, with dashes, where the path lies below `kubepods`.
    pub pod_uid: Option<Box<str>>,
    /// The container's own cgroup: the path that named it, up to the component that did.
    pub cgroup_path: Box<[u8]>,
}

/// A container and where in it a path leads.
pub(crate) struct Located {
    pub(crate) container: ContainerRef,
    /// Whether the path is the container's own cgroup, not one below.
    pub(crate) is_own: bool,
}

/// The container that a cgroup path belongs to; `None` for the host.
#[must_use]
pub fn container_of(cgroup_path: &[u8]) -> Option<ContainerRef> {
    locate(cgroup_path).map(|located| located.container)
}

/// The id of the container that a cgroup path belongs to; `None` for the host.
#[must_use]
pub fn container_id(cgroup_path: &[u8]) -> Option<ContainerId> {
    container_of(cgroup_path).map(|container| container.id)
}

/// As [`container_of`], and whether the path is the container's own.
pub(crate) fn locate(cgroup_path: &[u8]) -> Option<Located> {
    let components: Vec<&[u8]> = cgroup_path
        .split(|byte| *byte == b'/')
        .filter(|component| !component.is_empty())
        .collect();
    let named = (1..=components.len()).rev().find_map(|length| {
        let (component, above) = components.get(..length)?.split_last()?;
        let below = components.get(length..).unwrap_or_default();
        let (id, runtime) = names::name(component, above, below)?;
        Some((length, id, runtime))
    });
    let (length, id, runtime) = named?;
    // The pod's component lies above the container's, or is the first part of the same one.
    let pod_uid = components
        .iter()
        .take(length)
        .rev()
        .find_map(|component| names::pod_uid(component));
    let own = components.get(..length).unwrap_or_default();
    let container = ContainerRef {
        id,
        runtime,
        pod_uid,
        cgroup_path: own.iter().fold(Vec::new(), joined).into(),
    };
    Some(Located {
        container,
        is_own: length == components.len(),
    })
}

fn joined(mut path: Vec<u8>, component: &&[u8]) -> Vec<u8> {
    path.push(b'/');
    path.extend_from_slice(component);
    path
}

#[cfg(test)]
mod tests;
