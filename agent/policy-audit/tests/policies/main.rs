//! What policies demand, and which legs are excused.

mod annotations;
mod authorization;
mod destination;
mod handle;
mod istio;
mod legs;
mod linkerd;
mod membership;
mod pod_security;

use saker_kube_metadata::{
    Labels, MeshContent, MeshObject, Namespace, ObjectName, PeerAuthentication, PeerMode, Pod,
    PodContainer, PodNetwork, PodSettings,
};
use saker_policy_audit::{MeshPolicies, MtlsIntent, MtlsSettings, Target};
use std::sync::Arc;

/// Istio's proxy as a container of a pod.
const ISTIO: &str = "istio-proxy";

/// Linkerd's.
const LINKERD: &str = "linkerd-proxy";

fn labels<const N: usize>(labels: [(&str, &str); N]) -> Arc<Labels> {
    Arc::new(labels.into_iter().collect())
}

/// A pod `web-0` of the namespace `shop` with the label `app=web` and these containers beside its own.
fn pod(proxies: &[&str]) -> Pod {
    annotated_pod(proxies, [])
}

fn annotated_pod<const N: usize>(proxies: &[&str], annotations: [(&str, &str); N]) -> Pod {
    let names = ["web"].iter().chain(proxies);
    let containers = names.map(|name| PodContainer {
        name: (*name).into(),
        ..PodContainer::default()
    });
    Pod {
        name: ObjectName::new("shop", "web-0"),
        uid: "web-0".into(),
        labels: labels([("app", "web")]),
        addresses: ["10.0.0.2".parse().expect("an address")].into(),
        node: Some("node-a".into()),
        settings: Arc::new(PodSettings {
            annotations: annotations.into_iter().collect(),
            containers: containers.collect(),
        }),
        ..Pod::default()
    }
}

/// The same in the network of its node.
fn on_host(pod: Pod) -> Pod {
    Pod {
        network: PodNetwork::Host,
        ..pod
    }
}

fn namespace<const N: usize, const M: usize>(
    with_labels: [(&str, &str); N],
    annotations: [(&str, &str); M],
) -> Namespace {
    Namespace {
        name: "shop".into(),
        labels: labels(with_labels),
        annotations: labels(annotations),
        ..Namespace::default()
    }
}

fn object(namespace: &str, name: &str, created_s: i64, content: MeshContent) -> MeshObject {
    MeshObject {
        name: ObjectName::new(namespace, name),
        created_s,
        content,
    }
}

fn peers<const N: usize>(
    workloads: [(&str, &str); N],
    mode: PeerMode,
    ports: &[(u16, PeerMode)],
) -> MeshContent {
    MeshContent::PeerAuthentication(PeerAuthentication {
        workloads: labels(workloads),
        mode,
        ports: ports.into(),
    })
}

fn policies(objects: &[MeshObject]) -> MeshPolicies {
    MeshPolicies::new(objects, MtlsSettings::default().into())
}

fn intent(policies: &MeshPolicies, pod: &Pod, port: Option<u16>) -> MtlsIntent {
    policies.mtls_intent(&Target {
        pod: Some(pod),
        namespace: None,
        port,
    })
}
