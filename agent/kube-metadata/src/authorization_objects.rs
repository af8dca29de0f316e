//! Objects of Istio and Linkerd that say who may talk to whom, as they are written.

use crate::labels::Labels;
use crate::network_policy::AddressBlock;
use crate::objects::ObjectName;
use std::sync::Arc;

/// Istio's `AuthorizationPolicy` (`security.istio.io`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IstioAuthorizationPolicy {
    /// Which workloads it is about.
    pub scope: PolicyScope,
    /// What becomes of requests that a rule matches.
    pub action: AuthorizationAction,
    /// Whether it is only tried out.
    pub enforcement: Enforcement,
    /// The rules; a request has to match one. None matches where empty.
    pub rules: Box<[AuthorizationRule]>,
}

/// Istio's `RequestAuthentication` (`security.istio.io`), as far as it is about workloads: it makes the identity
/// of a request known that carries a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestAuthentication {
    /// Which workloads check tokens.
    pub scope: PolicyScope,
}

/// What a policy of Istio is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyScope {
    /// Workloads with these labels, of its namespace (of all, in the root namespace); all of them where empty.
    Workloads(Arc<Labels>),
    /// What these name. Proxies that belong to a pod leave such a policy out.
    Targets(Box<[TargetReference]>),
}

impl Default for PolicyScope {
    fn default() -> Self {
        Self::Workloads(Arc::default())
    }
}

/// An object that a policy of Istio is about (`targetRefs`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetReference {
    /// What it is.
    pub kind: TargetKind,
    /// Its namespace, where it is written.
    pub namespace: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
}

/// Kind of such an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// `Service`: by the waypoint that stands before it.
    Service,
    /// `ServiceEntry` of Istio, likewise.
    ServiceEntry,
    /// `Gateway` of the Gateway API.
    Gateway,
    /// `GatewayClass`.
    GatewayClass,
    /// Something that this version does not know.
    NotUnderstood,
}

/// What an `AuthorizationPolicy` of Istio does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AuthorizationAction {
    /// Lets in what it matches.
    #[default]
    Allow,
    /// Refuses what it matches.
    Deny,
    /// Has what it matches logged.
    Audit,
    /// Asks somebody else about what it matches.
    Custom,
    /// Something that this version does not know.
    NotUnderstood,
}

/// Whether a policy is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Enforcement {
    /// It is.
    #[default]
    Enforced,
    /// Its outcome is only logged (`istio.io/dry-run`).
    DryRun,
}

/// A rule: any of the sources, any of the operations, all of the conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationRule {
    /// Sources, each with all that it demands; any source where empty.
    pub from: Box<[Box<[Constraint]>]>,
    /// Operations, likewise.
    pub to: Box<[Box<[Constraint]>]>,
    /// Conditions.
    pub when: Box<[Constraint]>,
}

/// What an attribute of a request has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Which attribute.
    pub attribute: Attribute,
    /// One of these; anything where empty.
    pub values: Box<[Arc<str>]>,
    /// And none of these.
    pub excluded: Box<[Arc<str>]>,
}

/// An attribute of a request, as Istio's policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Identity of the client by its certificate (`source.principal`).
    Principal,
    /// Namespace in that identity (`source.namespace`).
    Namespace,
    /// Service account in that identity (`serviceAccounts`, Istio 1.26).
    ServiceAccount,
    /// Address that packets come from (`source.ip`).
    SourceAddress,
    /// Address that proxies on the way name as the client's (`remote.ip`).
    RemoteAddress,
    /// Address that packets go to (`destination.ip`).
    DestinationAddress,
    /// Port of the workload (`destination.port`).
    Port,
    /// Server name that the TLS client asks for (`connection.sni`).
    ServerName,
    /// HTTP method.
    Method,
    /// HTTP path without its query.
    Path,
    /// HTTP host.
    Host,
    /// An HTTP header, by its name in small letters.
    Header(Arc<str>),
    /// Identity of the request by its token (`request.auth.principal`).
    RequestPrincipal,
    /// Something else that the token of the request says (`request.auth.*`).
    TokenClaim,
    /// Something that only filters of the proxy know (`experimental.envoy.filters.*`).
    ProxyMetadata,
    /// Something that this version does not know.
    NotUnderstood,
}

impl Attribute {
    /// Whether only HTTP requests have it.
    #[must_use]
    pub const fn is_http(&self) -> bool {
        matches!(
            self,
            Self::Method
                | Self::Path
                | Self::Host
                | Self::Header(_)
                | Self::RequestPrincipal
                | Self::TokenClaim
        )
    }
}

/// Linkerd's `MeshTLSAuthentication` (`policy.linkerd.io`): any of these clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeshTlsAuthentication {
    /// The clients. One that names nobody is not accepted by Linkerd.
    pub identities: Box<[MeshIdentity]>,
}

/// Clients with a certificate of Linkerd's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeshIdentity {
    /// Those with this identity; `*` all, and `*.` with an end all that end so.
    Name(Arc<str>),
    /// Those with this service account.
    ServiceAccount(ObjectName),
    /// Those of this namespace.
    Namespace(Arc<str>),
    /// Somebody that is written in a way that this version does not understand.
    NotUnderstood,
}

/// Linkerd's `NetworkAuthentication` (`policy.linkerd.io`): any of these addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkAuthentication {
    /// The networks.
    pub networks: Box<[ClientNetwork]>,
}

/// Addresses of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientNetwork {
    /// Of a block.
    Block {
        /// These,
        block: AddressBlock,
        /// but not these.
        except: Box<[AddressBlock]>,
    },
    /// A network that is written in a way that this version does not understand.
    NotUnderstood,
}

/// Whom a `ServerAuthorization` lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizedClients {
    /// Everybody.
    Everybody,
    /// Clients that speak mutual TLS of the mesh, whether they show who they are or not.
    MeshTls,
    /// Clients with one of these identities.
    Identities(Box<[MeshIdentity]>),
    /// Nobody: it does not say whom, and Linkerd leaves it out.
    Nobody,
}
