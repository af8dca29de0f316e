//! What a pod shares with its node.

use crate::pod_security::finding::{Finding, Offenders, quoted};
use saker_kube_metadata::PodSecurity;

/// Its namespaces are its own.
pub(in crate::pod_security) fn namespaces(pod: &PodSecurity) -> Option<Finding> {
    let shared = [
        (pod.host.network, "hostNetwork"),
        (pod.host.pid, "hostPID"),
        (pod.host.ipc, "hostIPC"),
    ];
    let shared = shared.into_iter().filter(|(is_shared, _)| *is_shared);
    let shared: Vec<&str> = shared.map(|(_, name)| name).collect();
    if shared.is_empty() {
        return None;
    }
    let shared = shared.join(", ");
    Some(Finding::of_pod(format!(
        "the pod may not share namespaces of its node: {shared}"
    )))
}

/// No port of the node leads to it.
pub(in crate::pod_security) fn ports(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::containers(pod, |container, ports| {
        ports.extend(container.host_ports.iter().map(ToString::to_string));
        !container.host_ports.is_empty()
    });
    found.finding(|who, ports| format!("{who} may not take hostPort {ports}"))
}

/// It is no process of a Windows node.
pub(in crate::pod_security) fn processes(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::settings(pod, |settings, _| settings.host_process == Some(true));
    found.finding(|who, _| format!("{who} may not set windowsOptions.hostProcess to true"))
}

/// The kernel's settings that are the pod's own and harm nobody else, and since which version (1.x) that is
/// held to be so.
const SAFE_SYSCTLS: [(u16, &str); 14] = [
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
    (37, "net.ipv4.tcp_slow_start_after_idle"),
    (37, "net.ipv4.tcp_notsent_lowat"),
];

pub(in crate::pod_security) fn sysctls_1_0(pod: &PodSecurity) -> Option<Finding> {
    sysctls(pod, 0)
}

pub(in crate::pod_security) fn sysctls_1_27(pod: &PodSecurity) -> Option<Finding> {
    sysctls(pod, 27)
}

pub(in crate::pod_security) fn sysctls_1_29(pod: &PodSecurity) -> Option<Finding> {
    sysctls(pod, 29)
}

pub(in crate::pod_security) fn sysctls_1_32(pod: &PodSecurity) -> Option<Finding> {
    sysctls(pod, 32)
}

pub(in crate::pod_security) fn sysctls_1_37(pod: &PodSecurity) -> Option<Finding> {
    sysctls(pod, 37)
}

/// It changes none of the kernel's settings but those that were safe in version 1.`minor`.
fn sysctls(pod: &PodSecurity, minor: u16) -> Option<Finding> {
    let is_safe = |name: &str| {
        let mut safe = SAFE_SYSCTLS.iter();
        safe.any(|(since, known)| *known == name && *since <= minor)
    };
    let unsafe_ones: Vec<_> = pod.sysctls.iter().filter(|name| !is_safe(name)).collect();
    if unsafe_ones.is_empty() {
        return None;
    }
    let names = quoted(unsafe_ones.iter().map(|name| &***name));
    Some(Finding::of_pod(format!(
        "the pod may not set sysctls {names}"
    )))
}
