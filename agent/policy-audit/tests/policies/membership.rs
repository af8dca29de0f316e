//! Who is in a mesh, and who should be.

use super::{ISTIO, LINKERD, annotated_pod, labels, namespace, on_host, pod};
use saker_kube_metadata::{Namespace, Pod};
use saker_policy_audit::{Membership, Mesh, WithoutProxy, membership};

fn of(pod: Pod, namespace: &Namespace) -> Membership {
    membership(&pod, Some(namespace))
}

fn labelled(key: &str, value: &str) -> Pod {
    Pod {
        labels: labels([(key, value)]),
        ..pod(&[])
    }
}

const NOT_INJECTED: Membership = Membership::Missing(Mesh::IstioSidecar, WithoutProxy::NotInjected);

#[test]
fn a_proxy_makes_a_member() {
    let plain = namespace([], []);
    assert_eq!(
        of(pod(&[ISTIO]), &plain),
        Membership::Member(Mesh::IstioSidecar)
    );
    assert_eq!(
        of(pod(&[LINKERD]), &plain),
        Membership::Member(Mesh::Linkerd)
    );
    let taken = annotated_pod(&[], [("ambient.istio.io/redirection", "enabled")]);
    assert_eq!(of(taken, &plain), Membership::Member(Mesh::IstioAmbient));
    assert_eq!(of(pod(&[]), &plain), Membership::Outside);
    // A container of that name in the node's network is no sidecar.
    assert_eq!(of(on_host(pod(&[ISTIO])), &plain), Membership::Outside);
}

#[test]
fn a_namespace_with_injection_wants_a_proxy_in_its_pods() {
    for label in [("istio-injection", "enabled"), ("istio.io/rev", "1-24")] {
        let wants = namespace([label], []);
        assert_eq!(of(pod(&[]), &wants), NOT_INJECTED, "{label:?}");
        let host = Membership::Missing(Mesh::IstioSidecar, WithoutProxy::HostNetwork);
        assert_eq!(of(on_host(pod(&[])), &wants), host);
        assert_eq!(
            of(labelled("sidecar.istio.io/inject", "false"), &wants),
            Membership::Outside
        );
        let annotated = annotated_pod(&[], [("sidecar.istio.io/inject", "false")]);
        assert_eq!(of(annotated, &wants), Membership::Outside);
    }
    let off = namespace(
        [("istio-injection", "disabled"), ("istio.io/rev", "1-24")],
        [],
    );
    assert_eq!(
        of(labelled("sidecar.istio.io/inject", "true"), &off),
        Membership::Outside
    );
    let silent = namespace([], []);
    assert_eq!(
        of(labelled("sidecar.istio.io/inject", "true"), &silent),
        NOT_INJECTED
    );
    assert_eq!(of(labelled("istio.io/rev", "1-24"), &silent), NOT_INJECTED);
}

#[test]
fn the_ambient_mesh_wants_pods_by_label() {
    let wants = namespace([("istio.io/dataplane-mode", "ambient")], []);
    let missing = Membership::Missing(Mesh::IstioAmbient, WithoutProxy::NotInjected);
    assert_eq!(of(pod(&[]), &wants), missing);
    assert_eq!(
        of(labelled("istio.io/dataplane-mode", "none"), &wants),
        Membership::Outside
    );
    let silent = namespace([], []);
    assert_eq!(
        of(labelled("istio.io/dataplane-mode", "ambient"), &silent),
        missing
    );
}

#[test]
fn linkerd_wants_pods_by_annotation() {
    let missing = Membership::Missing(Mesh::Linkerd, WithoutProxy::NotInjected);
    let wants = namespace([], [("linkerd.io/inject", "enabled")]);
    assert_eq!(of(pod(&[]), &wants), missing);
    assert_eq!(
        of(
            annotated_pod(&[], [("linkerd.io/inject", "disabled")]),
            &wants
        ),
        Membership::Outside
    );
    let silent = namespace([], []);
    assert_eq!(
        of(
            annotated_pod(&[], [("linkerd.io/inject", "ingress")]),
            &silent
        ),
        missing
    );
}

#[test]
fn nothing_is_missing_of_what_is_not_known() {
    let wants = namespace([("istio-injection", "enabled")], []);
    let bare = Pod {
        settings: std::sync::Arc::default(),
        ..pod(&[])
    };
    assert_eq!(of(bare, &wants), Membership::Outside);
    assert_eq!(membership(&pod(&[]), None), Membership::Outside);
}
