//! What several formats tell in the same words.

use std::net::IpAddr;

use saker_proto::v1::{Alert, Enrichment, PathView, Process, Request};
use serde_json::Value;

use crate::object::Object;

/// Which paths the rule saw.
pub(crate) fn path_view(alert: &Alert) -> Value {
    match alert.path_view() {
        PathView::Unspecified => Value::Null,
        PathView::Requested => "requested".into(),
        PathView::Resolved => "resolved".into(),
    }
}

/// Whether all was known that rule and output ask for.
pub(crate) fn enrichment(alert: &Alert) -> Value {
    match alert.enrichment() {
        Enrichment::Unspecified => Value::Null,
        Enrichment::Complete => "complete".into(),
        Enrichment::Partial => "partial".into(),
    }
}

/// What tables and rules the alert comes from.
pub(crate) fn engine(alert: &Alert) -> Object {
    let mut object = Object::default();
    if let Some(engine) = &alert.engine {
        object.add_text("schema_digest", &hexadecimal(&engine.schema_digest));
        object.add_text("rules_digest", &hexadecimal(&engine.rules_digest));
    }
    object
}

fn hexadecimal(bytes: &[u8]) -> String {
    /// A digest has no more; what came from elsewhere may.
    const DIGEST_BYTES: usize = 32;
    let digits = bytes.iter().take(DIGEST_BYTES);
    digits.map(|byte| format!("{byte:02x}")).collect()
}

/// The program with its arguments.
pub(crate) fn command_line(process: &Process) -> String {
    process.arguments.join(" ")
}

/// What tells a process from all others: boot, pid and begin. Empty where one of them is not known.
pub(crate) fn process_id(alert: &Alert, process: &Process) -> String {
    let boot_id = alert.node.as_ref().map_or("", |node| &node.boot_id);
    let start_ns = match process.start_boot_ns {
        0 => process.start_unix_ns,
        start => start,
    };
    if boot_id.is_empty() || start_ns == 0 {
        return String::new();
    }
    format!("{boot_id}-{}-{start_ns}", process.pid)
}

/// The request that an event is about which no process made.
pub(crate) fn request(alert: &Alert) -> Option<&Request> {
    alert.request.as_ref().filter(|_| alert.process.is_none())
}

/// The address that a request came from, where it is one: receivers take no other text for it.
pub(crate) fn client(request: &Request) -> Option<IpAddr> {
    request.source_addresses.first()?.parse().ok()
}

/// The last component of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
