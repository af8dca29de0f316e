//! What a connection is.

use super::scene::{BOOT_WALL_NS, Scene, exec, text};
use crate::{FieldValue, PathView, Payload};
use saker_flow_inspection::{
    CertificateFacts, Classification, ClientAuth, Confidence, CredentialKind, DnsMessage,
    DnsRecord, Protocol, Reason, SecurityClass, TlsFacts, TlsVersion, Transport,
};
use saker_flow_state::{Flow, FlowEvent, FlowEventKind, FlowId, Role, Traffic};
use saker_rule_language::FieldArgument;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Seven seconds after boot.
const TIME_NS: u64 = 7_000_000_000;

/// A connection in plaintext, as its client sees it.
pub(super) fn flow(local: &str, remote: &str) -> Flow {
    Flow {
        id: FlowId {
            cookie: 42,
            peer: None,
        },
        transport: Transport::Tcp,
        role: Role::Client,
        local: local.parse().unwrap(),
        remote: remote.parse().unwrap(),
        on_wire: None,
        interface: Some(2),
        network_namespace: 0,
        opened_boot_ns: 5_000_000_000,
        classification: Classification {
            class: SecurityClass::Plaintext,
            confidence: Confidence::High,
            reason: Reason::Recognised,
            protocol: Protocol::Http,
            tls: None,
            credential_exposed: Some(CredentialKind::HttpBasic),
        },
        traffic: Traffic {
            sent_bytes: 100,
            received_bytes: 2_000,
        },
        remote_names: ["web.example.com".into(), "older.example.com".into()].into(),
        caller: None,
    }
}

pub(super) fn classified(flow: Flow) -> FlowEvent {
    event(FlowEventKind::Classified, flow)
}

fn event(kind: FlowEventKind, flow: Flow) -> FlowEvent {
    FlowEvent {
        kind,
        time_boot_ns: TIME_NS,
        flow: Arc::new(flow),
    }
}

fn scene() -> Scene {
    Scene::new(exec(10, &["curl", "-u", "ann:x"], "/usr/bin/curl").uid(1000))
}

fn ip(address: &str) -> FieldValue<'static> {
    FieldValue::Ip(address.parse().unwrap())
}

#[track_caller]
fn shows(event: &FlowEvent, expected: &[(&str, FieldValue<'static>)]) {
    let scene = scene();
    for (field, value) in expected {
        assert_eq!(scene.of_flow(event, field), *value, "{field}");
    }
}

#[test]
fn the_verdict_and_the_traffic() {
    let event = classified(flow("10.0.0.1:40000", "10.0.0.2:80"));
    shows(
        &event,
        &[
            ("evt.type", text("flow_classified")),
            ("evt.type.is[flow_classified]", FieldValue::Uint(1)),
            ("evt.type.is[flow_closed]", FieldValue::Uint(0)),
            ("evt.source", text("flow")),
            ("evt.category", text("net")),
            (
                "evt.rawtime",
                FieldValue::AbsTime(BOOT_WALL_NS.unsigned_abs() + TIME_NS),
            ),
            ("flow.id", text("42")),
            ("flow.security", text("plaintext")),
            ("flow.confidence", text("high")),
            ("flow.reason", text("recognised")),
            ("flow.protocol", text("http")),
            ("flow.credential_exposed", text("http_basic")),
            ("flow.role", text("client")),
            ("flow.transport", text("tcp")),
            ("flow.interface", FieldValue::Uint(2)),
            ("flow.loopback", FieldValue::Bool(false)),
            ("flow.packet.remote", FieldValue::Missing),
            ("flow.bytes_sent", FieldValue::Uint(100)),
            ("flow.bytes_received", FieldValue::Uint(2_000)),
            ("flow.duration", FieldValue::RelTime(2_000_000_000)),
            ("flow.tls.version", FieldValue::Missing),
            ("dns.name", FieldValue::Missing),
            ("proc.name", text("curl")),
            ("proc.cmdline", text("curl -u ann:x")),
            ("user.name", text("ann")),
            ("container.id", text("host")),
        ],
    );
}

#[test]
fn who_is_who_follows_from_the_role() {
    let client = classified(flow("10.0.0.1:40000", "10.0.0.2:80"));
    let mut other = flow("10.0.0.2:80", "10.0.0.1:40000");
    other.role = Role::Server;
    let server = classified(other);
    for event in [&client, &server] {
        shows(
            event,
            &[
                ("fd.name", text("10.0.0.1:40000->10.0.0.2:80")),
                ("fd.cip", ip("10.0.0.1")),
                ("fd.cport", FieldValue::Port(40000)),
                ("fd.sip", ip("10.0.0.2")),
                ("fd.sport", FieldValue::Port(80)),
                (
                    "fd.ip",
                    FieldValue::List(vec![ip("10.0.0.1"), ip("10.0.0.2")]),
                ),
                ("fd.type", text("ipv4")),
                ("fd.typechar", text("4")),
                ("fd.l4proto", text("tcp")),
                ("fd.sockfamily", text("ip")),
                ("fd.connected", FieldValue::Bool(true)),
                ("flow.src.ip", ip("10.0.0.1")),
                ("flow.dst.port", FieldValue::Port(80)),
            ],
        );
    }
    shows(
        &client,
        &[
            ("fd.lip", ip("10.0.0.1")),
            ("fd.rport", FieldValue::Port(80)),
            ("fd.is_server", FieldValue::Bool(false)),
            ("fd.sip.name", text("web.example.com")),
            ("fd.rip.name", text("web.example.com")),
            ("fd.cip.name", FieldValue::Missing),
            ("fd.lip.name", FieldValue::Missing),
        ],
    );
    shows(
        &server,
        &[
            ("fd.lip", ip("10.0.0.2")),
            ("fd.is_server", FieldValue::Bool(true)),
            ("fd.cip.name", text("web.example.com")),
            ("fd.sip.name", FieldValue::Missing),
        ],
    );
}

#[test]
fn what_is_not_known_is_missing() {
    let mut unknown = flow("[::ffff:10.0.0.1]:40000", "[2001:db8::1]:80");
    unknown.role = Role::Unknown;
    unknown.interface = None;
    unknown.classification.credential_exposed = None;
    unknown.remote_names = [].into();
    let event = classified(unknown);
    shows(
        &event,
        &[
            ("fd.cip", ip("10.0.0.1")),
            ("fd.type", text("ipv6")),
            ("flow.src.ip", ip("10.0.0.1")),
            ("flow.role", FieldValue::Missing),
            ("flow.interface", FieldValue::Missing),
            ("flow.loopback", FieldValue::Missing),
            ("flow.leg", FieldValue::Missing),
            ("flow.excused", FieldValue::Missing),
            ("flow.credential_exposed", FieldValue::Missing),
            ("fd.sip.name", FieldValue::Missing),
        ],
    );
}

#[test]
fn addresses_of_packets_and_peers_of_datagrams() {
    let mut redirected = flow("10.0.0.1:40000", "10.0.0.2:80");
    let local: SocketAddr = "10.0.0.1:40000".parse().unwrap();
    redirected.on_wire = Some((local, "127.0.0.1:15001".parse().unwrap()));
    redirected.interface = Some(1);
    redirected.transport = Transport::Udp;
    redirected.id.peer = Some(redirected.remote);
    shows(
        &classified(redirected),
        &[
            ("flow.id", text("42/10.0.0.2:80")),
            ("flow.packet.local", text("10.0.0.1:40000")),
            ("flow.packet.remote", text("127.0.0.1:15001")),
            ("flow.loopback", FieldValue::Bool(true)),
            ("fd.l4proto", text("udp")),
        ],
    );
}

fn certificate(subject: &str, left_s: i64) -> CertificateFacts {
    let now_s = BOOT_WALL_NS / 1_000_000_000 + 7;
    CertificateFacts {
        subject: subject.into(),
        issuer: "CN=Example CA".into(),
        alternative_names: ["a.example.com".into(), "10.0.0.2".into()].into(),
        not_before_s: -5,
        not_after_s: now_s + left_s,
    }
}

#[test]
fn what_a_handshake_shows() {
    let mut encrypted = flow("10.0.0.1:40000", "10.0.0.2:443");
    encrypted.classification.tls = Some(Box::new(TlsFacts {
        version: Some(TlsVersion::Tls12),
        is_negotiated: true,
        server_name: Some("a.example.com".into()),
        alpn_offered: ["h2".into(), "http/1.1".into()].into(),
        alpn_chosen: Some("h2".into()),
        ja4: Some("t12d".into()),
        cipher: Some("TLS_X".into()),
        is_client_certificate_requested: Some(true),
        client_auth: ClientAuth::Seen,
        server_certificate: Some(certificate("CN=a", 86_400 * 14 - 1)),
        client_certificate: Some(certificate("CN=robot", -1)),
        ..TlsFacts::default()
    }));
    shows(
        &classified(encrypted),
        &[
            ("flow.tls.version", text("1.2")),
            ("flow.tls.version.number", FieldValue::Uint(771)),
            ("flow.tls.negotiated", FieldValue::Bool(true)),
            ("flow.tls.sni", text("a.example.com")),
            (
                "flow.tls.alpn",
                FieldValue::List(vec![text("h2"), text("http/1.1")]),
            ),
            ("flow.tls.alpn.chosen", text("h2")),
            ("flow.tls.ja4", text("t12d")),
            ("flow.tls.cipher", text("TLS_X")),
            ("flow.tls.ech", FieldValue::Bool(false)),
            ("flow.tls.client_auth", text("seen")),
            ("flow.tls.client_auth.requested", FieldValue::Bool(true)),
            ("flow.tls.server.subject", text("CN=a")),
            ("flow.tls.server.issuer", text("CN=Example CA")),
            (
                "flow.tls.server.san",
                FieldValue::List(vec![text("a.example.com"), text("10.0.0.2")]),
            ),
            ("flow.tls.server.not_before", FieldValue::AbsTime(0)),
            ("flow.tls.server.expires_in", FieldValue::Int(13)),
            ("flow.tls.client.subject", text("CN=robot")),
            ("flow.tls.client.expires_in", FieldValue::Int(-1)),
        ],
    );
}

#[test]
fn certificates_of_all_times_have_days() {
    for (not_after_s, sign) in [(i64::MAX, 1), (i64::MIN, -1)] {
        let mut odd = flow("10.0.0.1:40000", "10.0.0.2:443");
        let mut certificate = certificate("CN=odd", 0);
        certificate.not_after_s = not_after_s;
        odd.classification.tls = Some(Box::new(TlsFacts {
            server_certificate: Some(certificate),
            ..TlsFacts::default()
        }));
        let event = classified(odd);
        let days = scene().of_flow(&event, "flow.tls.server.expires_in");
        let FieldValue::Int(days) = days else {
            panic!("{days:?}");
        };
        assert_eq!(days.signum(), sign);
        assert!(matches!(
            scene().of_flow(&event, "flow.tls.server.not_after"),
            FieldValue::AbsTime(_)
        ));
    }
}

#[test]
fn the_end_of_a_connection_says_how_long_it_was_open() {
    let closed = FlowEventKind::Closed { duration_ns: 9 };
    let event = event(closed, flow("10.0.0.1:40000", "10.0.0.2:80"));
    shows(
        &event,
        &[
            ("evt.type", text("flow_closed")),
            ("flow.duration", FieldValue::RelTime(9)),
        ],
    );
}

#[test]
fn names_that_are_asked_for_and_answered() {
    let query = DnsMessage {
        id: 7,
        name: "db.example.com".into(),
        query_type: 28,
        query_class: 1,
        ..DnsMessage::default()
    };
    let answer = DnsMessage {
        is_response: true,
        response_code: Some(3),
        query_type: 4711,
        answers: [
            DnsRecord::Alias("other.example.com".into()),
            DnsRecord::Address(IpAddr::from([10, 0, 0, 9]), 60),
            DnsRecord::Other(16),
        ]
        .into(),
        ..query.clone()
    };
    let datagrams = || flow("10.0.0.1:40000", "10.0.0.53:53");
    shows(
        &event(FlowEventKind::Dns(query), datagrams()),
        &[
            ("evt.type", text("dns_query")),
            ("dns.id", FieldValue::Uint(7)),
            ("dns.is_answer", FieldValue::Bool(false)),
            ("dns.name", text("db.example.com")),
            ("dns.type", text("AAAA")),
            ("dns.type.number", FieldValue::Uint(28)),
            ("dns.class", FieldValue::Uint(1)),
            ("dns.rcode", FieldValue::Missing),
            ("dns.answers", FieldValue::Missing),
        ],
    );
    shows(
        &event(FlowEventKind::Dns(answer), datagrams()),
        &[
            ("evt.type", text("dns_answer")),
            ("dns.is_answer", FieldValue::Bool(true)),
            ("dns.type", text("TYPE4711")),
            ("dns.rcode", text("NXDOMAIN")),
            ("dns.rcode.number", FieldValue::Uint(3)),
            (
                "dns.answers",
                FieldValue::List(vec![text("other.example.com"), text("10.0.0.9")]),
            ),
        ],
    );
}

#[test]
fn every_field_can_be_read_from_a_connection() {
    let event = classified(flow("10.0.0.1:40000", "10.0.0.2:80"));
    let key = FieldArgument::Key("x".into());
    scene().with_payload(
        Payload::Flow(&event),
        PathView::Resolved,
        |context, fields| {
            assert!(!context.views_differ());
            for (id, _) in fields.iter() {
                for argument in [None, Some(&key), Some(&FieldArgument::Index(1))] {
                    drop(fields.extract(id, argument, context));
                }
            }
        },
    );
}
