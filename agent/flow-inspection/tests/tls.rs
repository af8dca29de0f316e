//! Connections of real programs: OpenSSL 3.0's `s_client` and `s_server`, and curl, recorded between them.
//!
//! They are inputs of the fuzz target `flow`, whose format `fuzz/src/conversation.rs` tells.

mod recorded;

use recorded::Recorded;
use saker_flow_inspection::{
    Classification, ClientAuth, Confidence, Direction, Inspector, Protocol, Reason, SecurityClass,
    Segment, TlsFacts, TlsVersion, Transport,
};

fn classify(name: &str) -> Classification {
    Recorded::open(name).classify()
}

fn tls(classification: &Classification) -> &TlsFacts {
    classification.tls.as_deref().expect("it is TLS")
}

/// Class, reason, version and client authentication of a recorded connection.
fn verdict(name: &str) -> (SecurityClass, Reason, Option<TlsVersion>, ClientAuth) {
    let classification = classify(name);
    let facts = tls(&classification);
    (
        classification.class,
        classification.reason,
        facts.version,
        facts.client_auth,
    )
}

#[test]
fn each_connection_has_its_class() {
    use {ClientAuth as A, Reason as R, SecurityClass as C, TlsVersion as V};
    let expected = [
        ("tls10", C::Tls, R::TlsHandshake, V::Tls10, A::None),
        ("tls11", C::Tls, R::TlsHandshake, V::Tls11, A::None),
        ("tls12-alpn", C::Tls, R::TlsHandshake, V::Tls12, A::None),
        ("tls12-full", C::Tls, R::TlsHandshake, V::Tls12, A::None),
        // A resumed session has the client's certificate of the full one, if any.
        (
            "tls12-resumed",
            C::Tls,
            R::TlsHandshake,
            V::Tls12,
            A::Unknown,
        ),
        (
            "tls12-client-certificate",
            C::Mtls,
            R::ClientCertificate,
            V::Tls12,
            A::Seen,
        ),
        (
            "tls12-client-without-certificate",
            C::Tls,
            R::TlsHandshake,
            V::Tls12,
            A::None,
        ),
        (
            "tls12-client-certificate-missing",
            C::Tls,
            R::TlsFailed,
            V::Tls12,
            A::None,
        ),
        ("tls13-alpn", C::Tls, R::TlsHandshake, V::Tls13, A::Unknown),
        ("tls13-curl", C::Tls, R::TlsHandshake, V::Tls13, A::Unknown),
        (
            "tls13-retry-client-certificate",
            C::Tls,
            R::TlsHandshake,
            V::Tls13,
            A::Unknown,
        ),
        (
            "tls13-version-refused",
            C::Tls,
            R::TlsFailed,
            V::Tls12,
            A::Unknown,
        ),
        ("istio-http1", C::MeshMtls, R::MeshAlpn, V::Tls13, A::Mesh),
        (
            "istio-tcp-tls12",
            C::MeshMtls,
            R::MeshAlpn,
            V::Tls12,
            A::Seen,
        ),
        ("linkerd", C::MeshMtls, R::MeshAlpn, V::Tls13, A::Mesh),
        ("hbone", C::MeshMtls, R::MeshHbone, V::Tls13, A::Mesh),
        ("dtls10", C::Tls, R::TlsHandshake, V::Dtls10, A::None),
        ("dtls12", C::Tls, R::TlsHandshake, V::Dtls12, A::None),
    ];
    for (name, class, reason, version, client_auth) in expected {
        assert_eq!(
            verdict(name),
            (class, reason, Some(version), client_auth),
            "{name}"
        );
    }
}

#[test]
fn certificates_of_tls_1_2_are_read() {
    let classification = classify("tls12-client-certificate");
    let facts = tls(&classification);
    assert_eq!(facts.is_client_certificate_requested, Some(true));
    let client = facts.client_certificate.as_ref().unwrap();
    assert_eq!(&*client.subject, "CN=client,O=Falcons");
    assert_eq!(&*client.issuer, r"CN=Test authority,O=Falcons\, Inc.,C=DE");
    assert_eq!(
        *client.alternative_names,
        ["spiffe://cluster.local/ns/default/sa/client".into()]
    );
    let server = facts.server_certificate.as_ref().unwrap();
    assert_eq!(&*server.subject, "CN=server.test,O=Falcons");
    let names: Vec<&str> = server
        .alternative_names
        .iter()
        .map(|name| &**name)
        .collect();
    assert_eq!(
        names,
        ["server.test", "*.server.test", "10.0.0.1", "fd00::1"]
    );
    assert_eq!(server.not_after_s - server.not_before_s, 3650 * 24 * 3600);
}

#[test]
fn hellos_show_names_and_a_fingerprint() {
    let classification = classify("tls13-alpn");
    assert_eq!(classification.confidence, Confidence::High);
    let facts = tls(&classification);
    assert!(facts.is_negotiated);
    assert_eq!(facts.server_name.as_deref(), Some("server.test"));
    assert_eq!(*facts.alpn_offered, ["h2".into(), "http/1.1".into()]);
    assert_eq!(facts.alpn_chosen, None, "TLS 1.3 hides the choice");
    assert_eq!(facts.cipher.as_deref(), Some("TLS_AES_256_GCM_SHA384"));
    assert!(!facts.has_encrypted_client_hello);
    let classification = classify("tls12-alpn");
    assert_eq!(classification.protocol, Protocol::Http2);
    let facts = tls(&classification);
    assert_eq!(facts.alpn_chosen.as_deref(), Some("h2"));
    assert_eq!(facts.is_client_certificate_requested, Some(false));
    assert_eq!(
        classify("istio-http1").protocol,
        Protocol::Http,
        "all that is offered is HTTP/1.1"
    );
}

#[test]
fn an_answer_that_is_not_tls_claims_nothing() {
    let classification = classify("tls-to-http");
    assert_eq!(classification.class, SecurityClass::Opaque);
    assert_eq!(classification.confidence, Confidence::Low);
    assert_eq!(classification.reason, Reason::TlsRefused);
}

/// Shows each verdict while a stream's bytes arrive one by one, and a datagram's at once.
fn classify_each_begin(recorded: &Recorded, mut see: impl FnMut(Classification)) {
    let mut inspector = Inspector::new(recorded.transport, recorded.server_port);
    for segment in recorded.segments() {
        let step = match recorded.transport {
            Transport::Tcp => 1,
            Transport::Udp => segment.bytes.len(),
        };
        for (piece, number) in segment.bytes.chunks(step).zip(0_u64..) {
            inspector.feed(Segment {
                offset: segment.offset + number,
                bytes: piece,
                sent_bytes: u32::try_from(piece.len()).unwrap(),
                ..segment
            });
            see(inspector.classification());
        }
    }
}

/// A begin may say less, but never something else: the class is that of the whole, or not known yet, or
/// mutual TLS not told from TLS yet.
#[test]
fn no_begin_has_a_wrong_class() {
    for recorded in ["tls", "istio", "linkerd", "hbone", "dtls"]
        .into_iter()
        .flat_map(Recorded::all)
    {
        let whole = recorded.classify();
        classify_each_begin(&recorded, |so_far| {
            let fits = match so_far.class {
                SecurityClass::Opaque => so_far.confidence == Confidence::Low,
                SecurityClass::Tls => true,
                class => class == whole.class,
            };
            assert!(fits, "{}: {so_far:?}", recorded.name);
        });
    }
}

#[test]
fn quic_shows_its_hello() {
    for (name, server_name) in [
        ("quic-v1", Some("server.test")),
        ("quic-v2", Some("server.test")),
    ] {
        let classification = classify(name);
        assert_eq!(classification.class, SecurityClass::Tls, "{name}");
        assert_eq!(classification.reason, Reason::TlsHandshake, "{name}");
        assert_eq!(classification.protocol, Protocol::Http3, "{name}");
        let facts = tls(&classification);
        assert_eq!(facts.version, Some(TlsVersion::Tls13), "{name}");
        assert_eq!(facts.server_name.as_deref(), server_name, "{name}");
        assert_eq!(*facts.alpn_offered, ["h3".into()], "{name}");
        assert!(facts.ja4.as_deref().unwrap().starts_with("q13d"), "{name}");
    }
}

#[test]
fn hellos_larger_than_a_packet_are_put_together() {
    for name in ["tls13-large-hello", "quic-large-hello"] {
        let classification = classify(name);
        assert_eq!(classification.reason, Reason::TlsHandshake, "{name}");
        let facts = tls(&classification);
        assert_eq!(facts.server_name.as_deref(), Some("server.test"), "{name}");
        assert!(facts.ja4.is_some(), "{name}");
    }
}

/// The server's request for a certificate is behind a chain of more than 4 KiB; the client's answer tells.
#[test]
fn a_long_chain_hides_the_request_only() {
    let classification = classify("tls12-long-chain-client-certificate");
    assert_eq!(classification.class, SecurityClass::Mtls);
    let facts = tls(&classification);
    assert_eq!(facts.is_client_certificate_requested, Some(true));
    let server = facts.server_certificate.as_ref().unwrap();
    assert_eq!(&*server.subject, "CN=server.test");
    assert_eq!(&*server.issuer, "CN=RSA authority");
}

/// Whoever offers a mesh's ALPN without showing a certificate is no proxy of it.
#[test]
fn a_certificate_whose_answer_was_not_captured_is_less_sure() {
    let recorded = Recorded::open("tls12-client-certificate");
    assert_eq!(recorded.classify().confidence, Confidence::High);
    // The server's chain does not fit, so a refusal behind it would not show.
    let mut inspector = Inspector::new(recorded.transport, recorded.server_port);
    for segment in recorded.segments() {
        let is_server = segment.direction == Direction::FromServer;
        let kept = match segment.offset {
            _ if !is_server => segment.bytes,
            0 => &segment.bytes[..segment.bytes.len() / 2],
            _ => &[],
        };
        inspector.feed(Segment {
            bytes: kept,
            ..segment
        });
    }
    let cut = inspector.classification();
    assert_eq!(tls(&cut).client_auth, ClientAuth::Seen);
    assert_eq!(cut.class, SecurityClass::Mtls);
    assert_eq!(cut.confidence, Confidence::Medium);
}

#[test]
fn a_handshake_without_certificate_contradicts_the_sign_of_a_mesh() {
    assert_eq!(
        verdict("tls12-istio-alpn-without-certificate"),
        (
            SecurityClass::Tls,
            Reason::TlsHandshake,
            Some(TlsVersion::Tls12),
            ClientAuth::None
        )
    );
    assert_eq!(
        verdict("linkerd-server-name-alone").1,
        Reason::MeshServerName
    );
}

/// In an active FTP transfer the one who accepted the connection sends the client's hello.
#[test]
fn the_accepting_side_may_be_the_client_of_tls() {
    let expected = classify("tls12-client-certificate");
    let mut turned = Recorded::open("tls12-client-certificate");
    for (direction, _) in &mut turned.sent {
        *direction = match direction {
            Direction::FromClient => Direction::FromServer,
            Direction::FromServer => Direction::FromClient,
        };
    }
    assert_eq!(turned.classify(), expected);
}

#[test]
fn tls_inside_of_a_proxy_header_counts() {
    let mut wrapped = Recorded::open("tls13-alpn");
    let header = b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\n";
    wrapped
        .sent
        .insert(0, (Direction::FromClient, header.to_vec()));
    assert_eq!(wrapped.classify(), classify("tls13-alpn"));
}

fn stream(sent: &[(Direction, &[u8])]) -> Recorded {
    Recorded {
        name: "made".to_owned(),
        transport: Transport::Tcp,
        server_port: 443,
        sent: sent
            .iter()
            .map(|(direction, bytes)| (*direction, bytes.to_vec()))
            .collect(),
    }
}

/// A hello of SSL 2.0 that offers TLS 1.0, as RFC 5246, E.2, has it.
#[test]
fn hellos_of_ssl_2_are_tls() {
    let mut hello = vec![0x80, 9 + 3 + 16, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 0x2f];
    hello.extend([7; 16]);
    let alone = stream(&[(Direction::FromClient, &hello)]).classify();
    assert_eq!(
        (alone.class, alone.reason),
        (SecurityClass::Tls, Reason::TlsHello)
    );
    assert_eq!(tls(&alone).version, Some(TlsVersion::Tls10));
    let answered = [
        (Direction::FromClient, hello.as_slice()),
        (Direction::FromServer, &[0x16, 3, 1, 0, 50, 2, 0, 0, 46]),
    ];
    let answered = stream(&answered).classify();
    assert_eq!(answered.reason, Reason::TlsHandshake);
    // Lengths that do not make up the whole.
    hello[1] += 1;
    let wrong = stream(&[(Direction::FromClient, &hello)]).classify();
    assert_eq!(wrong.class, SecurityClass::Opaque);
}

#[test]
fn a_broken_hello_claims_nothing() {
    let mut broken = Recorded::open("tls13-alpn");
    // The length of the list of cipher suites.
    let session_bytes = usize::from(broken.sent[0].1[43]);
    broken.sent[0].1[44 + session_bytes] = 0xff;
    let classification = broken.classify();
    assert_eq!(classification.class, SecurityClass::Opaque);
    assert_eq!(classification.reason, Reason::TlsMalformed);
}

fn wireguard(initiation_bytes: usize, receiver: u8) -> Classification {
    let mut initiation = vec![0; initiation_bytes];
    initiation[..5].copy_from_slice(&[1, 0, 0, 0, 42]);
    let mut response = vec![0; 92];
    response[..9].copy_from_slice(&[2, 0, 0, 0, 7, 0, 0, 0, receiver]);
    let mut recorded = stream(&[
        (Direction::FromClient, &initiation),
        (Direction::FromServer, &response),
    ]);
    recorded.transport = Transport::Udp;
    recorded.classify()
}

#[test]
fn wireguard_is_a_tunnel() {
    let answered = wireguard(148, 42);
    assert_eq!(answered.class, SecurityClass::Tunnel);
    assert_eq!(answered.protocol, Protocol::WireGuard);
    assert_eq!(answered.confidence, Confidence::High);
    assert_eq!(wireguard(148, 43).confidence, Confidence::Medium);
    assert_eq!(wireguard(149, 42).class, SecurityClass::Opaque);
}
