//! `json.*` and its old name `jevt.*`: any part of an event that is JSON.

use super::ka::{member, text_of};
use crate::context::EventContext;
use crate::row::{Extractor, FieldRow, FieldSources};
use crate::value::FieldValue;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};
use serde_json::Value;

pub(super) static ROWS: &[&[FieldRow]] = &[JSON];

static JSON: &[FieldRow] = &[
    text(
        "json.value",
        "The part of the event that a JSON pointer (RFC 6901) names: a text itself, anything else as JSON.",
        pointed,
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    text("json.obj", "The whole event as JSON, indented.", indented),
    text(
        "json.rawtime",
        "Time of the event as text, nanoseconds since the epoch.",
        time,
    ),
    text("jevt.value", "Old name of `json.value`.", pointed)
        .takes(ArgumentRule::Required(ArgumentForms::Key)),
    text("jevt.obj", "Old name of `json.obj`.", indented),
    text("jevt.rawtime", "Old name of `json.rawtime`.", time),
];

const fn text(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor).of(FieldSources::K8sAudit)
}

fn json<'a>(context: &EventContext<'a>) -> Option<&'a Value> {
    context
        .audit_event()
        .map(saker_audit_source::AuditEvent::json)
}

fn pointed<'c>(context: &'c EventContext<'_>, argument: Option<&FieldArgument>) -> FieldValue<'c> {
    let pointer = match argument {
        Some(FieldArgument::Key(pointer)) => &**pointer,
        _ => return FieldValue::Missing,
    };
    let part = json(context).and_then(|json| {
        if pointer.is_empty() {
            return Some(json);
        }
        // Falco takes a pointer without its first slash too.
        let pointer = pointer.strip_prefix('/').unwrap_or(pointer);
        pointer.split('/').try_fold(json, |value, key| {
            if key.contains('~') {
                member(value, &key.replace("~1", "/").replace("~0", "~"))
            } else {
                member(value, key)
            }
        })
    });
    FieldValue::of(part, text_of)
}

fn indented<'c>(context: &'c EventContext<'_>, _: Option<&FieldArgument>) -> FieldValue<'c> {
    FieldValue::of(json(context), |json| FieldValue::owned(format!("{json:#}")))
}

fn time<'c>(context: &'c EventContext<'_>, _: Option<&FieldArgument>) -> FieldValue<'c> {
    FieldValue::of(context.audit_event(), |event| {
        FieldValue::owned(event.time_wall_ns().to_string())
    })
}
