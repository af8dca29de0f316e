//! What else the kernel is told to forbid: AppArmor, SELinux, seccomp, and what of `/proc` is hidden.

use super::{has_own_users, is_for_windows};
use crate::pod_security::finding::{Finding, Offenders, quoted};
use saker_kube_metadata::PodSecurity;
use std::collections::BTreeSet;

const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
const POD_SECCOMP_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_SECCOMP_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

const PROFILES: [&str; 2] = ["RuntimeDefault", "Localhost"];

const SELINUX_TYPES: [&str; 4] = ["", "container_t", "container_init_t", "container_kvm_t"];
const ENGINE_TYPE: &str = "container_engine_t";

/// AppArmor's profile is the runtime's or one of the node's; by field, or by annotation.
pub(in crate::pod_security) fn app_armor(pod: &PodSecurity) -> Option<Finding> {
    let by_field = Offenders::settings(pod, |settings, values| {
        note_unless(settings.app_armor.as_deref(), &PROFILES, values)
    });
    let by_field = by_field
        .finding(|who, profiles| format!("{who} may not set AppArmor profiles of type {profiles}"));
    let annotations = pod.annotations.iter().filter(|(key, value)| {
        key.starts_with(APP_ARMOR_ANNOTATION)
            && !(value.is_empty() || *value == "runtime/default" || value.starts_with("localhost/"))
    });
    joined(by_field, forbidden(annotations))
}

/// seccomp's profile, by annotation, is the runtime's or one of the node's.
pub(in crate::pod_security) fn seccomp_annotations(pod: &PodSecurity) -> Option<Finding> {
    let is_meant = |key: &str| match key.strip_prefix(CONTAINER_SECCOMP_ANNOTATION) {
        Some(container) => pod.container(container).is_some(),
        None => key == POD_SECCOMP_ANNOTATION,
    };
    let is_allowed = |value: &str| {
        matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/")
    };
    let annotations = pod.annotations.iter();
    forbidden(annotations.filter(|(key, value)| is_meant(key) && !is_allowed(value)))
}

/// Nobody does without seccomp.
pub(in crate::pod_security) fn seccomp_not_disabled(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::settings(pod, |settings, values| {
        note_unless(settings.seccomp.as_deref(), &PROFILES, values)
    });
    found.finding(|who, profiles| format!("{who} may not set seccomp profiles of type {profiles}"))
}

/// Everybody says by which profile.
pub(in crate::pod_security) fn seccomp_required(pod: &PodSecurity) -> Option<Finding> {
    seccomp_not_disabled(pod).or_else(|| {
        if pod.settings.seccomp.is_some() {
            return None;
        }
        let found = Offenders::containers(pod, |container, _| container.settings.seccomp.is_none());
        found.finding(|who, _| {
            format!(
                "the pod or {who} must set a seccomp profile of type RuntimeDefault or Localhost"
            )
        })
    })
}

pub(in crate::pod_security) fn seccomp_required_on_linux(pod: &PodSecurity) -> Option<Finding> {
    (!is_for_windows(pod)).then(|| seccomp_required(pod))?
}

/// SELinux confines containers as such, without users and roles of their own.
pub(in crate::pod_security) fn selinux(pod: &PodSecurity) -> Option<Finding> {
    selinux_of(pod, &SELINUX_TYPES)
}

/// The same with containers that run containers.
pub(in crate::pod_security) fn selinux_with_engine(pod: &PodSecurity) -> Option<Finding> {
    let [none, plain, init, kvm] = SELINUX_TYPES;
    selinux_of(pod, &[none, plain, init, kvm, ENGINE_TYPE])
}

fn selinux_of(pod: &PodSecurity, types: &[&str]) -> Option<Finding> {
    let found = Offenders::settings(pod, |settings, values| {
        let Some(options) = &settings.selinux else {
            return false;
        };
        let is_type = note_unless(Some(&options.type_name), types, values);
        let user = (!options.user.is_empty()).then(|| format!("user {}", options.user));
        let role = (!options.role.is_empty()).then(|| format!("role {}", options.role));
        let is_bad = is_type || user.is_some() || role.is_some();
        values.extend(user.into_iter().chain(role));
        is_bad
    });
    found.finding(|who, values| format!("{who} may not set seLinuxOptions {values}"))
}

/// `/proc` is masked.
pub(in crate::pod_security) fn proc_mount(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::containers(pod, |container, values| {
        note_unless(container.proc_mount.as_deref(), &["Default"], values)
    });
    found.finding(|who, values| format!("{who} may not set procMount to {values}"))
}

pub(in crate::pod_security) fn proc_mount_without_user_namespace(
    pod: &PodSecurity,
) -> Option<Finding> {
    (!has_own_users(pod)).then(|| proc_mount(pod))?
}

/// Notes a value that is none of the allowed ones, and says whether it is so.
fn note_unless(value: Option<&str>, allowed: &[&str], values: &mut BTreeSet<String>) -> bool {
    let bad = value.filter(|value| !allowed.contains(value));
    values.extend(bad.map(str::to_owned));
    bad.is_some()
}

fn forbidden<'a>(annotations: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Finding> {
    let texts: Vec<String> = annotations
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if texts.is_empty() {
        return None;
    }
    let texts = quoted(&texts);
    Some(Finding::of_pod(format!(
        "the pod may not have annotations {texts}"
    )))
}

fn joined(one: Option<Finding>, other: Option<Finding>) -> Option<Finding> {
    match (one, other) {
        (Some(mut one), Some(other)) => {
            one.detail = format!("{}; {}", one.detail, other.detail);
            Some(one)
        }
        (one, other) => one.or(other),
    }
}
