//! A ledger does not grow without end, and says what it had to leave out.

use super::scene::{call, empty};
use crate::{
    Edge, Evidence, Interval, Ledger, Limits, Loss, MeshProxy, NodeLedger, NodeName, PROTOCOLS_MAX,
    Party, Report,
};
use prost::Message;
use saker_flow_inspection::SecurityClass;
use std::net::Ipv4Addr;

#[test]
fn the_edges_seen_least_recently_leave_and_are_counted() {
    let limits = Limits {
        edges_max: 3,
        ..Limits::default()
    };
    let mut ledger = empty();
    for (client, seen_wall_ms) in [("a", 10), ("b", 20), ("c", 30), ("a", 40), ("d", 50)] {
        let mut observation = call(client, "s", 1, SecurityClass::Plaintext);
        observation.seen_wall_ms = seen_wall_ms;
        ledger.enter(observation, &limits);
    }
    let clients: Vec<String> = ledger.edges.keys().map(|k| k.client.to_string()).collect();
    assert_eq!(clients, ["shop/a", "shop/c", "shop/d"]);
    let evicted = Loss {
        count: 1,
        last_wall_ms: 50,
    };
    assert_eq!(ledger.coverage.evicted, evicted);
}

#[test]
fn a_flood_of_addresses_neither_grows_nor_hides() {
    let limits = Limits {
        edges_max: 1_000,
        ..Limits::default()
    };
    let mut ledger = empty();
    for number in 0..20_000_u32 {
        let mut observation = call("x", "s", 1, SecurityClass::Tls);
        observation.client = Party::Address(Ipv4Addr::from(number).into());
        observation.seen_wall_ms = u64::from(number);
        ledger.enter(observation, &limits);
        assert!(ledger.edges.len() <= 1_000);
    }
    let kept = u64::try_from(ledger.edges.len()).unwrap();
    assert_eq!(kept + ledger.coverage.evicted.count, 20_000);
}

#[test]
fn what_is_old_is_forgotten_class_by_class() {
    let limits = Limits {
        retain_ms: 1_000,
        ..Limits::default()
    };
    let mut ledger = empty();
    let mut old = call("a", "s", 1, SecurityClass::Plaintext);
    old.seen_wall_ms = 5_000;
    let mut new = call("a", "s", 1, SecurityClass::MeshMtls);
    new.seen_wall_ms = 6_000;
    ledger.enter(old, &limits);
    ledger.enter(new, &limits);
    ledger.expire(6_500, &limits);
    let edges: Vec<&Edge> = ledger.edges.values().collect();
    let classes: Vec<_> = edges[0].tallies.keys().copied().collect();
    assert_eq!(classes, [SecurityClass::MeshMtls]);
    ledger.expire(7_500, &limits);
    assert!(ledger.edges.is_empty());
}

#[test]
fn coverage_ends_where_edges_are_forgotten() {
    let limits = Limits {
        retain_ms: 100_000,
        ..Limits::default()
    };
    let mut ledger = empty();
    for time in [60_000, 120_000, 180_000] {
        ledger.go_on(time);
    }
    ledger.expire(180_000, &limits);
    let forgotten = Interval {
        begin_wall_ms: 0,
        end_wall_ms: 80_000,
    };
    assert_eq!(ledger.coverage.gaps(0, 180_000, 0), [forgotten]);
    assert_eq!(ledger.coverage.gaps(80_000, 180_000, 0), []);
}

#[test]
fn protocols_and_presences_are_bounded() {
    const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let limits = Limits {
        presences_max: 2,
        ..Limits::default()
    };
    let mut ledger = empty();
    for name in NAMES {
        let mut observation = call("a", "s", 1, SecurityClass::Plaintext);
        observation.protocol = Some(name);
        ledger.enter(observation, &limits);
        ledger.see(
            super::scene::sighting(name, MeshProxy::Unknown, ""),
            0,
            &limits,
        );
    }
    let edge = ledger.edges.values().next().unwrap();
    let tally = &edge.tallies[&SecurityClass::Plaintext];
    assert_eq!(
        (tally.protocols.len(), tally.connections()),
        (PROTOCOLS_MAX, 10)
    );
    assert_eq!(ledger.presences.len(), 2);
}

#[test]
fn coverage_is_claimed_once_all_edges_have_arrived() {
    let mut ledger = empty();
    for port in 1..=2_000 {
        let observation = call("a", "s", port, SecurityClass::Plaintext);
        ledger.enter(observation, &Limits::default());
    }
    ledger.go_on(60_000);
    ledger.lose(1, 60_000);
    let parts = ledger.parts();
    assert_eq!(parts.len(), 2);
    let mut collected = Ledger::default();
    for (part, gaps) in parts.into_iter().zip([1, 0]) {
        collected.add_part(part).unwrap();
        let node = collected.nodes().next().unwrap();
        assert_eq!(node.coverage.gaps(0, 60_000, 0).len(), gaps);
    }
    assert_eq!(collected, Ledger::from(ledger));
}

#[test]
fn parts_are_bounded_by_bytes() {
    let mut ledger = empty();
    for port in 1..=900 {
        let mut observation = call("a", "s", port, SecurityClass::Plaintext);
        observation.client = Party::workload("shop", &"w".repeat(4_000));
        ledger.enter(observation, &Limits::default());
    }
    let parts = ledger.parts();
    assert_eq!(parts.len(), 4);
    for part in &parts {
        assert!(part.encoded_len() < 1_100_000, "{}", part.encoded_len());
    }
    let mut collected = Ledger::default();
    for part in parts {
        collected.add_part(part).unwrap();
    }
    assert_eq!(collected, Ledger::from(ledger));
}

#[test]
fn a_ledger_that_falls_back_goes_on_above_what_was_told() {
    let then_ms = 1_800_000_000_000;
    let mut ledger = NodeLedger::begin(NodeName::new("prod", "worker-1"), then_ms);
    let on_disk = ledger.clone();
    for port in 1..=1_000 {
        let observation = call("a", "s", port, SecurityClass::Plaintext);
        ledger.enter(observation, &Limits::default());
    }
    let mut again = on_disk;
    again.resume(then_ms + 1_000);
    assert!(again.revision > ledger.revision);
    // However wrong the clock is, databases can keep it, and it goes on to grow.
    again.resume(u64::MAX);
    let revision = again.revision;
    assert!(i64::try_from(revision).is_ok());
    again.go_on(u64::MAX);
    assert!(again.revision > revision);
}

#[test]
fn a_connection_seen_by_both_ends_counts_once() {
    let mut ledger = empty();
    for evidence in [Evidence::Client, Evidence::Server] {
        let mut observation = call("a", "s", 1, SecurityClass::Tls);
        observation.evidence = evidence;
        ledger.enter(observation, &Limits::default());
    }
    let report = Report::of(&ledger.into(), 0, None);
    let tally = &report.edges[0].tallies[&SecurityClass::Tls];
    assert_eq!((tally.connections(), tally.bytes()), (1, 100));
    assert_eq!(tally.client_end, tally.server_end);
}

#[test]
fn a_report_is_of_a_time_and_a_namespace() {
    let mut ledger = empty();
    let mut early = call("a", "s", 1, SecurityClass::Plaintext);
    early.seen_wall_ms = 1_500;
    let mut foreign = call("a", "s", 1, SecurityClass::Tls);
    foreign.client = Party::workload("bank", "x");
    foreign.server = Party::service("bank", "y");
    ledger.enter(early, &Limits::default());
    ledger.enter(foreign, &Limits::default());
    let ledger = ledger.into();
    let keys = |since_wall_ms, namespace| {
        let report = Report::of(&ledger, since_wall_ms, namespace);
        let edges = report.edges.iter();
        edges.map(|edge| edge.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys(0, None).len(), 2);
    assert_eq!(keys(0, Some("shop")), ["shop/a -> shop/s:1"]);
    assert_eq!(keys(1_501, None), ["bank/x -> bank/Service/y:1"]);
    assert_eq!(keys(0, Some("other")), Vec::<String>::new());
}
