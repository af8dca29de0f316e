//! Every combination of selectors, peers, ports and directions, and mixtures of policies: the code under test
//! and the second opinion agree.

use super::brute_force::opinion;
use super::world::{EVERYBODY, Held, Peer, Policy, Port, Rule, Sel, policies, verdict_between};
use std::collections::BTreeMap;

static SELECTORS: &[Sel] = &[
    &[],
    &[("app", "In", &["web"])],
    &[("app", "In", &["web", "db"])],
    &[("app", "In", &["web"]), ("tier", "In", &["front"])],
    &[("app", "NotIn", &["web"])],
    &[("tier", "Exists", &[])],
    &[("tier", "DoesNotExist", &[])],
    &[("tier", "Exists", &[]), ("app", "NotIn", &["db"])],
    &[("none", "In", &["x"])],
];

static PEERS: &[&[Peer]] = &[
    &[],
    &[Peer::Selected(None, Some(&[]))],
    &[Peer::Selected(None, Some(&[("app", "In", &["web"])]))],
    &[Peer::Selected(Some(&[]), None)],
    &[Peer::Selected(Some(&[("team", "In", &["money"])]), None)],
    &[Peer::Selected(
        Some(&[("kubernetes.io/metadata.name", "In", &["bank"])]),
        None,
    )],
    &[Peer::Selected(
        Some(&[("pci", "DoesNotExist", &[])]),
        Some(&[("app", "In", &["db"])]),
    )],
    &[
        Peer::Selected(Some(&[("team", "In", &["money"])]), None),
        Peer::Selected(None, Some(&[("app", "In", &["db"])])),
    ],
    &[Peer::Block("198.51.100.0/24", &[])],
    &[Peer::Block(
        "0.0.0.0/0",
        &["10.0.0.0/8", "203.0.113.128/25"],
    )],
    &[Peer::Block("10.0.2.2/32", &[])],
    &[
        Peer::Block("192.168.0.0/31", &[]),
        Peer::Selected(None, Some(&[])),
    ],
];

static PORTS: &[&[Port]] = &[
    &[],
    &[Port::All("TCP")],
    &[Port::All("UDP")],
    &[Port::One("TCP", 80)],
    &[Port::Range("TCP", 80, 8080)],
    &[Port::Named("TCP", "http")],
    &[Port::Named("UDP", "http"), Port::Named("UDP", "dns")],
    &[Port::One("UDP", 53), Port::One("TCP", 5432)],
];

static PACKETS: &[(&str, u16)] = &[
    ("TCP", 80),
    ("TCP", 8080),
    ("TCP", 8081),
    ("TCP", 5432),
    ("UDP", 53),
    ("UDP", 80),
    ("SCTP", 80),
];

/// What was said how often: all three have to be.
#[derive(Default)]
struct Tally {
    cases: usize,
    said: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn check(&mut self, all: &[Policy]) {
        let indexed = policies(all);
        self.cases += 1;
        let everybody: Vec<Held> = EVERYBODY.iter().copied().map(Held::of).collect();
        for from in &everybody {
            for to in &everybody {
                let (source, destination) = (from.who, to.who);
                for (protocol, port) in PACKETS {
                    let expected = opinion(all, source, destination, protocol, *port);
                    let found = verdict_between(&indexed, from, to, protocol, *port);
                    let told =
                        || format!("{source:?} -> {destination:?} {protocol}/{port}: {all:#?}");
                    let egress = found.egress.as_ref().map(|end| end.verdict.name());
                    let ingress = found.ingress.as_ref().map(|end| end.verdict.name());
                    assert_eq!(egress, expected.egress, "egress of {}", told());
                    assert_eq!(ingress, expected.ingress, "ingress of {}", told());
                    assert_eq!(found.verdict.name(), expected.whole(), "{}", told());
                    *self.said.entry(found.verdict.name()).or_default() += 1;
                }
            }
        }
    }
}

fn policy(pods: Sel, is_ingress: bool, rules: Vec<Rule>, number: usize) -> Policy {
    Policy {
        namespace: "shop",
        name: format!("p-{number}"),
        pods,
        ingress: is_ingress.then(|| rules.clone()),
        egress: (!is_ingress).then_some(rules),
    }
}

#[test]
fn one_policy_of_every_combination() {
    let mut tally = Tally::default();
    for pods in SELECTORS {
        for peers in PEERS {
            for ports in PORTS {
                for is_ingress in [true, false] {
                    let rule = Rule {
                        peers: peers.to_vec(),
                        ports: ports.to_vec(),
                    };
                    tally.check(&[policy(pods, is_ingress, vec![rule], 0)]);
                }
            }
        }
    }
    assert_eq!(tally.cases, 9 * 12 * 8 * 2);
    for verdict in ["allowed", "denied", "not_isolated"] {
        assert!(tally.said[verdict] > 10_000, "{:?}", tally.said);
    }
}

#[test]
fn mixtures_of_policies() {
    let mut tally = Tally::default();
    let mut seed = 7_u32;
    let mut below = |bound: usize| {
        // Numbers that look random, and are the same every time.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(seed >> 8).unwrap() % bound
    };
    for _ in 0..600 {
        let mut all = Vec::new();
        for number in 0..1 + below(6) {
            let rules = |below: &mut dyn FnMut(usize) -> usize| -> Option<Vec<Rule>> {
                let count = below(4);
                let mut rule = || Rule {
                    peers: PEERS[below(PEERS.len())].to_vec(),
                    ports: PORTS[below(PORTS.len())].to_vec(),
                };
                (count > 0).then(|| (1..count).map(|_| rule()).collect())
            };
            all.push(Policy {
                namespace: ["shop", "bank"][below(2)],
                name: format!("p-{number}"),
                pods: SELECTORS[below(SELECTORS.len())],
                ingress: rules(&mut below),
                egress: rules(&mut below),
            });
        }
        tally.check(&all);
    }
    for verdict in ["allowed", "denied", "not_isolated"] {
        assert!(tally.said[verdict] > 10_000, "{:?}", tally.said);
    }
}
