//! Whether a namespace could demand mutual TLS.

use super::scene::{NODE, call, ledger, sighting};
use crate::{
    Demand, DoubtReason, Evidence, Ledger, Limits, MeshProxy, NodeLedger, Observation, Party,
    Readiness, Transport, Verdict, Why, peer_authentication,
};
use saker_flow_inspection::SecurityClass;

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// All of `shop` has labels and a proxy, but for the callers `job` and `legacy`.
fn node(observations: Vec<Observation>) -> NodeLedger {
    let mut node = ledger(observations, DAY_MS);
    for workload in ["web", "cart", "db"] {
        node.see(
            sighting(workload, MeshProxy::Present, workload),
            DAY_MS,
            &Limits::default(),
        );
    }
    node
}

/// Everybody was heard, and speaks as they should.
fn good() -> Vec<Observation> {
    vec![
        call("web", "cart", 8_080, SecurityClass::MeshMtls),
        call("cart", "db", 5_432, SecurityClass::MeshMtls),
    ]
}

fn demand() -> Demand {
    Demand {
        namespace: "shop".into(),
        since_wall_ms: 0,
        until_wall_ms: DAY_MS,
        tolerated_gap_ms: 120_000,
        ..Demand::default()
    }
}

fn ready(node: NodeLedger) -> Readiness {
    Readiness::of(&Ledger::from(node), demand())
}

fn with(more: Observation) -> Readiness {
    let mut observations = good();
    observations.push(more);
    ready(node(observations))
}

#[test]
fn a_namespace_in_which_all_speak_mtls_is_ready() {
    let readiness = ready(node(good()));
    assert_eq!(readiness.doubts, []);
    assert_eq!((readiness.verdict(), readiness.fine), (Verdict::Ready, 2));
    let strict = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  \
                  namespace: shop\nspec:\n  mtls:\n    mode: STRICT\n";
    assert_eq!(peer_authentication(&readiness), strict);
}

#[test]
fn each_class_has_its_consequence() {
    use SecurityClass as Class;
    let consequences = [
        (Class::MeshMtls, Verdict::Ready, None),
        (Class::Mtls, Verdict::Breaks, Some(Why::NotOfMesh)),
        (Class::Tls, Verdict::Breaks, Some(Why::NoClientCertificate)),
        (Class::Upgraded, Verdict::Breaks, Some(Why::Upgraded)),
        (Class::Tunnel, Verdict::Breaks, Some(Why::Tunnel)),
        (Class::Plaintext, Verdict::Breaks, Some(Why::Plaintext)),
        (Class::Opaque, Verdict::Uncertain, None),
        (Class::Preexisting, Verdict::Uncertain, None),
    ];
    for (class, verdict, why) in consequences {
        let readiness = with(call("job", "cart", 8_080, class));
        assert_eq!(readiness.verdict(), verdict, "{class:?}");
        let first = readiness.breakages.first();
        assert_eq!(first.map(|breakage| breakage.why), why, "{class:?}");
    }
}

#[test]
fn what_a_policy_would_not_touch_breaks_by_nothing() {
    let plain = || call("job", "cart", 8_080, SecurityClass::Plaintext);
    let mut excused = plain();
    excused.protection = None;
    let mut datagrams = plain();
    datagrams.transport = Transport::Udp;
    let mut health = plain();
    health.server_port = 15_021;
    let mut elsewhere = plain();
    elsewhere.server = Party::workload("bank", "cart");
    let mut scan = call("job", "cart", 9, SecurityClass::Opaque);
    scan.bytes = 0;
    for observation in [excused, datagrams, health, elsewhere, scan] {
        let readiness = with(observation.clone());
        assert_eq!(readiness.verdict(), Verdict::Ready, "{observation:?}");
    }
}

#[test]
fn callers_that_break_are_exempted_by_port() {
    let mut observations = good();
    observations.push(call("job", "cart", 8_080, SecurityClass::Plaintext));
    observations.push(call("legacy", "db", 5_432, SecurityClass::Tls));
    observations.push(call("legacy", "web", 15_006, SecurityClass::Plaintext));
    let mut node = node(observations);
    let absent = sighting("job", MeshProxy::Absent, "job");
    node.see(absent, DAY_MS, &Limits::default());
    let readiness = ready(node);
    assert_eq!(readiness.verdict(), Verdict::Breaks);
    let callers = readiness.breakages.iter();
    let callers: Vec<_> = callers.map(|b| (b.key.to_string(), b.proxy)).collect();
    assert_eq!(
        callers,
        [
            ("shop/job -> shop/cart:8080".to_owned(), MeshProxy::Absent),
            ("shop/legacy -> shop/db:5432".to_owned(), MeshProxy::Unknown),
            (
                "shop/legacy -> shop/web:15006".to_owned(),
                MeshProxy::Unknown
            ),
        ]
    );
    assert_eq!(
        peer_authentication(&readiness),
        include_str!("ready_exempted.yaml")
    );
}

#[test]
fn without_labels_the_namespace_stays_permissive() {
    let mut unlabelled = node(good());
    unlabelled.enter(
        call("job", "nameless", 80, SecurityClass::Plaintext),
        &Limits::default(),
    );
    let yaml = peer_authentication(&ready(unlabelled));
    assert!(
        yaml.starts_with("# PERMISSIVE for now: the labels of nameless are not known\n"),
        "{yaml}"
    );
    assert!(yaml.ends_with("mode: PERMISSIVE\n") && !yaml.contains("STRICT"));

    let mut by_service = call("job", "x", 80, SecurityClass::Plaintext);
    by_service.server = Party::service("shop", "cart\n- evil: yes");
    let yaml = peer_authentication(&with(by_service));
    assert!(!yaml.contains("\n- evil"), "{yaml}");
    assert!(!yaml.contains("STRICT"));
}

#[test]
fn names_cannot_leave_their_place_in_the_policy() {
    let mut node = node(good());
    let label = "x\"\nspec: {}";
    node.see(
        sighting("bad", MeshProxy::Present, label),
        DAY_MS,
        &Limits::default(),
    );
    node.enter(
        call("job", "bad", 80, SecurityClass::Plaintext),
        &Limits::default(),
    );
    let yaml = peer_authentication(&ready(node));
    assert!(
        yaml.contains("app: \"x\\\"\\U0000000aspec: {}\"\n"),
        "{yaml}"
    );
}

#[test]
fn what_was_not_covered_is_named() {
    let reasons = |readiness: &Readiness| {
        let doubts = readiness.doubts.iter();
        doubts
            .map(|doubt| (doubt.subject.to_string(), doubt.reason.clone()))
            .collect::<Vec<_>>()
    };
    let subject = |name: &str, reason| vec![(name.to_owned(), reason)];

    let mut lost = node(good());
    lost.lose(3, 5_000);
    assert_eq!(
        reasons(&ready(lost)),
        subject(NODE, DoubtReason::ConnectionsLost(3))
    );

    let mut silent = node(good());
    silent.see(
        sighting("search", MeshProxy::Present, "search"),
        5,
        &Limits::default(),
    );
    assert_eq!(
        reasons(&ready(silent)),
        subject("search", DoubtReason::Silent)
    );

    let mut elsewhere = node(good());
    let mut on_other_node = sighting("web", MeshProxy::Present, "web");
    on_other_node.key.node = "worker-2".into();
    elsewhere.see(on_other_node, DAY_MS, &Limits::default());
    assert_eq!(
        reasons(&ready(elsewhere)),
        subject("worker-2", DoubtReason::NodeMissing)
    );

    let mut demand = demand();
    demand.until_wall_ms = DAY_MS + 600_000;
    let late = Readiness::of(&node(good()).into(), demand);
    assert!(matches!(
        &reasons(&late)[..],
        [(name, DoubtReason::NodeNotObserving(gaps))] if name == NODE && gaps.len() == 1
    ));

    // Only who was called is known, so nobody knows who else there is.
    let unknown = ready(ledger(good(), DAY_MS));
    assert_eq!(reasons(&unknown), subject("shop", DoubtReason::NoWorkloads));
    for readiness in [late, unknown] {
        assert_eq!(readiness.verdict(), Verdict::Uncertain);
    }
    let nothing = Readiness::of(&Ledger::default(), Demand::default());
    assert_eq!(nothing.verdict(), Verdict::Uncertain);
}

#[test]
fn inventories_from_elsewhere_count() {
    let mut demand = demand();
    demand.workloads.insert("ghost".into(), [].into());
    demand.nodes.insert("worker-9".into());
    let readiness = Readiness::of(&node(good()).into(), demand);
    let subjects: Vec<_> = readiness.doubts.iter().map(|d| &*d.subject).collect();
    assert_eq!(subjects, ["worker-9", "ghost"]);
}

#[test]
fn evidence_of_either_end_is_enough() {
    let mut observation = call("job", "cart", 8_080, SecurityClass::Plaintext);
    observation.evidence = Evidence::Client;
    assert_eq!(with(observation).verdict(), Verdict::Breaks);
}

#[test]
fn who_has_no_proxy_is_not_protected_by_a_policy() {
    let mut node = node(good());
    let absent = sighting("batch", MeshProxy::Absent, "batch");
    node.see(absent, DAY_MS, &Limits::default());
    node.enter(
        call("web", "batch", 80, SecurityClass::Plaintext),
        &Limits::default(),
    );
    let readiness = ready(node);
    assert_eq!(readiness.verdict(), Verdict::Ready);
    assert_eq!(readiness.unenforced, ["batch".into()].into());
}

#[test]
fn a_proxy_of_any_pod_counts() {
    for proxies in [
        [MeshProxy::Present, MeshProxy::Absent],
        [MeshProxy::Absent, MeshProxy::Present],
    ] {
        let mut node = node(good());
        for proxy in proxies {
            let pod = sighting("batch", proxy, "batch");
            node.see(pod, DAY_MS, &Limits::default());
        }
        node.enter(
            call("web", "batch", 80, SecurityClass::Plaintext),
            &Limits::default(),
        );
        let readiness = ready(node.clone());
        assert_eq!(readiness.verdict(), Verdict::Breaks);
        assert_eq!(readiness.unenforced, [].into());
        // Later none has one any more.
        let pod = sighting("batch", MeshProxy::Absent, "batch");
        node.see(pod, DAY_MS + 1, &Limits::default());
        assert_eq!(ready(node).unenforced, ["batch".into()].into());
    }
}

#[test]
fn traffic_that_says_nothing_of_mtls_is_none() {
    let plain = || call("job", "search", 80, SecurityClass::Plaintext);
    let mut probe = plain();
    probe.protection = None;
    // It resolves names.
    let mut datagram = call("search", "cart", 53, SecurityClass::Plaintext);
    datagram.transport = Transport::Udp;
    let mut scan = call("job", "search", 80, SecurityClass::Opaque);
    scan.bytes = 0;
    for observation in [probe, datagram, scan] {
        let mut node = node(good());
        let search = sighting("search", MeshProxy::Present, "search");
        node.see(search, DAY_MS, &Limits::default());
        node.enter(observation.clone(), &Limits::default());
        let readiness = ready(node);
        assert_eq!(readiness.verdict(), Verdict::Uncertain, "{observation:?}");
        assert_eq!(&*readiness.doubts[0].subject, "search");
        assert_eq!(readiness.doubts[0].reason, DoubtReason::Silent);
    }
}

#[test]
fn workloads_with_the_same_labels_share_a_policy() {
    let mut node = node(good());
    for (name, port) in [("cart-v2", 81), ("cart-v1", 80)] {
        let sighting = sighting(name, MeshProxy::Present, "cart-app");
        node.see(sighting, DAY_MS, &Limits::default());
        let caller = call("job", name, port, SecurityClass::Plaintext);
        node.enter(caller, &Limits::default());
    }
    let yaml = peer_authentication(&ready(node.clone()));
    assert_eq!(yaml.matches("app: cart-app\n").count(), 1, "{yaml}");
    assert!(yaml.contains("name: cart-v1\n"), "{yaml}");
    let ports = "    80:\n      mode: PERMISSIVE\n    81:\n      mode: PERMISSIVE\n";
    assert!(yaml.ends_with(ports), "{yaml}");

    // One that has a label more is selected by the policy of the others.
    let mut narrow = sighting("cart-x", MeshProxy::Present, "cart-app");
    narrow.labels.insert("tier".into(), "x".into());
    node.see(narrow, DAY_MS, &Limits::default());
    let caller = call("job", "cart-x", 80, SecurityClass::Plaintext);
    node.enter(caller, &Limits::default());
    let yaml = peer_authentication(&ready(node));
    let comment = "# PERMISSIVE for now: the labels of cart-v1 are on cart-x as well\n";
    assert!(yaml.starts_with(comment), "{yaml}");
    assert!(!yaml.contains("STRICT"), "{yaml}");
}

#[test]
fn who_is_called_by_datagrams_alone_is_named_and_no_doubt() {
    let mut datagram = call("job", "resolver", 53, SecurityClass::Plaintext);
    datagram.transport = Transport::Udp;
    let mut node = node(good());
    let resolver = sighting("resolver", MeshProxy::Present, "resolver");
    node.see(resolver, DAY_MS, &Limits::default());
    node.enter(datagram, &Limits::default());
    let readiness = ready(node.clone());
    assert_eq!(readiness.doubts, []);
    assert_eq!(readiness.verdict(), Verdict::Ready);
    assert_eq!(readiness.datagram_only, ["resolver".into()].into());
    // Over TCP it would break.
    let call = call("job", "resolver", 53, SecurityClass::Plaintext);
    node.enter(call, &Limits::default());
    let readiness = ready(node);
    assert_eq!(readiness.verdict(), Verdict::Breaks);
    assert_eq!(readiness.datagram_only, [].into());
}
