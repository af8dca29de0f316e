//! Labels as fields show them, of whoever told them.

use crate::value::FieldValue;
use saker_container_metadata::Labels as RuntimeLabels;
use saker_kube_metadata::Labels as ClusterLabels;
use saker_rule_language::FieldArgument;

/// What begins the keys of labels that a runtime or a kubelet puts there for itself.
const INTERNAL: &[&str] = &["annotation.", "io.kubernetes."];

/// The labels of one object.
#[derive(Clone, Copy)]
pub(crate) enum LabelSet<'c> {
    /// As a runtime tells.
    Runtime(&'c RuntimeLabels),
    /// As the cluster tells.
    Cluster(&'c ClusterLabels),
}

impl<'c> LabelSet<'c> {
    /// The label that the argument names.
    pub(crate) fn one(self, argument: Option<&FieldArgument>) -> Option<&'c str> {
        match argument? {
            FieldArgument::Key(key) => self.get(key),
            FieldArgument::Index(number) => self.get(&number.to_string()),
        }
    }

    fn get(self, key: &str) -> Option<&'c str> {
        match self {
            Self::Runtime(labels) => labels.get(key).map(|value| &**value),
            Self::Cluster(labels) => labels.get(key),
        }
    }

    /// All but internal ones, as Falco's container plugin joins them: `a:1, b, c:3`.
    pub(crate) fn joined(self) -> FieldValue<'static> {
        let mut text = Vec::new();
        self.visit(|key, value| {
            if INTERNAL.iter().any(|prefix| key.starts_with(prefix)) {
                return;
            }
            if !text.is_empty() {
                text.extend_from_slice(b", ");
            }
            text.extend_from_slice(key.as_bytes());
            if !value.is_empty() {
                text.push(b':');
                text.extend_from_slice(value.as_bytes());
            }
        });
        FieldValue::owned(text)
    }

    /// All as Falco's plugin k8smeta lists them: `a:1`, `b:`, `c:3`.
    pub(crate) fn append(self, list: &mut Vec<FieldValue<'_>>) {
        self.visit(|key, value| list.push(FieldValue::owned(format!("{key}:{value}"))));
    }

    /// The first of them, in the order of their keys.
    pub(crate) fn first(self, labels_max: usize) -> Box<[(Box<str>, Box<str>)]> {
        let mut labels = Vec::new();
        self.visit(|key, value| {
            if labels.len() < labels_max {
                labels.push((key.into(), value.into()));
            }
        });
        labels.into()
    }

    fn visit(self, mut visit: impl FnMut(&str, &str)) {
        match self {
            Self::Runtime(labels) => labels.iter().for_each(|(key, value)| visit(key, value)),
            Self::Cluster(labels) => labels.iter().for_each(|(key, value)| visit(key, value)),
        }
    }
}
