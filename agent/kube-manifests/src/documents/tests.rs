use super::{DocumentError, Objects, objects, objects_of_values};
use crate::{KindVisitor, with_kind};
use kube_core::{ApiResource, Resource};
use saker_kube_metadata::{
    AddressBlock, Authentication, AuthorizationAction, AuthorizationRule, AuthorizedClients,
    ClientNetwork, ClientTlsMode, Constraint, ContainerRole, Enforcement, Export,
    IstioAuthorizationPolicy, Kind, LinkerdAccess, MeshContent, MeshIdentity, MeshObject, Object,
    ObjectName, PeerMode, Pod, PodNetwork, PolicyScope, PolicyTarget, PortReference,
    RequestAuthentication, ServerReference, Service, TargetKind,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::error::Error as _;

fn read(text: &str) -> Objects {
    objects(text).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

fn chain(error: &DocumentError) -> String {
    let cause = error.source().map(|source| format!(": {source}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn content(text: &str) -> MeshContent {
    match read(text).objects.pop() {
        Some(Object::Mesh(object)) => object.content,
        other => panic!("{other:?}"),
    }
}

fn pod(text: &str) -> Pod {
    match read(text).objects.pop() {
        Some(Object::Pod(pod)) => pod,
        other => panic!("{other:?}"),
    }
}

fn service(text: &str) -> Service {
    match read(text).objects.pop() {
        Some(Object::Service(service)) => service,
        other => panic!("{other:?}"),
    }
}

#[test]
fn policies_of_istio() {
    let MeshContent::PeerAuthentication(peers) = content(
        "apiVersion: security.istio.io/v1beta1\nkind: PeerAuthentication\n\
         metadata: {name: web, namespace: shop, creationTimestamp: '2025-01-02T03:04:05Z'}\n\
         spec:\n  selector: {matchLabels: {app: web}}\n  mtls: {mode: STRICT}\n\
         \u{20} portLevelMtls:\n    8080: {mode: DISABLE}\n    '9090': {}\n    soon: {mode: STRICT}\n",
    ) else {
        panic!("another kind");
    };
    assert_eq!(peers.workloads.get("app"), Some("web"));
    assert_eq!(peers.mode, PeerMode::Strict);
    assert_eq!(
        *peers.ports,
        [(8_080, PeerMode::Disable), (9_090, PeerMode::Unset)]
    );

    let MeshContent::PeerAuthentication(empty) = content(
        "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: x}, spec: {mtls: {mode: LOOSE}}}",
    ) else {
        panic!("another kind");
    };
    assert_eq!(empty.mode, PeerMode::NotUnderstood);

    let MeshContent::DestinationRule(rule) = content(
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: back}\nspec:\n\
         \u{20} host: back\n  exportTo: ['.', other]\n  trafficPolicy:\n    tls: {mode: ISTIO_MUTUAL}\n\
         \u{20}   portLevelSettings: [{port: {number: 81}, tls: {mode: SIMPLE}}, {port: {number: 82}}, {tls: {mode: MUTUAL}}]\n\
         \u{20} subsets: [{name: v2, labels: {version: v2}, trafficPolicy: {tls: {mode: DISABLE}}}]\n",
    ) else {
        panic!("another kind");
    };
    assert_eq!(rule.tls.mode, Some(ClientTlsMode::IstioMutual));
    assert_eq!(
        *rule.tls.ports,
        [(81, Some(ClientTlsMode::Simple)), (82, None)]
    );
    assert_eq!(
        rule.export,
        Export::Namespaces([".".into(), "other".into()].into())
    );
    assert_eq!(rule.subsets[0].tls.mode, Some(ClientTlsMode::Disable));
}

#[test]
fn policies_of_linkerd() {
    let read = read(
        "apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {name: web, namespace: shop}\n\
         spec: {podSelector: {matchExpressions: [{key: app, operator: Exists}]}, port: http, accessPolicy: audit}\n---\n\
         apiVersion: policy.linkerd.io/v1alpha1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: shop}\n\
         spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: web}, requiredAuthenticationRefs: \
         [{kind: MeshTLSAuthentication, name: m}, {kind: ServiceAccount, name: s, namespace: bank}, {kind: NetworkAuthentication, name: n}, {kind: X}]}\n---\n\
         apiVersion: policy.linkerd.io/v1beta1\nkind: ServerAuthorization\nmetadata: {name: a, namespace: shop}\n\
         spec: {server: {name: web}, client: {meshTLS: {identities: ['*']}}}\n---\n\
         apiVersion: policy.linkerd.io/v1alpha1\nkind: MeshTLSAuthentication\nmetadata: {name: m, namespace: shop}\nspec: {identities: ['*'], identityRefs: \
         [{kind: ServiceAccount, name: s}, {kind: Namespace, name: bank}, {kind: X}]}\n---\n\
         apiVersion: policy.linkerd.io/v1alpha1\nkind: NetworkAuthentication\nmetadata: {name: n, namespace: shop}\n\
         spec: {networks: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}, {cidr: fd00::1}, {cidr: anywhere}]}\n",
    );
    let contents: Vec<&MeshContent> = read
        .objects
        .iter()
        .map(|object| match object {
            Object::Mesh(object) => &object.content,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(matches!(contents[0], MeshContent::Server(server)
        if server.port == PortReference::Name("http".into()) && server.access == Some(LinkerdAccess::Audit)));
    let MeshContent::AuthorizationPolicy(policy) = contents[1] else {
        panic!("{:?}", contents[1]);
    };
    assert_eq!(policy.target, PolicyTarget::Server("web".into()));
    let expected = [
        Authentication::MeshTls(ObjectName::new("shop", "m")),
        Authentication::ServiceAccount(ObjectName::new("bank", "s")),
        Authentication::Network(ObjectName::new("shop", "n")),
        Authentication::NotUnderstood,
    ];
    assert_eq!(*policy.required, expected);
    assert!(matches!(contents[2], MeshContent::ServerAuthorization(it)
        if it.servers == ServerReference::Name("web".into()) && it.clients
            == AuthorizedClients::Identities([MeshIdentity::Name("*".into())].into())));
    let identities = [
        MeshIdentity::Name("*".into()),
        MeshIdentity::ServiceAccount(ObjectName::new("shop", "s")),
        MeshIdentity::Namespace("bank".into()),
        MeshIdentity::NotUnderstood,
    ];
    assert!(matches!(contents[3], MeshContent::MeshTlsAuthentication(it)
        if *it.identities == identities));
    let block = |text| AddressBlock::parse_or_address(text).unwrap();
    let networks = [
        ClientNetwork::Block {
            block: block("10.0.0.0/8"),
            except: [block("10.1.0.0/16")].into(),
        },
        ClientNetwork::Block {
            block: block("fd00::1"),
            except: [].into(),
        },
        ClientNetwork::NotUnderstood,
    ];
    assert!(matches!(contents[4], MeshContent::NetworkAuthentication(it)
        if *it.networks == networks));
}

#[test]
fn whom_an_older_authorization_lets_in() {
    let clients = |client: &str| {
        let read = read(&format!(
            "{{apiVersion: policy.linkerd.io/v1beta1, kind: ServerAuthorization, metadata: {{name: a, namespace: shop}}, \
             spec: {{server: {{name: web}}, client: {client}}}}}"
        ));
        let object = read.objects.into_iter().next();
        match object {
            Some(Object::Mesh(MeshObject {
                content: MeshContent::ServerAuthorization(it),
                ..
            })) => it.clients,
            other => panic!("{other:?}"),
        }
    };
    let account = MeshIdentity::ServiceAccount(ObjectName::new("shop", "robot"));
    for (client, expected) in [
        ("{unauthenticated: true}", AuthorizedClients::Everybody),
        (
            "{meshTLS: {unauthenticatedTLS: true}}",
            AuthorizedClients::MeshTls,
        ),
        (
            "{meshTLS: {serviceAccounts: [{name: robot}]}}",
            AuthorizedClients::Identities([account].into()),
        ),
        ("{meshTLS: {}}", AuthorizedClients::Nobody),
        (
            "{networks: [{cidr: 10.0.0.0/8}]}",
            AuthorizedClients::Nobody,
        ),
        ("{}", AuthorizedClients::Nobody),
    ] {
        assert_eq!(clients(client), expected, "{client}");
    }
}

fn authorization(text: &str) -> IstioAuthorizationPolicy {
    let object = read(text).objects.into_iter().next();
    match object {
        Some(Object::Mesh(MeshObject {
            content: MeshContent::IstioAuthorizationPolicy(policy),
            ..
        })) => policy,
        other => panic!("{other:?}"),
    }
}

#[test]
fn authorization_policies_of_istio() {
    let policy = authorization(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n\
         metadata: {name: p, namespace: shop, annotations: {istio.io/dry-run: 'true'}}\n\
         spec:\n  selector: {matchLabels: {app: web}}\n  action: DENY\n  rules:\n  \
         - from: [{source: {principals: [a], notNamespaces: [b], serviceAccounts: [c/d], remoteIpBlocks: [10.0.0.0/8]}}, {}]\n    \
         to: [{operation: {ports: ['80'], notPaths: [/x, '/y*']}}]\n    \
         when: [{key: 'request.headers[X-Token]', values: [v]}, {key: 'request.auth.claims[iss]', notValues: [w]}, {key: other, values: [z]}]\n",
    );
    assert_eq!(policy.action, AuthorizationAction::Deny);
    assert_eq!(policy.enforcement, Enforcement::DryRun);
    assert!(
        matches!(&policy.scope, PolicyScope::Workloads(labels) if labels.get("app") == Some("web"))
    );
    let [rule] = &*policy.rules else {
        panic!("{policy:?}");
    };
    let shown = |constraints: &[Constraint]| -> Vec<String> {
        let shown = constraints
            .iter()
            .map(|it| format!("{:?} {:?} {:?}", it.attribute, it.values, it.excluded));
        shown.collect()
    };
    assert_eq!(
        shown(&rule.from[0]),
        [
            r#"Principal ["a"] []"#,
            r#"Namespace [] ["b"]"#,
            r#"ServiceAccount ["c/d"] []"#,
            r#"RemoteAddress ["10.0.0.0/8"] []"#,
        ]
    );
    assert!(rule.from[1].is_empty());
    assert_eq!(
        shown(&rule.to[0]),
        [r#"Port ["80"] []"#, r#"Path [] ["/x", "/y*"]"#]
    );
    assert_eq!(
        shown(&rule.when),
        [
            r#"Header("x-token") ["v"] []"#,
            r#"TokenClaim [] ["w"]"#,
            r#"NotUnderstood ["z"] []"#,
        ]
    );
}

/// Nothing that is left out or odd becomes a policy that says something else.
#[test]
fn authorization_policies_of_istio_that_say_little() {
    let of = |spec: &str| {
        authorization(&format!(
            "{{apiVersion: security.istio.io/v1beta1, kind: AuthorizationPolicy, metadata: {{name: p, namespace: shop}}{spec}}}"
        ))
    };
    for nothing in ["", ", spec: {}", ", spec: null", ", spec: {rules: null}"] {
        assert_eq!(
            of(nothing),
            IstioAuthorizationPolicy::default(),
            "{nothing}"
        );
    }
    assert_eq!(
        *of(", spec: {rules: [{}]}").rules,
        [AuthorizationRule::default()]
    );
    assert!(of(", spec: {rules: [null]}").rules.is_empty());
    let odd = of(
        ", spec: {action: MAYBE, targetRefs: [{kind: Service, name: a}, {group: x, kind: Y, name: b}]}",
    );
    assert_eq!(odd.action, AuthorizationAction::NotUnderstood);
    let PolicyScope::Targets(targets) = &odd.scope else {
        panic!("{odd:?}");
    };
    let kinds: Vec<TargetKind> = targets.iter().map(|target| target.kind).collect();
    assert_eq!(kinds, [TargetKind::Service, TargetKind::NotUnderstood]);
    let values = "x,".repeat(70_000);
    let long = of(&format!(
        ", spec: {{action: DENY, rules: [{{when: [{{key: source.ip, values: [{values}]}}]}}]}}"
    ));
    assert_eq!(long.action, AuthorizationAction::NotUnderstood);
    assert!(long.rules.is_empty());
    let read = read(
        "{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: p, namespace: shop}, \
         spec: {selector: {matchLabels: {app: web}}, jwtRules: [{issuer: x}]}}",
    );
    assert!(matches!(&read.objects[..], [Object::Mesh(MeshObject {
        content: MeshContent::RequestAuthentication(RequestAuthentication { scope: PolicyScope::Workloads(labels) }), ..
    })] if labels.get("app") == Some("web")));
}

#[test]
fn a_pod_says_how_its_connections_are_protected() {
    let pod = pod(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-0\n  namespace: shop\n  uid: 7f\n\
         \u{20} labels: {app: web}\n  annotations: {linkerd.io/inject: enabled, other.example/large: text}\n\
         spec:\n  serviceAccountName: robot\n  initContainers:\n  - name: migrate\n  - {name: istio-proxy, restartPolicy: Always}\n\
         \u{20} containers:\n  - name: web\n    ports: [{containerPort: 8080, name: http}, {name: none}]\n\
         \u{20}   livenessProbe: {httpGet: {path: /, port: http}}\n    readinessProbe: {grpc: {port: 9000}}\n    startupProbe: {httpGet: {port: http}}\n\
         status:\n  podIP: 10.0.0.2\n  phase: Running\n  initContainerStatuses: [{name: migrate, ready: false}, {name: istio-proxy, ready: false}]\n\
         \u{20} containerStatuses: [{name: web, ready: true}]\n",
    );
    assert_eq!(pod.network, PodNetwork::Own);
    assert_eq!(
        *pod.addresses,
        ["10.0.0.2".parse::<std::net::IpAddr>().unwrap()]
    );
    let annotations: Vec<_> = pod.settings.annotations.iter().collect();
    assert_eq!(
        annotations,
        [("linkerd.io/inject", "enabled")],
        "no others are kept"
    );
    let roles: Vec<_> = pod
        .settings
        .containers
        .iter()
        .map(|it| (&*it.name, it.role))
        .collect();
    let expected = [
        ("migrate", ContainerRole::Init),
        ("istio-proxy", ContainerRole::Sidecar),
        ("web", ContainerRole::Main),
    ];
    assert_eq!(roles, expected);
    assert_eq!(
        *pod.unready,
        ["istio-proxy".into()],
        "an init container is never ready"
    );
    assert!(pod.settings.is_probed(8_080) && pod.settings.is_probed(9_000));
    assert!(!pod.settings.is_probed(80));
    assert_eq!(pod.settings.containers[2].probed.len(), 2);
}

#[test]
fn a_port_of_a_service_leads_to_one_of_its_pods() {
    let service = service(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {app: web}\n\
         \u{20} clusterIP: 10.96.0.9\n  ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 8081}, {port: 82}, {port: 83, targetPort: 0}]\n",
    );
    assert_eq!(service.selector.get("app"), Some("web"));
    assert_eq!(
        service.target_port(80),
        Some(&PortReference::Name("http".into()))
    );
    assert_eq!(service.target_port(81), Some(&PortReference::Number(8_081)));
    assert_eq!(service.target_port(82), Some(&PortReference::Number(82)));
    assert_eq!(service.target_port(83), Some(&PortReference::Number(83)));
    assert_eq!(service.target_port(84), None);
}

#[test]
fn lists_documents_and_json_are_read_alike() {
    let one = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}";
    let json = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}]}"#;
    let typed = "{apiVersion: v1, kind: NamespaceList, items: [{metadata: {name: shop}}]}";
    let expected = read(one);
    assert_eq!(expected.objects.len(), 1);
    for text in [
        json,
        typed,
        &format!("---\n{one}\n---\n"),
        &format!("# a comment\n---\n---\n{one}"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    let value = serde_json::from_str(
        r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#,
    );
    assert_eq!(objects_of_values([value.unwrap()]).unwrap(), expected);
    let Object::Namespace(namespace) = &expected.objects[0] else {
        panic!("another kind");
    };
    assert_eq!(&*namespace.uid, "Namespace/shop", "files give no uid");
    assert_eq!(read("").objects.len(), 0);
    assert_eq!(
        read("{apiVersion: v1, kind: PodList, items: null}")
            .objects
            .len(),
        0
    );
}

#[test]
fn kinds_that_are_not_known_are_counted() {
    let read = read(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
         {apiVersion: other.example/v1, kind: Server, metadata: {name: a}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}\n",
    );
    assert_eq!((read.objects.len(), read.skipped), (1, 2));
    assert!(matches!(&read.objects[0], Object::Pod(pod) if &*pod.name.namespace == "default"));
}

#[test]
fn an_error_names_the_document_and_the_object() {
    let good = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n";
    for (text, expected) in [
        ("just a text", "document 2 has no `kind`"),
        ("[a, list]", "document 2 has no `kind`"),
        ("{kind: Pod}", "document 2 has no `apiVersion`"),
        (
            "{apiVersion: v1, kind: List, items: {}}",
            "document 2 has no `items`",
        ),
        (
            "{apiVersion: v1, kind: PodList, items: [7]}",
            "document 2 has no `kind`",
        ),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}, spec: {hostNetwork: 7}}",
            "document 2: Pod/b/a is not understood: invalid type",
        ),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {version: 2}}}",
            "document 2: Pod/default/a is not understood",
        ),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a}}",
            "document 2: Pod/default/a lacks",
        ),
        (
            "{apiVersion: v1, kind: Pod}",
            "document 2: Pod is not understood: missing field `metadata`",
        ),
        (
            "{apiVersion: policy.linkerd.io/v1beta1, kind: Server, metadata: {name: s}, spec: {port: 70000}}",
            "document 2: Server/default/s lacks",
        ),
        ("{unclosed: [", "document 2: "),
        ("a: b: c: d", "document 2: "),
    ] {
        let error = objects(&format!("{good}{text}")).expect_err(text);
        let shown = chain(&error);
        assert!(shown.starts_with(expected), "{text}: {shown}");
    }
}

/// Reads a list as the API server sends it.
struct ReadList(serde_json::Value);

impl KindVisitor for ReadList {
    type Output = Vec<Object>;

    fn visit<K>(self, read: impl Fn(K) -> Option<Object> + Send + Sync + 'static) -> Vec<Object>
    where
        K: Resource<DynamicType = ApiResource> + DeserializeOwned,
    {
        let all: Vec<K> = serde_json::from_value(self.0).expect("a list");
        all.into_iter().filter_map(read).collect()
    }
}

#[test]
fn an_object_that_is_not_understood_leaves_the_others_of_its_list() {
    for (kind, bad, good) in [
        (
            Kind::Servers,
            json!({"podSelector": {}, "port": 99_999_999_999_u64}),
            json!({"podSelector": {}, "port": 80}),
        ),
        (
            Kind::Servers,
            json!({"podSelector": [], "port": 80}),
            json!({"podSelector": {}, "port": "http"}),
        ),
        (
            Kind::AuthorizationPolicies,
            json!({"targetRef": "nobody"}),
            json!({"targetRef": {"kind": "Namespace", "name": "x"}}),
        ),
        (
            Kind::ServerAuthorizations,
            json!({"server": 7}),
            json!({"server": {"name": "x"}}),
        ),
        (
            Kind::PeerAuthentications,
            json!({"mtls": 7}),
            json!({"mtls": {"mode": "STRICT"}}),
        ),
        (
            Kind::DestinationRules,
            json!({"host": "x", "trafficPolicy": {"portLevelSettings": [{"port": {"number": -1}}]}}),
            json!({"host": "x"}),
        ),
    ] {
        let item =
            |name: &str, spec| json!({"metadata": {"name": name, "namespace": "x"}, "spec": spec});
        let list = json!([item("bad", bad), item("good", good)]);
        let objects = with_kind(kind, ReadList(list));
        let [Object::Mesh(object)] = &*objects else {
            panic!("{kind:?}: {objects:?}");
        };
        assert_eq!(&*object.name.name, "good", "{kind:?}");
    }
}

#[test]
fn a_list_of_many_pods_is_one_document() {
    let item = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "NAME", "labels":
        {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6", "g": "7", "h": "8", "i": "9", "j": "10"}}}"#;
    let items: Vec<String> = (0..9_000)
        .map(|number| item.replace("NAME", &format!("n{number}")))
        .collect();
    let list = format!(
        r#"{{"apiVersion": "v1", "kind": "List", "items": [{}]}}"#,
        items.join(",")
    );
    assert_eq!(objects(&list).expect("a list").objects.len(), 9_000);
}

#[test]
fn what_grows_without_end_is_refused() {
    let bomb = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\n\
                e: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\n\
                g: &g [*f, *f, *f, *f, *f, *f, *f, *f]\nh: [*g, *g, *g, *g, *g, *g, *g, *g]\n";
    assert!(matches!(
        objects(bomb),
        Err(DocumentError::Syntax { document: 1, .. })
    ));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(objects(&deep).is_err());
    let deep = format!("a: {}", "{a: ".repeat(50_000));
    assert!(objects(&deep).is_err());
}
