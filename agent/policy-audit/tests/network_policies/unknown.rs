//! What is not known decides only where it would.

use super::world::{DB, Held, Peer, Policy, Port, Rule, Sel, Somebody, TELLER, WEB, policies};
use saker_kube_metadata::{
    LabelTest, NetworkPolicy, Pod, PolicyPeer, PolicyProtocol, PolicyRule, Requirement, Selector,
};
use saker_policy_audit::{NetworkFlow, NetworkParty, NetworkPolicies};
use std::sync::Arc;

const WEB_PODS: Sel = &[("app", "In", &["web"])];
const NOBODY: NetworkParty<'static> = NetworkParty::Unknown { address: None };

fn into_db(peers: &[Peer], ports: &[Port]) -> NetworkPolicies {
    let rule = Rule {
        peers: peers.to_vec(),
        ports: ports.to_vec(),
    };
    policies(&[Policy {
        namespace: "shop",
        name: "p".to_owned(),
        pods: &[],
        ingress: Some(vec![rule]),
        egress: None,
    }])
}

#[track_caller]
fn says(all: &NetworkPolicies, source: NetworkParty<'_>, port: Option<u16>, expected: &str) {
    let db = Held::of(Somebody::Pod(&DB));
    let found = all.verdict(&NetworkFlow {
        source,
        destination: db.party(),
        protocol: PolicyProtocol::Tcp,
        port,
    });
    let ingress = found.ingress.expect("the server is a pod");
    let said = format!("{} {}", ingress.verdict.name(), ingress.reason.name());
    assert_eq!(said, expected);
}

#[test]
fn an_unknown_peer() {
    let selecting = into_db(&[Peer::Selected(None, Some(WEB_PODS))], &[]);
    says(&selecting, NOBODY, Some(80), "unknown peer_not_known");
    says(&into_db(&[], &[]), NOBODY, Some(80), "allowed rule");
    let ports = into_db(&[Peer::Selected(None, None)], &[Port::One("TCP", 80)]);
    says(&ports, NOBODY, Some(81), "denied port_not_allowed");
    let block = into_db(&[Peer::Block("198.51.100.0/24", &[])], &[]);
    says(&block, NOBODY, Some(80), "unknown peer_not_known");
    let at = |ip: &str| NetworkParty::Unknown {
        address: ip.parse().ok(),
    };
    says(&block, at("198.51.100.1"), Some(80), "allowed rule");
    says(
        &block,
        at("203.0.113.1"),
        Some(80),
        "denied peer_not_allowed",
    );
}

#[test]
fn labels_of_a_namespace_that_is_not_known() {
    let pod = TELLER.typed();
    let teller = NetworkParty::Pod {
        pod: &pod,
        namespace: None,
        address: None,
    };
    let team = into_db(
        &[Peer::Selected(Some(&[("team", "In", &["money"])]), None)],
        &[],
    );
    says(&team, teller, Some(80), "unknown namespace_not_known");
    let any = into_db(&[Peer::Selected(Some(&[]), None)], &[]);
    says(&any, teller, Some(80), "allowed rule");
    let name: Sel = &[("kubernetes.io/metadata.name", "In", &["bank"])];
    says(
        &into_db(&[Peer::Selected(Some(name), None)], &[]),
        teller,
        Some(80),
        "allowed rule",
    );
    let team_db: Sel = &[("team", "In", &["money"])];
    let no_pod = Peer::Selected(Some(team_db), Some(&[("app", "In", &["db"])]));
    says(
        &into_db(&[no_pod], &[]),
        teller,
        Some(80),
        "denied peer_not_allowed",
    );
}

#[test]
fn a_port_that_is_not_known() {
    let web = Held::of(Somebody::Pod(&WEB));
    let one = into_db(&[], &[Port::One("TCP", 80)]);
    says(&one, web.party(), None, "unknown port_not_known");
    says(
        &into_db(&[], &[Port::All("TCP")]),
        web.party(),
        None,
        "allowed rule",
    );
    let udp = into_db(&[], &[Port::One("UDP", 80)]);
    says(&udp, web.party(), None, "denied port_not_allowed");
    let named = into_db(&[], &[Port::Named("TCP", "http")]);
    says(&named, web.party(), None, "unknown port_not_known");
    let no_such = into_db(&[], &[Port::Named("TCP", "nobody")]);
    says(&no_such, web.party(), None, "denied port_not_allowed");
}

#[test]
fn a_node_that_is_not_known() {
    let closed = into_db(&[Peer::Block("203.0.113.0/24", &[])], &[]);
    let node = NetworkParty::Node {
        name: None,
        address: "192.168.0.9".parse().ok(),
    };
    says(&closed, node, Some(80), "unknown node_not_known");
    says(&into_db(&[], &[]), node, Some(80), "allowed rule");
}

#[test]
fn addresses_of_a_pod_that_differ() {
    let addresses = ["10.0.1.1", "2001:db8::1"].map(|ip| ip.parse().unwrap());
    let pod = Pod {
        addresses: addresses.into(),
        ..WEB.typed()
    };
    let web = |address| NetworkParty::Pod {
        pod: &pod,
        namespace: None,
        address,
    };
    let block = into_db(&[Peer::Block("10.0.0.0/8", &[])], &[]);
    says(&block, web(None), Some(80), "unknown peer_not_known");
    says(&block, web(Some(addresses[0])), Some(80), "allowed rule");
    says(
        &block,
        web(Some(addresses[1])),
        Some(80),
        "denied peer_not_allowed",
    );
}

#[test]
fn what_is_not_understood_neither_allows_nor_denies() {
    let odd = Requirement {
        key: "app".into(),
        test: LabelTest::NotUnderstood,
    };
    let policy = |pods: Selector, peers: Box<[PolicyPeer]>| {
        let policy = Policy {
            namespace: "shop",
            name: "odd".to_owned(),
            pods: &[],
            ingress: None,
            egress: None,
        };
        let rule = PolicyRule {
            peers,
            ports: Box::default(),
        };
        let ingress = Some([rule].into());
        let typed = NetworkPolicy::clone(&policy.typed());
        NetworkPolicies::new([Arc::new(NetworkPolicy {
            pods,
            ingress,
            ..typed
        })])
    };
    let all = Selector::default;
    let odd_selector = || Selector {
        requirements: [odd.clone()].into(),
    };
    let block = |text| PolicyPeer::Addresses {
        block: saker_kube_metadata::AddressBlock::parse(text).unwrap(),
        except: Box::default(),
    };
    let web = Held::of(Somebody::Pod(&WEB));
    let not_understood = "unknown policy_not_understood";
    let odd_peer = policy(all(), [PolicyPeer::NotUnderstood].into());
    says(&odd_peer, web.party(), Some(80), not_understood);
    let or_web = policy(
        all(),
        [PolicyPeer::NotUnderstood, block("10.0.0.0/8")].into(),
    );
    says(&or_web, web.party(), Some(80), "allowed rule");
    let nobody = policy(odd_selector(), [block("203.0.113.0/24")].into());
    says(&nobody, web.party(), Some(80), not_understood);
}

#[test]
fn other_protocols_are_nobodys_business() {
    let (web, db) = (Held::of(Somebody::Pod(&WEB)), Held::of(Somebody::Pod(&DB)));
    let flow = |source, destination| NetworkFlow {
        source,
        destination,
        protocol: PolicyProtocol::Other,
        port: None,
    };
    let said = |all: &NetworkPolicies| {
        let found = all.verdict(&flow(web.party(), db.party()));
        format!("{} {}", found.verdict.name(), found.reason.name())
    };
    assert_eq!(said(&into_db(&[], &[])), "unknown protocol_not_covered");
    assert_eq!(said(&policies(&[])), "not_isolated no_policy");
}

#[test]
fn neither_end_is_known() {
    let found = policies(&[]).verdict(&NetworkFlow {
        source: NOBODY,
        destination: NOBODY,
        protocol: PolicyProtocol::Tcp,
        port: Some(80),
    });
    assert_eq!(
        (found.verdict.name(), found.reason.name()),
        ("unknown", "peer_not_known")
    );
    assert_eq!(found.direction(), None);
}

#[test]
fn behind_a_service_all_have_to_be_judged_alike() {
    let [web, db, teller] = [&WEB, &DB, &TELLER].map(|pod| Held::of(Somebody::Pod(pod)));
    let to = |destination| NetworkFlow {
        source: teller.party(),
        destination,
        protocol: PolicyProtocol::Tcp,
        port: Some(80),
    };
    let all = into_db(&[Peer::Selected(None, Some(WEB_PODS))], &[]);
    let same = all
        .verdict_of_backends([to(web.party()), to(db.party())])
        .unwrap();
    assert_eq!(same.verdict.name(), "denied");
    let teller_too = [to(web.party()), to(teller.party())];
    let differ = all.verdict_of_backends(teller_too).unwrap();
    assert_eq!(
        (differ.verdict.name(), differ.reason.name()),
        ("unknown", "backends_differ")
    );
    assert!(all.verdict_of_backends([]).is_none());
}
