//! Loki: a server that keeps streams, strict about what a push looks like.

use crate::fixtures::{NOON_NS, alert, id, is_rejected, notifications, of, repeated, sink};
use crate::receiver::{Answer, Asked, Receiver};
use saker_alert_sinks::Outcome;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Lines before this time are too old, as with `reject_old_samples`.
const OLDEST_NS: u64 = NOON_NS - 1_000;

type Streams = BTreeMap<String, BTreeSet<(u64, String)>>;

/// Keeps what is new of a push, and answers as Loki does: 400 if a line is not to its liking, with all others kept.
fn push(streams: &mut Streams, asked: &Asked) -> Answer {
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/loki/api/v1/push")
    );
    assert_eq!(asked.header("content-type"), "application/json");
    let body = asked.json();
    assert_eq!(body.as_object().unwrap().len(), 1);
    let mut refused = 0;
    let mut labels_seen = BTreeSet::new();
    for stream in body["streams"].as_array().unwrap() {
        assert_eq!(stream.as_object().unwrap().len(), 2);
        let labels = stream["stream"].as_object().unwrap();
        assert!(!labels.is_empty(), "at least one label pair is required");
        for (name, value) in labels {
            assert!(is_label_name(name), "{name}");
            assert!(!value.as_str().unwrap().is_empty());
        }
        let key = stream["stream"].to_string();
        assert!(
            labels_seen.insert(key.clone()),
            "a stream stands there once"
        );
        let mut last = 0;
        for value in stream["values"].as_array().unwrap() {
            let (time, line) = check_value(value);
            assert!(
                time >= last,
                "lines of a stream are in the order of their times"
            );
            last = time;
            if time < OLDEST_NS {
                refused += 1;
            } else {
                streams.entry(key.clone()).or_default().insert((time, line));
            }
        }
    }
    match refused {
        0 => Answer::status(204),
        _ => Answer::body(400, "entry for stream has timestamp too old"),
    }
}

fn check_value(value: &Value) -> (u64, String) {
    let value = value.as_array().unwrap();
    assert!((2..=3).contains(&value.len()));
    if let Some(metadata) = value.get(2) {
        for (name, value) in metadata.as_object().unwrap() {
            assert!(is_label_name(name), "{name}");
            assert!(value.is_string(), "structured metadata are texts");
        }
    }
    let time = value[0].as_str().unwrap().parse().unwrap();
    (time, value[1].as_str().unwrap().to_owned())
}

fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

async fn server() -> (Receiver, Arc<Mutex<Streams>>) {
    let streams = Arc::new(Mutex::new(Streams::new()));
    let kept = Arc::clone(&streams);
    let receiver = Receiver::new(move |asked| push(&mut kept.lock().unwrap(), asked)).await;
    (receiver, streams)
}

#[tokio::test]
async fn labels_are_few_and_the_rest_is_metadata() {
    let (receiver, streams) = server().await;
    let settings = json!({
        "kind": "loki",
        "url": receiver.url(),
        "tenant": "security",
        "static_labels": { "service_name": "saker", "stage": "test" },
    });
    let sink = sink(settings);
    let mut on_host = alert(9);
    on_host.pod = None;
    on_host.container = None;
    let mut all = notifications([3, 2, 1]);
    all.push(of(on_host));
    all.push(repeated(4));
    for _ in 0..2 {
        assert_eq!(sink.deliver(&all).await, vec![Outcome::Delivered; 5]);
    }
    let streams = streams.lock().unwrap();
    let kept: Vec<(&String, usize)> = streams
        .iter()
        .map(|(key, lines)| (key, lines.len()))
        .collect();
    assert_eq!(
        kept.iter().map(|(_, lines)| lines).sum::<usize>(),
        5,
        "sent twice, kept once"
    );
    assert_eq!(kept.len(), 2, "with and without a namespace");
    assert!(kept.iter().any(|(key, _)| {
        serde_json::from_str::<Value>(key).unwrap()
            == json!({
                "service_name": "saker",
                "stage": "test",
                "priority": "warning",
                "source": "syscall",
                "cluster": "production",
                "namespace": "shop",
            })
    }));
    let asked = &receiver.asked()[0];
    assert_eq!(asked.header("x-scope-orgid"), "security");
    let body = asked.json();
    let values = body["streams"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|stream| stream["stream"].get("namespace").map(|_| &stream["values"]))
        .unwrap();
    let first = &values[0][2];
    assert_eq!(first["alert_id"], id(1));
    assert_eq!(first["pod"], "web-5d9c-x7");
    assert_eq!(first["process"], "bash");
    assert_eq!(first.get("namespace"), None, "that is a label");
    assert_eq!(values[3][2]["repeats"], "3");
}

#[tokio::test]
async fn lines_that_are_too_old_do_not_take_others_with_them() {
    let (receiver, streams) = server().await;
    let mut old = alert(2);
    old.time_unix_ns = OLDEST_NS - 1;
    let mut all = notifications([1]);
    all.push(of(old));
    all.extend(notifications([3, 4]));
    let outcomes = sink(json!({ "kind": "loki", "url": receiver.url() }))
        .deliver(&all)
        .await;
    assert!(is_rejected(&outcomes[1]), "{:?}", outcomes[1]);
    for place in [0, 2, 3] {
        assert_eq!(outcomes[place], Outcome::Delivered);
    }
    assert_eq!(
        streams
            .lock()
            .unwrap()
            .values()
            .map(BTreeSet::len)
            .sum::<usize>(),
        3
    );
}

#[tokio::test]
async fn metadata_can_be_left_out() {
    let (receiver, _streams) = server().await;
    let settings = json!({
        "kind": "loki",
        "url": receiver.url(),
        "structured_metadata": false,
        "labels": ["rule"],
        "format": "text",
    });
    sink(settings).deliver(&notifications([1])).await;
    let stream = &receiver.asked()[0].json()["streams"][0];
    assert_eq!(
        stream["stream"],
        json!({ "service_name": "saker", "rule": "Terminal shell in container" })
    );
    assert_eq!(stream["values"][0].as_array().unwrap().len(), 2);
}
