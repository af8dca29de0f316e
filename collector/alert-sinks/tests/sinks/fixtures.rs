//! Alerts to deliver.

use saker_alert_formats::{Notification, Repeats};
use saker_alert_sinks::{Outcome, Sink, SinkSettings};
use saker_proto::{AlertId, v1};
use serde_json::Value;
use std::sync::Arc;

/// 2026-11-21T12:00:00Z, in nanoseconds since the epoch.
pub(crate) const NOON_NS: u64 = 1_795_262_400_000_000_000;

/// An alert of a container in a pod, told apart by its number.
pub(crate) fn alert(number: u8) -> v1::Alert {
    v1::Alert {
        id: vec![number; 16].into(),
        time_unix_ns: NOON_NS + u64::from(number),
        rule: "Terminal shell in container".to_owned(),
        priority: v1::Priority::Warning.into(),
        source: "syscall".to_owned(),
        tags: vec!["container".to_owned(), "T1059".to_owned()],
        output: format!("A shell was spawned <{number}> & \"quoted\" *bold* `code`"),
        fields: vec![
            field("proc.name", v1::value::Kind::Text("bash".to_owned())),
            field("proc.pid", v1::value::Kind::Signed(4_711)),
            field("evt.rawres", v1::value::Kind::Unsigned(u64::MAX)),
        ],
        process: Some(process()),
        container: Some(v1::Container {
            id: "0123456789ab".to_owned(),
            full_id: "0123456789abcdef".repeat(4),
            name: "web".to_owned(),
            runtime: "containerd".to_owned(),
            image: "registry.example/web:1.2".to_owned(),
            image_repository: "registry.example/web".to_owned(),
            image_tag: "1.2".to_owned(),
            is_privileged: Some(false),
            ..Default::default()
        }),
        pod: Some(v1::Pod {
            name: "web-5d9c-x7".to_owned(),
            namespace: "shop".to_owned(),
            uid: "0c6d9a1e-0000-4000-8000-000000000001".to_owned(),
            workload_kind: "Deployment".to_owned(),
            workload_name: "web".to_owned(),
            ..Default::default()
        }),
        node: Some(v1::Node {
            hostname: "node-1".to_owned(),
            boot_id: "boot".to_owned(),
            kubernetes_name: "node-1.internal".to_owned(),
        }),
        cluster: "production".to_owned(),
        ..Default::default()
    }
}

fn process() -> v1::Process {
    v1::Process {
        pid: 4_711,
        tid: 4_712,
        pid_in_namespace: 7,
        name: "bash".to_owned(),
        executable: "/bin/bash".to_owned(),
        arguments: vec!["bash".to_owned(), "-i".to_owned()],
        working_directory: "/srv".to_owned(),
        user_id: Some(0),
        user_name: "root".to_owned(),
        ancestors: vec![v1::Process {
            pid: 4_000,
            name: "runc".to_owned(),
            executable: "/usr/bin/runc".to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn field(name: &str, kind: v1::value::Kind) -> v1::Field {
    v1::Field {
        name: name.to_owned(),
        value: Some(v1::Value { kind: Some(kind) }),
    }
}

/// A notification of one alert.
pub(crate) fn notification(number: u8) -> Notification {
    of(alert(number))
}

/// A notification of this alert.
pub(crate) fn of(alert: v1::Alert) -> Notification {
    let id = AlertId::from_slice(&alert.id).unwrap();
    Notification::single(id, Arc::new(alert))
}

/// A notification of three alerts within a minute.
pub(crate) fn repeated(number: u8) -> Notification {
    let mut notification = notification(number);
    notification.repeats = Repeats {
        first_seen_ns: NOON_NS,
        last_seen_ns: NOON_NS + 60_000_000_000,
        members: [number, number + 100, number + 101]
            .map(|member| AlertId::from_bytes([member; 16]))
            .to_vec(),
    };
    notification
}

pub(crate) fn notifications(numbers: impl IntoIterator<Item = u8>) -> Vec<Notification> {
    numbers.into_iter().map(notification).collect()
}

/// The id of the notification with this number, as sinks write it.
pub(crate) fn id(number: u8) -> String {
    AlertId::from_bytes([number; 16]).to_string()
}

/// The sink of these settings.
pub(crate) fn sink(settings: Value) -> Box<dyn Sink> {
    settings_of(settings).build().unwrap()
}

/// The settings, with a name.
pub(crate) fn settings_of(mut settings: Value) -> SinkSettings {
    settings["name"] = "test".into();
    serde_json::from_value(settings).unwrap()
}

pub(crate) fn is_retry(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Retry { .. })
}

pub(crate) fn is_rejected(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected { .. })
}
