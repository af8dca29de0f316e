//! Whom the containers of a pod run as.

use super::has_own_users;
use crate::pod_security::finding::{Finding, Offenders};
use saker_kube_metadata::PodSecurity;

/// The kubelet sees to it that nobody is root.
pub(in crate::pod_security) fn may_be_root(pod: &PodSecurity) -> Option<Finding> {
    let allowing = Offenders::settings(pod, |settings, _| settings.run_as_non_root == Some(false));
    let allowing = allowing.finding(|who, _| format!("{who} may not set runAsNonRoot to false"));
    allowing.or_else(|| {
        if pod.settings.run_as_non_root.is_some() {
            return None;
        }
        let silent = Offenders::containers(pod, |container, _| {
            container.settings.run_as_non_root.is_none()
        });
        silent.finding(|who, _| format!("the pod or {who} must set runAsNonRoot to true"))
    })
}

pub(in crate::pod_security) fn may_be_root_of_node(pod: &PodSecurity) -> Option<Finding> {
    (!has_own_users(pod)).then(|| may_be_root(pod))?
}

/// Nobody asks to be root.
pub(in crate::pod_security) fn is_root(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::settings(pod, |settings, _| settings.run_as_user == Some(0));
    found.finding(|who, _| format!("{who} may not set runAsUser to 0"))
}

pub(in crate::pod_security) fn is_root_of_node(pod: &PodSecurity) -> Option<Finding> {
    (!has_own_users(pod)).then(|| is_root(pod))?
}
