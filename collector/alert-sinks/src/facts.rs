//! What sinks say of an alert beside its text.

use saker_alert_formats::Notification;
use saker_proto::v1;

/// How many alerts a notification stands for.
pub(crate) fn count(notification: &Notification) -> usize {
    notification.repeats.members.len().max(1)
}

/// The priority, as rules have it in lower case.
pub(crate) fn priority(alert: &v1::Alert) -> &'static str {
    match alert.priority() {
        v1::Priority::Unspecified => "",
        v1::Priority::Debug => "debug",
        v1::Priority::Informational => "informational",
        v1::Priority::Notice => "notice",
        v1::Priority::Warning => "warning",
        v1::Priority::Error => "error",
        v1::Priority::Critical => "critical",
        v1::Priority::Alert => "alert",
        v1::Priority::Emergency => "emergency",
    }
}

/// The namespace of the pod; empty without one.
pub(crate) fn namespace(alert: &v1::Alert) -> &str {
    alert.pod.as_ref().map_or("", |pod| &pod.namespace)
}

/// The host name of the node; empty where it is not known.
pub(crate) fn node(alert: &v1::Alert) -> &str {
    alert.node.as_ref().map_or("", |node| &node.hostname)
}

/// Facts under plain names (letters, digits, `_`), those that are known.
pub(crate) fn flat(notification: &Notification) -> Vec<(&'static str, String)> {
    let alert = &*notification.alert;
    let mut facts = vec![
        ("alert_id", notification.id().to_string()),
        ("rule", alert.rule.clone()),
        ("priority", priority(alert).to_owned()),
        ("source", alert.source.clone()),
        ("cluster", alert.cluster.clone()),
        ("node", node(alert).to_owned()),
        ("tags", alert.tags.join(",")),
    ];
    if let Some(pod) = &alert.pod {
        facts.push(("namespace", pod.namespace.clone()));
        facts.push(("pod", pod.name.clone()));
        facts.push(("workload_kind", pod.workload_kind.clone()));
        facts.push(("workload", pod.workload_name.clone()));
    }
    if let Some(container) = &alert.container {
        facts.push(("container_id", container.id.clone()));
        facts.push(("container", container.name.clone()));
        facts.push(("image", container.image.clone()));
    }
    if let Some(process) = &alert.process {
        facts.push(("process", process.name.clone()));
        facts.push(("process_id", process.pid.to_string()));
        facts.push(("executable", process.executable.clone()));
        facts.push(("user", process.user_name.clone()));
    }
    if count(notification) > 1 {
        facts.push(("repeats", count(notification).to_string()));
    }
    if alert.suppressed > 0 {
        facts.push(("suppressed", alert.suppressed.to_string()));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// Whether this can be the name of a label, of Prometheus, Alertmanager and Loki.
pub(crate) fn is_label_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_allowed)
        && name
            .bytes()
            .next()
            .is_some_and(|byte| !byte.is_ascii_digit())
}
