//! An object as the API server sends it, as far as it is read.
//!
//! What is not read is skipped while parsing: the managed fields and the containers of a pod are many
//! times as large as what is kept.

use crate::pod_security::is_of_security;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use kube_core::Resource;
use kube_core::{ApiResource, DynamicResourceScope};
use saker_policy_audit::ANNOTATIONS;
use serde::de::DeserializeOwned;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The annotation of the object that stands for a static pod: the uid by which its node knows it.
pub(crate) const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";

/// An object.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de>, T: Deserialize<'de>"))]
pub struct Seen<S, T = IgnoredAny> {
    /// Its metadata.
    #[serde(deserialize_with = "metadata")]
    pub(crate) metadata: ObjectMeta,
    /// What is wanted of it; of slices, which have no such part, their endpoints.
    #[serde(alias = "endpoints", default = "none")]
    pub(crate) spec: Option<S>,
    /// How it is.
    #[serde(default = "none")]
    pub(crate) status: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

/// Part of an object.
pub trait Part {
    /// Whether the server need not send anything but metadata.
    const IS_METADATA_ENOUGH: bool;
}

/// Part of an object whose form the API server does not check, or only in part, such as the ports of Linkerd's
/// servers: one that is not understood must not take all others of its list with it.
#[derive(Clone, Debug)]
pub(crate) struct Unchecked<S>(Option<S>);

impl<S> Unchecked<S> {
    /// The part, if it is understood.
    pub(crate) fn understood(self) -> Option<S> {
        self.0
    }
}

impl<'de, S: DeserializeOwned> Deserialize<'de> for Unchecked<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(S::deserialize(value).ok()))
    }
}

impl<S: Part> Part for Unchecked<S> {
    const IS_METADATA_ENOUGH: bool = S::IS_METADATA_ENOUGH;
}

/// An object of which only the metadata is sent.
pub type SeenMetadata = Seen<Nothing>;

/// No part: metadata is enough.
#[derive(Clone, Debug, Deserialize)]
pub struct Nothing {}

impl Part for Nothing {
    const IS_METADATA_ENOUGH: bool = true;
}

impl<S: Part, T> Resource for Seen<S, T> {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn metadata_api() -> bool {
        S::IS_METADATA_ENOUGH
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// Metadata, without what nobody reads.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    creation_timestamp: Option<Time>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<Cow<'static, str>, String>>,
    owner_references: Option<Vec<OwnerReference>>,
}

fn is_read(annotation: &str) -> bool {
    annotation == MIRROR_ANNOTATION
        || ANNOTATIONS.contains(&annotation)
        || is_of_security(annotation)
}

fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    let metadata = Metadata::deserialize(deserializer)?;
    let annotations = metadata.annotations.map(|all| {
        let kept = all.into_iter();
        kept.filter(|(key, _)| is_read(key))
            .map(|(key, value)| (key.into_owned(), value))
            .collect()
    });
    Ok(ObjectMeta {
        name: metadata.name,
        namespace: metadata.namespace,
        uid: metadata.uid,
        resource_version: metadata.resource_version,
        creation_timestamp: metadata.creation_timestamp,
        labels: metadata.labels,
        annotations,
        owner_references: metadata.owner_references,
        ..ObjectMeta::default()
    })
}
