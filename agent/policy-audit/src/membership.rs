//! Whether a pod is in a mesh.

use crate::annotations::{AMBIENT_REDIRECTION, ISTIO_INJECT, LINKERD_INJECT, inherited};
use saker_kube_metadata::{ContainerRole, Namespace, Pod, PodNetwork};

/// Name of the container of Istio's proxy, also in ztunnel's pods.
pub(crate) const ISTIO_PROXY: &str = "istio-proxy";

/// Name of the container of Linkerd's proxy.
pub(crate) const LINKERD_PROXY: &str = "linkerd-proxy";

/// Label of a namespace whose pods get Istio's proxy.
const INJECTION: &str = "istio-injection";

/// Label of a namespace or pod that gets the proxy of a revision of Istio.
const REVISION: &str = "istio.io/rev";

/// Label of a namespace or pod that is to be in the ambient mesh.
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

/// A mesh, by the way in which its pods are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mesh {
    /// Istio with a proxy in each pod.
    IstioSidecar,
    /// Istio with a proxy on each node (ztunnel).
    IstioAmbient,
    /// Linkerd.
    Linkerd,
}

impl Mesh {
    /// The name, as rules compare it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IstioSidecar => "istio",
            Self::IstioAmbient => "istio_ambient",
            Self::Linkerd => "linkerd",
        }
    }
}

/// Whether a pod is in a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Membership {
    /// It is.
    Member(Mesh),
    /// It should be, by the labels and annotations of it or its namespace, but has no proxy.
    Missing(Mesh, WithoutProxy),
    /// It is not, and need not be.
    Outside,
}

/// Why a pod that should be in a mesh has no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WithoutProxy {
    /// It is in the network of its node, where meshes do not go.
    HostNetwork,
    /// It is older than the setting, or the injection failed.
    NotInjected,
}

/// Whether a pod is in a mesh. Without its namespace only what the pod itself says counts.
///
/// Of a pod whose containers are not known nothing is missing.
#[must_use]
pub fn membership(pod: &Pod, namespace: Option<&Namespace>) -> Membership {
    if pod.network == PodNetwork::Own {
        let has = |name| pod.settings.container(name).is_some();
        if has(ISTIO_PROXY) {
            return Membership::Member(Mesh::IstioSidecar);
        }
        if has(LINKERD_PROXY) {
            return Membership::Member(Mesh::Linkerd);
        }
        if pod.settings.annotations.get(AMBIENT_REDIRECTION) == Some("enabled") {
            return Membership::Member(Mesh::IstioAmbient);
        }
    }
    let Some(mesh) = wanted(pod, namespace) else {
        return Membership::Outside;
    };
    match pod.network {
        PodNetwork::Host => Membership::Missing(mesh, WithoutProxy::HostNetwork),
        PodNetwork::Own if pod.settings.containers.is_empty() => Membership::Outside,
        PodNetwork::Own => Membership::Missing(mesh, WithoutProxy::NotInjected),
    }
}

/// Whether nothing but Istio's proxy runs in the pod: a gateway, a waypoint, ztunnel.
pub(crate) fn is_gateway(pod: &Pod) -> bool {
    let mut lasting = pod
        .settings
        .containers
        .iter()
        .filter(|container| container.role != ContainerRole::Init)
        .peekable();
    lasting.peek().is_some() && lasting.all(|container| &*container.name == ISTIO_PROXY)
}

/// The mesh that somebody wants a pod to be in.
fn wanted(pod: &Pod, namespace: Option<&Namespace>) -> Option<Mesh> {
    if wants_ambient(pod, namespace) {
        Some(Mesh::IstioAmbient)
    } else if wants_sidecar(pod, namespace) {
        Some(Mesh::IstioSidecar)
    } else if wants_linkerd(pod, namespace) {
        Some(Mesh::Linkerd)
    } else {
        None
    }
}

fn wants_ambient(pod: &Pod, namespace: Option<&Namespace>) -> bool {
    let of_namespace = namespace.and_then(|namespace| namespace.labels.get(DATAPLANE_MODE));
    pod.labels.get(DATAPLANE_MODE).or(of_namespace) == Some("ambient")
}

/// As the selectors of Istio's webhooks decide.
fn wants_sidecar(pod: &Pod, namespace: Option<&Namespace>) -> bool {
    let of_namespace = |label| namespace.and_then(|namespace| namespace.labels.get(label));
    let own = pod.labels.get(ISTIO_INJECT);
    let own = own.or_else(|| pod.settings.annotations.get(ISTIO_INJECT));
    match (own, of_namespace(INJECTION)) {
        (Some("false"), _) | (_, Some("disabled")) => false,
        (_, Some("enabled")) => true,
        (Some("true"), _) => true,
        _ => of_namespace(REVISION).is_some() || pod.labels.get(REVISION).is_some(),
    }
}

fn wants_linkerd(pod: &Pod, namespace: Option<&Namespace>) -> bool {
    matches!(
        inherited(pod, namespace, LINKERD_INJECT),
        Some("enabled" | "ingress")
    )
}
