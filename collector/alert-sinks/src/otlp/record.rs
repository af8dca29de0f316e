//! What a notification is as a log record, and where it comes from as a resource.
//!
//! Attributes are named by the semantic conventions where there is a name:
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/>. What they do not know is below `saker.`.

use crate::facts;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;
use saker_alert_formats::{Notification, rfc3339};
use saker_proto::v1;

/// Name of the event, by which receivers know what attributes to expect.
const EVENT_NAME: &str = "saker.alert";

/// The log record of a notification.
pub(super) fn record(notification: &Notification, observed_ns: u64) -> LogRecord {
    let alert = &*notification.alert;
    let (severity, text) = severity(alert.priority());
    LogRecord {
        time_unix_nano: alert.time_unix_ns,
        observed_time_unix_nano: observed_ns,
        severity_number: severity.into(),
        severity_text: text.to_owned(),
        body: Some(any(Any::StringValue(alert.output.clone()))),
        attributes: attributes(notification),
        event_name: EVENT_NAME.to_owned(),
        ..LogRecord::default()
    }
}

/// Where the alert comes from.
pub(super) fn resource(alert: &v1::Alert) -> Resource {
    let mut attributes = Attributes::default();
    attributes.text("service.name", "saker");
    if let Some(engine) = &alert.engine {
        attributes.text("service.version", &engine.version);
    }
    if let Some(node) = &alert.node {
        attributes.text("host.name", &node.hostname);
        attributes.text("k8s.node.name", &node.kubernetes_name);
    }
    attributes.text("k8s.cluster.name", &alert.cluster);
    if let Some(pod) = &alert.pod {
        attributes.text("k8s.namespace.name", &pod.namespace);
        attributes.text("k8s.pod.name", &pod.name);
        attributes.text("k8s.pod.uid", &pod.uid);
        let workload = match pod.workload_kind.as_str() {
            "Deployment" => Some("k8s.deployment.name"),
            "StatefulSet" => Some("k8s.statefulset.name"),
            "DaemonSet" => Some("k8s.daemonset.name"),
            "ReplicaSet" => Some("k8s.replicaset.name"),
            "Job" => Some("k8s.job.name"),
            "CronJob" => Some("k8s.cronjob.name"),
            _ => None,
        };
        if let Some(name) = workload {
            attributes.text(name, &pod.workload_name);
        }
    }
    if let Some(container) = &alert.container {
        let id = match container.full_id.as_str() {
            "" => &container.id,
            full => full,
        };
        attributes.text("container.id", id);
        attributes.text("container.name", &container.name);
        attributes.text("container.runtime.name", &container.runtime);
        attributes.text("container.image.name", &container.image_repository);
        if !container.image_tag.is_empty() {
            attributes.texts(
                "container.image.tags",
                std::slice::from_ref(&container.image_tag),
            );
        }
    }
    Resource {
        attributes: attributes.0,
        ..Resource::default()
    }
}

/// <https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/#appendix-b-severitynumber-example-mappings>,
/// the column of syslog.
fn severity(priority: v1::Priority) -> (SeverityNumber, &'static str) {
    match priority {
        v1::Priority::Unspecified => (SeverityNumber::Unspecified, ""),
        v1::Priority::Debug => (SeverityNumber::Debug, "Debug"),
        v1::Priority::Informational => (SeverityNumber::Info, "Informational"),
        v1::Priority::Notice => (SeverityNumber::Info2, "Notice"),
        v1::Priority::Warning => (SeverityNumber::Warn, "Warning"),
        v1::Priority::Error => (SeverityNumber::Error, "Error"),
        v1::Priority::Critical => (SeverityNumber::Error2, "Critical"),
        v1::Priority::Alert => (SeverityNumber::Error3, "Alert"),
        v1::Priority::Emergency => (SeverityNumber::Fatal, "Emergency"),
    }
}

fn attributes(notification: &Notification) -> Vec<KeyValue> {
    let alert = &*notification.alert;
    let mut attributes = Attributes::default();
    // Records of the same uid may be taken for duplicates of each other, says the convention.
    attributes.text("log.record.uid", &notification.id().to_string());
    attributes.text("security_rule.name", &alert.rule);
    attributes.text("saker.source", &alert.source);
    attributes.texts("saker.tags", &alert.tags);
    if let Some(process) = &alert.process {
        process_attributes(&mut attributes, process);
    }
    if let Some(container) = &alert.container
        && let Some(is_privileged) = container.is_privileged
    {
        attributes.push("saker.container.privileged", Any::BoolValue(is_privileged));
    }
    for field in &alert.fields {
        if let Some(value) = field.value.as_ref().and_then(field_value) {
            attributes.push(&format!("saker.fields.{}", field.name), value);
        }
    }
    if alert.suppressed > 0 {
        attributes.integer("saker.suppressed", alert.suppressed);
    }
    let repeats = &notification.repeats;
    if facts::count(notification) > 1 {
        attributes.integer("saker.repeats.count", repeats.members.len());
        attributes.integer("saker.repeats.first_seen_unix_nano", repeats.first_seen_ns);
        attributes.integer("saker.repeats.last_seen_unix_nano", repeats.last_seen_ns);
        let members: Vec<String> = repeats.members.iter().map(ToString::to_string).collect();
        attributes.texts("saker.repeats.members", &members);
    }
    attributes.0
}

fn process_attributes(attributes: &mut Attributes, process: &v1::Process) {
    attributes.integer("process.pid", process.pid);
    if process.pid_in_namespace != 0 {
        attributes.integer("process.vpid", process.pid_in_namespace);
    }
    if process.tid != 0 {
        attributes.integer("thread.id", process.tid);
    }
    if process.start_unix_ns != 0 {
        attributes.text("process.creation.time", &rfc3339(process.start_unix_ns));
    }
    attributes.text("process.executable.name", &process.name);
    attributes.text("process.executable.path", &process.executable);
    attributes.texts("process.command_args", &process.arguments);
    attributes.text("process.working_directory", &process.working_directory);
    if let Some(user_id) = process.user_id {
        attributes.text("user.id", &user_id.to_string());
    }
    attributes.text("user.name", &process.user_name);
    if let Some(parent) = process.ancestors.first() {
        attributes.integer("process.parent_pid", parent.pid);
        attributes.text("saker.process.parent.executable.path", &parent.executable);
    }
    let names: Vec<String> = process
        .ancestors
        .iter()
        .map(|ancestor| ancestor.name.clone())
        .collect();
    attributes.texts("saker.process.ancestors", &names);
}

/// A field's value; none where the event has none.
fn field_value(value: &v1::Value) -> Option<Any> {
    use v1::value::Kind;
    Some(match value.kind.as_ref()? {
        Kind::Text(text) => Any::StringValue(text.clone()),
        Kind::Boolean(boolean) => Any::BoolValue(*boolean),
        Kind::Unsigned(number) => integer(*number),
        Kind::Signed(number) => Any::IntValue(*number),
        Kind::Float(number) => Any::DoubleValue(*number),
        // Lists of fields hold no lists.
        Kind::List(list) => Any::ArrayValue(ArrayValue {
            values: list
                .values
                .iter()
                .filter(|value| !matches!(value.kind, Some(Kind::List(_))))
                .filter_map(field_value)
                .map(any)
                .collect(),
        }),
    })
}

/// OTLP has no unsigned numbers: what is too large is a text.
fn integer(number: u64) -> Any {
    i64::try_from(number).map_or_else(|_| Any::StringValue(number.to_string()), Any::IntValue)
}

fn any(value: Any) -> AnyValue {
    AnyValue { value: Some(value) }
}

/// Attributes, without those that are empty.
#[derive(Default)]
struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn push(&mut self, name: &str, value: Any) {
        self.0.push(KeyValue {
            key: name.to_owned(),
            value: Some(any(value)),
            ..KeyValue::default()
        });
    }

    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.push(name, Any::StringValue(text.to_owned()));
        }
    }

    fn texts(&mut self, name: &str, texts: &[String]) {
        if !texts.is_empty() {
            let values = texts
                .iter()
                .map(|text| any(Any::StringValue(text.clone())))
                .collect();
            self.push(name, Any::ArrayValue(ArrayValue { values }));
        }
    }

    fn integer(&mut self, name: &str, number: impl TryInto<u64>) {
        if let Ok(number) = number.try_into() {
            self.push(name, integer(number));
        }
    }
}
