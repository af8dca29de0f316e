//! A container as Docker and podman describe it.

use super::messages::{Healthcheck, HostConfig, Inspected};
use crate::bounds;
use saker_container_metadata::{Command, ContainerInfo, ContainerKind, Labels, Mount, PodSandbox};
use saker_process_state::{ContainerId, Runtime};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Most arguments of a health check.
const ARGUMENTS_MAX: usize = 256;

/// The container whose network a container shares.
pub(super) fn network_of(inspected: &Inspected) -> Option<&str> {
    let mode = inspected.host_config.as_ref()?.network_mode.as_deref()?;
    mode.strip_prefix("container:")
}

/// Everything about a container but its runtime and its image. `neighbour` is the container whose
/// network it shares.
pub(super) fn info(
    id: &ContainerId,
    inspected: &Inspected,
    neighbour: Option<&Inspected>,
    label_max_len: usize,
) -> ContainerInfo {
    let mut info = ContainerInfo::new(id.clone(), Runtime::Unknown);
    let name = inspected.name.as_deref().unwrap_or_default();
    let name = name.strip_prefix('/').unwrap_or(name);
    info.name = bounds::text(name);
    info.kind = kind(inspected, name);
    info.mounts = inspected.mounts.as_ref().map(|mounts| {
        bounds::mounts(mounts.iter().map(|mount| Mount {
            source: mount.source.as_str().into(),
            destination: mount.destination.as_str().into(),
            mode: mount.mode.as_str().into(),
            is_writable: mount.is_writable,
            propagation: mount.propagation.as_str().into(),
        }))
    });
    info.labels = labels(inspected, label_max_len);
    info.ip = address(inspected).or_else(|| neighbour.and_then(address));
    if let Some(host) = &inspected.host_config {
        info.privileged = host.privileged;
        info.host_pid = is_host(host, |host| &host.pid_mode);
        // A network that is shared with a container is the host's where that container has it.
        let network = neighbour.and_then(|other| other.host_config.as_ref());
        info.host_network = is_host(network.unwrap_or(host), |host| &host.network_mode);
        info.host_ipc = is_host(host, |host| &host.ipc_mode);
    }
    info.created_wall_ns = inspected.created.as_deref().and_then(wall_ns);
    let state = inspected.state.as_ref();
    info.started_wall_ns = state
        .and_then(|state| state.started_at.as_deref())
        .and_then(wall_ns);
    let config = inspected.config.as_ref();
    info.probes.healthcheck = config
        .and_then(|config| config.healthcheck.as_ref())
        .and_then(healthcheck);
    info.pod = sandbox(inspected, info.kind, neighbour, label_max_len).map(|sandbox| {
        Arc::new(PodSandbox {
            ip: info.ip,
            ..sandbox
        })
    });
    info
}

fn kind(inspected: &Inspected, name: &str) -> ContainerKind {
    if inspected.is_infra == Some(true) {
        ContainerKind::Infra
    } else if name.contains("k8s_POD") {
        // The kubelet names them so where it makes pods by Docker.
        ContainerKind::Sandbox
    } else {
        ContainerKind::Container
    }
}

fn is_host(host: &HostConfig, mode: impl Fn(&HostConfig) -> &Option<String>) -> Option<bool> {
    mode(host).as_ref().map(|mode| mode == "host")
}

/// Its address: in the network that it was made for, else in the first one by name.
fn address(inspected: &Inspected) -> Option<IpAddr> {
    let settings = inspected.network_settings.as_ref()?;
    let host = inspected.host_config.as_ref();
    let mode = host.and_then(|host| host.network_mode.as_deref());
    let networks = settings.networks.iter().flatten();
    let (own, others): (Vec<_>, Vec<_>) =
        networks.partition(|(name, _)| Some(name.as_str()) == mode);
    let endpoints = || {
        let both = own.iter().chain(&others);
        both.filter_map(|(_, endpoint)| endpoint.as_ref())
    };
    let parsed = |text: &Option<String>| text.as_deref()?.parse::<IpAddr>().ok();
    parsed(&settings.address)
        .or_else(|| endpoints().find_map(|endpoint| parsed(&endpoint.address)))
        .or_else(|| endpoints().find_map(|endpoint| parsed(&endpoint.address_v6)))
}

/// The command that tells whether a container is well.
fn healthcheck(check: &Healthcheck) -> Option<Command> {
    let (kind, rest) = check.test.as_deref()?.split_first()?;
    let words: Vec<&str> = match kind.as_str() {
        "CMD" => rest.iter().map(String::as_str).collect(),
        "CMD-SHELL" => vec!["/bin/sh", "-c", rest.first()?],
        _ => return None,
    };
    let (exe, arguments) = words.split_first()?;
    let arguments = arguments.iter().take(ARGUMENTS_MAX);
    Some(Command {
        exe: bounds::text(exe)?,
        arguments: arguments
            .map(|argument| bounds::text(argument).unwrap_or_default())
            .collect(),
    })
}

/// The pod of a container that a kubelet made by Docker, from the labels that it gives to all.
fn sandbox(
    inspected: &Inspected,
    kind: ContainerKind,
    neighbour: Option<&Inspected>,
    label_max_len: usize,
) -> Option<PodSandbox> {
    let labels = labels_of(inspected)?;
    let label = |key: &str| labels.get(key).and_then(|value| bounds::text(value));
    let uid = label("io.kubernetes.pod.uid")?;
    let of_sandbox = match kind {
        ContainerKind::Sandbox => Some(inspected),
        _ => neighbour,
    };
    let id = match of_sandbox {
        Some(sandbox) => bounds::text(&sandbox.id),
        None => label("io.kubernetes.sandbox.id"),
    };
    Some(PodSandbox {
        id: id.unwrap_or_default(),
        name: label("io.kubernetes.pod.name"),
        namespace: label("io.kubernetes.pod.namespace"),
        uid: Some(uid),
        labels: of_sandbox.and_then(|sandbox| self::labels(sandbox, label_max_len)),
        ip: None,
        cni_json: None,
    })
}

fn labels_of(inspected: &Inspected) -> Option<&BTreeMap<String, String>> {
    inspected.config.as_ref()?.labels.as_ref()
}

fn labels(inspected: &Inspected, label_max_len: usize) -> Option<Labels> {
    // A container without any has `null` there.
    let config = inspected.config.as_ref()?;
    let labels = config.labels.iter().flatten();
    Some(bounds::labels(labels, label_max_len))
}

/// Nanoseconds since the epoch; what has not happened yet is said to have been in the year 1.
fn wall_ns(time: &str) -> Option<u64> {
    let time: jiff::Timestamp = time.parse().ok()?;
    u64::try_from(time.as_nanosecond())
        .ok()
        .filter(|wall_ns| *wall_ns > 0)
}

#[cfg(test)]
mod tests;
