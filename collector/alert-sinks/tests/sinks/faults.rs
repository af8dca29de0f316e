//! What becomes of notifications when a server of HTTP is out of order: the same for every sink over HTTP.

use crate::fixtures::{is_retry, notifications, sink};
use crate::receiver::{Answer, Receiver};
use saker_alert_sinks::Outcome;
use serde_json::{Value, json};
use std::time::Duration;

/// Settings of every sink over HTTP, for this URL.
fn sinks(url: &str) -> Vec<Value> {
    vec![
        json!({ "kind": "elasticsearch", "url": url, "template": "never", "timeout_ms": 300 }),
        json!({ "kind": "opensearch", "url": url, "template": "never", "timeout_ms": 300 }),
        json!({ "kind": "loki", "url": url, "timeout_ms": 300 }),
        json!({ "kind": "alertmanager", "url": url, "timeout_ms": 300 }),
        json!({ "kind": "webhook", "url": url, "timeout_ms": 300 }),
        json!({ "kind": "otlp", "protocol": "http/protobuf", "url": url, "timeout_ms": 300 }),
    ]
}

/// What each sink makes of the answer, for three notifications.
async fn outcomes(answer: Answer) -> Vec<(Value, Vec<Outcome>)> {
    let receiver = Receiver::new(move |_| answer.clone()).await;
    let mut all = Vec::new();
    for settings in sinks(&receiver.url()) {
        let outcomes = sink(settings.clone()).deliver(&notifications(1..4)).await;
        all.push((settings["kind"].clone(), outcomes));
    }
    all
}

#[tokio::test]
async fn what_an_operator_can_put_right_is_tried_again() {
    for status in [302, 401, 403, 404, 408, 410, 429, 500, 502, 503] {
        for (kind, outcomes) in outcomes(Answer::status(status)).await {
            assert_eq!(outcomes.len(), 3);
            assert!(
                outcomes.iter().all(is_retry),
                "{kind} {status}: {outcomes:?}"
            );
        }
    }
}

#[tokio::test]
async fn who_asks_to_wait_is_waited_for() {
    let busy = Answer::Status(429, Some(("retry-after", "17".to_owned())), String::new());
    for (kind, outcomes) in outcomes(busy).await {
        for outcome in outcomes {
            assert!(
                matches!(outcome, Outcome::Retry { after: Some(after), .. } if after == Duration::from_secs(17)),
                "{kind}: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_refused_is_rejected_with_the_reason() {
    for status in [400, 413, 422] {
        for (kind, outcomes) in outcomes(Answer::body(status, "no such thing")).await {
            assert_eq!(outcomes.len(), 3);
            for outcome in outcomes {
                assert!(
                    matches!(&outcome, Outcome::Rejected { reason } if reason.contains("no such thing")),
                    "{kind} {status}: {outcome:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn no_answer_half_an_answer_and_none_to_answer_are_tried_again() {
    for answer in [Answer::Hang, Answer::Close] {
        for (kind, outcomes) in outcomes(answer.clone()).await {
            assert_eq!(outcomes.len(), 3);
            assert!(
                outcomes.iter().all(is_retry),
                "{kind} {answer:?}: {outcomes:?}"
            );
        }
    }
    let gone = Receiver::new(|_| Answer::status(200)).await.url();
    for settings in sinks(&gone) {
        let outcomes = sink(settings.clone()).deliver(&notifications(1..4)).await;
        assert!(outcomes.iter().all(is_retry), "{settings}: {outcomes:?}");
    }
}

#[tokio::test]
async fn an_endless_reason_is_cut() {
    for (kind, outcomes) in outcomes(Answer::body(400, "x".repeat(1 << 20))).await {
        for outcome in outcomes {
            assert!(
                matches!(&outcome, Outcome::Rejected { reason } if reason.len() <= 512),
                "{kind}"
            );
        }
    }
}

#[tokio::test]
async fn another_endpoint_stands_in() {
    let gone = Receiver::new(|_| Answer::status(200)).await.url();
    let overloaded = Receiver::new(|_| Answer::status(503)).await;
    let working = Receiver::new(|_| Answer::status(204)).await;
    let endpoints = [gone, overloaded.url(), working.url()];
    let sink = sink(json!({ "kind": "webhook", "endpoints": endpoints, "timeout_ms": 1_000 }));
    for _ in 0..2 {
        let outcomes = sink.deliver(&notifications(1..3)).await;
        assert_eq!(outcomes, vec![Outcome::Delivered; 2]);
    }
    assert_eq!(working.asked().len(), 4);
    assert_eq!(overloaded.asked().len(), 1, "what works is kept to");
}

#[tokio::test]
async fn who_is_out_of_order_gets_one_request() {
    let receiver = Receiver::new(|_| Answer::status(500)).await;
    let sink = sink(json!({ "kind": "webhook", "url": receiver.url() }));
    let outcomes = sink.deliver(&notifications(1..50)).await;
    assert!(outcomes.iter().all(is_retry));
    assert_eq!(receiver.asked().len(), 1);
}
