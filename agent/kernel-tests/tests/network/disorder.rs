//! Packets that are lost, come twice and overtake each other: what is seen of them is put together again.

use crate::certificates::SERVER_NAME;
use crate::pods::Cable;
use crate::scene::Scene;
use crate::servers::{self, HTTP, HTTPS, MTLS};
use crate::watch::{Watch, expect_fields, field};

#[test]
fn a_bad_cable_changes_no_verdict() {
    let scene = Scene::joined_by(Cable::Bad);
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let authority = scene.authority.file();
    let https = scene.server.at(HTTPS);
    for manner in ["large", "fragmented", "post-quantum"] {
        let got = scene.peer(&["tls-client", &https, &authority, SERVER_NAME, manner]);
        assert!(got.said.ends_with("page\n"), "{manner}: {}", got.said);
        let expected = [
            ("flow.security", "tls"),
            ("flow.tls.version", "1.3"),
            ("flow.tls.sni", SERVER_NAME),
            ("flow.confidence", "high"),
        ];
        let ends = watch.expect(&scene, &got, HTTPS, "nginx", &expected);
        // What was sent again is counted once.
        watch.expect_closed(&scene, &ends);
        let [one, other] = [&ends.client, &ends.server].map(|end| field(end, "flow.tls.ja4"));
        assert_eq!(one, other, "{manner}");
        assert!(one.starts_with("t13d"), "{one}");
    }

    // Certificates are behind a message of the server that takes many packets.
    let own = scene.authority.client("client.shop.test");
    let certificate = ["--cert", &own.chain, "--key", &own.key, "--tls-max", "1.2"];
    let url = format!("https://{}/", scene.server.at(MTLS));
    let got = scene.curl(&[&certificate[..], &[&url]].concat());
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let expected = [("flow.security", "mtls"), ("flow.tls.client_auth", "seen")];
    let ends = watch.expect(&scene, &got, MTLS, "nginx", &expected);
    for end in [&ends.client, &ends.server] {
        let seen = field(end, "flow.tls.client.san");
        assert!(seen.contains("client.shop.test"), "{seen}");
    }

    // A credential in the third packet.
    let long = format!("X-Before: {}", "x".repeat(900));
    let url = format!("http://{}/", scene.server.at(HTTP));
    let got = scene.curl(&["--header", &long, "--user", "me:secret", &url]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let expected = [
        ("flow.security", "plaintext"),
        ("flow.protocol", "http"),
        ("flow.credential_exposed", "http_basic"),
    ];
    let ends = watch.expect(&scene, &got, HTTP, "nginx", &expected);
    let closed = watch.expect_closed(&scene, &ends);
    expect_fields(&closed.client, &[("flow.credential_exposed", "http_basic")]);
}
