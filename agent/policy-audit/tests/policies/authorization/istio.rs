//! What each part of an `AuthorizationPolicy` means.

use super::{
    address, assert_judged, connection, is, is_not, judge, object, policy, request, web, when,
};
use saker_kube_metadata::{
    Attribute, AuthorizationAction as Action, AuthorizationRule, Constraint, Enforcement,
    IstioAuthorizationPolicy, MeshContent, MeshObject, RequestAuthentication,
};
use saker_policy_audit::{
    AuthorizationReason as Reason, AuthorizationVerdict as Verdict, ClientIdentity,
    ConnectionFacts, HttpFacts, MeshPolicies, MeshSettings, MtlsSettings, RequestProtocol, Seen,
};
use std::collections::BTreeMap;

/// What a `DENY` policy with this one condition does: denied, allowed or unknown.
fn denies(constraint: Constraint, facts: &ConnectionFacts<'_>) -> Verdict {
    let objects = [policy("p", Action::Deny, &[when(&[constraint])])];
    judge(&objects, facts).verdict
}

#[test]
fn policies_are_asked_in_their_order() {
    let pod = web();
    let all = || [AuthorizationRule::default()];
    let allow = || policy("allow", Action::Allow, &all());
    let allow_nobody = || policy("nobody", Action::Allow, &[]);
    let deny = || policy("deny", Action::Deny, &all());
    let deny_nobody = || policy("deny-nobody", Action::Deny, &[]);
    let custom = || policy("custom", Action::Custom, &all());
    let audit = || policy("audit", Action::Audit, &all());
    let id = |name: &str| Some(format!("AuthorizationPolicy/shop/{name}"));
    for (objects, verdict, reason, policy) in [
        (vec![], Verdict::Allowed, Reason::NoPolicy, None),
        (
            vec![allow()],
            Verdict::Allowed,
            Reason::AllowPolicy,
            id("allow"),
        ),
        (
            vec![allow_nobody()],
            Verdict::Denied,
            Reason::NoAllowPolicyMatches,
            id("nobody"),
        ),
        (
            vec![allow_nobody(), allow()],
            Verdict::Allowed,
            Reason::AllowPolicy,
            id("allow"),
        ),
        (
            vec![deny()],
            Verdict::Denied,
            Reason::DenyPolicy,
            id("deny"),
        ),
        (
            vec![deny(), allow()],
            Verdict::Denied,
            Reason::DenyPolicy,
            id("deny"),
        ),
        (
            vec![deny_nobody()],
            Verdict::Allowed,
            Reason::NoPolicy,
            None,
        ),
        (
            vec![custom()],
            Verdict::Unknown,
            Reason::CustomPolicy,
            id("custom"),
        ),
        // Whoever is asked cannot let in what others refuse.
        (
            vec![custom(), deny()],
            Verdict::Denied,
            Reason::DenyPolicy,
            id("deny"),
        ),
        (
            vec![custom(), allow_nobody()],
            Verdict::Denied,
            Reason::NoAllowPolicyMatches,
            id("nobody"),
        ),
        (vec![audit()], Verdict::Allowed, Reason::NoPolicy, None),
    ] {
        let found = judge(&objects, &request(&pod));
        assert_judged(&found, verdict, reason, policy.as_deref());
    }
}

#[test]
fn what_is_tried_out_decides_nothing() {
    let pod = web();
    let content = IstioAuthorizationPolicy {
        enforcement: Enforcement::DryRun,
        ..IstioAuthorizationPolicy::default()
    };
    let content = MeshContent::IstioAuthorizationPolicy(content);
    let found = judge(&[object("shop", "p", 1, content)], &request(&pod));
    assert_eq!(found.verdict, Verdict::Allowed);
}

/// Each attribute, with a value that the request has, one that it has not, and the other way round.
#[test]
fn attributes_of_connections() {
    let pod = web();
    let facts = connection(&pod);
    for (attribute, yes, no) in [
        (
            Attribute::Principal,
            &[
                "cluster.local/ns/bank/sa/robot",
                "*",
                "*/sa/robot",
                "cluster.local/ns/bank/*",
            ][..],
            &[
                "cluster.local/ns/bank/sa/rob",
                "bank/robot",
                "other/ns/bank/sa/robot",
            ][..],
        ),
        (
            Attribute::Namespace,
            &["bank", "*", "ba*", "*nk"],
            &["shop", "ban"],
        ),
        (
            Attribute::ServiceAccount,
            &["bank/robot"],
            &["robot", "shop/robot", "bank/rob"],
        ),
        (
            Attribute::SourceAddress,
            &["10.0.0.9", "10.0.0.0/8", "0.0.0.0/0"],
            &["10.0.0.8", "192.168.0.0/16", "::/0"],
        ),
        (Attribute::DestinationAddress, &["10.0.0.2"], &["10.0.0.9"]),
        (Attribute::Port, &["8080"], &["80", "808"]),
        (
            Attribute::ServerName,
            &["*.svc.cluster.local", "outbound_.80_*", "*"],
            &["web.shop.svc.cluster.local"],
        ),
    ] {
        for value in yes {
            let row = format!("{attribute:?} {value}");
            assert_eq!(
                denies(is(attribute.clone(), &[value]), &facts),
                Verdict::Denied,
                "{row}"
            );
            let not = is_not(attribute.clone(), &[value]);
            assert_eq!(denies(not, &facts), Verdict::Allowed, "not {row}");
        }
        for value in no {
            let row = format!("{attribute:?} {value}");
            assert_eq!(
                denies(is(attribute.clone(), &[value]), &facts),
                Verdict::Allowed,
                "{row}"
            );
            let not = is_not(attribute.clone(), &[value]);
            assert_eq!(denies(not, &facts), Verdict::Denied, "not {row}");
        }
        let any = is(attribute.clone(), &[no[0], yes[0]]);
        assert_eq!(denies(any, &facts), Verdict::Denied, "{attribute:?}");
    }
}

#[test]
fn attributes_of_requests() {
    let pod = web();
    let facts = request(&pod);
    for (attribute, yes, no) in [
        (
            Attribute::Method,
            &["GET", "G*", "*"][..],
            &["POST", "get"][..],
        ),
        (
            Attribute::Path,
            &["/a/b", "/a*", "*b", "*", "/a/{*}", "/{**}", "/{*}/b"],
            &["/a", "/a/b/", "/{*}", "/a/b?c=d", "/b/{**}"],
        ),
        (
            Attribute::Host,
            &["web.example.org", "*.EXAMPLE.org", "*"],
            &["example.org", "web.example.org:80"],
        ),
    ] {
        for value in yes {
            let found = denies(is(attribute.clone(), &[value]), &facts);
            assert_eq!(found, Verdict::Denied, "{attribute:?} {value}");
            let found = denies(is_not(attribute.clone(), &[value]), &facts);
            assert_eq!(found, Verdict::Allowed, "not {attribute:?} {value}");
        }
        for value in no {
            let found = denies(is(attribute.clone(), &[value]), &facts);
            assert_eq!(found, Verdict::Allowed, "{attribute:?} {value}");
        }
    }
}

#[test]
fn headers_that_are_known() {
    let pod = web();
    let headers = BTreeMap::from([("x-role".to_owned(), "admin".to_owned())]);
    let facts = ConnectionFacts {
        protocol: RequestProtocol::Http(HttpFacts {
            headers: Seen::Known(&headers),
            ..HttpFacts::default()
        }),
        ..request(&pod)
    };
    for (header, value, verdict) in [
        ("x-role", "admin", Verdict::Denied),
        ("x-role", "ad*", Verdict::Denied),
        ("x-role", "*", Verdict::Denied),
        ("x-role", "user", Verdict::Allowed),
        ("x-other", "*", Verdict::Allowed),
    ] {
        let constraint = is(Attribute::Header(header.into()), &[value]);
        assert_eq!(denies(constraint, &facts), verdict, "{header} {value}");
    }
}

/// A rule is any of its sources, any of its operations and all of its conditions.
#[test]
fn rules_need_a_source_an_operation_and_all_conditions() {
    let pod = web();
    let facts = request(&pod);
    let from_bank = || is(Attribute::Namespace, &["bank"]);
    let from_shop = || is(Attribute::Namespace, &["shop"]);
    let get = || is(Attribute::Method, &["GET"]);
    let post = || is(Attribute::Method, &["POST"]);
    let group = |constraints: &[Constraint]| -> Box<[Constraint]> { constraints.into() };
    for (from, to, conditions, verdict) in [
        (vec![], vec![], vec![], Verdict::Denied),
        (vec![group(&[])], vec![], vec![], Verdict::Denied),
        (
            vec![group(&[from_shop()]), group(&[from_bank()])],
            vec![],
            vec![],
            Verdict::Denied,
        ),
        (
            vec![group(&[from_shop(), from_bank()])],
            vec![],
            vec![],
            Verdict::Allowed,
        ),
        (
            vec![group(&[from_bank()])],
            vec![group(&[post()])],
            vec![],
            Verdict::Allowed,
        ),
        (
            vec![group(&[from_bank()])],
            vec![group(&[post()]), group(&[get()])],
            vec![],
            Verdict::Denied,
        ),
        (vec![], vec![], vec![from_bank(), get()], Verdict::Denied),
        (vec![], vec![], vec![from_bank(), post()], Verdict::Allowed),
        (
            vec![group(&[from_bank()])],
            vec![],
            vec![from_shop()],
            Verdict::Allowed,
        ),
    ] {
        let rule = AuthorizationRule {
            from: from.into(),
            to: to.into(),
            when: conditions.into(),
        };
        let objects = [policy("p", Action::Deny, std::slice::from_ref(&rule))];
        assert_eq!(judge(&objects, &facts).verdict, verdict, "{rule:?}");
    }
}

/// What asks for parts of requests never lets in a connection that has none, and refuses it as if it had not
/// asked.
#[test]
fn http_rules_and_connections_without_requests() {
    let pod = web();
    let post_to = |port| {
        when(&[
            is(Attribute::Method, &["POST"]),
            is(Attribute::Port, &[port]),
        ])
    };
    for (action, rules, verdict, of_http) in [
        (
            Action::Deny,
            vec![post_to("8080")],
            Verdict::Denied,
            Verdict::Allowed,
        ),
        (
            Action::Deny,
            vec![post_to("9090")],
            Verdict::Allowed,
            Verdict::Allowed,
        ),
        (
            Action::Deny,
            vec![when(&[is_not(Attribute::Path, &["/a*"])])],
            Verdict::Denied,
            Verdict::Allowed,
        ),
        (
            Action::Allow,
            vec![when(&[is(Attribute::Method, &["GET"])])],
            Verdict::Denied,
            Verdict::Allowed,
        ),
        (
            Action::Allow,
            vec![
                when(&[is(Attribute::Method, &["GET"])]),
                when(&[is(Attribute::Port, &["8080"])]),
            ],
            Verdict::Allowed,
            Verdict::Allowed,
        ),
        // One source that asks for a token spoils the rule, not only itself.
        (
            Action::Allow,
            vec![AuthorizationRule {
                from: [
                    [is(Attribute::Namespace, &["bank"])].into(),
                    [is(Attribute::RequestPrincipal, &["*"])].into(),
                ]
                .into(),
                ..AuthorizationRule::default()
            }],
            Verdict::Denied,
            Verdict::Allowed,
        ),
    ] {
        let objects = [policy("p", action, &rules)];
        assert_eq!(
            judge(&objects, &connection(&pod)).verdict,
            verdict,
            "{rules:?}"
        );
        assert_eq!(
            judge(&objects, &request(&pod)).verdict,
            of_http,
            "{rules:?}"
        );
        // Where both may be, only what holds for both is said.
        let either = ConnectionFacts {
            protocol: RequestProtocol::NotKnown,
            ..connection(&pod)
        };
        let found = judge(&objects, &either).verdict;
        assert!(
            found == Verdict::Unknown || found == verdict,
            "{rules:?} {found:?}"
        );
    }
}

/// What cannot be seen is unknown where it decides, and only there.
#[test]
fn hidden_parts() {
    let pod = web();
    let hidden = ConnectionFacts {
        target: request(&pod).target,
        protocol: RequestProtocol::Http(HttpFacts::default()),
        ..ConnectionFacts::default()
    };
    for (attribute, value, reason) in [
        (Attribute::Principal, "x", Reason::IdentityHidden),
        (Attribute::Namespace, "x", Reason::IdentityHidden),
        (Attribute::ServiceAccount, "x", Reason::IdentityHidden),
        (Attribute::SourceAddress, "10.0.0.1", Reason::AddressHidden),
        (
            Attribute::DestinationAddress,
            "10.0.0.1",
            Reason::AddressHidden,
        ),
        (
            Attribute::RemoteAddress,
            "10.0.0.1",
            Reason::RemoteAddressHidden,
        ),
        (Attribute::ServerName, "x", Reason::ServerNameHidden),
        (Attribute::Method, "GET", Reason::RequestHidden),
        (Attribute::Path, "/a", Reason::RequestHidden),
        (Attribute::Host, "x", Reason::RequestHidden),
        (Attribute::Header("x".into()), "x", Reason::RequestHidden),
        (Attribute::ProxyMetadata, "x", Reason::ProxyMetadata),
        (Attribute::NotUnderstood, "x", Reason::NotUnderstood),
        (Attribute::SourceAddress, "nowhere", Reason::NotUnderstood),
        (Attribute::Port, "http", Reason::NotUnderstood),
    ] {
        for constraint in [
            is(attribute.clone(), &[value]),
            is_not(attribute.clone(), &[value]),
        ] {
            let rule = when(std::slice::from_ref(&constraint));
            for action in [Action::Deny, Action::Allow, Action::Custom] {
                let objects = [policy("p", action, std::slice::from_ref(&rule))];
                let found = judge(&objects, &hidden);
                let id = Some("AuthorizationPolicy/shop/p");
                assert_judged(&found, Verdict::Unknown, reason, id);
            }
            // Another part that surely does not match decides.
            let other = is(Attribute::Port, &["9090"]);
            let objects = [policy(
                "p",
                Action::Deny,
                &[when(&[constraint.clone(), other])],
            )];
            assert_eq!(
                judge(&objects, &hidden).verdict,
                Verdict::Allowed,
                "{constraint:?}"
            );
            // So does another policy that surely matches.
            let objects = [
                policy("p", Action::Deny, &[rule]),
                policy(
                    "q",
                    Action::Deny,
                    &[when(&[is(Attribute::Port, &["8080"])])],
                ),
            ];
            assert_eq!(
                judge(&objects, &hidden).verdict,
                Verdict::Denied,
                "{constraint:?}"
            );
        }
    }
    let mut unknown_port = hidden;
    unknown_port.target.port = None;
    let objects = [policy(
        "p",
        Action::Deny,
        &[when(&[is(Attribute::Port, &["80"])])],
    )];
    assert_eq!(judge(&objects, &unknown_port).reason, Reason::PortNotKnown);
}

#[test]
fn paths_that_the_mesh_may_rewrite_are_not_guessed() {
    let pod = web();
    for path in ["/a//b", "/x/../a/b", "/a%2Fb"] {
        let facts = ConnectionFacts {
            protocol: RequestProtocol::Http(HttpFacts {
                path: Seen::Known(path),
                ..HttpFacts::default()
            }),
            ..request(&pod)
        };
        let objects = [policy(
            "p",
            Action::Deny,
            &[when(&[is(Attribute::Path, &["/a/b"])])],
        )];
        let found = judge(&objects, &facts);
        assert_eq!(
            (found.verdict, found.reason),
            (Verdict::Unknown, Reason::PathNotNormal)
        );
    }
}

/// Clients without a certificate have no identity: they are nobody that a policy names, and not excluded either.
#[test]
fn clients_without_an_identity() {
    let pod = web();
    let facts = ConnectionFacts {
        identity: ClientIdentity::Anonymous,
        ..connection(&pod)
    };
    for attribute in [
        Attribute::Principal,
        Attribute::Namespace,
        Attribute::ServiceAccount,
    ] {
        assert_eq!(
            denies(is(attribute.clone(), &["*"]), &facts),
            Verdict::Allowed
        );
        assert_eq!(denies(is_not(attribute, &["*"]), &facts), Verdict::Denied);
    }
}

/// Without a `RequestAuthentication` requests have no identity, whatever token they carry.
#[test]
fn tokens_count_where_they_are_checked() {
    let pod = web();
    let facts = request(&pod);
    let check = || {
        let content = RequestAuthentication::default();
        object(
            "shop",
            "jwt",
            1,
            MeshContent::RequestAuthentication(content),
        )
    };
    for attribute in [Attribute::RequestPrincipal, Attribute::TokenClaim] {
        let with = |constraint| policy("p", Action::Deny, &[when(&[constraint])]);
        let wanted = || is(attribute.clone(), &["x/y"]);
        let unwanted = || is_not(attribute.clone(), &["x/y"]);
        assert_eq!(judge(&[with(wanted())], &facts).verdict, Verdict::Allowed);
        assert_eq!(judge(&[with(unwanted())], &facts).verdict, Verdict::Denied);
        let checked: [MeshObject; 2] = [check(), with(wanted())];
        assert_eq!(judge(&checked, &facts).reason, Reason::TokenHidden);
        let known = |principal| ConnectionFacts {
            protocol: RequestProtocol::Http(HttpFacts {
                principal: Seen::Known(principal),
                ..HttpFacts::default()
            }),
            ..request(&pod)
        };
        assert_eq!(judge(&checked, &known(None)).verdict, Verdict::Allowed);
        if attribute == Attribute::RequestPrincipal {
            assert_eq!(
                judge(&checked, &known(Some("x/y"))).verdict,
                Verdict::Denied
            );
            assert_eq!(
                judge(&checked, &known(Some("x/z"))).verdict,
                Verdict::Allowed
            );
        }
    }
    let found = super::policies(&[check()]).has_request_authentication(&pod, None);
    assert_eq!(found, Some(true));
    assert_eq!(
        super::policies(&[]).has_request_authentication(&pod, None),
        Some(false)
    );
}

/// A trust domain of the mesh stands for all of them, `cluster.local` for its own.
#[test]
fn trust_domains() {
    let pod = web();
    let settings = MtlsSettings {
        mesh: MeshSettings {
            trust_domain: "new.example".to_owned(),
            trust_domain_aliases: vec!["old.example".to_owned()],
            ..MeshSettings::default()
        },
        ..MtlsSettings::default()
    };
    for (value, client, is_denied) in [
        (
            "cluster.local/ns/bank/sa/robot",
            "spiffe://new.example/ns/bank/sa/robot",
            true,
        ),
        (
            "cluster.local/ns/bank/sa/robot",
            "spiffe://old.example/ns/bank/sa/robot",
            true,
        ),
        (
            "old.example/ns/bank/sa/robot",
            "spiffe://new.example/ns/bank/sa/robot",
            true,
        ),
        (
            "new.example/ns/bank/sa/robot",
            "spiffe://old.example/ns/bank/sa/robot",
            true,
        ),
        (
            "new.example/ns/bank/sa/robot",
            "spiffe://third.example/ns/bank/sa/robot",
            false,
        ),
        (
            "cluster.local/ns/bank/sa/robot",
            "spiffe://third.example/ns/bank/sa/robot",
            false,
        ),
        (
            "third.example/ns/bank/sa/robot",
            "spiffe://third.example/ns/bank/sa/robot",
            true,
        ),
        (
            "third.example/ns/bank/sa/robot",
            "spiffe://new.example/ns/bank/sa/robot",
            false,
        ),
        (
            "*/ns/bank/sa/robot",
            "spiffe://third.example/ns/bank/sa/robot",
            true,
        ),
        (
            "cluster.local/ns/bank/sa/ro*",
            "spiffe://old.example/ns/bank/sa/robot",
            true,
        ),
    ] {
        let objects = [policy(
            "p",
            Action::Deny,
            &[when(&[is(Attribute::Principal, &[value])])],
        )];
        let policies = MeshPolicies::new(&objects, settings.clone().into());
        let found = policies.authorization(&ConnectionFacts {
            identity: ClientIdentity::Named(client),
            ..connection(&pod)
        });
        assert_eq!(
            found.verdict == Verdict::Denied,
            is_denied,
            "{value} {client}"
        );
    }
}

#[test]
fn addresses_that_proxies_name() {
    let pod = web();
    let facts = ConnectionFacts {
        remote: address("203.0.113.7"),
        ..connection(&pod)
    };
    let remote = |value| is(Attribute::RemoteAddress, &[value]);
    assert_eq!(denies(remote("203.0.113.0/24"), &facts), Verdict::Denied);
    assert_eq!(denies(remote("10.0.0.9"), &facts), Verdict::Allowed);
}
