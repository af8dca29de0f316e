//! Documents of YAML or JSON.

use crate::kinds::{KindVisitor, with_kind};
use crate::resource::kind_of;
use kube_core::{ApiResource, Resource};
use saker_kube_metadata::{Kind, Object};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Most objects of one text.
const OBJECTS_MAX: usize = 200_000;

/// Values in one document at most, keys among them: a pod with its status has some 500.
const NODES_MAX: usize = 2_000_000;

/// Values that aliases may repeat, in one document.
const REPLAYED_MAX: usize = 100_000;

/// Namespace of objects that name none, as `kubectl apply` has it.
const DEFAULT_NAMESPACE: &str = "default";

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The objects that are of any use, in their order.
    pub objects: Vec<Object>,
    /// How many were of kinds that are not known.
    pub skipped: usize,
}

impl Objects {
    pub(crate) fn append(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

/// Why a document cannot be read. Documents are counted from 1, empty ones not.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is neither YAML nor JSON.
    #[error("document {document}")]
    Syntax {
        /// Number of the document.
        document: usize,
        /// Why.
        source: Box<serde_saphyr::Error>,
    },
    /// It is no object.
    #[error("document {document} has no `{lacking}`: it is no object of Kubernetes")]
    NoObject {
        /// Number of the document.
        document: usize,
        /// What it lacks.
        lacking: &'static str,
    },
    /// It is an object of a known kind, but not as such objects are.
    #[error("document {document}: {object} is not understood")]
    Object {
        /// Number of the document.
        document: usize,
        /// Kind, namespace and name.
        object: String,
        /// Why.
        source: serde_json::Error,
    },
    /// Something is missing of an object of a known kind.
    #[error("document {document}: {object} lacks a name, or what its kind is about")]
    Incomplete {
        /// Number of the document.
        document: usize,
        /// Kind, namespace and name.
        object: String,
    },
    /// There are more objects than are read.
    #[error("more than {OBJECTS_MAX} objects")]
    TooMany,
}

/// Reads documents of YAML, of which JSON is a part. Lists are read as what they list.
///
/// Objects that have no uid, as in files, get one of kind, namespace and name.
pub fn objects(text: &str) -> Result<Objects, DocumentError> {
    let mut read = Objects::default();
    documents(text, &mut |document| take_object(document, &mut read))?;
    Ok(read)
}

/// One object of a document.
pub(crate) struct Document<'a> {
    /// Number of the document, from 1.
    pub(crate) number: usize,
    /// Group and version.
    pub(crate) api_version: &'a str,
    /// Kind.
    pub(crate) kind: &'a str,
    /// All of it.
    pub(crate) object: Map<String, Value>,
}

/// Does something with each object.
pub(crate) type Taker<'t> = dyn FnMut(Document<'_>) -> Result<(), DocumentError> + 't;

/// Reads documents, and hands over each object; what lists list one by one.
pub(crate) fn documents(text: &str, taker: &mut Taker<'_>) -> Result<(), DocumentError> {
    // `n` is a name, and no truth.
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        // What `kubectl get` writes about a whole cluster is one document. It repeats nothing by alias.
        budget: serde_saphyr::budget! { max_nodes: NODES_MAX, max_events: NODES_MAX.saturating_mul(4) },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: REPLAYED_MAX },
    };
    let mut bytes = text.as_bytes();
    let documents = serde_saphyr::read_with_options::<_, Value>(&mut bytes, options);
    for (number, document) in (1..).zip(documents) {
        let value = document.map_err(|source| DocumentError::Syntax {
            document: number,
            source: Box::new(source),
        })?;
        take(value, number, taker)?;
    }
    Ok(())
}

/// Reads documents that are parsed already.
pub fn objects_of_values(
    documents: impl IntoIterator<Item = Value>,
) -> Result<Objects, DocumentError> {
    let mut read = Objects::default();
    for (number, document) in (1..).zip(documents) {
        take(document, number, &mut |document| {
            take_object(document, &mut read)
        })?;
    }
    Ok(read)
}

fn take(value: Value, document: usize, taker: &mut Taker<'_>) -> Result<(), DocumentError> {
    let lacks = |lacking| DocumentError::NoObject { document, lacking };
    let Value::Object(mut object) = value else {
        return Err(lacks("kind"));
    };
    let kind_name = text(&object, "kind").ok_or_else(|| lacks("kind"))?;
    let api_version = text(&object, "apiVersion").ok_or_else(|| lacks("apiVersion"))?;
    let Some(item_kind) = kind_name.strip_suffix("List") else {
        return taker(Document {
            number: document,
            api_version: &api_version,
            kind: &kind_name,
            object,
        });
    };
    let items = match object.remove("items") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(lacks("items")),
    };
    for item in items {
        let Value::Object(item) = item else {
            return Err(lacks("kind"));
        };
        // The items of a list of one kind do not repeat it.
        let kind_name = text(&item, "kind").unwrap_or_else(|| item_kind.to_owned());
        let api_version = text(&item, "apiVersion").unwrap_or_else(|| api_version.clone());
        taker(Document {
            number: document,
            api_version: &api_version,
            kind: &kind_name,
            object: item,
        })?;
    }
    Ok(())
}

fn take_object(document: Document<'_>, read: &mut Objects) -> Result<(), DocumentError> {
    let Document {
        number: document,
        api_version,
        kind: kind_name,
        mut object,
    } = document;
    let (group, _) = api_version.split_once('/').unwrap_or(("", api_version));
    let Some(kind) = kind_of(group, kind_name) else {
        read.skipped = read.skipped.saturating_add(1);
        return Ok(());
    };
    if read.objects.len() >= OBJECTS_MAX {
        return Err(DocumentError::TooMany);
    }
    let object_name = complete(&mut object, kind, kind_name);
    let parsed = with_kind(kind, Parse(Value::Object(object)));
    match parsed {
        Ok(Some(object)) => read.objects.push(object),
        Ok(None) => {
            return Err(DocumentError::Incomplete {
                document,
                object: object_name,
            });
        }
        Err(source) => {
            return Err(DocumentError::Object {
                document,
                object: object_name,
                source,
            });
        }
    }
    Ok(())
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Adds what the API server would have added. Returns how the object is called.
fn complete(object: &mut Map<String, Value>, kind: Kind, kind_name: &str) -> String {
    let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
        return kind_name.to_owned();
    };
    let name = text(metadata, "name").unwrap_or_default();
    let is_of_cluster = matches!(kind, Kind::Namespaces | Kind::Nodes);
    let called = if is_of_cluster {
        format!("{kind_name}/{name}")
    } else {
        let namespace = metadata.entry("namespace");
        let namespace = namespace.or_insert_with(|| DEFAULT_NAMESPACE.into());
        format!(
            "{kind_name}/{}/{name}",
            namespace.as_str().unwrap_or_default()
        )
    };
    let uid = metadata.entry("uid");
    uid.or_insert_with(|| called.clone().into());
    called
}

/// Parses an object as objects of its kind are parsed.
struct Parse(Value);

impl KindVisitor for Parse {
    type Output = Result<Option<Object>, serde_json::Error>;

    fn visit<K>(self, read: impl Fn(K) -> Option<Object> + Send + Sync + 'static) -> Self::Output
    where
        K: Resource<DynamicType = ApiResource> + DeserializeOwned,
    {
        serde_json::from_value(self.0).map(read)
    }
}

#[cfg(test)]
mod tests;
