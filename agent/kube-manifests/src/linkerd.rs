//! Objects of Linkerd.

use crate::labels::labels_of;
use crate::network_policy::selector;
use crate::pod_settings::port_reference;
use crate::seen::{Part, Seen, SeenMetadata};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use saker_kube_metadata::{
    Authentication, AuthorizationPolicy, LinkerdAccess, LinkerdServer, MeshContent, MeshObject,
    Object, ObjectName, PolicyTarget, ServerAuthorization, ServerReference,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Most authentications of one policy; one that requires more is not understood.
const REQUIRED_MAX: usize = 64;

/// A `Server` as the API server sends it.
pub(crate) type SeenServer = Seen<ServerSpec>;

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
    let spec = seen.spec?;
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
pub(crate) type SeenAuthorizationPolicy = Seen<AuthorizationPolicySpec>;

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
}

/// The policy, if it has a name and a target.
pub(crate) fn authorization_policy(seen: SeenAuthorizationPolicy) -> Option<Object> {
    let spec = seen.spec?;
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
    let required = references
        .iter()
        .map(|reference| match reference.kind.as_str() {
            // A service account is a name for those who have its certificate.
            "MeshTLSAuthentication" | "ServiceAccount" => Authentication::MeshTls,
            "NetworkAuthentication" => Authentication::Network,
            _ => Authentication::NotUnderstood,
        });
    let content = AuthorizationPolicy {
        target,
        required: required.collect(),
    };
    object(seen.metadata, MeshContent::AuthorizationPolicy(content))
}

/// A `MeshTLSAuthentication`: whom it names is not read.
pub(crate) fn mesh_tls_authentication(seen: SeenMetadata) -> Option<Object> {
    object(seen.metadata, MeshContent::MeshTlsAuthentication)
}

/// A `NetworkAuthentication`: which networks it names is not read.
pub(crate) fn network_authentication(seen: SeenMetadata) -> Option<Object> {
    object(seen.metadata, MeshContent::NetworkAuthentication)
}

/// A `ServerAuthorization` as the API server sends it.
pub(crate) type SeenServerAuthorization = Seen<ServerAuthorizationSpec>;

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
    unauthenticated: bool,
    #[serde(rename = "meshTLS")]
    mesh_tls: Option<IgnoredAny>,
}

/// The authorization, if it has a name and says which servers.
pub(crate) fn server_authorization(seen: SeenServerAuthorization) -> Option<Object> {
    let spec = seen.spec?;
    let servers = match (spec.server.name, spec.server.selector) {
        (Some(name), _) => ServerReference::Name(name.into()),
        (None, Some(by_labels)) => ServerReference::Selector(selector(by_labels)),
        (None, None) => return None,
    };
    let content = ServerAuthorization {
        servers,
        // Without `meshTLS` only the client's address is asked for.
        allows_plaintext: spec.client.unauthenticated || spec.client.mesh_tls.is_none(),
    };
    object(seen.metadata, MeshContent::ServerAuthorization(content))
}

fn object(metadata: ObjectMeta, content: MeshContent) -> Option<Object> {
    Some(Object::Mesh(MeshObject {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        created_s: metadata.creation_timestamp.map_or(0, |t| t.0.as_second()),
        content,
    }))
}
