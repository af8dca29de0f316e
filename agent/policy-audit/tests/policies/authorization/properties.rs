//! What holds of all policies and connections.

use super::{address, is, is_not, judge, policy, web, when};
use proptest::collection::vec;
use proptest::prelude::*;
use saker_kube_metadata::{
    Attribute, AuthorizationAction as Action, AuthorizationRule, Constraint, MeshObject, Pod,
};
use saker_policy_audit::{
    AuthorizationVerdict as Verdict, ClientIdentity, ConnectionFacts, HttpFacts, RequestProtocol,
    Seen, Target,
};

/// Values of which requests have some, and policies ask for some.
const METHODS: [&str; 3] = ["GET", "POST", "*"];
const PATHS: [&str; 4] = ["/a", "/b/c", "/b/*", "/b/{*}"];
const ADDRESSES: [&str; 3] = ["10.0.0.1", "10.0.0.2", "10.0.0.0/8"];
const NAMESPACES: [&str; 3] = ["bank", "shop", "b*"];
const PORTS: [&str; 2] = ["80", "8080"];

fn constraint() -> impl Strategy<Value = Constraint> {
    let attributes = prop_oneof![
        (0..3_usize).prop_map(|at| (Attribute::Method, METHODS[at])),
        (0..4_usize).prop_map(|at| (Attribute::Path, PATHS[at])),
        (0..3_usize).prop_map(|at| (Attribute::SourceAddress, ADDRESSES[at])),
        (0..3_usize).prop_map(|at| (Attribute::Namespace, NAMESPACES[at])),
        (0..2_usize).prop_map(|at| (Attribute::Port, PORTS[at])),
    ];
    (attributes, any::<bool>()).prop_map(|((attribute, value), is_excluded)| match is_excluded {
        true => is_not(attribute, &[value]),
        false => is(attribute, &[value]),
    })
}

fn rule() -> impl Strategy<Value = AuthorizationRule> {
    vec(constraint(), 0..3).prop_map(|constraints| when(&constraints))
}

fn object(actions: &'static [Action]) -> impl Strategy<Value = MeshObject> {
    (prop::sample::select(actions), vec(rule(), 0..3), 0..100_u32)
        .prop_map(|(action, rules, number)| policy(&format!("p{number}"), action, &rules))
}

fn objects() -> impl Strategy<Value = Vec<MeshObject>> {
    vec(object(&[Action::Allow, Action::Deny, Action::Audit]), 0..5)
}

/// A connection of which everything is known.
#[derive(Clone, Debug)]
struct Whole {
    method: &'static str,
    path: &'static str,
    address: &'static str,
    namespace: Option<&'static str>,
    port: u16,
    is_http: bool,
}

fn whole() -> impl Strategy<Value = Whole> {
    (
        prop::sample::select(&["GET", "POST"][..]),
        prop::sample::select(&["/a", "/b/c", "/b/c/d"][..]),
        prop::sample::select(&["10.0.0.1", "10.0.0.2", "192.168.0.1"][..]),
        prop::sample::select(&[Some("bank"), Some("shop"), None][..]),
        prop::sample::select(&[80_u16, 8_080][..]),
        any::<bool>(),
    )
        .prop_map(|(method, path, address, namespace, port, is_http)| Whole {
            method,
            path,
            address,
            namespace,
            port,
            is_http,
        })
}

impl Whole {
    fn facts<'a>(&self, pod: &'a Pod) -> ConnectionFacts<'a> {
        ConnectionFacts {
            target: Target {
                pod: Some(pod),
                namespace: None,
                port: Some(self.port),
            },
            identity: match self.namespace {
                Some(namespace) => ClientIdentity::ServiceAccount {
                    namespace,
                    name: "robot",
                },
                None => ClientIdentity::Anonymous,
            },
            source: address(self.address),
            protocol: match self.is_http {
                true => RequestProtocol::Http(HttpFacts {
                    method: Seen::Known(self.method),
                    path: Seen::Known(self.path),
                    ..HttpFacts::default()
                }),
                false => RequestProtocol::Tcp,
            },
            ..ConnectionFacts::default()
        }
    }

    /// The same with some of it hidden.
    fn hidden<'a>(&self, pod: &'a Pod, hidden: [bool; 6]) -> ConnectionFacts<'a> {
        let [identity, source, port, method, path, protocol] = hidden;
        let mut facts = self.facts(pod);
        if identity {
            facts.identity = ClientIdentity::Hidden;
        }
        if source {
            facts.source = Seen::Hidden;
        }
        if port {
            facts.target.port = None;
        }
        if let RequestProtocol::Http(http) = &mut facts.protocol {
            if method {
                http.method = Seen::Hidden;
            }
            if path {
                http.path = Seen::Hidden;
            }
        }
        if protocol {
            facts.protocol = RequestProtocol::NotKnown;
        }
        facts
    }
}

/// How much a verdict lets in.
fn openness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Denied => 0,
        Verdict::Unknown => 1,
        _ => 2,
    }
}

proptest! {
    /// Of a connection of which everything is known everything is said.
    #[test]
    fn nothing_hidden_nothing_unknown(objects in objects(), whole in whole()) {
        let pod = web();
        let found = judge(&objects, &whole.facts(&pod));
        prop_assert!(matches!(found.verdict, Verdict::Allowed | Verdict::Denied), "{found:?}");
    }

    /// What is said of a connection in part is true of the whole.
    #[test]
    fn what_is_hidden_makes_nothing_wrong(
        objects in objects(),
        whole in whole(),
        hidden in any::<[bool; 6]>(),
    ) {
        let pod = web();
        let in_part = judge(&objects, &whole.hidden(&pod, hidden));
        if in_part.verdict != Verdict::Unknown {
            prop_assert_eq!(in_part.verdict, judge(&objects, &whole.facts(&pod)).verdict);
        }
        if hidden == [false; 6] {
            prop_assert!(in_part.verdict != Verdict::Unknown);
        }
    }

    /// Another rule of a policy that lets in never lets in less.
    #[test]
    fn another_allow_rule_opens(
        objects in objects(),
        mut rules in vec(rule(), 0..3),
        added in rule(),
        whole in whole(),
        hidden in any::<[bool; 6]>(),
    ) {
        let pod = web();
        let facts = whole.hidden(&pod, hidden);
        let with = |rules: &[AuthorizationRule]| {
            let mut all = objects.clone();
            all.push(policy("last", Action::Allow, rules));
            judge(&all, &facts).verdict
        };
        let before = with(&rules);
        rules.push(added);
        prop_assert!(openness(with(&rules)) >= openness(before));
    }

    /// A policy that refuses never lets in more.
    #[test]
    fn another_deny_policy_closes(
        mut objects in objects(),
        added in object(&[Action::Deny]),
        whole in whole(),
        hidden in any::<[bool; 6]>(),
    ) {
        let pod = web();
        let facts = whole.hidden(&pod, hidden);
        let before = judge(&objects, &facts).verdict;
        objects.push(added);
        prop_assert!(openness(judge(&objects, &facts).verdict) <= openness(before));
    }

    /// A policy that only has things logged changes nothing.
    #[test]
    fn another_audit_policy_changes_nothing(
        mut objects in objects(),
        added in object(&[Action::Audit]),
        whole in whole(),
    ) {
        let pod = web();
        let facts = whole.facts(&pod);
        let before = judge(&objects, &facts);
        objects.push(added);
        prop_assert_eq!(judge(&objects, &facts), before);
    }
}
