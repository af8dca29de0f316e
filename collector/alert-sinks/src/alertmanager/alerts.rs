//! Alerts as Alertmanager takes them.
//!
//! <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>

use crate::facts;
use jiff::Timestamp;
use saker_alert_formats::Notification;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Longest value of a label or an annotation, in bytes. Alertmanager has no limit of its own.
const VALUE_BYTES_MAX: usize = 4_096;

/// Facts that tell alerts apart: Alertmanager takes alerts of the same labels for one. The id is none of them, or
/// each alert would be news.
const LABELS: [&str; 9] = [
    "priority",
    "source",
    "cluster",
    "node",
    "namespace",
    "pod",
    "container_id",
    "container",
    "executable",
];

/// An alert that fires from its first event until `hold` after its last one, or after now if that is later:
/// what is over already when it arrives would never be notified of.
pub(super) fn alert(
    notification: &Notification,
    fixed: &BTreeMap<String, String>,
    generator_url: Option<&str>,
    hold: Duration,
    now_ns: u64,
) -> Value {
    let mut labels = Map::new();
    let mut annotations = Map::new();
    for (name, value) in facts::flat(notification) {
        let value = Value::String(cut(&value));
        if name == "rule" {
            labels.insert("alertname".to_owned(), value);
        } else if LABELS.contains(&name) {
            labels.insert(name.to_owned(), value);
        } else {
            annotations.insert(name.to_owned(), value);
        }
    }
    labels.insert(
        "severity".to_owned(),
        json!(severity(facts::priority(&notification.alert))),
    );
    for (name, value) in fixed {
        labels.insert(name.clone(), json!(value));
    }
    annotations.insert("summary".to_owned(), json!(cut(&notification.alert.output)));
    let repeats = &notification.repeats;
    let hold_ns = u64::try_from(hold.as_nanos()).unwrap_or(u64::MAX);
    let ends_ns = repeats.last_seen_ns.max(now_ns).saturating_add(hold_ns);
    let mut alert = json!({
        "labels": labels,
        "annotations": annotations,
        "startsAt": time(repeats.first_seen_ns),
        "endsAt": time(ends_ns),
    });
    if let (Some(url), Some(alert)) = (generator_url, alert.as_object_mut()) {
        alert.insert("generatorURL".to_owned(), json!(url));
    }
    alert
}

/// What routes of Alertmanager look for by convention.
fn severity(priority: &str) -> &'static str {
    match priority {
        "emergency" | "alert" | "critical" => "critical",
        "error" | "warning" => "warning",
        _ => "info",
    }
}

fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(VALUE_BYTES_MAX))
        .unwrap_or_default()
        .to_owned()
}

/// RFC 3339; the epoch where the time cannot be one.
fn time(unix_ns: u64) -> String {
    Timestamp::from_nanosecond(i128::from(unix_ns))
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}
