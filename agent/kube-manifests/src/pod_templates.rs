//! Pods, and what pods are made from, as files write them.

use crate::documents::{Document, DocumentError, documents};
use crate::pod::PodSpec;
use crate::pod_security::{is_of_security, pod_security};
use saker_kube_metadata::PodSecurity;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most pods and templates of one text.
const TEMPLATES_MAX: usize = 200_000;

/// A pod, or what an object makes pods from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Kind of the object that has it, `Pod` or one that makes pods.
    pub kind: String,
    /// Namespace of that object, as it is written; empty where it says none.
    pub namespace: String,
    /// Name of that object, or how its name begins (`generateName`).
    pub name: String,
    /// What of it decides how much its containers may do.
    pub security: PodSecurity,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodTemplates {
    /// Pods and templates, in their order.
    pub templates: Vec<Template>,
    /// How many objects were of kinds that make no pods.
    pub skipped: usize,
}

/// Reads the pods of documents of YAML or JSON, and what other objects make pods from: pod templates,
/// replication controllers, replica sets, deployments, stateful sets, daemon sets, jobs and cron jobs. Lists
/// are read as what they list.
///
/// # Errors
///
/// [`DocumentError`], for the first document that is no object of Kubernetes, or is not as its kind is.
pub fn pod_templates(text: &str) -> Result<PodTemplates, DocumentError> {
    let mut read = PodTemplates::default();
    documents(text, &mut |document| {
        let Some(path) = path_of(document.api_version, document.kind) else {
            read.skipped = read.skipped.saturating_add(1);
            return Ok(());
        };
        if read.templates.len() >= TEMPLATES_MAX {
            return Err(DocumentError::TooMany);
        }
        read.templates.push(template(document, path)?);
        Ok(())
    })?;
    Ok(read)
}

/// The keys that lead to the template; `None` for what makes no pods.
fn path_of(api_version: &str, kind: &str) -> Option<&'static [&'static str]> {
    let (group, _) = api_version.split_once('/').unwrap_or(("", api_version));
    Some(match (group, kind) {
        ("", "Pod") => &[],
        ("", "PodTemplate") => &["template"],
        ("", "ReplicationController")
        | ("apps", "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet")
        | ("batch", "Job") => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    generate_name: Option<String>,
    namespace: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
}

fn template(document: Document<'_>, path: &[&str]) -> Result<Template, DocumentError> {
    let mut object = document.object;
    let kind = document.kind.to_owned();
    let number = document.number;
    let failed = |name: &str, source| DocumentError::Object {
        document: number,
        object: format!("{kind}/{name}"),
        source,
    };
    let metadata: Metadata = part(&mut object, "metadata").map_err(|it| failed("", it))?;
    let namespace = metadata.namespace.unwrap_or_default();
    let name = metadata.name.or(metadata.generate_name).unwrap_or_default();
    let lacks = || DocumentError::Incomplete {
        document: number,
        object: format!("{kind}/{name}"),
    };
    let mut annotations = metadata.annotations;
    let mut template = object;
    for key in path {
        let Some(Value::Object(inner)) = template.remove(*key) else {
            return Err(lacks());
        };
        template = inner;
    }
    if !path.is_empty() {
        let metadata: Metadata = part(&mut template, "metadata").map_err(|it| failed(&name, it))?;
        annotations = metadata.annotations;
    }
    let spec: Option<PodSpec> = part(&mut template, "spec").map_err(|it| failed(&name, it))?;
    let spec = spec.ok_or_else(lacks)?;
    let annotations = annotations.unwrap_or_default().into_iter();
    let annotations = annotations.filter(|(key, _)| is_of_security(key)).collect();
    Ok(Template {
        security: pod_security(&spec, annotations),
        kind,
        namespace,
        name,
    })
}

/// A part of an object; its default where it is not there.
fn part<T: DeserializeOwned + Default>(
    object: &mut Map<String, Value>,
    key: &str,
) -> Result<T, serde_json::Error> {
    match object.remove(key) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => serde_json::from_value(value),
    }
}

#[cfg(test)]
mod tests;
