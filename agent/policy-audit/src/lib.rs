//! What the cluster's own policies demand of what is observed.
//!
//! # Purpose
//!
//! [`MeshPolicies`] says whether a connection to a workload has to be mutual TLS ([`MtlsIntent`]): by the
//! policies of Istio and Linkerd, by Saker's own configuration and by annotations, and whether the client may
//! talk to the workload at all ([`Authorization`]). [`membership`] says
//! whether a pod has a proxy, or should have one, and [`leg`] which part of the way through the proxies a
//! connection is. [`NetworkPolicies`] says whether network policies allow a connection. Pure functions over
//! typed objects, which come by watch or from files.
//!
//! # Invariants
//!
//! - Nothing is claimed that is not known: where the objects of a mesh cannot be had, the mode is
//!   [`MtlsMode::Unset`] with [`MtlsReason::NotKnown`].
//! - An annotation can demand more than the mesh does, never less.
//! - Network policies deny only what no rule may allow, whatever is not known.
//! - A leg is excused by interface and process, never by addresses alone.
//!
//! # Example
//!
//! ```
//! use saker_kube_metadata::{ObjectName, Pod};
//! use saker_policy_audit::{MeshPolicies, MtlsMode, MtlsRule, MtlsSettings, Target};
//!
//! let settings = MtlsSettings {
//!     rules: vec![MtlsRule {
//!         namespace: Some("shop".to_owned()),
//!         mode: MtlsMode::Strict,
//!         ..MtlsRule::default()
//!     }],
//!     ..MtlsSettings::default()
//! };
//! let policies = MeshPolicies::without_mesh(settings.into());
//! let pod = Pod {
//!     name: ObjectName::new("shop", "web-0"),
//!     ..Pod::default()
//! };
//! let intent = policies.mtls_intent(&Target { pod: Some(&pod), namespace: None, port: Some(8080) });
//! assert!(intent.is_required());
//! assert_eq!(intent.policy.as_deref(), Some("saker/mtls[0]"));
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

mod annotations;
mod authorization;
mod destination;
mod handle;
mod istio;
mod leg;
mod linkerd;
mod membership;
mod mesh_policies;
mod mtls;
mod network_policy;
pub mod pod_security;
mod settings;

pub use annotations::{ANNOTATIONS, ISTIO_DRY_RUN};
pub use authorization::{
    Authorization, AuthorizationReason, AuthorizationVerdict, ClientIdentity, ConnectionFacts,
    HttpFacts, RequestProtocol, Seen,
};
pub use handle::MeshHandle;
pub use leg::{
    Bypass, CallerPlace, Excuse, LegCaller, LegEnd, LegFacts, LegKind, LegParty, LegProcess,
    MeshLeg, leg,
};
pub use membership::{Membership, Mesh, WithoutProxy, membership};
pub use mesh_policies::MeshPolicies;
pub use mtls::{ClientIntent, MtlsIntent, MtlsMode, MtlsReason, Target};
pub use network_policy::{
    Direction, DirectionVerdict, NetworkFlow, NetworkFlowVerdict, NetworkParty, NetworkPolicies,
    NetworkPolicyHandle, NetworkReason, NetworkVerdict, POLICIES_NAMED,
};
pub use settings::{MeshSettings, MtlsRule, MtlsSettings};
