//! Alerts to deliver.

use anyhow::Result;
use jiff::Timestamp;
use saker_alert_formats::Notification;
use saker_alert_sinks::{Sink, SinkSettings};
use saker_proto::{AlertId, v1};
use serde_json::Value;
use std::sync::Arc;

/// Nanoseconds since the epoch.
pub(crate) fn now_ns() -> u64 {
    u64::try_from(Timestamp::now().as_nanosecond()).unwrap_or_default()
}

/// An alert of a pod on one of three nodes, with a text that an attacker chose.
pub(crate) fn notification(number: u8) -> Notification {
    let alert = v1::Alert {
        id: vec![number; 16].into(),
        time_unix_ns: now_ns(),
        rule: format!("Rule {}", number % 2),
        priority: v1::Priority::Critical.into(),
        source: "syscall".to_owned(),
        output: format!("number {number}: \"quoted\" {{{{ .Template }}}} \u{1f985} \\ ]|="),
        node: Some(v1::Node {
            hostname: format!("node-{}", number % 3),
            ..Default::default()
        }),
        pod: Some(v1::Pod {
            name: format!("web-{number}"),
            namespace: "shop".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    Notification::single(AlertId::from_bytes([number; 16]), Arc::new(alert))
}

pub(crate) fn id(number: u8) -> String {
    AlertId::from_bytes([number; 16]).to_string()
}

/// The sink of these settings, with a name.
pub(crate) fn sink(mut settings: Value) -> Result<Box<dyn Sink>> {
    settings["name"] = "test".into();
    Ok(serde_json::from_value::<SinkSettings>(settings)?.build()?)
}
