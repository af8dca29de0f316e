//! What encrypts datagrams: QUIC, DTLS, WireGuard.

use crate::certificates::SERVER_NAME;
use crate::pods::Container;
use crate::running::{Ended, Running, run_with};
use crate::scene::{Scene, peer};
use crate::servers::{self, HTTP};
use crate::watch::{Watch, expect_fields};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;

#[test]
fn quic_over_both_versions_of_ip() {
    const PORT: u16 = 4433;
    let scene = Scene::make();
    let mut watch = Watch::start();
    let authority = scene.authority.file();
    let (chain, key) = (&scene.certificate.chain, &scene.certificate.key);
    for address in [scene.server.v4.into(), scene.server.v6.into()] {
        let address = SocketAddr::new(address, PORT);
        let listen = address.to_string();
        let mut server = scene
            .server
            .start(&peer(), &["quic-server", &listen, chain, key]);
        server.wait_for_datagrams(&scene.server, PORT);
        let got = scene.peer(&["quic-client", &listen, &authority, SERVER_NAME, "hello"]);
        assert_eq!(got.said, "hello");
        let expected = [
            ("flow.security", "tls"),
            ("flow.protocol", "http3"),
            ("flow.tls.version", "1.3"),
            ("flow.tls.sni", SERVER_NAME),
            ("flow.tls.alpn", r#"["h3"]"#),
            ("flow.tls.client_auth", "unknown"),
            ("fd.l4proto", "udp"),
            ("fd.sip", &address.ip().to_string()),
        ];
        watch.expect(&scene, &got, PORT, "network-peer", &expected);
    }
}

#[test]
fn dtls_with_a_client_certificate() {
    const PORT: u16 = 4435;
    let scene = Scene::make();
    let mut watch = Watch::start();
    let authority = scene.authority.file();
    let own = scene.authority.client("client.shop.test");
    let mut serve = scene.server.command("openssl");
    serve.args(["s_server", "-dtls1_2", "-quiet", "-Verify", "1"]);
    serve.args(["-accept", &PORT.to_string(), "-CAfile", &authority]);
    serve.args([
        "-cert",
        &scene.certificate.chain,
        "-key",
        &scene.certificate.key,
    ]);
    // It ends when there is nothing more to read.
    let mut server = Running::start_with(serve, Stdio::piped());
    server.wait_for_datagrams(&scene.server, PORT);
    let mut client = scene.client.command("openssl");
    client.args(["s_client", "-dtls1_2", "-connect", &scene.server.at(PORT)]);
    client.args(["-servername", SERVER_NAME, "-verify_return_error"]);
    client.args(["-cert", &own.chain, "-key", &own.key, "-CAfile", &authority]);
    let got = run_with(client, "hello\n");
    let expected = [
        ("flow.security", "mtls"),
        ("flow.protocol", "dtls"),
        ("flow.tls.version", "1.2"),
        ("flow.tls.sni", SERVER_NAME),
        ("flow.tls.client_auth", "seen"),
        ("fd.l4proto", "udp"),
    ];
    watch.expect(&scene, &got, PORT, "openssl", &expected);
}

/// A key of WireGuard with its public half, and an address inside of the tunnel.
struct Tunnel {
    private_key: &'static str,
    public_key: &'static str,
    address: &'static str,
}

const TUNNELS: [Tunnel; 2] = [
    Tunnel {
        private_key: "0101010101010101010101010101010101010101010101010101010101010101",
        public_key: "a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209",
        address: "10.250.0.1",
    },
    Tunnel {
        private_key: "0202020202020202020202020202020202020202020202020202020202020202",
        public_key: "ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59",
        address: "10.250.0.2",
    },
];

const WIREGUARD: u16 = 51_820;

#[test]
fn wireguard_and_what_goes_through_it() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let [near, far] =
        ["client", "server"].map(|name| format!("wg{}{}", std::process::id(), &name[..1]));
    let [one, other] =
        [(&near, &scene.pair.client), (&far, &scene.pair.server)].map(|(device, pod)| {
            let container = pod.container("wireguard");
            let running = container.start("wireguard-go", &["--foreground", device]);
            (container, running)
        });
    let [mine, theirs] = &TUNNELS;
    for (device, own, peer, pod, remote) in [
        (&near, mine, theirs, &scene.pair.client, &other.0),
        (&far, theirs, mine, &scene.pair.server, &one.0),
    ] {
        configure(device, own, peer, remote);
        let address = format!(
            "address add {}/24 dev {device}\nlink set {device} up",
            own.address
        );
        pod.configure("ip", &address);
    }

    let got = scene.curl(&[&format!("http://{}/", theirs.address)]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let inside = [("flow.security", "plaintext"), ("fd.sip", theirs.address)];
    watch.expect(&scene, &got, HTTP, "nginx", &inside);
    let carrier = Ended {
        pid: one.1.pid(),
        said: String::new(),
    };
    let ends = watch.between(&one.0, &carrier, &other.0, WIREGUARD);
    for end in [&ends.client, &ends.server] {
        expect_fields(
            end,
            &[
                ("flow.security", "tunnel"),
                ("flow.protocol", "wireguard"),
                ("fd.l4proto", "udp"),
                ("proc.name", "wireguard-go"),
            ],
        );
    }
}

/// Sets a device up, as `wg` would.
fn configure(device: &str, own: &Tunnel, peer: &Tunnel, remote: &Container) {
    let socket = PathBuf::from(format!("/var/run/wireguard/{device}.sock"));
    let limit = std::time::Instant::now() + crate::running::PATIENCE;
    let mut stream = loop {
        match UnixStream::connect(&socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(std::time::Instant::now() < limit, "{device}: {error}"),
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let settings = format!(
        "set=1\nprivate_key={}\nlisten_port={WIREGUARD}\npublic_key={}\nendpoint={}\nallowed_ip={}/32\n\n",
        own.private_key,
        peer.public_key,
        remote.at(WIREGUARD),
        peer.address,
    );
    stream.write_all(settings.as_bytes()).expect("its settings");
    let mut answer = [0; 64];
    let length = stream.read(&mut answer).expect("an answer");
    assert_eq!(&answer[..length], b"errno=0\n\n");
}
