//! Objects of Istio and Linkerd that say how connections have to be protected, as they are written.

use crate::authorization_objects::{
    AuthorizedClients, ClientNetwork, IstioAuthorizationPolicy, MeshTlsAuthentication,
    NetworkAuthentication, RequestAuthentication,
};
use crate::kind::Kind;
use crate::labels::Labels;
use crate::network_policy::Selector;
use crate::objects::ObjectName;
use crate::pod_settings::PortReference;
use std::sync::Arc;

/// An object of a mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeshObject {
    /// Where it is.
    pub name: ObjectName,
    /// When it was made, seconds since the epoch: among equals the oldest decides.
    pub created_s: i64,
    /// What it says.
    pub content: MeshContent,
}

impl MeshObject {
    /// Kind, namespace and name, as `PeerAuthentication/shop/default`.
    #[must_use]
    pub fn id(&self) -> Arc<str> {
        let ObjectName { namespace, name } = &self.name;
        format!("{}/{namespace}/{name}", self.content.kind_name()).into()
    }
}

/// What an object of a mesh says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeshContent {
    /// Istio: how workloads may be reached.
    PeerAuthentication(PeerAuthentication),
    /// Istio: how clients connect.
    DestinationRule(DestinationRule),
    /// Istio: who may come.
    IstioAuthorizationPolicy(IstioAuthorizationPolicy),
    /// Istio: whose tokens are checked.
    RequestAuthentication(RequestAuthentication),
    /// Linkerd: a port of pods.
    Server(LinkerdServer),
    /// Linkerd: who may come, all of these.
    AuthorizationPolicy(AuthorizationPolicy),
    /// Linkerd: clients with a proxy. Whoever it is about, it is mutual TLS.
    MeshTlsAuthentication(MeshTlsAuthentication),
    /// Linkerd: clients by their addresses, with or without a proxy.
    NetworkAuthentication(NetworkAuthentication),
    /// Linkerd before 2.12: who may come to servers.
    ServerAuthorization(ServerAuthorization),
}

impl MeshContent {
    /// Its kind, as objects write it.
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match self {
            Self::PeerAuthentication(_) => "PeerAuthentication",
            Self::DestinationRule(_) => "DestinationRule",
            Self::RequestAuthentication(_) => "RequestAuthentication",
            Self::Server(_) => "Server",
            Self::AuthorizationPolicy(_) | Self::IstioAuthorizationPolicy(_) => {
                "AuthorizationPolicy"
            }
            Self::MeshTlsAuthentication(_) => "MeshTLSAuthentication",
            Self::NetworkAuthentication(_) => "NetworkAuthentication",
            Self::ServerAuthorization(_) => "ServerAuthorization",
        }
    }

    /// As which kind it is watched.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::PeerAuthentication(_) => Kind::PeerAuthentications,
            Self::DestinationRule(_) => Kind::DestinationRules,
            Self::IstioAuthorizationPolicy(_) => Kind::IstioAuthorizationPolicies,
            Self::RequestAuthentication(_) => Kind::RequestAuthentications,
            Self::Server(_) => Kind::Servers,
            Self::AuthorizationPolicy(_) => Kind::AuthorizationPolicies,
            Self::MeshTlsAuthentication(_) => Kind::MeshTlsAuthentications,
            Self::NetworkAuthentication(_) => Kind::NetworkAuthentications,
            Self::ServerAuthorization(_) => Kind::ServerAuthorizations,
        }
    }
}

/// Istio's `PeerAuthentication` (`security.istio.io`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerAuthentication {
    /// The labels of the workloads that it is about; all of the namespace where empty.
    pub workloads: Arc<Labels>,
    /// For all ports but those below.
    pub mode: PeerMode,
    /// For ports of workloads.
    pub ports: Box<[(u16, PeerMode)]>,
}

/// Mode of a `PeerAuthentication`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PeerMode {
    /// As the policy above says.
    #[default]
    Unset,
    /// Mutual TLS is not used.
    Disable,
    /// Mutual TLS and plaintext.
    Permissive,
    /// Mutual TLS only.
    Strict,
    /// A mode that this version does not know.
    NotUnderstood,
}

/// Istio's `DestinationRule` (`networking.istio.io`), as far as it is about TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestinationRule {
    /// The host that it is about: a name, a short name of its own namespace, or `*.` and an end.
    pub host: Arc<str>,
    /// Clients that it is about; all that see it where empty.
    pub clients: Arc<Labels>,
    /// Whether other namespaces see it.
    pub export: Export,
    /// How clients connect.
    pub tls: TrafficTls,
    /// How they connect to subsets of the workloads behind the host.
    pub subsets: Box<[Subset]>,
}

/// Who sees an object of Istio's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Export {
    /// Everybody.
    #[default]
    All,
    /// These namespaces; `.` is its own.
    Namespaces(Box<[Arc<str>]>),
}

/// How clients connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficTls {
    /// To all ports but those below; `None` where it does not say.
    pub mode: Option<ClientTlsMode>,
    /// To ports of the service. Where such a setting is there, it holds alone, also where it does not say.
    pub ports: Box<[(u16, Option<ClientTlsMode>)]>,
}

/// Some of the workloads behind a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subset {
    /// Name.
    pub name: Arc<str>,
    /// Labels of its workloads.
    pub workloads: Arc<Labels>,
    /// How clients connect to them, where it differs.
    pub tls: TrafficTls,
}

/// TLS of a client's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientTlsMode {
    /// None.
    Disable,
    /// TLS without a certificate of the client's.
    Simple,
    /// TLS with a certificate of the client's, which the rule names.
    Mutual,
    /// TLS with the certificate that the mesh gives.
    IstioMutual,
    /// A mode that this version does not know.
    NotUnderstood,
}

/// Linkerd's `Server` (`policy.linkerd.io`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkerdServer {
    /// The pods that it is about; `None` where it is about something else (external workloads).
    pub pods: Option<Selector>,
    /// Their port.
    pub port: PortReference,
    /// Labels, by which a `ServerAuthorization` may find it.
    pub labels: Arc<Labels>,
    /// Who may come where no policy allows anybody (`accessPolicy`); `None` where it does not say: nobody.
    pub access: Option<LinkerdAccess>,
}

/// Whom Linkerd lets in by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkerdAccess {
    /// Everybody.
    AllUnauthenticated,
    /// Everybody of the cluster's networks.
    ClusterUnauthenticated,
    /// Clients with a proxy.
    AllAuthenticated,
    /// Clients with a proxy, of the cluster's networks.
    ClusterAuthenticated,
    /// Nobody.
    Deny,
    /// Everybody, and what would not have been let in is logged.
    Audit,
}

impl LinkerdAccess {
    /// As annotations and servers write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "all-unauthenticated" => Self::AllUnauthenticated,
            "cluster-unauthenticated" => Self::ClusterUnauthenticated,
            "all-authenticated" => Self::AllAuthenticated,
            "cluster-authenticated" => Self::ClusterAuthenticated,
            "deny" => Self::Deny,
            "audit" => Self::Audit,
            _ => return None,
        })
    }

    /// Whether a client without a proxy is let in.
    #[must_use]
    pub const fn allows_plaintext(self) -> bool {
        match self {
            Self::AllUnauthenticated | Self::ClusterUnauthenticated | Self::Audit => true,
            Self::AllAuthenticated | Self::ClusterAuthenticated | Self::Deny => false,
        }
    }
}

/// Linkerd's `AuthorizationPolicy` (`policy.linkerd.io`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationPolicy {
    /// What it lets clients come to.
    pub target: PolicyTarget,
    /// What clients have to show, all of it; nothing where empty.
    pub required: Box<[Authentication]>,
}

/// What an `AuthorizationPolicy` is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyTarget {
    /// All servers of its namespace.
    Namespace,
    /// This server of its namespace.
    Server(Arc<str>),
    /// A part of a server: some of the requests that come to it.
    Route,
    /// Something that this version does not know.
    NotUnderstood,
}

/// What a client has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// A certificate of the mesh, with one of the identities of this `MeshTLSAuthentication`.
    MeshTls(ObjectName),
    /// The certificate of this service account.
    ServiceAccount(ObjectName),
    /// An address, of this `NetworkAuthentication`.
    Network(ObjectName),
    /// Something that this version does not know.
    NotUnderstood,
}

impl Authentication {
    /// Whether only clients with a certificate of the mesh have it.
    #[must_use]
    pub const fn is_mesh_tls(&self) -> bool {
        matches!(self, Self::MeshTls(_) | Self::ServiceAccount(_))
    }
}

/// Linkerd's `ServerAuthorization` (`policy.linkerd.io/v1beta1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAuthorization {
    /// Which servers of its namespace.
    pub servers: ServerReference,
    /// Who may come,
    pub clients: AuthorizedClients,
    /// from where; from everywhere where empty.
    pub networks: Box<[ClientNetwork]>,
}

impl ServerAuthorization {
    /// Whether clients without a certificate of the mesh may come.
    #[must_use]
    pub const fn allows_plaintext(&self) -> bool {
        matches!(self.clients, AuthorizedClients::Everybody)
    }
}

/// Servers by name or by labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerReference {
    /// The one with this name.
    Name(Arc<str>),
    /// Those with these labels.
    Selector(Selector),
}
