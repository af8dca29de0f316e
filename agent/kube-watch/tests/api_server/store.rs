//! Objects of the server, and what happened to them.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Group and plural, such as `apps/replicasets`; the core's begin with `/`.
pub(crate) type Resource = String;

/// Namespace (empty for objects of the cluster) and name.
pub(crate) type Key = (String, String);

/// One change.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) resource: Resource,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// Everything that is stored. Each change has a number, as in etcd.
#[derive(Default)]
pub(crate) struct Store {
    revision: u64,
    objects: BTreeMap<Resource, BTreeMap<Key, Value>>,
    changes: Vec<Change>,
    /// Changes up to this one are forgotten.
    pub(crate) compacted: u64,
    last_ip: u8,
}

impl Store {
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn list(&self, resource: &str) -> Vec<(Key, Value)> {
        let objects = self.objects.get(resource).into_iter().flatten();
        objects.map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    pub(crate) fn get(&self, resource: &str, key: &Key) -> Option<&Value> {
        self.objects.get(resource)?.get(key)
    }

    /// What happened after a revision; `None` if that is forgotten.
    pub(crate) fn changes_after(&self, revision: u64, resource: &str) -> Option<Vec<Change>> {
        if revision < self.compacted {
            return None;
        }
        let changes = self
            .changes
            .iter()
            .filter(|change| change.revision > revision);
        Some(
            changes
                .filter(|change| change.resource == resource)
                .cloned()
                .collect(),
        )
    }

    /// Forgets what happened so far.
    pub(crate) fn compact(&mut self) {
        self.compacted = self.revision;
        self.changes.clear();
    }

    pub(crate) fn create(
        &mut self,
        resource: &str,
        namespace: &str,
        mut object: Value,
    ) -> Option<Value> {
        let name = object["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let key = (namespace.to_owned(), name);
        if self.get(resource, &key).is_some() {
            return None;
        }
        let uid = format!("00000000-0000-4000-8000-{:012x}", self.revision + 1);
        let metadata = &mut object["metadata"];
        if !namespace.is_empty() {
            metadata["namespace"] = json!(namespace);
        }
        metadata["uid"] = json!(uid);
        metadata["creationTimestamp"] = json!("2026-01-02T03:04:05Z");
        metadata["managedFields"] = json!([{"manager": "test", "fieldsV1": {"f:spec": {}}}]);
        if resource == "/services" && object["spec"]["clusterIP"].is_null() {
            self.last_ip += 1;
            let address = format!("10.96.0.{}", self.last_ip);
            object["spec"]["clusterIPs"] = json!([address]);
            object["spec"]["clusterIP"] = json!(address);
        }
        Some(self.put(resource, key, object))
    }

    /// Changes an object as a merge patch says (RFC 7396).
    pub(crate) fn patch(&mut self, resource: &str, key: &Key, patch: &Value) -> Option<Value> {
        let mut object = self.get(resource, key)?.clone();
        merge(&mut object, patch);
        Some(self.put(resource, key.clone(), object))
    }

    fn put(&mut self, resource: &str, key: Key, mut object: Value) -> Value {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let objects = self.objects.entry(resource.to_owned()).or_default();
        let before = objects.insert(key, object.clone());
        self.changes.push(Change {
            revision: self.revision,
            resource: resource.to_owned(),
            before,
            after: Some(object.clone()),
        });
        object
    }

    pub(crate) fn delete(&mut self, resource: &str, key: &Key) -> Option<Value> {
        let mut object = self.objects.get_mut(resource)?.remove(key)?;
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        self.changes.push(Change {
            revision: self.revision,
            resource: resource.to_owned(),
            before: Some(object.clone()),
            after: None,
        });
        Some(object)
    }
}

fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (key, value) in patch {
        if value.is_null() {
            object.as_object_mut().expect("an object").remove(key);
        } else {
            merge(&mut object[key], value);
        }
    }
}
