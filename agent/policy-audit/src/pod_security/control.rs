//! The controls, and since when each holds.

use super::checks::{handlers, host, privileges, profiles, users, volumes};
use super::finding::Finding;
use super::level::Level;
use super::version::Version;
use saker_kube_metadata::{Extent, PodSecurity};
use std::sync::Arc;

/// Looks at a pod for one control.
type Check = fn(&PodSecurity) -> Option<Finding>;

/// One control.
#[derive(Debug)]
pub struct Control {
    /// As admission names it.
    pub id: &'static str,
    /// The laxest level that has it.
    pub level: Level,
    /// What is checked, and from which version of Kubernetes (1.x) on; the oldest first.
    versions: &'static [(u16, Check)],
    /// The control of the level before that it takes the place of.
    replaces: Option<&'static str>,
}

/// A control that a pod violates.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which.
    pub control: &'static Control,
    /// What is wrong, and where.
    pub detail: String,
    /// The containers that it is wrong with; empty where it is the pod as a whole.
    pub containers: Vec<Arc<str>>,
}

impl Control {
    /// The versions of Kubernetes (1.x) from which on it means something else, or anything at all.
    pub fn versions(&self) -> impl Iterator<Item = u16> + '_ {
        self.versions.iter().map(|(minor, _)| *minor)
    }

    /// What is checked in a version, if it has the control.
    fn check(&self, version: Version) -> Option<Check> {
        let known = self.versions.iter().rev();
        let newest = known.copied().find(|(minor, _)| version.has(*minor));
        newest.map(|(_, check)| check)
    }
}

/// The controls that a pod violates at a level of a version, those of the laxer level first. None where
/// everything is allowed.
#[must_use]
pub fn violations(pod: &PodSecurity, level: Level, version: Version) -> Vec<Violation> {
    let held = || {
        let controls = CONTROLS
            .iter()
            .filter(move |control| control.level <= level);
        controls.filter_map(move |control| Some((control, control.check(version)?)))
    };
    let is_replaced = |id| held().any(|(control, _)| control.replaces == Some(id));
    let checks = held().filter(|(control, _)| !is_replaced(control.id));
    let found = checks.filter_map(|(control, check)| {
        let Finding { detail, containers } = check(pod)?;
        Some(Violation {
            control,
            detail,
            containers,
        })
    });
    found.collect()
}

/// The strictest level of a version that a pod meets.
#[must_use]
pub fn strictest_level(pod: &PodSecurity, version: Version) -> Level {
    let mut levels = [Level::Restricted, Level::Baseline].into_iter();
    let met = levels.find(|level| violations(pod, *level, version).is_empty());
    met.unwrap_or(Level::Privileged)
}

const fn baseline(id: &'static str, versions: &'static [(u16, Check)]) -> Control {
    Control {
        id,
        level: Level::Baseline,
        versions,
        replaces: None,
    }
}

const fn restricted(id: &'static str, versions: &'static [(u16, Check)]) -> Control {
    Control {
        id,
        level: Level::Restricted,
        versions,
        replaces: None,
    }
}

const fn instead(mut control: Control, of: &'static str) -> Control {
    control.replaces = Some(of);
    control
}

/// Every control: those of `baseline`, then what `restricted` adds.
pub static CONTROLS: &[Control] = &[
    baseline("appArmorProfile", &[(0, profiles::app_armor)]),
    baseline(
        "capabilities_baseline",
        &[(0, privileges::added_capabilities)],
    ),
    baseline("hostNamespaces", &[(0, host::namespaces)]),
    baseline("hostPathVolumes", &[(0, volumes::host_paths)]),
    baseline("hostPorts", &[(0, host::ports)]),
    baseline("hostProbesAndHostLifecycle", &[(34, handlers::hosts)]),
    baseline("privileged", &[(0, privileges::privileged)]),
    baseline(
        "procMount",
        &[
            (0, profiles::proc_mount),
            (35, profiles::proc_mount_without_user_namespace),
        ],
    ),
    baseline(
        "seLinuxOptions",
        &[(0, profiles::selinux), (31, profiles::selinux_with_engine)],
    ),
    baseline(
        "seccompProfile_baseline",
        &[
            (0, profiles::seccomp_annotations),
            (19, profiles::seccomp_not_disabled),
        ],
    ),
    baseline(
        "sysctls",
        &[
            (0, host::sysctls_1_0),
            (27, host::sysctls_1_27),
            (29, host::sysctls_1_29),
            (32, host::sysctls_1_32),
            (37, host::sysctls_1_37),
        ],
    ),
    baseline("windowsHostProcess", &[(0, host::processes)]),
    // Saker's own: what it does not know whole it does not call harmless.
    baseline("unchecked", &[(0, unchecked)]),
    restricted(
        "allowPrivilegeEscalation",
        &[
            (8, privileges::escalation),
            (25, privileges::escalation_on_linux),
        ],
    ),
    instead(
        restricted(
            "capabilities_restricted",
            &[
                (22, privileges::kept_capabilities),
                (25, privileges::kept_capabilities_on_linux),
            ],
        ),
        "capabilities_baseline",
    ),
    instead(
        restricted("procMount_restricted", &[(35, profiles::proc_mount)]),
        "procMount",
    ),
    instead(
        restricted("restrictedVolumes", &[(0, volumes::kinds)]),
        "hostPathVolumes",
    ),
    restricted(
        "runAsNonRoot",
        &[(0, users::may_be_root), (35, users::may_be_root_of_node)],
    ),
    restricted(
        "runAsUser",
        &[(23, users::is_root), (35, users::is_root_of_node)],
    ),
    instead(
        restricted(
            "seccompProfile_restricted",
            &[
                (19, profiles::seccomp_required),
                (25, profiles::seccomp_required_on_linux),
            ],
        ),
        "seccompProfile_baseline",
    ),
];

fn unchecked(pod: &PodSecurity) -> Option<Finding> {
    let is_cut = pod.extent == Extent::Cut;
    is_cut.then(|| Finding::of_pod("the pod lists more than is looked at".to_owned()))
}
