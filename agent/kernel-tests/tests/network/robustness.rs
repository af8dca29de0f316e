//! Connections that are unusual, broken off, or very many.

use crate::certificates::SERVER_NAME;
use crate::scene::{Scene, peer};
use crate::servers::{self, HTTP, HTTPS, STORM, STORM_PORTS};
use crate::watch::{Watch, expect_fields, field};

#[test]
fn first_messages_that_are_large_or_come_in_pieces() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let authority = scene.authority.file();
    let address = scene.server.at(HTTPS);
    for manner in ["whole", "large", "fragmented", "bytes"] {
        let got = scene.peer(&["tls-client", &address, &authority, SERVER_NAME, manner]);
        assert!(got.said.ends_with("page\n"), "{manner}: {}", got.said);
        let expected = [
            ("flow.security", "tls"),
            ("flow.tls.version", "TLSv1.3"),
            ("flow.tls.sni", SERVER_NAME),
        ];
        watch.expect(&scene, &got, HTTPS, "nginx", &expected);
    }
    let request = "GET / HTTP/1.0\r\nAuthorization: Basic bWU6c2VjcmV0\r\n\r\n";
    let got = scene.peer(&["text-client", &scene.server.at(HTTP), request]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let expected = [
        ("flow.security", "plaintext"),
        ("flow.protocol", "http"),
        ("flow.credential_exposed", "http_basic"),
    ];
    watch.expect(&scene, &got, HTTP, "nginx", &expected);
}

#[test]
fn connections_that_say_nothing_or_break_off() {
    const PORT: u16 = 9999;
    let scene = Scene::make();
    let mut watch = Watch::start();
    let address = scene.server.at(PORT);
    let _server = scene.serve(&peer(), &["silent-server", &address], PORT);
    let idle: &[&str] = &["idle-client", &address, "100"];
    // The record that a handshake begins with, of which the rest never comes; and bytes of no protocol.
    let handshake: &[&str] = &["half-client", &address, "100", "\u{16}\u{3}\u{1}"];
    let noise: &[&str] = &["half-client", &address, "3000", "\u{1}\u{2}\u{7f}\u{5}"];
    for (arguments, bytes) in [(idle, "0"), (handshake, "3"), (noise, "4")] {
        let got = scene.peer(arguments);
        let expected = [
            ("flow.security", "opaque"),
            ("flow.credential_exposed", "<NA>"),
        ];
        let ends = watch.expect(&scene, &got, PORT, "network-peer", &expected);
        let closed = watch.expect_closed(&scene, &ends);
        expect_fields(
            &closed.client,
            &[("flow.bytes_sent", bytes), ("flow.bytes_received", "0")],
        );
    }
    // Nobody listens there: no flow, and no error.
    let mut refused = scene.client.command(peer());
    refused.args(["idle-client", &scene.server.at(PORT + 1), "0"]);
    let (status, ended) = crate::running::try_run_with(refused, "");
    assert!(!status.success(), "{}", ended.said);
    let port = (PORT + 1).to_string();
    let classified = watch.events("flow_classified", &scene.client);
    assert!(
        classified
            .iter()
            .all(|flow| field(flow, "fd.sport") != port)
    );
}
