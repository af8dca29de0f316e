//! What the cluster's own policies forbid, and what happens nevertheless.

use crate::manifests::{self, NAMESPACE, namespace};
use crate::scene::Scene;
use crate::servers::{self, EXCLUDED, HTTP};
use crate::watch::{Watch, expect_fields, field};
use saker_kernel_tests::agent::RULES;
use serde_json::{Value, json};

/// A port that the policies of these tests allow to the client; they deny the others.
const ALLOWED: u16 = EXCLUDED;

/// A policy of a kind for the server's pod.
fn policy(version: &str, kind: &str, name: &str, specification: Value) -> Value {
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": specification,
    })
}

/// Connects to a port that is allowed and to one that is denied. Only of the second a rule tells, at the server's end and
/// with both pods and the policy named.
fn expect_one_denied(scene: &Scene, objects: &[Value], rule: &str, policy: &str) {
    let _nginx = servers::nginx(scene);
    let folder = manifests::write_all(scene, objects);
    let mut watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
    let mut ports = Vec::new();
    for port in [ALLOWED, HTTP] {
        let got = scene.curl(&[&format!("http://{}/", scene.server.at(port))]);
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let ends = watch.between(&scene.client, &got, &scene.server, port);
        watch.expect_closed(scene, &ends);
        ports.push(field(&ends.client, "fd.cport"));
    }
    let [allowed, denied] = &ports[..] else {
        unreachable!("two connections");
    };
    let connection = format!("{}:{denied}->", scene.client.v4);
    let alert = watch.agent.alert(rule, |alert| {
        field(alert, "fd.name").starts_with(&connection)
    });
    // Both ends and the policy, in whichever of its fields.
    let told: Vec<&str> = alert["output_fields"]
        .as_object()
        .expect("fields")
        .values()
        .filter_map(Value::as_str)
        .collect();
    for named in ["client", "server", "nginx"] {
        assert!(told.contains(&named), "`{named}` is missing: {alert:#}");
    }
    assert!(told.iter().any(|it| it.contains(policy)), "{alert:#}");
    let connection = format!("{}:{allowed}->", scene.client.v4);
    let mut others = watch.agent.alerts_of(rule);
    others.retain(|alert| field(alert, "fd.name").starts_with(&connection));
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn a_connection_that_a_network_policy_denies() {
    let scene = Scene::make();
    let objects = [
        manifests::pod(&scene.pair.client, &scene.client, None),
        manifests::pod(&scene.pair.server, &scene.server, None),
        namespace(json!({}), json!({})),
        policy(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "one-port",
            json!({
                "podSelector": {"matchLabels": {"app": "server"}},
                "ingress": [{
                    "from": [{"podSelector": {"matchLabels": {"app": "client"}}}],
                    "ports": [{"protocol": "TCP", "port": ALLOWED}],
                }],
            }),
        ),
    ];
    let rule = "Connection denied by network policy";
    expect_one_denied(&scene, &objects, rule, "one-port");
}

#[test]
fn a_client_that_the_mesh_denies() {
    let scene = Scene::make();
    // The pod is in the mesh, and nothing goes through its proxy.
    let proxy = scene.pair.server.container("istio-proxy");
    let objects = [
        manifests::pod(&scene.pair.client, &scene.client, None),
        manifests::pod(&scene.pair.server, &scene.server, Some((&proxy, "istio"))),
        namespace(json!({}), json!({})),
        policy(
            "security.istio.io/v1",
            "AuthorizationPolicy",
            "one-address",
            json!({
                "selector": {"matchLabels": {"app": "server"}},
                "action": "ALLOW",
                "rules": [{
                    "from": [{"source": {"ipBlocks": [scene.client.v4.to_string()]}}],
                    "to": [{"operation": {"ports": [ALLOWED.to_string()]}}],
                }],
            }),
        ),
    ];
    let rule = "Denied client served past the proxy";
    expect_one_denied(&scene, &objects, rule, "one-address");
}

#[test]
fn root_in_a_pod_that_may_not_be_root() {
    const RULE: &str = "Root in a pod that may not be root";
    let scene = Scene::make();
    let mut client = manifests::pod(&scene.pair.client, &scene.client, None);
    client["spec"]["securityContext"] = json!({"runAsNonRoot": true});
    let objects = [
        client,
        manifests::pod(&scene.pair.server, &scene.server, None),
        namespace(json!({}), json!({})),
    ];
    let folder = manifests::write_all(&scene, &objects);
    let mut watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
    // Allowed: another user, and root in the other pod.
    let other = ["--reuid=65534", "--clear-groups", "--", "id", "-u"];
    scene.server.run("id", &["-u"]);
    assert_eq!(scene.client.run("setpriv", &other).said, "65534\n");
    let got = scene.client.run("id", &["-u"]);
    assert_eq!(got.said, "0\n");
    let of = |alert: &Value, name: &str| {
        field(alert, "k8s.pod.name") == name && field(alert, "proc.name") == "id"
    };
    let alert = watch.agent.alert(RULE, |alert| of(alert, "client"));
    expect_fields(&alert, &[("k8s.ns.name", NAMESPACE), ("user.uid", "0")]);
    let alerts = watch.agent.alerts_of(RULE);
    assert_eq!(alerts.iter().filter(|it| of(it, "client")).count(), 1);
    assert!(!alerts.iter().any(|it| of(it, "server")), "{alerts:#?}");
}
