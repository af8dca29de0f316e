//! What is known of a cluster.
//!
//! # Purpose
//!
//! [`Cluster`] is where the watches put what the API server says, and where the fields of rules find it.
//! It does no I/O, and holds no more of an object than fields can show.
//!
//! # Invariants
//!
//! - A reader never waits: an [`Answer`] says what is known now, and whether more may come. More is
//!   awaited only while a watch that could tell has not listed everything yet, or for a moment after
//!   somebody first asked for an object that may be new.
//! - What is gone stays known for a set time, and so does a pod's address unless another pod has it.
//! - The number of objects is bounded. What many have in common is kept once.
//!
//! # Example
//!
//! ```
//! use saker_kube_metadata::{Answer, Cluster, Kind, Labels, Namespace, Object, Scope};
//!
//! let cluster = Cluster::unknown();
//! assert_eq!(cluster.namespace("shop"), Answer::Unknown);
//!
//! // A watch tells what it watches, and then what it sees.
//! cluster.set_scope(Scope::NAMESPACES);
//! assert_eq!(cluster.namespace("shop"), Answer::Awaited);
//! cluster.begin_list(Kind::Namespaces);
//! cluster.learn(Object::Namespace(Namespace {
//!     name: "shop".into(),
//!     uid: "7f0c1d2e".into(),
//!     labels: Labels::from_iter([("team", "checkout")]).into(),
//!     ..Namespace::default()
//! }));
//! cluster.end_list(Kind::Namespaces);
//! let namespace = cluster.namespace("shop").known().unwrap();
//! assert_eq!(namespace.labels.get("team"), Some("checkout"));
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

mod addresses;
mod answer;
mod asked;
mod authorization_objects;
mod cluster;
mod kind;
mod labels;
mod members;
mod mesh_objects;
mod network_policy;
mod objects;
mod pod_events;
mod pod_security;
mod pod_settings;
mod pool;
mod pools;
mod scope;
mod state;
mod stats;
mod table;

pub use answer::Answer;
pub use authorization_objects::{
    Attribute, AuthorizationAction, AuthorizationRule, AuthorizedClients, ClientNetwork,
    Constraint, Enforcement, IstioAuthorizationPolicy, MeshIdentity, MeshTlsAuthentication,
    NetworkAuthentication, PolicyScope, RequestAuthentication, TargetKind, TargetReference,
};
pub use cluster::{BACKENDS_MAX, Cluster, Endpoint, Limits, Listing};
pub use kind::Kind;
pub use labels::{LABELS_MAX, Labels};
pub use mesh_objects::{
    Authentication, AuthorizationPolicy, ClientTlsMode, DestinationRule, Export, LinkerdAccess,
    LinkerdServer, MeshContent, MeshObject, PeerAuthentication, PeerMode, PolicyTarget,
    ServerAuthorization, ServerReference, Subset, TrafficTls,
};
pub use network_policy::{
    AddressBlock, LabelTest, NetworkPolicy, PolicyPeer, PolicyPort, PolicyPorts, PolicyProtocol,
    PolicyRule, Requirement, Selector,
};
pub use objects::{
    EndpointSlice, Namespace, Node, Object, ObjectName, Owner, OwnerReference, Pod, PodNetwork,
    PodPhase, Service, ServicePort, Workload, WorkloadKind,
};
pub use pod_events::{PodEvent, PodEventKind};
pub use pod_security::{
    CapabilityChanges, ContainerSecurity, Extent, HostNamespaces, PodOs, PodSecurity, PodUsers,
    PodVolume, SecuritySettings, SelinuxOptions,
};
pub use pod_settings::{ContainerPort, ContainerRole, PodContainer, PodSettings, PortReference};
pub use scope::Scope;
pub use stats::Stats;
pub use table::KindStats;
