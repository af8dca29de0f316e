//! Detection Finding of the Open Cybersecurity Schema Framework 1.5.0
//! (<https://schema.ocsf.io/1.5.0/classes/detection_finding>). What it has no attribute for stands under
//! `unmapped`.

mod evidence;
mod place;

use saker_proto::v1::{Alert, Priority};
use serde_json::{Map, Value};

use crate::attack::Attack;
use crate::facts;
use crate::notification::Notification;
use crate::object::{Object, json_of, text, texts};
use crate::priority::priority_name;

/// The version that the attributes are of.
const VERSION: &str = "1.5.0";

/// Detection Finding, in the category of findings.
const CLASS: u32 = 2004;
const CATEGORY: u32 = 2;

/// A finding is told for the first time.
const ACTIVITY_CREATE: u32 = 1;
const TYPE: u32 = 200_401;

/// Nobody has looked at it yet.
const STATUS_NEW: u32 = 1;

/// What found it is a rule.
const ANALYTIC_RULE: u32 = 1;

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// The finding of an alert.
#[must_use]
pub fn finding(notification: &Notification) -> Map<String, Value> {
    let alert = &*notification.alert;
    let (severity_id, severity) = severity(alert.priority());
    let mut finding = Object::default();
    finding.add("activity_id", ACTIVITY_CREATE);
    finding.add("activity_name", "Create");
    finding.add("category_uid", CATEGORY);
    finding.add("category_name", "Findings");
    finding.add("class_uid", CLASS);
    finding.add("class_name", "Detection Finding");
    finding.add("type_uid", TYPE);
    finding.add("type_name", "Detection Finding: Create");
    finding.add("severity_id", severity_id);
    finding.add("severity", severity);
    finding.add("status_id", STATUS_NEW);
    finding.add("status", "New");
    finding.add("is_alert", true);
    finding.add("time", milliseconds(alert.time_unix_ns));
    finding.add(
        "start_time",
        milliseconds(notification.repeats.first_seen_ns),
    );
    finding.add("end_time", milliseconds(notification.repeats.last_seen_ns));
    finding.add("count", notification.repeats.members.len());
    finding.add_text("message", &alert.output);
    finding.add("metadata", metadata(notification));
    finding.add("finding_info", finding_info(notification));
    finding.add("evidences", evidence::evidences(alert));
    if let Some(node) = &alert.node {
        finding.add("device", place::device(node));
    }
    finding.add("resources", place::resources(alert));
    finding.add("observables", evidence::observables(alert));
    finding.add("unmapped", unmapped(notification));
    finding.into()
}

/// Milliseconds since the epoch.
fn milliseconds(time_unix_ns: u64) -> u64 {
    time_unix_ns / NANOSECONDS_PER_MILLISECOND
}

/// Number and name of a severity.
const fn severity(priority: Priority) -> (u32, &'static str) {
    match priority {
        Priority::Unspecified => (0, "Unknown"),
        Priority::Debug | Priority::Informational => (1, "Informational"),
        Priority::Notice => (2, "Low"),
        Priority::Warning => (3, "Medium"),
        Priority::Error => (4, "High"),
        Priority::Critical | Priority::Alert => (5, "Critical"),
        Priority::Emergency => (6, "Fatal"),
    }
}

fn metadata(notification: &Notification) -> Object {
    let alert = &*notification.alert;
    let mut product = Object::default();
    product.add("name", "Saker");
    product.add("vendor_name", "Saker");
    if let Some(engine) = &alert.engine {
        product.add_text("version", &engine.version);
    }
    let mut metadata = Object::default();
    metadata.add("version", VERSION);
    metadata.add("product", product);
    // Of attributes that only a profile has: a process's container, and the device.
    metadata.add("profiles", Value::from(["container", "host"].as_slice()));
    metadata.add("uid", notification.id().to_string());
    metadata.add_text("event_code", &alert.event_type);
    metadata.add_text("log_name", &alert.source);
    metadata.add("labels", texts(&alert.tags));
    metadata
}

fn finding_info(notification: &Notification) -> Object {
    let alert = &*notification.alert;
    let mut analytic = Object::default();
    analytic.add("type_id", ANALYTIC_RULE);
    analytic.add("type", "Rule");
    analytic.add_text("name", &alert.rule);
    let mut info = Object::default();
    info.add("uid", notification.id().to_string());
    info.add_text("title", &alert.rule);
    info.add_text("desc", &alert.output);
    info.add("analytic", analytic.with_one_of(&["name"]));
    info.add("attacks", attacks(alert));
    info.add("created_time", milliseconds(alert.time_unix_ns));
    info.add(
        "first_seen_time",
        milliseconds(notification.repeats.first_seen_ns),
    );
    info.add(
        "last_seen_time",
        milliseconds(notification.repeats.last_seen_ns),
    );
    if !alert.source.is_empty() {
        info.add("data_sources", vec![text(&alert.source)]);
    }
    let others = notification.listed(usize::MAX).into_iter().skip(1);
    let others = others.map(|id| {
        let mut event = Object::default();
        event.add("uid", id);
        event.add("type_uid", TYPE);
        Value::from(event)
    });
    info.add("related_events", others.collect::<Value>());
    info
}

/// What the tags say. They do not say which technique belongs to which of several tactics.
fn attacks(alert: &Alert) -> Value {
    let attack = Attack::of(&alert.tags);
    let tactics: Vec<Value> = attack
        .tactics
        .iter()
        .map(|tactic| {
            let mut object = Object::default();
            object.add("uid", tactic.id);
            object.add("name", tactic.name);
            object.into()
        })
        .collect();
    let entry = |kind: &str, uid: &str| {
        let mut technique = Object::default();
        technique.add("uid", uid);
        let mut entry = Object::default();
        if let [tactic] = &*tactics {
            entry.add("tactic", tactic.clone());
        }
        entry.add(kind, technique);
        entry
    };
    let mut attacks: Vec<Value> = Vec::new();
    for technique in &attack.techniques {
        let mut below = attack
            .subtechniques
            .iter()
            .filter(|uid| uid.starts_with(technique))
            .peekable();
        if below.peek().is_none() {
            attacks.push(entry("technique", technique).into());
        }
        for subtechnique in below {
            let mut entry = entry("technique", technique);
            let mut object = Object::default();
            object.add("uid", *subtechnique);
            entry.add("sub_technique", object);
            attacks.push(entry.into());
        }
    }
    if attacks.is_empty() || tactics.len() > 1 {
        attacks.extend(tactics.into_iter().map(|tactic| {
            let mut entry = Object::default();
            entry.add("tactic", tactic);
            Value::from(entry)
        }));
    }
    attacks.into()
}

/// What OCSF has no attribute for.
fn unmapped(notification: &Notification) -> Object {
    let alert = &*notification.alert;
    let mut own = Object::default();
    own.add("priority", priority_name(alert.priority()));
    own.add("time_unix_ns", alert.time_unix_ns);
    own.add("path_view", facts::path_view(alert));
    own.add("enrichment", facts::enrichment(alert));
    own.add("suppressed", alert.suppressed);
    if let Some(process) = &alert.process {
        own.add_known("terminal", process.terminal);
        own.add("arguments_cut", process.arguments_cut.then_some(true));
    }
    if let Some(container) = &alert.container {
        own.add("container_privileged", container.is_privileged);
        own.add_text("container_image_digest", &container.image_digest);
    }
    if let Some(pod) = &alert.pod {
        own.add_text("service_account", &pod.service_account);
    }
    if let Some(request) = facts::request(alert) {
        own.add_text("subresource", &request.subresource);
        own.add_text("impersonated_user", &request.impersonated_user);
        own.add_text("user_agent", &request.user_agent);
    }
    own.add("engine", facts::engine(alert));
    let mut unmapped = Object::default();
    unmapped.add("saker", own);
    unmapped
}

/// The fields that the rule's output names.
fn fields(alert: &Alert) -> Object {
    let mut fields = Object::default();
    for field in &alert.fields {
        fields.add(&field.name, json_of(field.value.as_ref()));
    }
    fields
}
