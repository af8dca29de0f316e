//! IPv6, and sockets that take both versions.

use crate::manifests::{self, namespace, peer_authentication};
use crate::scene::Scene;
use crate::servers::{self, HTTP, MTLS};
use crate::watch::{Watch, expect_fields, field};
use saker_kernel_tests::agent::RULES;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};

#[test]
fn both_versions_at_one_socket() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let own = scene.authority.client("client.shop.test");
    let certificate = ["--cert", &own.chain, "--key", &own.key, "--tls-max", "1.2"];
    // The server's socket is one of IPv6 in both cases; the connection is what goes over the cable.
    let ways: [(IpAddr, IpAddr); 2] = [
        (scene.client.v6.into(), scene.server.v6.into()),
        (scene.client.v4.into(), scene.server.v4.into()),
    ];
    for (client, server) in ways {
        let url = format!("https://{}/", SocketAddr::new(server, MTLS));
        let got = scene.curl(&[&certificate[..], &[&url]].concat());
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let expected = [
            ("flow.security", "mtls"),
            ("flow.tls.client_auth", "seen"),
            ("fd.cip", &client.to_string()),
            ("fd.sip", &server.to_string()),
        ];
        let ends = watch.expect(&scene, &got, MTLS, "nginx", &expected);
        watch.expect_closed(&scene, &ends);
    }
}

#[test]
fn plaintext_over_ipv6_where_mutual_tls_is_demanded() {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let objects = [
        namespace(json!({}), json!({})),
        peer_authentication("STRICT"),
    ];
    let folder = manifests::write(&scene, None, &objects);
    let mut watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
    let url = format!("http://[{}]/", scene.server.v6);
    let got = scene.curl(&[&url]);
    let expected = [
        ("flow.security", "plaintext"),
        ("mtls.required", "true"),
        ("mtls.policy", "PeerAuthentication/shop/default"),
        ("flow.src.pod", "client"),
        ("flow.dst.pod", "server"),
    ];
    let ends = watch.expect(&scene, &got, HTTP, "nginx", &expected);
    let alert = watch.alert_about(&scene, &field(&ends.client, "fd.cport"));
    assert_eq!(alert["rule"], "Plaintext where mutual TLS is required");
    expect_fields(&alert, &[("proc.name", "nginx")]);
}
