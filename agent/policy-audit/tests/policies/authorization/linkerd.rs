//! Who may come to the servers of Linkerd.

use super::{address, assert_judged, labels, object, policies};
use crate::{LINKERD, annotated_pod, pod};
use saker_kube_metadata::{
    AddressBlock, Authentication, AuthorizationPolicy, AuthorizedClients, ClientNetwork,
    LinkerdAccess, LinkerdServer, MeshContent, MeshIdentity, MeshObject, MeshTlsAuthentication,
    NetworkAuthentication, ObjectName, Pod, PolicyTarget, PortReference, Selector,
    ServerAuthorization, ServerReference,
};
use saker_policy_audit::{
    Authorization, AuthorizationReason as Reason, AuthorizationVerdict as Verdict, ClientIdentity,
    ConnectionFacts, RequestProtocol, Seen, Target,
};

const ROBOT: &str = "robot.bank.serviceaccount.identity.linkerd.cluster.local";

fn server(access: Option<LinkerdAccess>) -> MeshObject {
    let content = LinkerdServer {
        pods: Some(Selector::default()),
        port: PortReference::Number(8_080),
        labels: labels([("app", "web-server")]),
        access,
    };
    object("shop", "s", 1, MeshContent::Server(content))
}

fn policy(target: PolicyTarget, required: &[Authentication]) -> MeshObject {
    let content = AuthorizationPolicy {
        target,
        required: required.into(),
    };
    object("shop", "p", 1, MeshContent::AuthorizationPolicy(content))
}

fn mesh_tls(identities: &[MeshIdentity]) -> MeshObject {
    let content = MeshTlsAuthentication {
        identities: identities.into(),
    };
    object("shop", "m", 1, MeshContent::MeshTlsAuthentication(content))
}

fn network(block: &str, except: &[&str]) -> ClientNetwork {
    let parse = |text: &str| AddressBlock::parse(text).expect("a block");
    ClientNetwork::Block {
        block: parse(block),
        except: except.iter().map(|text| parse(text)).collect(),
    }
}

fn networks(networks: &[ClientNetwork]) -> MeshObject {
    let content = NetworkAuthentication {
        networks: networks.into(),
    };
    object("shop", "n", 1, MeshContent::NetworkAuthentication(content))
}

fn this_server() -> PolicyTarget {
    PolicyTarget::Server("s".into())
}

fn by_mesh_tls() -> Authentication {
    Authentication::MeshTls(ObjectName::new("shop", "m"))
}

fn by_network() -> Authentication {
    Authentication::Network(ObjectName::new("shop", "n"))
}

/// `robot` of the namespace `bank` comes from 10.0.0.9.
fn robot(pod: &Pod) -> ConnectionFacts<'_> {
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
        protocol: RequestProtocol::NotKnown,
        ..ConnectionFacts::default()
    }
}

fn judge(objects: &[MeshObject], facts: &ConnectionFacts<'_>) -> Authorization {
    policies(objects).authorization(facts)
}

#[test]
fn identities() {
    let pod = pod(&[LINKERD]);
    let name = |text: &str| MeshIdentity::Name(text.into());
    for (identity, verdict) in [
        (name("*"), Verdict::Allowed),
        (name(ROBOT), Verdict::Allowed),
        (
            name("*.bank.serviceaccount.identity.linkerd.cluster.local"),
            Verdict::Allowed,
        ),
        (
            name("*.shop.serviceaccount.identity.linkerd.cluster.local"),
            Verdict::Denied,
        ),
        (name("robot.bank"), Verdict::Denied),
        (
            MeshIdentity::ServiceAccount(ObjectName::new("bank", "robot")),
            Verdict::Allowed,
        ),
        (
            MeshIdentity::ServiceAccount(ObjectName::new("shop", "robot")),
            Verdict::Denied,
        ),
        (MeshIdentity::Namespace("bank".into()), Verdict::Allowed),
        (MeshIdentity::Namespace("shop".into()), Verdict::Denied),
        (MeshIdentity::NotUnderstood, Verdict::Unknown),
    ] {
        let objects = [
            server(None),
            policy(this_server(), &[by_mesh_tls()]),
            mesh_tls(std::slice::from_ref(&identity)),
        ];
        assert_eq!(
            judge(&objects, &robot(&pod)).verdict,
            verdict,
            "{identity:?}"
        );
        let named = ConnectionFacts {
            identity: ClientIdentity::Named(ROBOT),
            ..robot(&pod)
        };
        assert_eq!(judge(&objects, &named).verdict, verdict, "{identity:?}");
        let anonymous = ConnectionFacts {
            identity: ClientIdentity::Anonymous,
            ..robot(&pod)
        };
        let found = judge(&objects, &anonymous).verdict;
        assert_ne!(found, Verdict::Allowed, "{identity:?}");
        if identity != MeshIdentity::NotUnderstood {
            let hidden = ConnectionFacts {
                identity: ClientIdentity::Hidden,
                ..robot(&pod)
            };
            assert_eq!(judge(&objects, &hidden).reason, Reason::IdentityHidden);
        }
    }
}

#[test]
fn addresses() {
    let pod = pod(&[LINKERD]);
    for (block, verdict) in [
        (network("10.0.0.0/8", &[]), Verdict::Allowed),
        (network("10.0.0.0/8", &["10.0.0.0/24"]), Verdict::Denied),
        (network("10.0.0.0/8", &["10.1.0.0/16"]), Verdict::Allowed),
        (network("192.168.0.0/16", &[]), Verdict::Denied),
        (ClientNetwork::NotUnderstood, Verdict::Unknown),
    ] {
        let objects = [
            server(None),
            policy(this_server(), &[by_network()]),
            networks(std::slice::from_ref(&block)),
        ];
        assert_eq!(judge(&objects, &robot(&pod)).verdict, verdict, "{block:?}");
    }
    let objects = [
        server(None),
        policy(this_server(), &[by_network()]),
        networks(&[network("10.0.0.0/8", &[])]),
    ];
    let hidden = ConnectionFacts {
        source: Seen::Hidden,
        ..robot(&pod)
    };
    assert_eq!(judge(&objects, &hidden).reason, Reason::AddressHidden);
}

#[test]
fn all_that_a_policy_requires_has_to_be_shown() {
    let pod = pod(&[LINKERD]);
    let account = |namespace| Authentication::ServiceAccount(ObjectName::new(namespace, "robot"));
    let missing = || Authentication::MeshTls(ObjectName::new("bank", "m"));
    let p = Some("AuthorizationPolicy/shop/p");
    let s = Some("Server/shop/s");
    for (target, required, verdict, reason, decides) in [
        (
            this_server(),
            vec![],
            Verdict::Allowed,
            Reason::AllowPolicy,
            p,
        ),
        (
            this_server(),
            vec![by_mesh_tls(), by_network()],
            Verdict::Allowed,
            Reason::AllowPolicy,
            p,
        ),
        (
            this_server(),
            vec![account("bank")],
            Verdict::Allowed,
            Reason::AllowPolicy,
            p,
        ),
        (
            this_server(),
            vec![account("shop")],
            Verdict::Denied,
            Reason::NoAllowPolicyMatches,
            s,
        ),
        (
            this_server(),
            vec![account("shop"), by_network()],
            Verdict::Denied,
            Reason::NoAllowPolicyMatches,
            s,
        ),
        // Who names what is not there lets nobody in.
        (
            this_server(),
            vec![missing()],
            Verdict::Denied,
            Reason::NoAllowPolicyMatches,
            s,
        ),
        (
            this_server(),
            vec![Authentication::NotUnderstood],
            Verdict::Unknown,
            Reason::NotUnderstood,
            p,
        ),
        (
            PolicyTarget::Namespace,
            vec![],
            Verdict::Allowed,
            Reason::AllowPolicy,
            p,
        ),
        (
            PolicyTarget::Server("other".into()),
            vec![],
            Verdict::Denied,
            Reason::NoAllowPolicyMatches,
            s,
        ),
        (
            PolicyTarget::Route,
            vec![],
            Verdict::Unknown,
            Reason::Route,
            p,
        ),
        (
            PolicyTarget::Route,
            vec![account("shop")],
            Verdict::Denied,
            Reason::NoAllowPolicyMatches,
            s,
        ),
    ] {
        let objects = [
            server(None),
            policy(target.clone(), &required),
            mesh_tls(&[MeshIdentity::Name("*".into())]),
            networks(&[network("10.0.0.0/8", &[])]),
        ];
        let found = judge(&objects, &robot(&pod));
        assert_judged(&found, verdict, reason, decides);
    }
}

#[test]
fn older_authorizations() {
    let pod = pod(&[LINKERD]);
    let identities =
        |text: &str| AuthorizedClients::Identities([MeshIdentity::Name(text.into())].into());
    let by_name = || ServerReference::Name("s".into());
    for (servers, clients, from, verdict) in [
        (
            by_name(),
            AuthorizedClients::Everybody,
            vec![],
            Verdict::Allowed,
        ),
        (
            by_name(),
            AuthorizedClients::MeshTls,
            vec![],
            Verdict::Allowed,
        ),
        (
            by_name(),
            AuthorizedClients::Nobody,
            vec![],
            Verdict::Denied,
        ),
        (by_name(), identities(ROBOT), vec![], Verdict::Allowed),
        (by_name(), identities("x"), vec![], Verdict::Denied),
        (
            by_name(),
            AuthorizedClients::Everybody,
            vec![network("192.168.0.0/16", &[])],
            Verdict::Denied,
        ),
        (
            ServerReference::Name("other".into()),
            AuthorizedClients::Everybody,
            vec![],
            Verdict::Denied,
        ),
        (
            ServerReference::Selector(Selector::default()),
            AuthorizedClients::Everybody,
            vec![],
            Verdict::Allowed,
        ),
    ] {
        let content = ServerAuthorization {
            servers,
            clients,
            networks: from.into(),
        };
        let row = format!("{content:?}");
        let authorization = object("shop", "a", 1, MeshContent::ServerAuthorization(content));
        let found = judge(&[server(None), authorization], &robot(&pod));
        assert_eq!(found.verdict, verdict, "{row}");
    }
}

/// The same six words at servers, in annotations and for the cluster.
#[test]
fn what_is_let_in_by_default() {
    let outside = "203.0.113.7";
    for (word, robot_may, stranger_may, outsider_may) in [
        (
            "all-unauthenticated",
            Verdict::Allowed,
            Verdict::Allowed,
            Verdict::Allowed,
        ),
        (
            "cluster-unauthenticated",
            Verdict::Allowed,
            Verdict::Allowed,
            Verdict::Denied,
        ),
        (
            "all-authenticated",
            Verdict::Allowed,
            Verdict::Denied,
            Verdict::Allowed,
        ),
        (
            "cluster-authenticated",
            Verdict::Allowed,
            Verdict::Denied,
            Verdict::Denied,
        ),
        ("deny", Verdict::Denied, Verdict::Denied, Verdict::Denied),
        (
            "audit",
            Verdict::Audited,
            Verdict::Audited,
            Verdict::Audited,
        ),
    ] {
        let annotated = annotated_pod(
            &[LINKERD],
            [("config.linkerd.io/default-inbound-policy", word)],
        );
        let plain = pod(&[LINKERD]);
        let access = LinkerdAccess::parse(word);
        assert!(access.is_some());
        let of_server = [server(access)];
        for (pod, objects) in [(&annotated, &[][..]), (&plain, &of_server)] {
            let known = robot(pod);
            let stranger = ConnectionFacts {
                identity: ClientIdentity::Anonymous,
                ..known
            };
            let outsider = ConnectionFacts {
                source: address(outside),
                ..known
            };
            assert_eq!(judge(objects, &known).verdict, robot_may, "{word}");
            assert_eq!(judge(objects, &stranger).verdict, stranger_may, "{word}");
            assert_eq!(judge(objects, &outsider).verdict, outsider_may, "{word}");
        }
    }
}

#[test]
fn a_port_that_is_not_known_is_judged_where_all_ports_are_alike() {
    let pod = pod(&[LINKERD]);
    let mut facts = robot(&pod);
    facts.target.port = None;
    let found = judge(&[], &facts);
    assert_judged(&found, Verdict::Allowed, Reason::DefaultInboundPolicy, None);
    let found = judge(&[server(Some(LinkerdAccess::AllAuthenticated))], &facts);
    assert_eq!(found.verdict, Verdict::Allowed);
    let found = judge(&[server(None)], &facts);
    assert_eq!(
        (found.verdict, found.reason),
        (Verdict::Unknown, Reason::PortNotKnown)
    );
}
