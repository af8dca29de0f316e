//! Objects of a cluster as they are written: by its API server, and in files.
//!
//! # Purpose
//!
//! What the API server sends of each kind of objects is read by [`with_kind`], and so are documents of
//! YAML or JSON ([`objects`]) and folders of such files ([`Manifests`]), which can tell a
//! [`Cluster`](saker_kube_metadata::Cluster) all that the API server would have told.
//!
//! # Invariants
//!
//! - What nobody reads is skipped while parsing, and what is kept is bounded.
//! - Files are all understood or none is taken: an error names the file, the document and what is wrong.
//!   Kinds that Saker does not know are counted and skipped.
//!
//! # Example
//!
//! ```
//! use saker_kube_manifests::objects;
//! use saker_kube_metadata::Object;
//!
//! let read = objects(
//!     "apiVersion: security.istio.io/v1\n\
//!      kind: PeerAuthentication\n\
//!      metadata: {name: default, namespace: shop}\n\
//!      spec: {mtls: {mode: STRICT}}\n",
//! )?;
//! assert!(matches!(read.objects[..], [Object::Mesh(_)]));
//! # Ok::<(), saker_kube_manifests::DocumentError>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod documents;
mod folder;
mod istio;
mod istio_authorization;
mod kinds;
mod labels;
mod linkerd;
mod network_policy;
mod node;
mod owner;
mod pod;
mod pod_security;
mod pod_settings;
mod pod_templates;
mod resource;
mod seen;
mod service;

pub use documents::{DocumentError, Objects, objects, objects_of_values};
pub use folder::{ManifestError, Manifests, is_manifest};
pub use kinds::{KindVisitor, with_kind};
pub use pod_templates::{PodTemplates, Template, pod_templates};
pub use resource::{group, resources};
pub use seen::SeenMetadata;
