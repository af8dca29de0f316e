//! Who may talk to whom.

mod istio;
mod linkerd;
mod properties;
mod scopes;

use super::{ISTIO, labels, object, pod, policies};
use saker_kube_metadata::{
    Attribute, AuthorizationAction, AuthorizationRule, Constraint, IstioAuthorizationPolicy,
    MeshContent, MeshObject, Pod, PolicyScope,
};
use saker_policy_audit::{
    Authorization, AuthorizationReason, AuthorizationVerdict, ClientIdentity, ConnectionFacts,
    HttpFacts, RequestProtocol, Seen, Target,
};
use std::net::IpAddr;
use std::sync::Arc;

/// An attribute that has to be one of these.
fn is(attribute: Attribute, values: &[&str]) -> Constraint {
    Constraint {
        attribute,
        values: texts(values),
        excluded: [].into(),
    }
}

/// An attribute that has to be none of these.
fn is_not(attribute: Attribute, values: &[&str]) -> Constraint {
    Constraint {
        attribute,
        values: [].into(),
        excluded: texts(values),
    }
}

fn texts(texts: &[&str]) -> Box<[Arc<str>]> {
    texts.iter().map(|text| Arc::from(*text)).collect()
}

fn when(constraints: &[Constraint]) -> AuthorizationRule {
    AuthorizationRule {
        when: constraints.into(),
        ..AuthorizationRule::default()
    }
}

/// A policy of the namespace `shop` about all of its workloads.
fn policy(name: &str, action: AuthorizationAction, rules: &[AuthorizationRule]) -> MeshObject {
    scoped(("shop", name), PolicyScope::default(), action, rules)
}

fn scoped(
    (namespace, name): (&str, &str),
    scope: PolicyScope,
    action: AuthorizationAction,
    rules: &[AuthorizationRule],
) -> MeshObject {
    let content = IstioAuthorizationPolicy {
        scope,
        action,
        rules: rules.into(),
        ..IstioAuthorizationPolicy::default()
    };
    object(
        namespace,
        name,
        1,
        MeshContent::IstioAuthorizationPolicy(content),
    )
}

fn address(text: &str) -> Seen<IpAddr> {
    Seen::Known(text.parse().expect("an address"))
}

/// `robot` of the namespace `bank` asks for `GET /a/b` at port 8080 of the pod.
fn request(pod: &Pod) -> ConnectionFacts<'_> {
    ConnectionFacts {
        identity: ClientIdentity::ServiceAccount {
            namespace: "bank",
            name: "robot",
        },
        protocol: RequestProtocol::Http(HttpFacts {
            method: Seen::Known("GET"),
            path: Seen::Known("/a/b?c=d"),
            host: Seen::Known("Web.example.org"),
            headers: Seen::Hidden,
            principal: Seen::Hidden,
        }),
        ..connection(pod)
    }
}

/// The same client, in a protocol that is not HTTP.
fn connection(pod: &Pod) -> ConnectionFacts<'_> {
    ConnectionFacts {
        target: Target {
            pod: Some(pod),
            namespace: None,
            port: Some(8_080),
        },
        identity: ClientIdentity::ServiceAccount {
            namespace: "bank",
            name: "robot",
        },
        source: address("10.0.0.9"),
        destination: address("10.0.0.2"),
        server_name: Seen::Known(Some("outbound_.80_._.web.shop.svc.cluster.local")),
        remote: Seen::Hidden,
        protocol: RequestProtocol::Tcp,
    }
}

fn judge(objects: &[MeshObject], facts: &ConnectionFacts<'_>) -> Authorization {
    policies(objects).authorization(facts)
}

#[track_caller]
fn assert_judged(
    found: &Authorization,
    verdict: AuthorizationVerdict,
    reason: AuthorizationReason,
    policy: Option<&str>,
) {
    assert_eq!(
        (found.verdict, found.reason, found.policy.as_deref()),
        (verdict, reason, policy)
    );
}

fn web() -> Pod {
    pod(&[ISTIO])
}
