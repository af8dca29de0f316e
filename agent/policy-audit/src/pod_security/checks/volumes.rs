//! The volumes of a pod.

use crate::pod_security::finding::{Finding, quoted};
use saker_kube_metadata::{PodSecurity, PodVolume};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What holds the pod's own data, or what the cluster's administrators provide.
const ALLOWED: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// None is a path of the node.
pub(in crate::pod_security) fn host_paths(pod: &PodSecurity) -> Option<Finding> {
    let is_path = |volume: &&PodVolume| volume.sources.iter().any(|kind| &**kind == "hostPath");
    let found: Vec<&Arc<str>> = pod
        .volumes
        .iter()
        .filter(is_path)
        .map(|it| &it.name)
        .collect();
    if found.is_empty() {
        return None;
    }
    let names = quoted(found.iter().map(|name| &***name));
    Some(Finding::of_pod(format!(
        "the pod may not mount paths of its node: hostPath in volume {names}"
    )))
}

/// All are of allowed kinds.
pub(in crate::pod_security) fn kinds(pod: &PodSecurity) -> Option<Finding> {
    let is_allowed = |kind: &Arc<str>| ALLOWED.contains(&&**kind);
    let is_bad = |volume: &&PodVolume| !volume.sources.iter().any(is_allowed);
    let found: Vec<&PodVolume> = pod.volumes.iter().filter(is_bad).collect();
    if found.is_empty() {
        return None;
    }
    let names = quoted(found.iter().map(|volume| &*volume.name));
    let kinds = found.iter().flat_map(|volume| &volume.sources);
    let kinds: BTreeSet<&str> = kinds.map(|kind| &**kind).collect();
    let kinds = quoted(kinds);
    Some(Finding::of_pod(format!(
        "the pod may not have volumes of kind {kinds}: {names}"
    )))
}
