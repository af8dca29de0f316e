//! Merging: in any order, any number of times, the result is the same.

use crate::{
    Evidence, Ledger, Limits, MeshProxy, NodeLedger, NodeName, Observation, Party, PresenceKey,
    Sighting, Transport, file,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use saker_flow_inspection::SecurityClass;
use std::net::IpAddr;

fn party() -> impl Strategy<Value = Party> {
    prop_oneof![
        ("[a-c]", "[a-c]").prop_map(|(n, w)| Party::workload(&n, &w)),
        ("[a-c]", "\\PC{0,3}").prop_map(|(n, w)| Party::service(&n, &w)),
        any::<String>().prop_map(|name| Party::Node(name.into())),
        any::<String>().prop_map(|name| Party::Local(name.into())),
        any::<[u8; 4]>().prop_map(|bytes| Party::Address(IpAddr::from(bytes))),
        any::<[u8; 16]>().prop_map(|bytes| Party::Address(IpAddr::from(bytes))),
    ]
}

fn class() -> impl Strategy<Value = Option<SecurityClass>> {
    proptest::option::of(prop_oneof![
        Just(SecurityClass::MeshMtls),
        Just(SecurityClass::Mtls),
        Just(SecurityClass::Tls),
        Just(SecurityClass::Upgraded),
        Just(SecurityClass::Tunnel),
        Just(SecurityClass::Plaintext),
        Just(SecurityClass::Opaque),
        Just(SecurityClass::Preexisting),
    ])
}

prop_compose! {
    fn observation()(
        client in party(),
        server in party(),
        server_port in any::<u16>(),
        is_tcp in any::<bool>(),
        protection in class(),
        protocol in proptest::option::of(prop_oneof![Just("http"), Just("redis")]),
        is_client in any::<bool>(),
        (opened_wall_ms, seen_wall_ms) in any::<(u64, u64)>(),
        (connections, bytes) in any::<(u64, u64)>(),
    ) -> Observation {
        Observation {
            client,
            server,
            server_port,
            transport: if is_tcp { Transport::Tcp } else { Transport::Udp },
            protection,
            protocol,
            evidence: if is_client { Evidence::Client } else { Evidence::Server },
            opened_wall_ms,
            seen_wall_ms,
            connections,
            bytes,
        }
    }
}

prop_compose! {
    fn sighting()(
        (namespace, workload, node) in ("[a-c]", "[a-c]", "[a-c]"),
        proxy in prop_oneof![Just(MeshProxy::Unknown), Just(MeshProxy::Present), Just(MeshProxy::Absent)],
        labels in btree_map("[a-c]".prop_map(Box::from), any::<String>().prop_map(Box::from), 0..3),
    ) -> Sighting {
        let key = PresenceKey { namespace: namespace.into(), workload: workload.into(), node: node.into() };
        Sighting { key, proxy, labels }
    }
}

prop_compose! {
    fn node_ledger()(
        (cluster, node) in ("[ab]?", "[a-c]"),
        begun_wall_ms in 0..3_u64,
        observations in vec(observation(), 0..6),
        sightings in vec(sighting(), 0..4),
        times in vec(any::<u64>(), 0..4),
    ) -> NodeLedger {
        let limits = Limits { edges_max: 4, ..Limits::default() };
        let mut ledger = NodeLedger::begin(NodeName::new(&cluster, &node), begun_wall_ms);
        for observation in observations {
            ledger.enter(observation, &limits);
        }
        for sighting in sightings {
            ledger.see(sighting, 5, &limits);
        }
        for time in times {
            ledger.go_on(time);
            ledger.lose(time % 3, time);
        }
        ledger
    }
}

fn ledger() -> impl Strategy<Value = Ledger> {
    vec(node_ledger(), 0..4).prop_map(|nodes| {
        let mut ledger = Ledger::default();
        nodes.into_iter().for_each(|node| ledger.add(node));
        ledger
    })
}

fn merged(one: &Ledger, other: &Ledger) -> Ledger {
    let mut sum = one.clone();
    sum.merge(other.clone());
    sum
}

proptest! {
    #[test]
    fn merging_is_a_union(a in ledger(), b in ledger(), c in ledger()) {
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &a), a.clone());
        prop_assert_eq!(merged(&merged(&a, &b), &a), merged(&a, &b));
    }

    #[test]
    fn a_file_says_what_the_ledger_says(ledger in node_ledger()) {
        let read = file::decode(&file::encode(&ledger)).unwrap();
        prop_assert_eq!(read, Ledger::from(ledger));
    }

    #[test]
    fn parts_may_come_in_any_order_and_again(
        (mut ledger, later) in (node_ledger(), vec(observation(), 1..6)),
        order in any::<prop::sample::Index>(),
    ) {
        // Wide enough that nothing leaves: a collector keeps what leaves the agent's own ledger.
        let limits = Limits::default();
        let mut parts = ledger.parts_since(0);
        for observation in later {
            let revision = ledger.revision;
            ledger.enter(observation, &limits);
            parts.extend(ledger.parts_since(revision));
        }
        let turn = order.index(parts.len());
        parts.rotate_left(turn);
        let mut collected = Ledger::default();
        for part in parts.iter().chain(&parts).rev() {
            collected.add_part(part.clone()).unwrap();
        }
        prop_assert_eq!(collected, Ledger::from(ledger));
    }

    #[test]
    fn arbitrary_bytes_are_no_ledger(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(file::decode(&bytes).is_err());
    }

    #[test]
    fn a_file_that_was_touched_is_refused(
        ledger in node_ledger(),
        place in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let whole = file::encode(&ledger);
        let at = place.index(whole.len());
        prop_assert!(file::decode(&whole[..at]).is_err());
        let mut changed = whole.clone();
        changed[at] ^= change;
        // Four bytes of the header say nothing yet.
        prop_assert!(file::decode(&changed).is_err() || (12..16).contains(&at));
    }
}
