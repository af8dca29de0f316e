//! Namespaces and owners of pods: objects of which metadata is enough.

use crate::labels::labels_of;
use crate::seen::SeenMetadata;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference as ApiReference;
use saker_kube_metadata::{Namespace, Object, Owner, OwnerReference, WorkloadKind};
use std::sync::Arc;

/// The namespace, if it has a name and a uid.
pub(crate) fn namespace(seen: SeenMetadata) -> Option<Object> {
    let metadata = seen.metadata;
    Some(Object::Namespace(Namespace {
        name: metadata.name?.into(),
        uid: metadata.uid?.into(),
        labels: labels_of(metadata.labels),
        annotations: labels_of(metadata.annotations),
    }))
}

/// The owner, if it has a uid.
pub(crate) fn owner(seen: SeenMetadata, kind: WorkloadKind) -> Option<Object> {
    let metadata = seen.metadata;
    Some(Object::Owner(Owner {
        kind,
        uid: metadata.uid?.into(),
        labels: labels_of(metadata.labels),
        owner: owner_of(metadata.owner_references),
    }))
}

/// The owner that controls an object; the first one where none does.
pub(crate) fn owner_of(references: Option<Vec<ApiReference>>) -> Option<Arc<OwnerReference>> {
    let mut references = references?;
    let controls = |reference: &ApiReference| reference.controller == Some(true);
    let at = references.iter().position(controls).unwrap_or(0);
    if at >= references.len() {
        return None;
    }
    let reference = references.swap_remove(at);
    let (group, _version) = reference
        .api_version
        .split_once('/')
        .unwrap_or(("", &reference.api_version));
    Some(Arc::new(OwnerReference {
        kind: WorkloadKind::of_reference(group, &reference.kind),
        kind_name: reference.kind.into(),
        name: reference.name.into(),
        uid: reference.uid.into(),
    }))
}
