//! How each runtime names the cgroup of a container.

use super::Runtime;
use super::id::{ContainerId, is_full, is_hexadecimal};
use std::borrow::Cow;

/// Characters of the first part of the ids of ECS tasks.
const ECS_CHARACTERS: usize = 32;

/// Characters of the ids that BuildKit gives to the steps of a build.
const BUILD_CHARACTERS: usize = 25;

/// Namespaces of containerd whose containers may have any name. Their cgroups are
/// `/<namespace>/<name>`, which of another namespace could as well be the host's (`/openrc/sshd`).
const CONTAINERD_NAMESPACES: &[(&[u8], Runtime)] = &[
    (b"default", Runtime::Containerd),
    (b"k8s.io", Runtime::Containerd),
    (b"buildkit", Runtime::Containerd),
    (b"moby", Runtime::Docker),
];

/// How many components above a bare id may tell who made it (`/ecs/<cluster>/<task>/<id>`).
const PARENTS_MAX: usize = 3;

/// The container that a component names, by what lies above and below it.
pub(super) fn name(
    component: &[u8],
    above: &[&[u8]],
    below: &[&[u8]],
) -> Option<(ContainerId, Runtime)> {
    let component = std::str::from_utf8(component).ok()?;
    libvirt(component, above)
        .or_else(|| lxc(component, above))
        .or_else(|| machine(component, below))
        .or_else(|| cloud_foundry(component, above))
        .or_else(|| oci(component, above))
        .or_else(|| of_namespace(component, above))
}

/// `docker-<id>.scope`, `crio-<id>`, `kubepods-….slice:cri-containerd:<id>`, or the bare id.
fn oci(component: &str, above: &[&[u8]]) -> Option<(ContainerId, Runtime)> {
    let name = component.strip_suffix(".scope").unwrap_or(component);
    if let Some((prefix, id)) = name.rsplit_once([':', '-']) {
        let prefix = prefix.rsplit(':').next().unwrap_or(prefix);
        if prefix == "docker" && is_build(id) {
            return Some((ContainerId::new(id), Runtime::Docker));
        }
        if is_full(id) {
            return Some((ContainerId::new(id), prefixed(prefix)?));
        }
    }
    let parent = above.last().copied().unwrap_or_default();
    if parent == b"buildkit" && is_build(name) {
        let is_docker = above.iter().rev().nth(1).is_some_and(|it| *it == b"docker");
        let runtime = if is_docker {
            Runtime::Docker
        } else {
            Runtime::Unknown
        };
        return Some((ContainerId::new(name), runtime));
    }
    let is_ecs = name.split_once('-').is_some_and(|(task, number)| {
        is_hexadecimal(task, ECS_CHARACTERS)
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    // Below `libpod_parent` a bare id is a pod's: containers have a prefix.
    if !(is_full(name) || is_ecs) || parent == b"libpod_parent" {
        return None;
    }
    let runtime = above
        .iter()
        .rev()
        .take(PARENTS_MAX)
        .find_map(|parent| match *parent {
            b"docker" | b"ecs" | b"actions_job" => Some(Runtime::Docker),
            parent if pod_uid(parent).is_some() => Some(Runtime::Unknown),
            parent => namespace(parent),
        });
    Some((ContainerId::new(name), runtime.unwrap_or(Runtime::Unknown)))
}

/// The runtime that puts this before an id; `None` before the id of a container that is monitored.
fn prefixed(prefix: &str) -> Option<Runtime> {
    match prefix {
        "docker" => Some(Runtime::Docker),
        "cri-containerd" | "containerd" | "nerdctl" => Some(Runtime::Containerd),
        "crio" => Some(Runtime::Crio),
        "libpod" | "libpod-payload" => Some(Runtime::Podman),
        prefix if prefix.ends_with("conmon") => None,
        _ => Some(Runtime::Unknown),
    }
}

/// `/<namespace>/<name>`: a container of `ctr` without a cgroup of its own choice.
fn of_namespace(component: &str, above: &[&[u8]]) -> Option<(ContainerId, Runtime)> {
    let [parent] = above else { return None };
    let is_unit = [".service", ".scope", ".slice"]
        .iter()
        .any(|suffix| component.ends_with(suffix));
    let runtime = namespace(parent).filter(|_| !is_unit)?;
    Some((ContainerId::cut(component), runtime))
}

fn namespace(component: &[u8]) -> Option<Runtime> {
    CONTAINERD_NAMESPACES
        .iter()
        .find(|(name, _)| *name == component)
        .map(|(_, runtime)| *runtime)
}

/// `lxc.payload.<name>`, `lxc.payload/<name>`, `lxc/<name>`.
fn lxc(component: &str, above: &[&[u8]]) -> Option<(ContainerId, Runtime)> {
    let parent = above.last().copied().unwrap_or_default();
    let name = match component.strip_prefix("lxc.payload.") {
        Some(name) => name,
        None if matches!(parent, b"lxc" | b"lxc.payload") => component,
        None => return None,
    };
    (!name.is_empty()).then(|| (ContainerId::new(name), Runtime::Lxc))
}

/// `machine-lxc\x2d<pid>\x2d<name>.scope`, `<name>.libvirt-lxc`, `libvirt/lxc/<name>`.
fn libvirt(component: &str, above: &[&[u8]]) -> Option<(ContainerId, Runtime)> {
    let name = if let Some(name) = component.strip_suffix(".libvirt-lxc") {
        Cow::Borrowed(name)
    } else if above.ends_with(&[b"libvirt", b"lxc"]) {
        Cow::Borrowed(component)
    } else {
        let scope = component.strip_prefix("machine-lxc\\x2d")?;
        unescaped(scope.strip_suffix(".scope")?)
    };
    (!name.is_empty()).then(|| (ContainerId::new(&name), Runtime::LibvirtLxc))
}

/// `systemd-nspawn@<name>.service`, `machine-<name>.scope`. Their own process sits in a cgroup
/// `supervisor` below, and virtual machines (`machine-qemu\x2d…`) are the host's.
fn machine(component: &str, below: &[&[u8]]) -> Option<(ContainerId, Runtime)> {
    let name = component
        .strip_prefix("systemd-nspawn@")
        .and_then(|name| name.strip_suffix(".service"))
        .or_else(|| {
            component
                .strip_prefix("machine-")
                .and_then(|name| name.strip_suffix(".scope"))
                .filter(|name| !name.starts_with("qemu\\x2d"))
        })
        .map(unescaped)?;
    let is_supervisor = below.first().is_some_and(|below| *below == b"supervisor");
    if name.is_empty() || is_supervisor {
        return None;
    }
    Some((ContainerId::new(&name), Runtime::Nspawn))
}

/// `garden/<handle>`, `garden-<tag>/good/<handle>`; `bpm-<job>`, `runc-bpm-<job>.scope`.
fn cloud_foundry(component: &str, above: &[&[u8]]) -> Option<(ContainerId, Runtime)> {
    let name = component.strip_suffix(".scope").unwrap_or(component);
    let job = name.strip_prefix("runc-").unwrap_or(name);
    if let Some(job) = job.strip_prefix("bpm-").filter(|job| is_job(job)) {
        return Some((ContainerId::new(job), Runtime::Bpm));
    }
    // Garden sorts containers by how much of the processor they use.
    let is_sorted = |parent: &[u8]| matches!(parent, b"good" | b"bad");
    let mut parents = above.iter().rev().copied();
    let garden = parents.find(|parent| !is_sorted(parent))?;
    let is_garden =
        garden == b"garden" || (garden.starts_with(b"garden-") && !garden.contains(&b'.'));
    let is_handle = !is_sorted(component.as_bytes()) && !component.contains('.');
    (is_garden && is_handle).then(|| (ContainerId::new(component), Runtime::Garden))
}

/// `kubepods-besteffort-pod<uid>.slice` with underscores for dashes, or `pod<uid>`.
pub(super) fn pod_uid(component: &[u8]) -> Option<Box<str>> {
    let component = std::str::from_utf8(component).ok()?;
    let component = component.split(':').next().unwrap_or(component);
    let uid = match component.strip_suffix(".slice") {
        // Below a slice of its own (`kubelet-kubepods-…`) where the node is a container.
        Some(slice) if slice.contains("kubepods") => slice.rsplit_once("-pod")?.1,
        Some(_) => return None,
        None => component.strip_prefix("pod")?,
    };
    let is_uid = (32..=36).contains(&uid.len())
        && uid
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'_' | b'-'));
    is_uid.then(|| uid.replace('_', "-").into())
}

fn is_build(id: &str) -> bool {
    id.len() == BUILD_CHARACTERS
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The characters that the names of BPM's jobs may have.
fn is_job(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// The name of a systemd unit without its escapes (`\x2d` is a dash).
fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains("\\x") {
        return Cow::Borrowed(name);
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after
            .strip_prefix(b"x")
            .filter(|_| *first == b'\\')
            .and_then(|digits| Some((digits.get(..2)?, digits.get(2..)?)))
            .and_then(|(digits, after)| {
                let digits = std::str::from_utf8(digits).ok()?;
                Some((u8::from_str_radix(digits, 16).ok()?, after))
            });
        let (byte, next) = escape.unwrap_or((*first, after));
        bytes.push(byte);
        rest = next;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}
