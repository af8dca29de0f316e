//! Where the API server has the objects of each kind.

use kube_core::ApiResource;
use saker_kube_metadata::Kind;

const ISTIO_SECURITY: &str = "security.istio.io";
const ISTIO_NETWORKING: &str = "networking.istio.io";
const LINKERD: &str = "policy.linkerd.io";

/// Group, versions (the preferred one first) and kind of the objects that are watched as `kind`.
///
/// Kubernetes before 1.21 has slices of endpoints and cron jobs as `v1beta1` only, and 1.25 has them as
/// `v1` only.
const fn api(kind: Kind) -> (&'static str, &'static [&'static str], &'static str) {
    match kind {
        Kind::Pods => ("", &["v1"], "Pod"),
        Kind::Namespaces => ("", &["v1"], "Namespace"),
        Kind::Services => ("", &["v1"], "Service"),
        Kind::EndpointSlices => ("discovery.k8s.io", &["v1", "v1beta1"], "EndpointSlice"),
        Kind::ReplicaSets => ("apps", &["v1"], "ReplicaSet"),
        Kind::Deployments => ("apps", &["v1"], "Deployment"),
        Kind::StatefulSets => ("apps", &["v1"], "StatefulSet"),
        Kind::DaemonSets => ("apps", &["v1"], "DaemonSet"),
        Kind::ReplicationControllers => ("", &["v1"], "ReplicationController"),
        Kind::Jobs => ("batch", &["v1"], "Job"),
        Kind::CronJobs => ("batch", &["v1", "v1beta1"], "CronJob"),
        Kind::Nodes => ("", &["v1"], "Node"),
        Kind::NetworkPolicies => ("networking.k8s.io", &["v1"], "NetworkPolicy"),
        Kind::PeerAuthentications => (ISTIO_SECURITY, &["v1", "v1beta1"], "PeerAuthentication"),
        Kind::DestinationRules => (
            ISTIO_NETWORKING,
            &["v1", "v1beta1", "v1alpha3"],
            "DestinationRule",
        ),
        Kind::Servers => (LINKERD, &["v1beta3", "v1beta2", "v1beta1"], "Server"),
        Kind::AuthorizationPolicies => (LINKERD, &["v1alpha1"], "AuthorizationPolicy"),
        Kind::MeshTlsAuthentications => (LINKERD, &["v1alpha1"], "MeshTLSAuthentication"),
        Kind::NetworkAuthentications => (LINKERD, &["v1alpha1"], "NetworkAuthentication"),
        Kind::ServerAuthorizations => (LINKERD, &["v1beta1"], "ServerAuthorization"),
        Kind::IstioAuthorizationPolicies => {
            (ISTIO_SECURITY, &["v1", "v1beta1"], "AuthorizationPolicy")
        }
        Kind::RequestAuthentications => {
            (ISTIO_SECURITY, &["v1", "v1beta1"], "RequestAuthentication")
        }
    }
}

/// The group of a kind's objects; empty for the core's.
#[must_use]
pub const fn group(kind: Kind) -> &'static str {
    api(kind).0
}

/// The kind of objects with this group and kind; `None` of those that are not read.
pub(crate) fn kind_of(group: &str, kind_name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| {
        let (known_group, _, known_name) = api(*kind);
        known_group == group && known_name == kind_name
    })
}

/// The resources that may have the objects of a kind, the preferred one first.
pub fn resources(kind: Kind) -> impl Iterator<Item = ApiResource> + Clone {
    let (group, versions, kind_name) = api(kind);
    versions.iter().map(move |version| ApiResource {
        group: group.to_owned(),
        version: (*version).to_owned(),
        api_version: if group.is_empty() {
            (*version).to_owned()
        } else {
            format!("{group}/{version}")
        },
        kind: kind_name.to_owned(),
        plural: kind.plural().to_owned(),
    })
}
