//! What the containers of a pod may do to the kernel.

use super::is_for_windows;
use crate::pod_security::finding::{Finding, Offenders};
use saker_kube_metadata::PodSecurity;

/// Those that containers have without being given any, and some that harm nobody.
const HARMLESS_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// None may do everything.
pub(in crate::pod_security) fn privileged(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::containers(pod, |container, _| container.privileged == Some(true));
    found.finding(|who, _| format!("{who} may not set privileged to true"))
}

/// None gains capabilities but harmless ones.
pub(in crate::pod_security) fn added_capabilities(pod: &PodSecurity) -> Option<Finding> {
    adding(pod, &HARMLESS_CAPABILITIES)
        .finding(|who, names| format!("{who} may not add capabilities {names}"))
}

/// The containers that add capabilities that are not among the allowed ones.
fn adding(pod: &PodSecurity, allowed: &[&str]) -> Offenders {
    Offenders::containers(pod, |container, names| {
        let added = container.capabilities.iter().flat_map(|it| &it.add);
        let mut is_bad = false;
        for name in added.filter(|name| !allowed.contains(&&***name)) {
            is_bad = true;
            names.insert((**name).to_owned());
        }
        is_bad
    })
}

/// All drop all capabilities, and none gets any back but the one for low ports.
pub(in crate::pod_security) fn kept_capabilities(pod: &PodSecurity) -> Option<Finding> {
    let keeping = Offenders::containers(pod, |container, _| {
        let mut dropped = container.capabilities.iter().flat_map(|it| &it.drop);
        !dropped.any(|name| &**name == "ALL")
    });
    let keeping = keeping.finding(|who, _| format!("{who} must drop ALL capabilities"));
    let adding = adding(pod, &["NET_BIND_SERVICE"])
        .finding(|who, names| format!("{who} may not add capabilities {names}"));
    match (keeping, adding) {
        (Some(mut keeping), Some(adding)) => {
            keeping.detail = format!("{}; {}", keeping.detail, adding.detail);
            for container in adding.containers {
                if !keeping.containers.contains(&container) {
                    keeping.containers.push(container);
                }
            }
            Some(keeping)
        }
        (keeping, adding) => keeping.or(adding),
    }
}

pub(in crate::pod_security) fn kept_capabilities_on_linux(pod: &PodSecurity) -> Option<Finding> {
    (!is_for_windows(pod)).then(|| kept_capabilities(pod))?
}

/// None can gain privileges by the programs that it runs.
pub(in crate::pod_security) fn escalation(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::containers(pod, |container, _| {
        container.privilege_escalation != Some(false)
    });
    found.finding(|who, _| format!("{who} must set allowPrivilegeEscalation to false"))
}

pub(in crate::pod_security) fn escalation_on_linux(pod: &PodSecurity) -> Option<Finding> {
    (!is_for_windows(pod)).then(|| escalation(pod))?
}
