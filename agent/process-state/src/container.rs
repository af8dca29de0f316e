//! From a cgroup path to a container.
//!
//! A runtime names the cgroup of a container after the container, each in its own way; the
//! innermost component that names one decides, so that a container inside a container counts as
//! itself. Monitors of a runtime (`conmon`, `lxc.monitor`) run on the host.
//!
//! ```
//! use saker_process_state::container_id;
//! let id = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
//! let path = format!("/system.slice/docker-{id}.scope");
//! assert_eq!(container_id(path.as_bytes()).map(|id| id.short().to_owned()), Some("4c01db0b339c".into()));
//! assert_eq!(container_id(b"/user.slice/user-1000.slice/session-1.scope"), None);
//! ```

pub(crate) mod placement;

use std::fmt;

/// Characters of an id that Falco and most tools show.
const SHORT_CHARACTERS: usize = 12;

/// Characters of the ids of OCI runtimes.
const FULL_CHARACTERS: usize = 64;

/// Characters of the first part of the ids of ECS tasks.
const ECS_CHARACTERS: usize = 32;

/// Id of a container, as its runtime writes it into the cgroup path.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContainerId(Box<str>);

impl ContainerId {
    /// Takes an id as it is.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The whole id, mostly 64 hexadecimal characters.
    #[must_use]
    pub fn full(&self) -> &str {
        &self.0
    }

    /// The first 12 characters: Falco's `container.id`.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..SHORT_CHARACTERS).unwrap_or(&self.0)
    }
}

impl fmt::Debug for ContainerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Runtime that made a container, as far as the cgroup path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// Docker.
    Docker,
    /// containerd, through its CRI plugin or `nerdctl`.
    Containerd,
    /// CRI-O.
    Crio,
    /// Podman.
    Podman,
    /// LXC and LXD.
    Lxc,
    /// systemd-nspawn.
    Nspawn,
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
    /// The path that named it.
    pub cgroup_path: Box<[u8]>,
}

/// The container that a cgroup path belongs to; `None` for the host.
#[must_use]
pub fn container_of(cgroup_path: &[u8]) -> Option<ContainerRef> {
    let components: Vec<&[u8]> = cgroup_path
        .split(|byte| *byte == b'/')
        .filter(|component| !component.is_empty())
        .collect();
    let position = (0..components.len())
        .rev()
        .find(|position| named(&components, *position).is_some())?;
    let (id, runtime) = named(&components, position)?;
    // The pod's component lies above the container's, or is the first part of the same one.
    let pod_uid = components
        .iter()
        .take(position.saturating_add(1))
        .rev()
        .find_map(|component| pod_uid(component));
    Some(ContainerRef {
        id: ContainerId::new(id),
        runtime,
        pod_uid,
        cgroup_path: cgroup_path.into(),
    })
}

/// The id of the container that a cgroup path belongs to; `None` for the host.
#[must_use]
pub fn container_id(cgroup_path: &[u8]) -> Option<ContainerId> {
    container_of(cgroup_path).map(|container| container.id)
}

/// The container that the component at `position` names.
fn named<'a>(components: &[&'a [u8]], position: usize) -> Option<(&'a str, Runtime)> {
    let component = std::str::from_utf8(components.get(position)?).ok()?;
    let above = position
        .checked_sub(1)
        .and_then(|above| components.get(above))
        .copied()
        .unwrap_or_default();
    lxc(component, above)
        .or_else(|| nspawn(component))
        .or_else(|| oci(component, components))
}

/// `docker-<id>.scope`, `crio-<id>`, `kubepods-….slice:cri-containerd:<id>`, or the bare id.
fn oci<'a>(component: &'a str, components: &[&[u8]]) -> Option<(&'a str, Runtime)> {
    let name = component.strip_suffix(".scope").unwrap_or(component);
    if let Some((prefix, id)) = name.rsplit_once([':', '-']).filter(|(_, id)| is_full(id)) {
        let prefix = prefix.rsplit(':').next().unwrap_or(prefix);
        let runtime = match prefix {
            "docker" => Runtime::Docker,
            "cri-containerd" | "containerd" | "nerdctl" => Runtime::Containerd,
            "crio" => Runtime::Crio,
            "libpod" | "libpod-payload" => Runtime::Podman,
            // The monitor of a container, which runs on the host.
            prefix if prefix.ends_with("conmon") => return None,
            _ => Runtime::Unknown,
        };
        return Some((id, runtime));
    }
    let is_ecs = name.split_once('-').is_some_and(|(task, number)| {
        is_hexadecimal(task, ECS_CHARACTERS)
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !is_full(name) && !is_ecs {
        return None;
    }
    let runtime = match components.first() {
        Some(&b"docker" | &b"ecs" | &b"actions_job") => Runtime::Docker,
        Some(&b"libpod_parent") => Runtime::Podman,
        _ => Runtime::Unknown,
    };
    Some((name, runtime))
}

/// `lxc.payload.<name>`, `lxc.payload/<name>`, `lxc/<name>`.
fn lxc<'a>(component: &'a str, above: &[u8]) -> Option<(&'a str, Runtime)> {
    let name = match component.strip_prefix("lxc.payload.") {
        Some(name) => name,
        None if matches!(above, b"lxc" | b"lxc.payload") => component,
        None => return None,
    };
    Some((name, Runtime::Lxc))
}

/// `systemd-nspawn@<name>.service`.
fn nspawn(component: &str) -> Option<(&str, Runtime)> {
    let name = component
        .strip_prefix("systemd-nspawn@")?
        .strip_suffix(".service")?;
    Some((name, Runtime::Nspawn))
}

/// `kubepods-besteffort-pod<uid>.slice` with underscores for dashes, or `pod<uid>`.
fn pod_uid(component: &[u8]) -> Option<Box<str>> {
    let component = std::str::from_utf8(component).ok()?;
    let component = component.split(':').next().unwrap_or(component);
    let uid = match component.strip_suffix(".slice") {
        Some(slice) if slice.starts_with("kubepods") => slice.rsplit_once("-pod")?.1,
        Some(_) => return None,
        None => component.strip_prefix("pod")?,
    };
    let is_uid = (32..=36).contains(&uid.len())
        && uid
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'_' | b'-'));
    is_uid.then(|| uid.replace('_', "-").into())
}

fn is_full(id: &str) -> bool {
    is_hexadecimal(id, FULL_CHARACTERS)
}

fn is_hexadecimal(text: &str, characters: usize) -> bool {
    text.len() == characters && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
