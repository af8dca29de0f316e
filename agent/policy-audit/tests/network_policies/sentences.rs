//! The documentation of the API, sentence by sentence.

use super::world::{
    AGENT, DB, Peer, Policy, Port, Rule, Sel, Somebody, TELLER, WEB, policies, verdict,
};
use saker_policy_audit::{NetworkFlowVerdict, POLICIES_NAMED};

const TO_ALL: Sel = &[];
const WEB_PODS: Sel = &[("app", "In", &["web"])];
const DB_PODS: Sel = &[("app", "In", &["db"])];

/// A policy of `shop` about what comes in.
fn ingress(name: &str, pods: Sel, rules: Vec<Rule>) -> Policy {
    Policy {
        namespace: "shop",
        name: name.to_owned(),
        pods,
        ingress: Some(rules),
        egress: None,
    }
}

/// The same about what goes out.
fn egress(name: &str, pods: Sel, rules: Vec<Rule>) -> Policy {
    Policy {
        egress: Some(rules),
        ingress: None,
        ..ingress(name, pods, Vec::new())
    }
}

fn rule(peers: &[Peer], ports: &[Port]) -> Rule {
    Rule {
        peers: peers.to_vec(),
        ports: ports.to_vec(),
    }
}

const POD: fn(&'static super::world::TestPod) -> Somebody = Somebody::Pod;

/// Verdict, direction, reason and policies, as the fields show them.
fn said(found: &NetworkFlowVerdict) -> String {
    let mut text = format!(
        "{} {}",
        found.verdict.name(),
        found.direction().unwrap_or("-")
    );
    text.push(' ');
    text.push_str(found.reason.name());
    for policy in found.policies() {
        text.push(' ');
        text.push_str(policy);
    }
    text
}

#[track_caller]
fn says(all: &[Policy], ends: (Somebody, Somebody), packet: (&str, u16), expected: &str) {
    let found = verdict(&policies(all), ends.0, ends.1, packet.0, packet.1);
    assert_eq!(said(&found), expected, "{ends:?} {packet:?}");
}

const HTTP: (&str, u16) = ("TCP", 80);

#[test]
fn pods_that_no_policy_selects_are_not_isolated() {
    let ends = (POD(&WEB), POD(&DB));
    says(&[], ends, HTTP, "not_isolated both no_policy");
    let elsewhere = Policy {
        namespace: "bank",
        ..ingress("p", TO_ALL, Vec::new())
    };
    says(&[elsewhere], ends, HTTP, "not_isolated both no_policy");
}

#[test]
fn an_empty_selector_selects_all_pods_of_the_namespace_and_no_others() {
    let deny = [ingress("default-deny", TO_ALL, Vec::new())];
    let denied = "denied ingress no_rules shop/default-deny";
    says(&deny, (POD(&WEB), POD(&DB)), HTTP, denied);
    says(&deny, (POD(&TELLER), POD(&WEB)), HTTP, denied);
    says(
        &deny,
        (POD(&WEB), POD(&TELLER)),
        HTTP,
        "not_isolated both no_policy",
    );
}

#[test]
fn directions_are_isolated_by_themselves() {
    let ends = (POD(&WEB), POD(&DB));
    let out = egress("out", WEB_PODS, Vec::new());
    let denied = "denied egress no_rules shop/out";
    says(std::slice::from_ref(&out), ends, HTTP, denied);
    // The reply to what may come in is not asked for.
    says(
        std::slice::from_ref(&out),
        (POD(&DB), POD(&WEB)),
        HTTP,
        "not_isolated both no_policy",
    );
    let into = ingress("in", DB_PODS, Vec::new());
    let both = "denied both no_rules shop/out shop/in";
    says(&[out, into], ends, HTTP, both);
}

#[test]
fn both_ends_have_to_allow_it() {
    let ends = (POD(&WEB), POD(&DB));
    let out = egress("out", WEB_PODS, vec![Rule::default()]);
    let into = ingress("in", DB_PODS, vec![Rule::default()]);
    says(
        &[out.clone(), into.clone()],
        ends,
        HTTP,
        "allowed both rule shop/out shop/in",
    );
    says(
        std::slice::from_ref(&out),
        ends,
        HTTP,
        "allowed egress rule shop/out",
    );
    let closed = ingress("in", DB_PODS, Vec::new());
    says(
        &[out, closed],
        ends,
        HTTP,
        "denied ingress no_rules shop/in",
    );
}

#[test]
fn an_empty_list_of_peers_or_ports_restricts_nothing() {
    let all = [ingress(
        "p",
        DB_PODS,
        vec![rule(&[], &[Port::One("TCP", 80)])],
    )];
    for from in [POD(&WEB), POD(&TELLER), Somebody::External("198.51.100.1")] {
        says(&all, (from, POD(&DB)), HTTP, "allowed ingress rule shop/p");
    }
    let port = "denied ingress port_not_allowed shop/p";
    says(&all, (POD(&WEB), POD(&DB)), ("TCP", 81), port);
    says(&all, (POD(&WEB), POD(&DB)), ("UDP", 80), port);
    let from_web = Peer::Selected(None, Some(WEB_PODS));
    let all = [ingress("p", DB_PODS, vec![rule(&[from_web], &[])])];
    says(
        &all,
        (POD(&WEB), POD(&DB)),
        ("SCTP", 9),
        "allowed ingress rule shop/p",
    );
    let peer = "denied ingress peer_not_allowed shop/p";
    says(
        &all,
        (Somebody::External("198.51.100.1"), POD(&DB)),
        HTTP,
        peer,
    );
}

#[test]
fn a_pod_selector_alone_means_the_policys_own_namespace() {
    let all = [ingress(
        "p",
        DB_PODS,
        vec![rule(&[Peer::Selected(None, Some(WEB_PODS))], &[])],
    )];
    says(
        &all,
        (POD(&WEB), POD(&DB)),
        HTTP,
        "allowed ingress rule shop/p",
    );
    let peer = "denied ingress peer_not_allowed shop/p";
    says(&all, (POD(&TELLER), POD(&DB)), HTTP, peer);
}

#[test]
fn a_namespace_selector_alone_means_all_pods_of_these_namespaces() {
    let money: Sel = &[("team", "In", &["money"])];
    let all = [ingress(
        "p",
        DB_PODS,
        vec![rule(&[Peer::Selected(Some(money), None)], &[])],
    )];
    says(
        &all,
        (POD(&TELLER), POD(&DB)),
        HTTP,
        "allowed ingress rule shop/p",
    );
    let peer = "denied ingress peer_not_allowed shop/p";
    says(&all, (POD(&WEB), POD(&DB)), HTTP, peer);
    says(&all, (Somebody::External("10.0.2.2"), POD(&DB)), HTTP, peer);
}

#[test]
fn both_selectors_in_one_peer_have_to_fit_and_in_two_one_is_enough() {
    let money: Sel = &[("team", "In", &["money"])];
    let one = Peer::Selected(Some(money), Some(DB_PODS));
    let two = [
        Peer::Selected(Some(money), None),
        Peer::Selected(None, Some(WEB_PODS)),
    ];
    let of = |peers: &[Peer]| [ingress("p", DB_PODS, vec![rule(peers, &[])])];
    let peer = "denied ingress peer_not_allowed shop/p";
    says(&of(&[one]), (POD(&TELLER), POD(&DB)), HTTP, peer);
    for from in [&TELLER, &WEB] {
        says(
            &of(&two),
            (POD(from), POD(&DB)),
            HTTP,
            "allowed ingress rule shop/p",
        );
    }
}

#[test]
fn except_is_left_out_of_its_own_block_only() {
    let private = Peer::Block("198.51.100.0/24", &["198.51.100.128/25"]);
    let of = |peers: &[Peer]| [egress("p", WEB_PODS, vec![rule(peers, &[])])];
    let to = |ip| (POD(&WEB), Somebody::External(ip));
    says(
        &of(&[private]),
        to("198.51.100.7"),
        HTTP,
        "allowed egress rule shop/p",
    );
    let peer = "denied egress peer_not_allowed shop/p";
    says(&of(&[private]), to("198.51.100.200"), HTTP, peer);
    // "An IP overlapping both CIDR and except of another block is allowed."
    let again = Peer::Block("198.51.100.192/26", &[]);
    says(
        &of(&[private, again]),
        to("198.51.100.200"),
        HTTP,
        "allowed egress rule shop/p",
    );
}

#[test]
fn blocks_are_about_pods_and_ipv6_as_well() {
    let of = |block| {
        [egress(
            "p",
            WEB_PODS,
            vec![rule(&[Peer::Block(block, &[])], &[])],
        )]
    };
    says(
        &of("10.0.2.1/32"),
        (POD(&WEB), POD(&DB)),
        HTTP,
        "allowed egress rule shop/p",
    );
    let to = |ip| (POD(&WEB), Somebody::External(ip));
    says(
        &of("2001:db8::/32"),
        to("2001:db8:1::1"),
        HTTP,
        "allowed egress rule shop/p",
    );
    let peer = "denied egress peer_not_allowed shop/p";
    says(&of("2001:db8::/32"), to("2001:db9::1"), HTTP, peer);
    says(&of("0.0.0.0/0"), to("2001:db8::1"), HTTP, peer);
}

#[test]
fn a_range_ends_with_its_end_port() {
    let all = [egress(
        "p",
        WEB_PODS,
        vec![rule(&[], &[Port::Range("TCP", 32_000, 32_768)])],
    )];
    let ends = (POD(&WEB), Somebody::External("198.51.100.1"));
    for port in [32_000, 32_500, 32_768] {
        says(&all, ends, ("TCP", port), "allowed egress rule shop/p");
    }
    for port in [31_999, 32_769] {
        says(
            &all,
            ends,
            ("TCP", port),
            "denied egress port_not_allowed shop/p",
        );
    }
}

#[test]
fn a_named_port_is_what_the_destination_calls_so() {
    let named = [Port::Named("TCP", "http")];
    let all = [ingress("p", TO_ALL, vec![rule(&[], &named)])];
    says(
        &all,
        (POD(&TELLER), POD(&WEB)),
        ("TCP", 8080),
        "allowed ingress rule shop/p",
    );
    says(
        &all,
        (POD(&TELLER), POD(&DB)),
        ("TCP", 80),
        "allowed ingress rule shop/p",
    );
    let port = "denied ingress port_not_allowed shop/p";
    says(&all, (POD(&TELLER), POD(&DB)), ("TCP", 8080), port);
    says(&all, (POD(&TELLER), POD(&WEB)), ("UDP", 8080), port);
    // Going out, too, the destination has the names.
    let all = [egress("p", WEB_PODS, vec![rule(&[], &named)])];
    says(
        &all,
        (POD(&WEB), POD(&DB)),
        ("TCP", 80),
        "allowed egress rule shop/p",
    );
    let port = "denied egress port_not_allowed shop/p";
    says(&all, (POD(&WEB), POD(&TELLER)), ("TCP", 8080), port);
    says(
        &all,
        (POD(&WEB), Somebody::External("198.51.100.1")),
        ("TCP", 80),
        port,
    );
}

#[test]
fn policies_add_up() {
    let deny = ingress("a-deny", TO_ALL, Vec::new());
    let from_web = rule(
        &[Peer::Selected(None, Some(WEB_PODS))],
        &[Port::One("TCP", 5432)],
    );
    let allow = ingress("b-allow", DB_PODS, vec![from_web]);
    let all = [allow, deny];
    says(
        &all,
        (POD(&WEB), POD(&DB)),
        ("TCP", 5432),
        "allowed ingress rule shop/b-allow",
    );
    let both = "denied ingress port_not_allowed shop/a-deny shop/b-allow";
    says(&all, (POD(&WEB), POD(&DB)), HTTP, both);
}

#[test]
fn the_own_node_may_always_and_others_are_addresses() {
    let deny = [
        ingress("in", TO_ALL, Vec::new()),
        egress("out", TO_ALL, Vec::new()),
    ];
    let own = Somebody::Node("node-a", "192.168.0.1");
    let other = Somebody::Node("node-b", "192.168.0.2");
    says(&deny, (own, POD(&WEB)), HTTP, "allowed ingress own_node");
    says(&deny, (POD(&WEB), own), HTTP, "allowed egress own_node");
    says(
        &deny,
        (other, POD(&WEB)),
        HTTP,
        "denied ingress no_rules shop/in",
    );
    let block = Peer::Block("192.168.0.2/32", &[]);
    let all = [ingress("in", TO_ALL, vec![rule(&[block], &[])])];
    says(
        &all,
        (other, POD(&WEB)),
        HTTP,
        "allowed ingress rule shop/in",
    );
}

#[test]
fn pods_in_the_network_of_their_node_are_that_node() {
    let deny = [
        ingress("in", TO_ALL, Vec::new()),
        egress("out", TO_ALL, Vec::new()),
    ];
    let external = Somebody::External("198.51.100.1");
    says(
        &deny,
        (external, POD(&AGENT)),
        HTTP,
        "not_isolated ingress host_network",
    );
    says(
        &deny,
        (POD(&AGENT), external),
        HTTP,
        "not_isolated egress host_network",
    );
    // They are on the same node.
    says(
        &deny[..1],
        (POD(&AGENT), POD(&DB)),
        HTTP,
        "allowed ingress own_node",
    );
    // Selectors pass over them.
    let from_web = Peer::Selected(None, Some(WEB_PODS));
    let all = [ingress("in", TO_ALL, vec![rule(&[from_web], &[])])];
    let peer = "denied ingress peer_not_allowed shop/in";
    says(&all, (POD(&AGENT), POD(&WEB)), HTTP, peer);
}

#[test]
fn a_pod_is_not_isolated_from_itself() {
    let deny = [
        ingress("in", TO_ALL, Vec::new()),
        egress("out", TO_ALL, Vec::new()),
    ];
    says(&deny, (POD(&WEB), POD(&WEB)), HTTP, "allowed both same_pod");
}

#[test]
fn without_a_pod_there_is_nothing_to_judge() {
    let external = Somebody::External("198.51.100.1");
    let node = Somebody::Node("node-a", "192.168.0.1");
    says(&[], (external, node), HTTP, "not_isolated - no_pod");
}

#[test]
fn a_verdict_names_so_many_policies() {
    let many: Vec<Policy> = (0..POLICIES_NAMED * 2)
        .map(|number| ingress(&format!("p-{number:02}"), TO_ALL, Vec::new()))
        .collect();
    let found = verdict(&policies(&many), POD(&WEB), POD(&DB), "TCP", 80);
    assert_eq!(found.policies().count(), POLICIES_NAMED);
    assert_eq!(
        found.policies().next().map(|name| &**name),
        Some("shop/p-00")
    );
}
