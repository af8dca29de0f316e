//! Connections that are unusual, broken off, or very many.

use crate::certificates::SERVER_NAME;
use crate::scene::{Scene, peer};
use crate::servers::{self, HTTP, HTTPS, STORM, STORM_PORTS};
use crate::watch::{Watch, expect_fields, field};
use saker_kernel_tests::agent::{Agent, get, sum};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// Connections of the storm.
const STORM_COUNT: u64 = 50_000;

/// How many of them a second the agent keeps up with, also where it was built without optimisation.
const STORM_PER_SECOND: u64 = 1_500;

/// What the agent may hold more after the storm than before, KiB. The table of flows is bounded by its own.
const GROWTH_KIB_MAX: u64 = 24 << 10;

#[test]
fn first_messages_that_are_large_or_come_in_pieces() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let authority = scene.authority.file();
    let address = scene.server.at(HTTPS);
    // To nginx the post-quantum share is a guess that it turns down, and the handshake begins anew.
    for manner in ["whole", "large", "fragmented", "bytes", "post-quantum"] {
        let got = scene.peer(&["tls-client", &address, &authority, SERVER_NAME, manner]);
        assert!(got.said.ends_with("page\n"), "{manner}: {}", got.said);
        let expected = [
            ("flow.security", "tls"),
            ("flow.tls.version", "1.3"),
            ("flow.tls.sni", SERVER_NAME),
        ];
        watch.expect(&scene, &got, HTTPS, "nginx", &expected);
    }
    const POST_QUANTUM: u16 = 4436;
    let address = scene.server.at(POST_QUANTUM);
    let (chain, key) = (&scene.certificate.chain, &scene.certificate.key);
    let arguments = ["tls-server", &address, chain, key];
    let server = scene.serve(&peer(), &arguments, POST_QUANTUM);
    let asked = [
        "tls-client",
        &address,
        &authority,
        SERVER_NAME,
        "post-quantum",
    ];
    let got = scene.peer(&asked);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    assert_eq!(server.said(), "X25519MLKEM768\n");
    let expected = [
        ("flow.security", "tls"),
        ("flow.tls.version", "1.3"),
        ("flow.tls.sni", SERVER_NAME),
        ("flow.confidence", "high"),
    ];
    watch.expect(&scene, &got, POST_QUANTUM, "network-peer", &expected);

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

#[test]
fn very_many_short_connections_are_all_counted() {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.expect("a free port").to_string();
    // Nothing is told of each: that would measure the output.
    let rules = scene.write(
        "rules.yaml",
        "- rule: None of these
  desc: Has flows collected.
  source: flow
  condition: evt.type = flow_classified and flow.protocol = telnet and fd.sport = 1
  output: none
  priority: NOTICE
",
    );
    let agent = Agent::start(&["--rules", &rules, "--metrics", &address]);
    let flows = |role: &str| {
        let label = format!("role=\"{role}\"");
        let page = get(&address, "/metrics");
        let lines = page.lines().filter(|line| line.contains(&label));
        let lines: Vec<&str> = lines
            .filter(|line| line.contains("class=\"plaintext\""))
            .collect();
        sum(&lines.join("\n"), "saker_flows_total")
    };
    let server = scene.server.v4.to_string();
    let storm = |per_second: u64| {
        let before = ["client", "server"].map(&flows);
        let numbers = [STORM_COUNT, STORM.into(), STORM_PORTS.into(), per_second];
        let [count, first, ports, pace] = numbers.map(|number| number.to_string());
        let got = scene.peer(&["storm-client", &server, &count, &first, &ports, &pace]);
        assert_eq!(got.said.trim(), count);
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let page = get(&address, "/metrics");
            let [emitted, delivered, lost] = ["emitted", "delivered", "lost"]
                .map(|stage| sum(&page, &format!("saker_events_{stage}_total")));
            let mut counted = ["client", "server"].map(&flows);
            for (counted, before) in counted.iter_mut().zip(before) {
                *counted -= before;
            }
            // Other programs of the machine may have connections of their own.
            let is_accounted = counted.iter().all(|count| *count + lost >= STORM_COUNT);
            if emitted == delivered + lost && is_accounted {
                return lost;
            }
            assert!(
                Instant::now() < limit,
                "{emitted} emitted, {delivered} delivered, {lost} lost; {counted:?} flows"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    let resident_before = resident_kib(agent.pid());
    assert_eq!(
        storm(STORM_PER_SECOND),
        0,
        "lost at a pace that can be kept"
    );
    // As fast as it goes: what may be lost then is accounted for.
    let lost = storm(0);
    eprintln!("lost at full speed: {lost}");
    let grown = resident_kib(agent.pid()).saturating_sub(resident_before);
    assert!(grown < GROWTH_KIB_MAX, "{grown} KiB more than before");
    agent.end();
}

/// Memory of its own that a process holds, KiB.
fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let size = line.expect("a size").trim().trim_end_matches(" kB");
    size.parse().expect("a number")
}
