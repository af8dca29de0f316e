//! Linkerd's servers, the policies about them and its defaults.

use super::{LINKERD, annotated_pod, intent, labels, namespace, object, pod, policies};
use saker_kube_metadata::{
    Authentication, AuthorizationPolicy, AuthorizedClients, ContainerPort, LabelTest,
    LinkerdAccess, LinkerdServer, MeshContent, MeshObject, ObjectName, PodSettings, PolicyProtocol,
    PolicyTarget, PortReference, Requirement, Selector, ServerAuthorization, ServerReference,
};
use saker_policy_audit::{
    MeshPolicies, MeshSettings, MtlsIntent, MtlsMode, MtlsReason, MtlsSettings, Target,
};
use std::sync::Arc;

const DEFAULT: &str = "config.linkerd.io/default-inbound-policy";

fn selector(app: &str) -> Selector {
    Selector {
        requirements: [Requirement {
            key: "app".into(),
            test: LabelTest::In([app.into()].into()),
        }]
        .into(),
    }
}

fn server(
    name: &str,
    created_s: i64,
    port: PortReference,
    access: Option<LinkerdAccess>,
) -> MeshObject {
    let content = LinkerdServer {
        pods: Some(selector("web")),
        port,
        labels: labels([("app", "web-server")]),
        access,
    };
    object("shop", name, created_s, MeshContent::Server(content))
}

fn policy(name: &str, target: PolicyTarget, required: &[Authentication]) -> MeshObject {
    let content = AuthorizationPolicy {
        target,
        required: required.into(),
    };
    object("shop", name, 1, MeshContent::AuthorizationPolicy(content))
}

fn number(port: u16) -> PortReference {
    PortReference::Number(port)
}

fn on_8080(objects: &[MeshObject]) -> MtlsIntent {
    intent(&policies(objects), &pod(&[LINKERD]), Some(8_080))
}

#[test]
fn a_server_without_policies_lets_in_whom_its_access_policy_names() {
    for (access, is_required) in [
        (None, true),
        (Some(LinkerdAccess::Deny), true),
        (Some(LinkerdAccess::AllAuthenticated), true),
        (Some(LinkerdAccess::ClusterAuthenticated), true),
        (Some(LinkerdAccess::AllUnauthenticated), false),
        (Some(LinkerdAccess::ClusterUnauthenticated), false),
        (Some(LinkerdAccess::Audit), false),
    ] {
        let found = on_8080(&[server("s", 1, number(8_080), access)]);
        assert_eq!(found.is_required(), is_required, "{access:?}");
        assert_eq!(found.policy.as_deref(), Some("Server/shop/s"));
        assert_eq!(found.reason, MtlsReason::Server);
    }
}

#[test]
fn a_policy_opens_a_server_to_plaintext_unless_it_asks_for_a_certificate() {
    use Authentication::NotUnderstood;
    let mesh_tls = || Authentication::MeshTls(ObjectName::new("shop", "m"));
    let network = || Authentication::Network(ObjectName::new("shop", "n"));
    for (required, is_required) in [
        (&[mesh_tls()][..], true),
        (&[mesh_tls(), network()], true),
        (&[network()], false),
        (&[], false),
        // What is not understood may let anybody in.
        (&[NotUnderstood], false),
    ] {
        let this = PolicyTarget::Server("s".into());
        let targets = [this, PolicyTarget::Namespace, PolicyTarget::Route];
        for target in targets {
            let row = format!("{required:?} {target:?}");
            let objects = [
                server("s", 1, number(8_080), None),
                policy("p", target, required),
            ];
            assert_eq!(on_8080(&objects).is_required(), is_required, "{row}");
        }
        let other = policy("p", PolicyTarget::Server("other".into()), required);
        assert!(on_8080(&[server("s", 1, number(8_080), None), other]).is_required());
    }
}

#[test]
fn an_older_authorization_opens_a_server_as_well() {
    let authorization = |servers, allows_plaintext| {
        let content = ServerAuthorization {
            servers,
            clients: match allows_plaintext {
                true => AuthorizedClients::Everybody,
                false => AuthorizedClients::MeshTls,
            },
            networks: [].into(),
        };
        object("shop", "a", 1, MeshContent::ServerAuthorization(content))
    };
    let closed = || server("s", 1, number(8_080), None);
    let by_name = || ServerReference::Name("s".into());
    assert!(on_8080(&[closed(), authorization(by_name(), false)]).is_required());
    assert!(!on_8080(&[closed(), authorization(by_name(), true)]).is_required());
    let by_labels = |app| ServerReference::Selector(selector(app));
    assert!(!on_8080(&[closed(), authorization(by_labels("web-server"), true)]).is_required());
    assert!(on_8080(&[closed(), authorization(by_labels("web"), true)]).is_required());
}

#[test]
fn a_server_is_about_one_port_by_number_or_by_name() {
    let mut pod = pod(&[LINKERD]);
    let mut settings = PodSettings::clone(&pod.settings);
    settings.containers[0].ports = [ContainerPort {
        number: 8_080,
        name: Some("http".into()),
        protocol: PolicyProtocol::Tcp,
    }]
    .into();
    pod.settings = Arc::new(settings);
    let named = policies(&[server("s", 1, PortReference::Name("http".into()), None)]);
    assert!(intent(&named, &pod, Some(8_080)).is_required());
    let other = intent(&named, &pod, Some(9_090));
    assert_eq!(other.reason, MtlsReason::DefaultInboundPolicy);
    assert!(!other.is_required());
    // Which port is meant by a connection to the proxy does not show.
    assert_eq!(intent(&named, &pod, None).reason, MtlsReason::PortNotKnown);
    // Of two servers for one port the older one counts.
    let open = || Some(LinkerdAccess::AllUnauthenticated);
    let two = [
        server("a", 2, number(8_080), open()),
        server("b", 1, number(8_080), None),
    ];
    assert!(on_8080(&two).is_required());
}

#[test]
fn ports_without_a_server_are_as_the_pod_the_namespace_or_the_cluster_says() {
    let strict_cluster = MtlsSettings {
        mesh: MeshSettings {
            linkerd_default_inbound_policy: LinkerdAccess::AllAuthenticated,
            ..MeshSettings::default()
        },
        ..MtlsSettings::default()
    };
    let open = namespace([], [(DEFAULT, "all-unauthenticated")]);
    let silent = namespace([], []);
    let policies = MeshPolicies::new([], strict_cluster.into());
    let of = |own: &[(&str, &str)], namespace| {
        let pod = match own {
            [annotation] => annotated_pod(&[LINKERD], [*annotation]),
            _ => pod(&[LINKERD]),
        };
        policies.mtls_intent(&Target {
            pod: Some(&pod),
            namespace: Some(namespace),
            port: Some(80),
        })
    };
    assert!(of(&[], &silent).is_required());
    assert_eq!(of(&[], &silent).policy, None);
    assert_eq!(of(&[], &open).mode, MtlsMode::Permissive);
    assert_eq!(of(&[], &open).policy.as_deref(), Some("Namespace/shop"));
    assert!(of(&[(DEFAULT, "cluster-authenticated")], &open).is_required());
    // It says something: nobody knows what, and no default may stand for it.
    let unknown = of(&[(DEFAULT, "no such policy")], &silent);
    assert_eq!(unknown.reason, MtlsReason::NotKnown);
    assert!(!unknown.is_required());
}
