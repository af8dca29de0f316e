//! Who may talk to whom, by the policies of Istio and Linkerd.
//!
//! What decides is asked of a connection as the proxy before the server sees it. Not all of it shows on the
//! wire: what is hidden is neither true nor false ([`truth`]), and a verdict is only [`AuthorizationVerdict::Unknown`]
//! where something hidden may decide.

mod facts;
mod istio;
mod linkerd;
mod pattern;
mod rule;
mod scope;
mod truth;

pub use facts::{ClientIdentity, ConnectionFacts, HttpFacts, RequestProtocol, Seen};
pub(crate) use istio::IstioAuthorizations;
pub(crate) use linkerd::{DefaultAccess, LinkerdAuthorizations};

use std::sync::Arc;

/// What the policies say about a connection (`mesh.authz.verdict`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthorizationVerdict {
    /// It may come.
    Allowed,
    /// It is let in and logged, though no policy allows it (Linkerd's `audit`).
    Audited,
    /// It may not come.
    Denied,
    /// What decides cannot be seen.
    Unknown,
    /// No policy of a mesh is about it.
    NotApplicable,
}

impl AuthorizationVerdict {
    /// The value of `mesh.authz.verdict`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Audited => "audited",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// Why: a word that rules can compare (`mesh.authz.reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AuthorizationReason {
    /// A policy refuses it.
    DenyPolicy,
    /// A policy lets it in.
    AllowPolicy,
    /// There are policies that let clients in, and none of them this one.
    NoAllowPolicyMatches,
    /// Nobody refuses it, and nobody says who alone may come.
    NoPolicy,
    /// The `accessPolicy` of a `Server` of Linkerd.
    AccessPolicy,
    /// Linkerd's default for the pod, its namespace or the cluster.
    DefaultInboundPolicy,
    /// A policy asks somebody else.
    CustomPolicy,
    /// Who the client is does not show.
    IdentityHidden,
    /// The address that the proxy sees does not show.
    AddressHidden,
    /// The address that proxies on the way name does not show.
    RemoteAddressHidden,
    /// The port of the workload does not show.
    PortNotKnown,
    /// The server name of the TLS handshake does not show.
    ServerNameHidden,
    /// Whether the proxy takes it for HTTP is not known.
    ProtocolNotKnown,
    /// Method, path, host or a header does not show.
    RequestHidden,
    /// The path is written in a way that settings of the mesh decide what it means.
    PathNotNormal,
    /// What the token of the request says does not show.
    TokenHidden,
    /// Only the proxy knows.
    ProxyMetadata,
    /// It may have to pass a waypoint, which has policies of its own.
    Waypoint,
    /// It depends on the route that the request takes.
    Route,
    /// A policy says something that this version does not know.
    NotUnderstood,
    /// The objects of the meshes are not known.
    NotKnown,
    /// The server is in no mesh.
    NotInMesh,
    /// It does not leave the pod.
    Inside,
    /// The kubelet asks whether the pod is well.
    Probe,
    /// Datagrams do not pass the proxies.
    Datagram,
}

impl AuthorizationReason {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DenyPolicy => "deny_policy",
            Self::AllowPolicy => "allow_policy",
            Self::NoAllowPolicyMatches => "no_allow_policy_matches",
            Self::NoPolicy => "no_policy",
            Self::AccessPolicy => "access_policy",
            Self::DefaultInboundPolicy => "default_inbound_policy",
            Self::CustomPolicy => "custom_policy",
            Self::IdentityHidden => "identity_hidden",
            Self::AddressHidden => "address_hidden",
            Self::RemoteAddressHidden => "remote_address_hidden",
            Self::PortNotKnown => "port_not_known",
            Self::ServerNameHidden => "server_name_hidden",
            Self::ProtocolNotKnown => "protocol_not_known",
            Self::RequestHidden => "request_hidden",
            Self::PathNotNormal => "path_not_normal",
            Self::TokenHidden => "token_hidden",
            Self::ProxyMetadata => "proxy_metadata",
            Self::Waypoint => "waypoint",
            Self::Route => "route",
            Self::NotUnderstood => "not_understood",
            Self::NotKnown => "not_known",
            Self::NotInMesh => "not_in_mesh",
            Self::Inside => "inside",
            Self::Probe => "probe",
            Self::Datagram => "datagram",
        }
    }
}

/// What the policies say about a connection, and which of them decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// What they say.
    pub verdict: AuthorizationVerdict,
    /// The object that decides, or may decide, as `AuthorizationPolicy/namespace/name`
    /// (`mesh.authz.policy`).
    pub policy: Option<Arc<str>>,
    /// Why.
    pub reason: AuthorizationReason,
}

impl Authorization {
    /// A verdict that no object gives.
    #[must_use]
    pub const fn without_policy(
        verdict: AuthorizationVerdict,
        reason: AuthorizationReason,
    ) -> Self {
        Self {
            verdict,
            policy: None,
            reason,
        }
    }

    /// No policy is about it.
    #[must_use]
    pub const fn not_applicable(reason: AuthorizationReason) -> Self {
        Self::without_policy(AuthorizationVerdict::NotApplicable, reason)
    }

    /// What decides cannot be seen.
    #[must_use]
    pub const fn unknown(reason: AuthorizationReason) -> Self {
        Self::without_policy(AuthorizationVerdict::Unknown, reason)
    }

    /// What holds whichever of the two does, because of `reason`.
    pub(crate) fn or(self, other: Self, reason: AuthorizationReason) -> Self {
        if self.verdict == other.verdict || self.verdict == AuthorizationVerdict::Unknown {
            return self;
        }
        if other.verdict == AuthorizationVerdict::Unknown {
            return other;
        }
        Self {
            verdict: AuthorizationVerdict::Unknown,
            policy: self.policy.or(other.policy),
            reason,
        }
    }
}
