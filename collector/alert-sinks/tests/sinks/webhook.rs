//! The webhook, with a receiver that verifies signatures as Standard Webhooks has it.

use crate::fixtures::{id, is_rejected, notifications, sink};
use crate::receiver::{Answer, Asked, Receiver};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use saker_alert_sinks::Outcome;
use serde_json::{Value, json};
use std::io::Write;

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

fn has_valid_signature(asked: &Asked) -> bool {
    let signed = [
        asked.header("webhook-id").as_bytes(),
        b".",
        asked.header("webhook-timestamp").as_bytes(),
        b".",
        &asked.body,
    ]
    .concat();
    let Some(signature) = asked.header("webhook-signature").strip_prefix("v1,") else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    hmac::verify(&key, &signed, &BASE64_STANDARD.decode(signature).unwrap()).is_ok()
}

#[tokio::test]
async fn a_request_holds_one_notification_and_says_which() {
    let receiver = Receiver::new(|_| Answer::status(202)).await;
    let settings = json!({
        "kind": "webhook",
        "url": format!("{}/hook?team=blue", receiver.url()),
        "headers": { "X-Team": "blue" },
    });
    let outcomes = sink(settings).deliver(&notifications(1..3)).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 2]);
    let asked = receiver.asked();
    assert_eq!(asked.len(), 2);
    for (asked, number) in asked.iter().zip(1..) {
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/hook")
        );
        assert_eq!(asked.query, "team=blue");
        assert_eq!(asked.header("content-type"), "application/json");
        assert_eq!(asked.header("x-team"), "blue");
        assert_eq!(asked.header("webhook-id"), id(number));
        assert_eq!(asked.header("webhook-signature"), "");
        assert_eq!(asked.json()["rule"], "Terminal shell in container");
    }
}

#[tokio::test]
async fn requests_are_signed() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "whsec_{}", BASE64_STANDARD.encode(KEY)).unwrap();
    let receiver =
        Receiver::new(|asked| Answer::status(if has_valid_signature(asked) { 200 } else { 401 }))
            .await;
    let settings = json!({
        "kind": "webhook",
        "url": receiver.url(),
        "body": "array",
        "signing_secret": { "file": secret.path() },
    });
    let sink = sink(settings);
    assert_eq!(
        sink.deliver(&notifications(1..4)).await,
        vec![Outcome::Delivered; 3]
    );

    // What is sent again has the same id again; other notifications have another.
    assert_eq!(
        sink.deliver(&notifications(1..4)).await,
        vec![Outcome::Delivered; 3]
    );
    assert_eq!(
        sink.deliver(&notifications(2..5)).await,
        vec![Outcome::Delivered; 3]
    );
    let ids: Vec<String> = receiver
        .asked()
        .iter()
        .map(|asked| asked.header("webhook-id").to_owned())
        .collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);

    // A renewed secret is used without a restart.
    std::fs::write(secret.path(), "another secret").unwrap();
    let outcomes = sink.deliver(&notifications(1..2)).await;
    assert!(matches!(&outcomes[0], Outcome::Retry { reason, .. } if reason.contains("401")));
}

#[tokio::test]
async fn several_are_an_array_or_lines() {
    let receiver = Receiver::new(|_| Answer::status(200)).await;
    let settings = |body| json!({ "kind": "webhook", "url": receiver.url(), "body": body });
    for body in ["array", "lines"] {
        let outcomes = sink(settings(body)).deliver(&notifications(1..4)).await;
        assert_eq!(outcomes, vec![Outcome::Delivered; 3]);
    }
    let asked = receiver.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].header("content-type"), "application/json");
    assert_eq!(asked[0].json().as_array().unwrap().len(), 3);
    assert_eq!(asked[1].header("content-type"), "application/x-ndjson");
    let text = String::from_utf8(asked[1].body.clone()).unwrap();
    assert!(text.ends_with('\n'));
    assert_eq!(text.lines().count(), 3);
    for line in text.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[tokio::test]
async fn one_that_is_unwanted_does_not_take_others_with_it() {
    let receiver = Receiver::new(|asked| {
        let is_wanted = !String::from_utf8_lossy(&asked.body).contains("<3>");
        Answer::status(if is_wanted { 200 } else { 422 })
    })
    .await;
    let settings = json!({ "kind": "webhook", "url": receiver.url(), "body": "array" });
    let outcomes = sink(settings).deliver(&notifications(1..8)).await;
    for (outcome, number) in outcomes.iter().zip(1..) {
        if number == 3 {
            assert!(is_rejected(outcome), "{outcome:?}");
        } else {
            assert_eq!(*outcome, Outcome::Delivered, "{number}");
        }
    }
}
