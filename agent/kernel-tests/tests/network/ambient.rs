//! A mesh without a proxy in each pod: one of the node, in the pods' networks, takes and encrypts everything.

use crate::manifests::{self, namespace, peer_authentication};
use crate::mesh::{self, Proxy};
use crate::pods::Container;
use crate::scene::Scene;
use crate::servers::{self, EXCLUDED, HTTP};
use crate::watch::{Watch, expect_fields, field};
use saker_kernel_tests::agent::RULES;
use serde_json::{Value, json};

/// A pod that the node's agent took into the mesh.
fn captured(mut pod: Value) -> Value {
    pod["metadata"]["annotations"]["ambient.istio.io/redirection"] = json!("enabled");
    pod
}

/// A pod of ztunnel.
fn of_node(proxy: &Proxy, name: &str, pod: &crate::pods::Pod) -> Value {
    let mut object = manifests::pod(pod, &proxy.container, None);
    object["metadata"]["name"] = json!(name);
    object["metadata"]["namespace"] = json!("istio-system");
    // Addresses of its own, which play no part here.
    object["status"]["podIP"] = json!(null);
    object["status"]["podIPs"] = json!([]);
    object
}

#[test]
fn the_proxy_of_the_node_encrypts_and_its_legs_are_excused() {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let ztunnels = [&scene.pair.client, &scene.pair.server].map(|pod| pod.guest("ztunnel"));
    let proxies = mesh::ambient(&scene, &ztunnels, HTTP, EXCLUDED);
    let objects = [
        captured(manifests::pod(&scene.pair.client, &scene.client, None)),
        captured(manifests::pod(&scene.pair.server, &scene.server, None)),
        of_node(&proxies.client, "ztunnel-1", &ztunnels[0]),
        of_node(&proxies.server, "ztunnel-2", &ztunnels[1]),
        namespace(json!({"istio.io/dataplane-mode": "ambient"}), json!({})),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}}),
        peer_authentication("STRICT"),
    ];
    let folder = manifests::write_all(&scene, &objects);
    let mut watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
    let got = scene.curl(&[&format!("http://{}/", scene.server.at(HTTP))]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);

    let plain = [
        ("flow.security", "plaintext"),
        ("flow.protocol", "http"),
        ("flow.loopback", "true"),
        ("flow.excused", "true"),
    ];
    let encrypted = [
        ("flow.security", "mesh_mtls"),
        ("flow.reason", "mesh_hbone"),
        ("flow.loopback", "false"),
        ("flow.excused", "false"),
        ("proc.name", "ztunnel"),
        ("fd.sport", "15008"),
    ];
    let (near, far) = (&proxies.client.container, &proxies.server.container);
    let mut expect = |container: &Container, role: &str, leg: &str, expected: &[(&str, &str)]| {
        let flow = watch.only("flow_classified", container, |flow| {
            field(flow, "flow.role") == role && field(flow, "flow.leg") == leg
        });
        expect_fields(&flow, expected);
    };
    expect(&scene.client, "client", "app_to_proxy", &plain);
    expect(near, "server", "app_to_proxy", &plain);
    expect(near, "client", "proxy_to_proxy", &encrypted);
    expect(far, "server", "proxy_to_proxy", &encrypted);
    expect(far, "client", "proxy_to_app", &plain);
    expect(&scene.server, "server", "proxy_to_app", &plain);
    let alerts = watch.alerts_about(&scene);
    assert!(alerts.is_empty(), "{alerts:#?}");

    // Past it.
    let got = scene.curl(&[&format!("http://{}/", scene.server.at(EXCLUDED))]);
    let ends = watch.between(&scene.client, &got, &scene.server, EXCLUDED);
    for end in [&ends.client, &ends.server] {
        expect_fields(end, &[("flow.leg", "bypass"), ("flow.excused", "false")]);
    }
    watch.alert_about(&scene, &field(&ends.client, "fd.cport"));
}
