use super::*;
use proptest::prelude::*;
use saker_proto::v1;

fn alert(id: u8, hostname: &str) -> v1::Alert {
    v1::Alert {
        id: vec![id; 16].into(),
        rule: "Shell in a container".to_owned(),
        output: "a shell".to_owned(),
        node: Some(v1::Node {
            hostname: hostname.to_owned(),
            ..v1::Node::default()
        }),
        ..v1::Alert::default()
    }
}

fn batch(alerts: &[v1::Alert]) -> EncodedBatch {
    EncodedBatch {
        alerts: alerts
            .iter()
            .map(|alert| alert.encode_to_vec().into())
            .collect(),
    }
}

/// Why the only alert of a batch is refused.
fn refusal(payload: Bytes, node: Option<&str>) -> Refusal {
    let screened = screen(
        EncodedBatch {
            alerts: vec![payload],
        },
        &Limits::default(),
        node,
    );
    assert_eq!(screened.admitted, []);
    screened.refused[0].refusal.clone()
}

#[test]
fn payloads_go_on_as_they_came() {
    let alerts = [alert(1, "a"), alert(2, "a"), alert(3, "b")];
    let sent = batch(&alerts);
    let screened = screen(sent.clone(), &Limits::default(), None);
    assert_eq!(screened.refused, []);
    let payloads: Vec<_> = screened
        .admitted
        .iter()
        .map(|alert| alert.payload.clone())
        .collect();
    assert_eq!(payloads, sent.alerts);
    let ids: Vec<_> = screened.admitted.iter().map(|alert| alert.id).collect();
    assert_eq!(ids, [1, 2, 3].map(|id| AlertId::from_bytes([id; 16])));
}

#[test]
fn alerts_of_a_node_share_a_key() {
    let mut elsewhere = alert(4, "a");
    elsewhere.cluster = "other".to_owned();
    let alerts = [alert(1, "a"), alert(2, "a"), alert(3, "b"), elsewhere];
    let screened = screen(batch(&alerts), &Limits::default(), None);
    let keys: Vec<_> = screened.admitted.iter().map(|alert| alert.key).collect();
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
    assert_ne!(keys[0], keys[3]);
}

#[test]
fn each_refusal_names_its_reason() {
    let good = alert(1, "a").encode_to_vec();
    let torn = Bytes::from(good[..good.len() - 1].to_vec());
    assert_eq!(refusal(torn, None).name(), "malformed");
    let empty = refusal(Bytes::new(), None);
    assert_eq!(
        empty.to_string(),
        "the alert's id has 0 bytes, and an id has 16"
    );
    let nameless = v1::Alert {
        id: vec![1; 16].into(),
        ..v1::Alert::default()
    };
    assert_eq!(
        refusal(nameless.encode_to_vec().into(), None),
        Refusal::NoRule
    );
    let large = v1::Alert {
        output: "x".repeat(256 << 10),
        ..alert(1, "a")
    };
    let refusal = refusal(large.encode_to_vec().into(), None);
    assert_eq!(refusal.name(), "too_large");
}

#[test]
fn a_node_tells_of_itself_only() {
    let own = screen(
        batch(&[alert(1, "Node-A")]),
        &Limits::default(),
        Some("node-a"),
    );
    assert_eq!(own.refused, []);
    let foreign = refusal(alert(1, "node-b\n").encode_to_vec().into(), Some("node-a"));
    assert_eq!(
        foreign.to_string(),
        "the alert is of the node 'node-b\u{fffd}', and the client's certificate is of 'node-a'"
    );
    let silent = v1::Alert {
        node: None,
        ..alert(1, "")
    };
    assert_eq!(
        refusal(silent.encode_to_vec().into(), Some("node-a")).name(),
        "foreign_node"
    );
}

#[test]
fn one_refusal_touches_no_other() {
    let mut sent = batch(&[alert(1, "a"), alert(2, "a"), alert(3, "a")]);
    sent.alerts[1] = Bytes::from_static(b"\xff\xff");
    let screened = screen(sent, &Limits::default(), None);
    assert_eq!(screened.admitted.len(), 2);
    assert_eq!(screened.refused.len(), 1);
    assert_eq!(screened.refused[0].index, 1);
}

#[test]
fn every_name_of_a_refusal_is_listed() {
    let refusals = [
        Refusal::TooLarge { bytes: 1, max: 0 },
        refusal(Bytes::from_static(b"\xff"), None),
        Refusal::InvalidId(0),
        Refusal::NoRule,
        Refusal::ForeignNode {
            claimed: String::new(),
            proven: String::new(),
        },
    ];
    assert_eq!(refusals.map(|refusal| refusal.name()), Refusal::NAMES);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_admitted_or_refused(
        payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..20),
        node in proptest::option::of("[a-z]{1,3}"),
    ) {
        let count = payloads.len();
        let sent = EncodedBatch { alerts: payloads.into_iter().map(Bytes::from).collect() };
        let screened = screen(sent, &Limits { alert_bytes_max: 100 }, node.as_deref());
        prop_assert_eq!(screened.admitted.len() + screened.refused.len(), count);
    }
}
