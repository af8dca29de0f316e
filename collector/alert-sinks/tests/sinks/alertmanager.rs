//! Alertmanager: a server that keeps alerts, strict about what version 2 of its API takes.

use crate::fixtures::{NOON_NS, is_rejected, is_retry, notifications, repeated, sink};
use crate::receiver::{Answer, Asked, Receiver};
use jiff::Timestamp;
use saker_alert_sinks::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Alerts = BTreeMap<String, Value>;

/// `postableAlerts` of the API: keeps those that are valid, and answers 400 if one is not.
fn post(alerts: &mut Alerts, asked: &Asked) -> Answer {
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/api/v2/alerts")
    );
    assert_eq!(asked.header("content-type"), "application/json");
    let mut is_valid = true;
    for alert in asked.json().as_array().unwrap() {
        for (key, value) in alert.as_object().unwrap() {
            match key.as_str() {
                "labels" | "annotations" => check_names(value),
                "startsAt" | "endsAt" => _ = time(value),
                "generatorURL" => assert!(value.as_str().unwrap().starts_with("http")),
                other => panic!("'{other}' is no part of an alert"),
            }
        }
        assert!(time(&alert["startsAt"]) < time(&alert["endsAt"]));
        assert_ne!(alert["labels"]["alertname"], Value::Null);
        if alert["annotations"]["summary"].to_string().contains("<3>") {
            is_valid = false;
        } else {
            alerts.insert(alert["labels"].to_string(), alert.clone());
        }
    }
    if is_valid {
        Answer::status(200)
    } else {
        Answer::body(400, "\"invalid label set\"")
    }
}

fn check_names(names: &Value) {
    for (name, value) in names.as_object().unwrap() {
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        );
        assert!(value.is_string());
    }
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

async fn server() -> (Receiver, Arc<Mutex<Alerts>>) {
    let alerts = Arc::new(Mutex::new(Alerts::new()));
    let kept = Arc::clone(&alerts);
    let receiver = Receiver::new(move |asked| post(&mut kept.lock().unwrap(), asked)).await;
    (receiver, alerts)
}

#[tokio::test]
async fn alerts_of_the_same_place_and_program_are_one() {
    let (receiver, alerts) = server().await;
    let settings = json!({
        "kind": "alertmanager",
        "url": receiver.url(),
        "labels": { "team": "blue" },
        "generator_url": "https://saker.example/",
        "hold_seconds": 60,
    });
    let outcomes = sink(settings).deliver(&notifications(4..7)).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 3]);
    assert_eq!(receiver.asked().len(), 1);
    let alerts = alerts.lock().unwrap();
    assert_eq!(alerts.len(), 1);
    let alert = alerts.values().next().unwrap();
    assert_eq!(
        alert["labels"],
        json!({
            "alertname": "Terminal shell in container",
            "severity": "warning",
            "priority": "warning",
            "source": "syscall",
            "cluster": "production",
            "node": "node-1",
            "namespace": "shop",
            "pod": "web-5d9c-x7",
            "container_id": "0123456789ab",
            "container": "web",
            "executable": "/bin/bash",
            "team": "blue",
        })
    );
    assert_eq!(alert["generatorURL"], "https://saker.example/");
    assert!(alert["annotations"]["alert_id"].is_string());
}

#[tokio::test]
async fn an_alert_fires_from_its_first_event_and_beyond_now() {
    let (receiver, _alerts) = server().await;
    let sink = sink(json!({ "kind": "alertmanager", "url": receiver.url(), "hold_seconds": 60 }));
    sink.deliver(&[repeated(9)]).await;
    let alert = receiver.asked()[0].json()[0].clone();
    let noon = Timestamp::from_nanosecond(i128::from(NOON_NS)).unwrap();
    assert_eq!(time(&alert["startsAt"]), noon);
    let last_seen = Timestamp::from_second(noon.as_second() + 60).unwrap();
    let earliest_end = last_seen.max(Timestamp::now()).as_second() + 55;
    assert!(time(&alert["endsAt"]).as_second() >= earliest_end);
    assert_eq!(alert["annotations"]["repeats"], "3");
}

#[tokio::test]
async fn an_invalid_one_does_not_take_others_with_it() {
    let (receiver, _alerts) = server().await;
    let sink = sink(json!({ "kind": "alertmanager", "url": receiver.url() }));
    let outcomes = sink.deliver(&notifications(1..6)).await;
    for (outcome, number) in outcomes.iter().zip(1..) {
        assert_eq!(is_rejected(outcome), number == 3, "{outcome:?}");
    }
}

#[tokio::test]
async fn each_endpoint_gets_all_and_one_is_enough() {
    let (one, alerts) = server().await;
    let (other, others) = server().await;
    let down = Receiver::new(|_| Answer::status(503)).await;
    let endpoints = [one.url(), down.url(), other.url()];
    let three = sink(json!({ "kind": "alertmanager", "endpoints": endpoints }));
    assert_eq!(
        three.deliver(&notifications(1..3)).await,
        vec![Outcome::Delivered; 2]
    );
    assert_eq!(alerts.lock().unwrap().len(), 1);
    assert_eq!(others.lock().unwrap().len(), 1);

    let none = sink(json!({ "kind": "alertmanager", "endpoints": [down.url()] }));
    assert!(
        none.deliver(&notifications(1..3))
            .await
            .iter()
            .all(is_retry)
    );
}
