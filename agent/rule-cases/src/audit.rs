//! From a case to an event of the Kubernetes audit log.

use saker_audit_source::{AuditEvent, Batch, Limits};
use serde_json::{Map, Value};

use crate::case::Happening;
use crate::error::Problem;

/// What an event has unless the case says otherwise.
const USUAL: [(&str, &str); 4] = [
    ("kind", "Event"),
    ("auditID", "00000000-0000-4000-8000-000000000000"),
    ("stage", "ResponseComplete"),
    ("stageTimestamp", "2023-11-14T22:13:20.000000Z"),
];

/// The event that the parts of a case make, read as the API server's are.
pub(crate) fn event(
    parts: Map<String, Value>,
    happening: &Happening,
) -> Result<AuditEvent, Problem> {
    for (key, is_there) in [
        ("type", !happening.event.event_type.is_empty()),
        ("args", !happening.event.args.is_empty()),
        ("ancestors", !happening.ancestors.is_empty()),
        ("container", happening.container.is_some()),
        ("manifests", happening.objects.is_some()),
    ] {
        if is_there {
            return Err(Problem::NotOfAudit { key });
        }
    }
    let mut parts = parts;
    for (key, usual) in USUAL {
        parts.entry(key).or_insert_with(|| usual.into());
    }
    let body = Value::Object(parts).to_string();
    let mut batch = Batch::from_body(body.as_bytes(), &Limits::default());
    match (batch.events.pop(), batch.errors.pop()) {
        (Some(event), None) if batch.events.is_empty() => Ok(event),
        (_, Some(source)) => Err(source.into()),
        // A list: of no events, or of several.
        _ => Err(Problem::NotOfAudit { key: "items" }),
    }
}
