//! Which workloads a policy of Istio is about.

use super::{ISTIO, assert_judged, connection, is, judge, labels, pod, request, scoped, web, when};
use crate::{annotated_pod, namespace, on_host};
use saker_kube_metadata::{
    Attribute, AuthorizationAction as Action, AuthorizationRule, MeshObject, Pod, PolicyScope,
    TargetKind, TargetReference,
};
use saker_policy_audit::{
    AuthorizationReason as Reason, AuthorizationVerdict as Verdict, MeshPolicies, MtlsSettings,
};

fn deny(namespace: &str, scope: PolicyScope) -> MeshObject {
    scoped(
        (namespace, "p"),
        scope,
        Action::Deny,
        &[AuthorizationRule::default()],
    )
}

fn workloads<const N: usize>(wanted: [(&str, &str); N]) -> PolicyScope {
    PolicyScope::Workloads(labels(wanted))
}

fn targets(kind: TargetKind, name: &str) -> PolicyScope {
    PolicyScope::Targets(
        [TargetReference {
            kind,
            namespace: None,
            name: name.into(),
        }]
        .into(),
    )
}

fn verdict(object: MeshObject, pod: &Pod) -> Verdict {
    judge(&[object], &request(pod)).verdict
}

#[test]
fn policies_are_about_their_namespace_and_those_of_the_root_about_all() {
    let pod = web();
    for (namespace, scope, expected) in [
        ("shop", workloads([]), Verdict::Denied),
        ("shop", workloads([("app", "web")]), Verdict::Denied),
        ("shop", workloads([("app", "api")]), Verdict::Allowed),
        (
            "shop",
            workloads([("app", "web"), ("tier", "x")]),
            Verdict::Allowed,
        ),
        ("bank", workloads([]), Verdict::Allowed),
        ("istio-system", workloads([]), Verdict::Denied),
        ("istio-system", workloads([("app", "web")]), Verdict::Denied),
        (
            "istio-system",
            workloads([("app", "api")]),
            Verdict::Allowed,
        ),
        // The proxy of a pod leaves out what is about something else.
        (
            "shop",
            targets(TargetKind::Service, "web"),
            Verdict::Allowed,
        ),
        (
            "shop",
            targets(TargetKind::NotUnderstood, "web"),
            Verdict::Allowed,
        ),
    ] {
        let row = format!("{namespace} {scope:?}");
        assert_eq!(verdict(deny(namespace, scope), &pod), expected, "{row}");
    }
}

#[test]
fn gateways_are_named() {
    let gateway = Pod {
        labels: labels([("gateway.networking.k8s.io/gateway-name", "front")]),
        ..web()
    };
    for (namespace, scope, expected) in [
        (
            "shop",
            targets(TargetKind::Gateway, "front"),
            Verdict::Denied,
        ),
        (
            "shop",
            targets(TargetKind::Gateway, "back"),
            Verdict::Allowed,
        ),
        (
            "istio-system",
            targets(TargetKind::Gateway, "front"),
            Verdict::Allowed,
        ),
        (
            "shop",
            targets(TargetKind::Service, "front"),
            Verdict::Allowed,
        ),
        (
            "istio-system",
            targets(TargetKind::GatewayClass, "istio-waypoint"),
            Verdict::Allowed,
        ),
        (
            "shop",
            targets(TargetKind::NotUnderstood, "front"),
            Verdict::Unknown,
        ),
        ("shop", workloads([]), Verdict::Denied),
    ] {
        let row = format!("{namespace} {scope:?}");
        assert_eq!(verdict(deny(namespace, scope), &gateway), expected, "{row}");
    }
    let waypoint = Pod {
        labels: labels([
            ("gateway.networking.k8s.io/gateway-name", "way"),
            ("gateway.istio.io/managed", "istio.io-mesh-controller"),
        ]),
        ..web()
    };
    for (namespace, scope, expected) in [
        ("shop", targets(TargetKind::Gateway, "way"), Verdict::Denied),
        (
            "shop",
            targets(TargetKind::Service, "web"),
            Verdict::Unknown,
        ),
        (
            "istio-system",
            targets(TargetKind::GatewayClass, "istio-waypoint"),
            Verdict::Denied,
        ),
        (
            "shop",
            targets(TargetKind::GatewayClass, "istio-waypoint"),
            Verdict::Allowed,
        ),
        ("shop", workloads([]), Verdict::Allowed),
    ] {
        let row = format!("{namespace} {scope:?}");
        assert_eq!(
            verdict(deny(namespace, scope), &waypoint),
            expected,
            "{row}"
        );
    }
}

/// The node's proxy knows connections, not requests, and asks nobody.
#[test]
fn the_ambient_mesh() {
    let pod = annotated_pod(&[], [("ambient.istio.io/redirection", "enabled")]);
    let with =
        |action, constraint| scoped(("shop", "p"), workloads([]), action, &[when(&[constraint])]);
    let method = || is(Attribute::Method, &["POST"]);
    let bank = || is(Attribute::Namespace, &["bank"]);
    let name = || is(Attribute::ServerName, &["x"]);
    for (object, expected) in [
        (with(Action::Deny, method()), Verdict::Denied),
        (with(Action::Deny, name()), Verdict::Denied),
        (with(Action::Allow, method()), Verdict::Denied),
        (with(Action::Allow, bank()), Verdict::Allowed),
        (with(Action::Custom, bank()), Verdict::Allowed),
        (
            deny("shop", targets(TargetKind::Service, "web")),
            Verdict::Unknown,
        ),
    ] {
        assert_eq!(verdict(object.clone(), &pod), expected, "{object:?}");
    }
}

#[test]
fn pods_without_a_proxy_are_judged_where_they_should_have_one() {
    let objects = [deny("shop", workloads([]))];
    let policies = MeshPolicies::new(&objects, MtlsSettings::default().into());
    let injected = namespace([("istio-injection", "enabled")], []);
    let judge = |pod: &Pod, is_injected: bool| {
        let mut facts = connection(pod);
        facts.target.namespace = is_injected.then_some(&injected);
        policies.authorization(&facts)
    };
    let found = judge(&pod(&[]), true);
    assert_judged(
        &found,
        Verdict::Denied,
        Reason::DenyPolicy,
        Some("AuthorizationPolicy/shop/p"),
    );
    for found in [
        judge(&pod(&[]), false),
        judge(&on_host(pod(&[])), true),
        judge(&on_host(pod(&[ISTIO])), false),
    ] {
        assert_judged(&found, Verdict::NotApplicable, Reason::NotInMesh, None);
    }
}

#[test]
fn without_the_objects_nothing_is_claimed() {
    let policies = MeshPolicies::without_mesh(MtlsSettings::default().into());
    let pod = web();
    let found = policies.authorization(&connection(&pod));
    assert_judged(&found, Verdict::Unknown, Reason::NotKnown, None);
    assert_eq!(policies.has_request_authentication(&pod, None), None);
}
