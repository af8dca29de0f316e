//! Which alerts a sink gets.

use crate::fixtures::{alert, is_retry, of, sink};
use crate::receiver::{Answer, Receiver};
use saker_alert_sinks::Outcome;
use saker_proto::v1;
use serde_json::{Value, json};

/// Whether a sink with these settings gets the alert.
async fn is_told(more: Value, change: impl FnOnce(&mut v1::Alert)) -> bool {
    let receiver = Receiver::new(|_| Answer::status(200)).await;
    let mut settings = json!({ "kind": "webhook", "url": receiver.url() });
    settings
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let mut alert = alert(1);
    change(&mut alert);
    match sink(settings).deliver(&[of(alert)]).await.as_slice() {
        [Outcome::Delivered] => {
            assert_eq!(receiver.asked().len(), 1);
            true
        }
        [Outcome::Excluded] => {
            assert_eq!(receiver.asked().len(), 0);
            false
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn by_priority() {
    for (minimum, expected) in [
        ("warning", true),
        ("Notice", true),
        ("info", true),
        ("error", false),
    ] {
        assert_eq!(
            is_told(json!({ "minimum_priority": minimum }), |_| ()).await,
            expected,
            "{minimum}"
        );
    }
}

#[tokio::test]
async fn by_rule_tag_and_namespace() {
    for (filter, expected) in [
        (
            json!({ "rules": ["Terminal shell in container", "Other"] }),
            true,
        ),
        (json!({ "rules": ["Other"] }), false),
        (json!({ "tags": ["network", "T1059"] }), true),
        (json!({ "tags": ["network"] }), false),
        (json!({ "namespaces": ["shop"] }), true),
        (json!({ "namespaces": ["kube-system"] }), false),
        (
            json!({ "tags": ["T1059"], "namespaces": ["kube-system"] }),
            false,
        ),
        (json!({}), true),
    ] {
        assert_eq!(
            is_told(json!({ "filter": filter }), |_| ()).await,
            expected,
            "{filter}"
        );
    }
    let on_host = |alert: &mut v1::Alert| alert.pod = None;
    assert!(!is_told(json!({ "filter": { "namespaces": ["shop"] } }), on_host).await);
}

#[tokio::test]
async fn outcomes_keep_their_places() {
    let receiver = Receiver::new(|_| Answer::status(500)).await;
    let settings = json!({
        "kind": "webhook",
        "url": receiver.url(),
        "filter": { "rules": ["Wanted"] },
    });
    let all: Vec<_> = (1..6)
        .map(|number| {
            let mut alert = alert(number);
            if number % 2 == 0 {
                alert.rule = "Wanted".to_owned();
            }
            of(alert)
        })
        .collect();
    let outcomes = sink(settings).deliver(&all).await;
    for (outcome, number) in outcomes.iter().zip(1..) {
        if number % 2 == 0 {
            assert!(is_retry(outcome));
        } else {
            assert_eq!(*outcome, Outcome::Excluded);
        }
    }
}
