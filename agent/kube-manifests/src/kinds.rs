//! How the objects of each kind are read.

use crate::{istio, istio_authorization, linkerd, network_policy, node, owner, pod, service};
use kube_core::{ApiResource, Resource};
use saker_kube_metadata::{Kind, Object, WorkloadKind};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// What is done with the type that objects of a kind are parsed as, which differs from kind to kind.
pub trait KindVisitor {
    /// What comes of it.
    type Output;

    /// Objects of the kind are parsed as `K`, of which `read` makes what is kept; `None` where it has
    /// no name, or is not understood.
    fn visit<K>(self, read: impl Fn(K) -> Option<Object> + Send + Sync + 'static) -> Self::Output
    where
        K: Resource<DynamicType = ApiResource>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + Sync
            + 'static;
}

/// Lets a visitor see how objects of a kind are read.
pub fn with_kind<V: KindVisitor>(kind: Kind, visitor: V) -> V::Output {
    let owned_by = |kind: WorkloadKind| move |seen| owner::owner(seen, kind);
    match kind {
        Kind::Pods => visitor.visit(pod::pod),
        Kind::Namespaces => visitor.visit(owner::namespace),
        Kind::Services => visitor.visit(service::service),
        Kind::EndpointSlices => visitor.visit(service::slice),
        Kind::ReplicaSets => visitor.visit(owned_by(WorkloadKind::ReplicaSet)),
        Kind::Deployments => visitor.visit(owned_by(WorkloadKind::Deployment)),
        Kind::StatefulSets => visitor.visit(owned_by(WorkloadKind::StatefulSet)),
        Kind::DaemonSets => visitor.visit(owned_by(WorkloadKind::DaemonSet)),
        Kind::ReplicationControllers => {
            visitor.visit(owned_by(WorkloadKind::ReplicationController))
        }
        Kind::Jobs => visitor.visit(owned_by(WorkloadKind::Job)),
        Kind::CronJobs => visitor.visit(owned_by(WorkloadKind::CronJob)),
        Kind::Nodes => visitor.visit(node::node),
        Kind::NetworkPolicies => visitor.visit(network_policy::network_policy),
        Kind::PeerAuthentications => visitor.visit(istio::peer_authentication),
        Kind::DestinationRules => visitor.visit(istio::destination_rule),
        Kind::Servers => visitor.visit(linkerd::server),
        Kind::AuthorizationPolicies => visitor.visit(linkerd::authorization_policy),
        Kind::MeshTlsAuthentications => visitor.visit(linkerd::mesh_tls_authentication),
        Kind::NetworkAuthentications => visitor.visit(linkerd::network_authentication),
        Kind::ServerAuthorizations => visitor.visit(linkerd::server_authorization),
        Kind::IstioAuthorizationPolicies => {
            visitor.visit(istio_authorization::authorization_policy)
        }
        Kind::RequestAuthentications => visitor.visit(istio_authorization::request_authentication),
    }
}
