//! From a case to an event of the Kubernetes audit log.

use saker_audit_source::{AuditEvent, Batch, Limits};
use serde_json::{Map, Value};

use crate::case::Case;
use crate::error::CaseError;

/// What an event has unless the case says otherwise.
const USUAL: [(&str, &str); 4] = [
    ("kind", "Event"),
    ("auditID", "00000000-0000-4000-8000-000000000000"),
    ("stage", "ResponseComplete"),
    ("stageTimestamp", "2023-11-14T22:13:20.000000Z"),
];

/// The event that the parts of a case make, read as the API server's are.
pub(crate) fn event(case: &Case, parts: &Map<String, Value>) -> Result<AuditEvent, CaseError> {
    for (key, is_there) in [
        ("type", !case.event.event_type.is_empty()),
        ("args", !case.event.args.is_empty()),
        ("ancestors", !case.ancestors.is_empty()),
    ] {
        if is_there {
            return Err(CaseError::NotOfAudit {
                case: case.name.clone(),
                key,
            });
        }
    }
    let mut parts = parts.clone();
    for (key, usual) in USUAL {
        parts.entry(key).or_insert_with(|| usual.into());
    }
    let body = Value::Object(parts).to_string();
    let mut batch = Batch::from_body(body.as_bytes(), &Limits::default());
    match (batch.events.pop(), batch.errors.pop()) {
        (Some(event), None) if batch.events.is_empty() => Ok(event),
        (_, Some(source)) => Err(CaseError::Audit {
            case: case.name.clone(),
            source,
        }),
        // A list: of no events, or of several.
        _ => Err(CaseError::NotOfAudit {
            case: case.name.clone(),
            key: "items",
        }),
    }
}
