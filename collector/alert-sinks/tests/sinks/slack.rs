//! Slack: a webhook that checks the limits of messages and blocks.

use crate::fixtures::{alert, is_rejected, notifications, of, sink};
use crate::receiver::{Answer, Asked, Receiver};
use saker_alert_sinks::Outcome;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

const PATH: &str = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";

/// Blocks as the reference of Block Kit has them.
fn take(asked: &Asked) -> Answer {
    if asked.path != PATH {
        return Answer::body(404, "no_service");
    }
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.header("content-type"), "application/json");
    let message = asked.json();
    let keys: Vec<&String> = message.as_object().unwrap().keys().collect();
    assert!(
        keys.iter()
            .all(|key| ["text", "blocks"].contains(&key.as_str()))
    );
    assert!(!message["text"].as_str().unwrap().is_empty());
    let blocks = message["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()));
    for block in blocks {
        match block["type"].as_str().unwrap() {
            "divider" => {}
            "section" => check_text(&block["text"], 3_000),
            "context" => {
                let elements = block["elements"].as_array().unwrap();
                assert!((1..=10).contains(&elements.len()));
                for element in elements {
                    check_text(element, 3_000);
                }
            }
            other => panic!("no block: {other}"),
        }
    }
    if message.to_string().contains("unwanted") {
        return Answer::body(400, "invalid_blocks");
    }
    Answer::body(200, "ok")
}

fn check_text(text: &Value, characters_max: usize) {
    let kind = text["type"].as_str().unwrap();
    let content = text["text"].as_str().unwrap();
    assert!((1..=characters_max).contains(&content.chars().count()));
    match kind {
        "plain_text" => {}
        // What is not escaped could be a link, or call everybody.
        "mrkdwn" => {
            assert!(!content.contains(['<', '>']), "{content}");
            assert_eq!(content.matches("```").count(), 2, "{content}");
        }
        other => panic!("no text: {other}"),
    }
}

fn settings(url: &str) -> (Value, NamedTempFile) {
    let mut secret = NamedTempFile::new().unwrap();
    writeln!(secret, "{url}{PATH}").unwrap();
    (
        json!({ "kind": "slack", "url": { "file": secret.path() } }),
        secret,
    )
}

#[tokio::test]
async fn alerts_are_shown_and_their_texts_make_no_links() {
    let receiver = Receiver::new(take).await;
    let (settings, _secret) = settings(&receiver.url());
    let mut hostile = alert(1);
    hostile.rule = "A *rule* <!channel>".to_owned();
    hostile.output = "``` <https://evil.example|click> & <!everyone>".repeat(200);
    let mut all = vec![of(hostile)];
    all.extend(notifications(2..4));
    let outcomes = sink(settings).deliver(&all).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 3]);
    let asked = receiver.asked();
    assert_eq!(asked.len(), 1, "several are one message");
    let message = asked[0].json();
    assert_eq!(message["blocks"].as_array().unwrap().len(), 8);
    let second = message["blocks"][3]["text"]["text"].as_str().unwrap();
    assert!(
        second.contains("&lt;2&gt; &amp; \"quoted\" *bold* 'code'"),
        "{second}"
    );
    assert!(
        message["blocks"][4]["elements"][0]["text"]
            .as_str()
            .unwrap()
            .contains("pod: web-5d9c-x7")
    );
}

#[tokio::test]
async fn messages_keep_their_distance() {
    let receiver = Receiver::new(take).await;
    let (settings, _secret) = settings(&receiver.url());
    let sink = sink(settings);
    let begun = Instant::now();
    let outcomes = sink.deliver(&notifications(1..13)).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 12]);
    assert_eq!(receiver.asked().len(), 2);
    assert!(begun.elapsed() >= Duration::from_millis(950));
}

#[tokio::test]
async fn what_slack_refuses_is_rejected_and_the_rest_shown() {
    let receiver = Receiver::new(take).await;
    let (settings, _secret) = settings(&receiver.url());
    let mut unwanted = alert(1);
    unwanted.output = "unwanted".to_owned();
    let outcomes = sink(settings).deliver(&[of(unwanted), of(alert(2))]).await;
    assert!(is_rejected(&outcomes[0]));
    assert_eq!(outcomes[1], Outcome::Delivered);
}

#[tokio::test]
async fn the_url_is_in_no_reason_and_is_read_again() {
    let receiver = Receiver::new(|asked| {
        let location = format!("https://elsewhere.example{}", asked.path);
        Answer::Status(301, Some(("location", location)), String::new())
    })
    .await;
    let (settings, secret) = settings(&receiver.url());
    let sink = sink(settings);
    let outcomes = sink.deliver(&notifications(1..2)).await;
    let Outcome::Retry { reason, .. } = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    assert!(reason.contains("elsewhere.example"), "{reason}");
    assert!(!reason.contains("XXXX"), "{reason}");

    let moved = Receiver::new(take).await;
    std::fs::write(secret.path(), format!("{}{PATH}", moved.url())).unwrap();
    assert_eq!(
        sink.deliver(&notifications(1..2)).await,
        [Outcome::Delivered]
    );
}

#[test]
fn what_is_no_url_is_not_shown() {
    let mut secret = NamedTempFile::new().unwrap();
    writeln!(secret, "hunter2").unwrap();
    let settings = json!({ "kind": "slack", "url": { "file": secret.path() } });
    let error = crate::fixtures::settings_of(settings)
        .build()
        .err()
        .unwrap();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
