//! Alerts that a real Alertmanager was sent, as its own tool shows them.

use crate::fixtures::{id, notification, now_ns, sink};
use anyhow::Result;
use saker_alert_formats::Notification;
use saker_alert_sinks::Outcome;
use saker_delivery_tests::servers::Alertmanager;
use serde_json::json;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn alerts_fire() -> Result<()> {
    let server = Alertmanager::start()?;
    let sink = sink(json!({
        "kind": "alertmanager",
        "url": server.url(),
        "labels": { "team": "blue" },
        "generator_url": "https://saker.example/",
    }))?;
    let notifications: Vec<Notification> = (1..6).map(notification).collect();
    // What is sent again is the same alert.
    for _ in 0..2 {
        let outcomes = sink.deliver(&notifications).await;
        assert_eq!(outcomes, vec![Outcome::Delivered; 5]);
    }
    let alerts = server.query("team=blue")?;
    assert_eq!(alerts.len(), 5);
    let alert = alerts
        .iter()
        .find(|alert| alert["labels"]["pod"] == "web-3")
        .expect("the alert of web-3");
    assert_eq!(alert["labels"]["alertname"], "Rule 1");
    assert_eq!(alert["labels"]["severity"], "critical");
    assert_eq!(alert["annotations"]["alert_id"], id(3));
    assert_eq!(
        alert["annotations"]["summary"].as_str(),
        Some(notifications[2].alert.output.as_str())
    );
    assert_eq!(alert["generatorURL"], "https://saker.example/");
    assert_eq!(server.query("alertname=\"Rule 0\"")?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_long_ago_fires_too() -> Result<()> {
    let server = Alertmanager::start()?;
    let sink = sink(json!({ "kind": "alertmanager", "url": server.url(), "hold_seconds": 30 }))?;
    let hour_ago_ns = now_ns() - 3_600_000_000_000;
    let mut late = notification(1);
    let mut alert = (*late.alert).clone();
    alert.time_unix_ns = hour_ago_ns;
    late.alert = Arc::new(alert);
    late.repeats.first_seen_ns = hour_ago_ns;
    late.repeats.last_seen_ns = hour_ago_ns;
    assert_eq!(sink.deliver(&[late]).await, [Outcome::Delivered]);
    assert_eq!(server.query("pod=web-1")?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alertmanager_refuses_does_not_take_others_with_it() -> Result<()> {
    let server = Alertmanager::start()?;
    let sink = sink(json!({ "kind": "alertmanager", "url": server.url() }))?;
    let mut notifications: Vec<Notification> = (1..5).map(notification).collect();
    // An alert that ends before it begins is none.
    notifications[1].repeats.first_seen_ns = now_ns() + 3_600_000_000_000;
    let outcomes = sink.deliver(&notifications).await;
    for (place, outcome) in outcomes.iter().enumerate() {
        match place {
            1 => assert!(
                matches!(outcome, Outcome::Rejected { reason } if reason.contains("400")),
                "{outcome:?}"
            ),
            _ => assert_eq!(*outcome, Outcome::Delivered),
        }
    }
    Ok(())
}
