//! Objects of Linkerd.

use crate::labels::labels_of;
use crate::network_policy::selector;
use crate::pod_settings::port_reference;
use crate::seen::{Part, Seen, Unchecked};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use saker_kube_metadata::{
    AddressBlock, Authentication, AuthorizationPolicy, AuthorizedClients, ClientNetwork,
    LinkerdAccess, LinkerdServer, MeshContent, MeshIdentity, MeshObject, MeshTlsAuthentication,
    NetworkAuthentication, Object, ObjectName, PolicyTarget, ServerAuthorization, ServerReference,
};
use serde::Deserialize;

/// Most authentications of one policy; one that requires more is not understood.
const REQUIRED_MAX: usize = 64;

/// Most identities or networks of one object; what is beyond is one that is not understood.
const CLIENTS_MAX: usize = 4_096;

/// A `Server` as the API server sends it.
pub(crate) type SeenServer = Seen<Unchecked<ServerSpec>>;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerSpec {
    pod_selector: Option<LabelSelector>,
    port: IntOrString,
    access_policy: Option<String>,
}

impl Part for ServerSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

/// The server, if it has a name and a port.
pub(crate) fn server(seen: SeenServer) -> Option<Object> {
    let spec = seen.spec?.understood()?;
    let port = port_reference(spec.port)?;
    let content = LinkerdServer {
        pods: spec.pod_selector.map(selector),
        port,
        labels: labels_of(seen.metadata.labels.clone()),
        access: spec.access_policy.as_deref().and_then(LinkerdAccess::parse),
    };
    object(seen.metadata, MeshContent::Server(content))
}

/// An `AuthorizationPolicy` as the API server sends it.
pub(crate) type SeenAuthorizationPolicy = Seen<Unchecked<AuthorizationPolicySpec>>;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorizationPolicySpec {
    target_ref: Reference,
    required_authentication_refs: Option<Vec<Reference>>,
}

impl Part for AuthorizationPolicySpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Reference {
    kind: String,
    name: String,
    namespace: Option<String>,
}

impl Reference {
    /// The object, in the namespace of who refers to it where none is written.
    fn object(&self, own: &str) -> ObjectName {
        ObjectName::new(self.namespace.as_deref().unwrap_or(own), &self.name)
    }
}

/// The policy, if it has a name and a target.
pub(crate) fn authorization_policy(seen: SeenAuthorizationPolicy) -> Option<Object> {
    let spec = seen.spec?.understood()?;
    let target = match spec.target_ref.kind.as_str() {
        "Namespace" => PolicyTarget::Namespace,
        "Server" => PolicyTarget::Server(spec.target_ref.name.into()),
        "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" => PolicyTarget::Route,
        _ => PolicyTarget::NotUnderstood,
    };
    let references = spec.required_authentication_refs.unwrap_or_default();
    if references.len() > REQUIRED_MAX {
        return None;
    }
    let own = seen.metadata.namespace.as_deref()?;
    let required = references
        .iter()
        .map(|reference| match reference.kind.as_str() {
            "MeshTLSAuthentication" => Authentication::MeshTls(reference.object(own)),
            // A service account is a name for those who have its certificate.
            "ServiceAccount" => Authentication::ServiceAccount(reference.object(own)),
            "NetworkAuthentication" => Authentication::Network(reference.object(own)),
            _ => Authentication::NotUnderstood,
        });
    let content = AuthorizationPolicy {
        target,
        required: required.collect(),
    };
    object(seen.metadata, MeshContent::AuthorizationPolicy(content))
}

/// A `MeshTLSAuthentication` as the API server sends it.
pub(crate) type SeenMeshTlsAuthentication = Seen<Unchecked<MeshTlsSpec>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MeshTlsSpec {
    identities: Option<Vec<String>>,
    identity_refs: Option<Vec<Reference>>,
}

impl Part for MeshTlsSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

/// The authentication, if it has a name.
pub(crate) fn mesh_tls_authentication(seen: SeenMeshTlsAuthentication) -> Option<Object> {
    let spec = seen
        .spec
        .map_or_else(|| Some(MeshTlsSpec::default()), Unchecked::understood)?;
    let own = seen.metadata.namespace.as_deref()?;
    let named = spec.identities.into_iter().flatten();
    let named = named.map(|name| MeshIdentity::Name(name.into()));
    let referred = spec.identity_refs.iter().flatten();
    let referred = referred.map(|reference| match reference.kind.as_str() {
        "ServiceAccount" => MeshIdentity::ServiceAccount(reference.object(own)),
        "Namespace" => MeshIdentity::Namespace(reference.name.as_str().into()),
        _ => MeshIdentity::NotUnderstood,
    });
    let content = MeshTlsAuthentication {
        identities: bounded(named.chain(referred), MeshIdentity::NotUnderstood),
    };
    object(seen.metadata, MeshContent::MeshTlsAuthentication(content))
}

/// A `NetworkAuthentication` as the API server sends it.
pub(crate) type SeenNetworkAuthentication = Seen<Unchecked<NetworkSpec>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NetworkSpec {
    networks: Option<Vec<Network>>,
}

impl Part for NetworkSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Network {
    cidr: String,
    except: Option<Vec<String>>,
}

/// The authentication, if it has a name.
pub(crate) fn network_authentication(seen: SeenNetworkAuthentication) -> Option<Object> {
    let spec = seen
        .spec
        .map_or_else(|| Some(NetworkSpec::default()), Unchecked::understood)?;
    let content = NetworkAuthentication {
        networks: networks(spec.networks),
    };
    object(seen.metadata, MeshContent::NetworkAuthentication(content))
}

fn networks(networks: Option<Vec<Network>>) -> Box<[ClientNetwork]> {
    let networks = networks.into_iter().flatten().map(|network| {
        let except = network.except.iter().flatten();
        let except: Option<Box<[AddressBlock]>> = except
            .map(|text| AddressBlock::parse_or_address(text))
            .collect();
        match (AddressBlock::parse_or_address(&network.cidr), except) {
            (Some(block), Some(except)) => ClientNetwork::Block { block, except },
            _ => ClientNetwork::NotUnderstood,
        }
    });
    bounded(networks, ClientNetwork::NotUnderstood)
}

/// All of them, or as many as are kept and then `rest`.
fn bounded<T>(all: impl Iterator<Item = T>, rest: T) -> Box<[T]> {
    let mut all = all.fuse();
    let mut kept: Vec<T> = all.by_ref().take(CLIENTS_MAX).collect();
    kept.extend(all.next().map(|_| rest));
    kept.into()
}

/// A `ServerAuthorization` as the API server sends it.
pub(crate) type SeenServerAuthorization = Seen<Unchecked<ServerAuthorizationSpec>>;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ServerAuthorizationSpec {
    server: ServerSelection,
    #[serde(default)]
    client: Client,
}

impl Part for ServerAuthorizationSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Deserialize)]
struct ServerSelection {
    name: Option<String>,
    selector: Option<LabelSelector>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Client {
    networks: Option<Vec<Network>>,
    unauthenticated: bool,
    #[serde(rename = "meshTLS")]
    mesh_tls: Option<MeshTls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MeshTls {
    #[serde(rename = "unauthenticatedTLS")]
    unauthenticated_tls: bool,
    identities: Option<Vec<String>>,
    service_accounts: Option<Vec<Reference>>,
}

/// The authorization, if it has a name and says which servers.
pub(crate) fn server_authorization(seen: SeenServerAuthorization) -> Option<Object> {
    let spec = seen.spec?.understood()?;
    let servers = match (spec.server.name, spec.server.selector) {
        (Some(name), _) => ServerReference::Name(name.into()),
        (None, Some(by_labels)) => ServerReference::Selector(selector(by_labels)),
        (None, None) => return None,
    };
    let own = seen.metadata.namespace.as_deref()?;
    let content = ServerAuthorization {
        servers,
        clients: match spec.client.mesh_tls {
            _ if spec.client.unauthenticated => AuthorizedClients::Everybody,
            Some(mesh_tls) => authorized(mesh_tls, own),
            // Linkerd leaves out one that says nothing about certificates
            // (`client_authz` of its policy controller).
            None => AuthorizedClients::Nobody,
        },
        networks: networks(spec.client.networks),
    };
    object(seen.metadata, MeshContent::ServerAuthorization(content))
}

fn authorized(mesh_tls: MeshTls, own: &str) -> AuthorizedClients {
    if mesh_tls.unauthenticated_tls {
        return AuthorizedClients::MeshTls;
    }
    let named = mesh_tls.identities.into_iter().flatten();
    let named = named.map(|name| MeshIdentity::Name(name.into()));
    let accounts = mesh_tls.service_accounts.iter().flatten();
    let accounts = accounts.map(|account| MeshIdentity::ServiceAccount(account.object(own)));
    let identities = bounded(named.chain(accounts), MeshIdentity::NotUnderstood);
    match identities.is_empty() {
        true => AuthorizedClients::Nobody,
        false => AuthorizedClients::Identities(identities),
    }
}

fn object(metadata: ObjectMeta, content: MeshContent) -> Option<Object> {
    Some(Object::Mesh(MeshObject {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        created_s: metadata.creation_timestamp.map_or(0, |t| t.0.as_second()),
        content,
    }))
}
