//! An event that is nothing but the values of fields.

use std::collections::HashMap;
use std::fmt;

use saker_event_schema::{EventId, ROWS};
use saker_rule_engine::{Event, EventKind, FieldValue, PathView};
use saker_rule_fields::{
    Emission, FLOW_EVENT_NAMES, FLOW_SOURCE, Fields, FlowEventName, Plurality, SYSCALL_SOURCE,
    emission, is_shown_to_rules,
};
use saker_rule_language::{
    Condition, Diagnostic, FieldArgument, FieldId, FieldRef, FieldType, Operand, TemplatePart,
    check_condition, check_template, did_you_mean, nearest,
};
use serde::Deserialize;

use crate::argument::bytes;
use crate::error::Problem;
use crate::form::{Flaw, Values};

/// The field without which there is no event.
const EVENT_TYPE_FIELD: &str = "evt.type";
/// The field that follows from how the event is looked at.
const VIEW_FIELD: &str = "saker.path_view";

/// An event that is nothing but the values of fields: what is not given is missing, also where it would
/// follow from what is given.
#[derive(Clone, Debug)]
pub struct FieldEvent {
    kind: EventKind,
    requested: Known,
    /// What differs under the resolved view.
    resolved: Known,
}

type Known = HashMap<(FieldId, Option<FieldArgument>), FieldValue<'static>>;

/// A value as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Written {
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    List(Vec<Written>),
    Hex { hex: String },
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "the truth value {value}"),
            Self::Integer(number) => write!(f, "the number {number}"),
            Self::Unsigned(number) => write!(f, "the number {number}"),
            Self::Float(number) => write!(f, "the number {number}"),
            Self::Text(text) => write!(f, "the text '{}'", text.escape_debug()),
            Self::List(_) => f.write_str("a list"),
            Self::Hex { hex } => write!(f, "the bytes '{}'", hex.escape_debug()),
        }
    }
}

impl FieldEvent {
    pub(crate) fn new(
        values: &Values,
        resolved: Option<&Values>,
        fields: &Fields,
    ) -> Result<Self, Flaw> {
        let written_type = values.get(EVENT_TYPE_FIELD);
        let event_type = match written_type.map(|written| &written.value) {
            Some(Some(Written::Text(name))) => name,
            None => return Err(Problem::NoEventType.into()),
            Some(other) => {
                return Err(wrong_type(EVENT_TYPE_FIELD, "a text", other.as_ref()).into());
            }
        };
        let line = written_type.map(|written| written.referenced.line());
        let kind = event_kind(event_type).map_err(|problem| Flaw { problem, line })?;
        let source = source_of(kind);
        Ok(Self {
            kind,
            requested: known(values, source, fields)?,
            resolved: match resolved {
                Some(values) => known(values, source, fields)?,
                None => Known::new(),
            },
        })
    }
}

impl Event for FieldEvent {
    fn source(&self) -> &str {
        source_of(self.kind)
    }

    fn kind(&self) -> EventKind {
        self.kind
    }

    fn views_differ(&self) -> bool {
        !self.resolved.is_empty()
    }

    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_> {
        if &*field.name == VIEW_FIELD {
            return FieldValue::text(view.name().as_bytes());
        }
        let key = (field.id, field.argument.clone());
        let resolved = match view {
            PathView::Resolved => self.resolved.get(&key),
            PathView::Requested => None,
        };
        let value = resolved.or_else(|| self.requested.get(&key));
        value.cloned().unwrap_or_default()
    }
}

/// The kind of the events of this name.
fn event_kind(name: &str) -> Result<EventKind, Problem> {
    match FlowEventName::new(name) {
        Some(name) => Ok(EventKind::Flow(name)),
        None => event_id(name).map(EventKind::Row),
    }
}

const fn source_of(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Flow(_) => FLOW_SOURCE,
        EventKind::Row(_) | EventKind::Captured(_) | EventKind::Unlisted => SYSCALL_SOURCE,
    }
}

/// The event of the kernel of this name.
pub(crate) fn event_id(name: &str) -> Result<EventId, Problem> {
    let mut rows = ROWS.iter().filter(|row| is_shown_to_rules(row));
    let row = rows.find(|row| row.name == name);
    match (row, emission(name)) {
        (Some(row), _) => Ok(row.id),
        (None, Some(Emission::NameOnly)) => Err(Problem::UnreportedEvent {
            event: name.to_owned(),
        }),
        (None, _) => Err(unknown_event(name)),
    }
}

fn unknown_event(name: &str) -> Problem {
    let rows = ROWS.iter().filter(|row| is_shown_to_rules(row));
    let names = rows
        .map(|row| row.name)
        .chain(FLOW_EVENT_NAMES.iter().copied());
    let nearest = nearest(name, names);
    Problem::UnknownEvent {
        event: name.to_owned(),
        remedy: did_you_mean(&nearest).unwrap_or_else(|| "docs/events.md lists them".to_owned()),
    }
}

fn known(values: &Values, source: &str, fields: &Fields) -> Result<Known, Flaw> {
    let mut known = Known::new();
    for (name, written) in values {
        let flaw = |problem| Flaw {
            problem,
            line: Some(written.referenced.line()),
        };
        let (field, value) = value(name, written.value.as_ref(), source, fields).map_err(flaw)?;
        let key = (field.id, field.argument);
        if known.insert(key, value).is_some() {
            return Err(flaw(Problem::FieldTwice {
                field: name.clone(),
            }));
        }
    }
    Ok(known)
}

/// The field of this name, and what is written for it as a value of its type.
pub(crate) fn value(
    name: &str,
    written: Option<&Written>,
    source: &str,
    fields: &Fields,
) -> Result<(FieldRef, FieldValue<'static>), Problem> {
    let field = field(name, source, fields)?;
    let value = match written {
        None => FieldValue::Missing,
        Some(value) => typed(name, &field, value, fields)?,
    };
    Ok((field, value))
}

/// The field of this name, with its argument, as a condition or an output would find it.
fn field(name: &str, source: &str, fields: &Fields) -> Result<FieldRef, Problem> {
    let unknown = |message: String| Problem::UnknownField {
        field: name.to_owned(),
        message,
    };
    let no_field = || unknown("not the name of a field".to_owned());
    if name.contains(|c: char| c.is_whitespace() || c == '(' || c == '%') {
        return Err(no_field());
    }
    let operand = match check_condition(&format!("{name} exists"), source, fields) {
        Ok(checked) => match checked.condition {
            Condition::Test(test) => test.left,
            _ => return Err(no_field()),
        },
        // Some fields may stand in outputs only.
        Err(diagnostics) => {
            printed(name, source, fields).ok_or_else(|| unknown(told(&diagnostics)))?
        }
    };
    match operand {
        Operand::Field(field) => Ok(field),
        Operand::Transform(_) => Err(no_field()),
    }
}

fn printed(name: &str, source: &str, fields: &Fields) -> Option<Operand> {
    let template = check_template(&format!("%{name}"), source, fields).ok()?;
    match template.parts.as_slice() {
        [TemplatePart::Token(token)] => Some(token.operand.clone()),
        _ => None,
    }
}

fn told(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .first()
        .map_or_else(String::new, |first| match &first.remedy {
            Some(remedy) => format!("{}; {remedy}", first.message),
            None => first.message.clone(),
        })
}

fn typed(
    name: &str,
    field: &FieldRef,
    written: &Written,
    fields: &Fields,
) -> Result<FieldValue<'static>, Problem> {
    let plurality = fields
        .row(field.id)
        .map_or(Plurality::One, |row| row.plurality);
    let takes_several = match plurality {
        Plurality::One => false,
        Plurality::List | Plurality::EitherEnd => true,
        Plurality::AnyAncestor => field.argument.is_none(),
    };
    let single = |value: &Written| {
        value_of(field.value_type, value)
            .ok_or_else(|| wrong_type(name, type_name(field.value_type), Some(value)))
    };
    match written {
        Written::List(values) if takes_several => Ok(FieldValue::list(
            values.iter().map(single).collect::<Result<_, _>>()?,
        )),
        value if takes_several => Ok(FieldValue::list(vec![single(value)?])),
        value => single(value),
    }
}

fn value_of(value_type: FieldType, written: &Written) -> Option<FieldValue<'static>> {
    Some(match (value_type, written) {
        (FieldType::Bool, Written::Bool(value)) => FieldValue::Bool(*value),
        (FieldType::Int, Written::Integer(number)) => FieldValue::Int(*number),
        (FieldType::Uint, written) => FieldValue::Uint(unsigned(written)?),
        (FieldType::RelTime, written) => FieldValue::RelTime(unsigned(written)?),
        (FieldType::AbsTime, written) => FieldValue::AbsTime(unsigned(written)?),
        (FieldType::Port, written) => FieldValue::Port(unsigned(written)?.try_into().ok()?),
        (FieldType::Double, Written::Float(number)) => FieldValue::Double(*number),
        (FieldType::Double, Written::Integer(number)) => {
            FieldValue::Double(f64::from(i32::try_from(*number).ok()?))
        }
        (FieldType::String, Written::Text(text)) => FieldValue::owned(text.as_bytes()),
        (FieldType::String, Written::Hex { hex }) => FieldValue::owned(bytes(hex)?),
        (FieldType::Bytes, Written::Text(text)) => {
            FieldValue::Bytes(text.clone().into_bytes().into())
        }
        (FieldType::Bytes, Written::Hex { hex }) => FieldValue::Bytes(bytes(hex)?.into()),
        (FieldType::IpAddr | FieldType::IpNet, Written::Text(text)) => {
            FieldValue::Ip(text.parse().ok()?)
        }
        // The type follows from the event: what is written says it.
        (FieldType::Dynamic, Written::Integer(number)) => FieldValue::Int(*number),
        (FieldType::Dynamic, Written::Unsigned(number)) => FieldValue::Uint(*number),
        (FieldType::Dynamic, Written::Bool(value)) => FieldValue::Bool(*value),
        (FieldType::Dynamic, Written::Text(text)) => FieldValue::owned(text.as_bytes()),
        _ => return None,
    })
}

fn unsigned(written: &Written) -> Option<u64> {
    match written {
        Written::Integer(number) => u64::try_from(*number).ok(),
        Written::Unsigned(number) => Some(*number),
        _ => None,
    }
}

fn type_name(value_type: FieldType) -> &'static str {
    match value_type {
        FieldType::Bool => "a truth value (true or false)",
        FieldType::Int => "a whole number",
        FieldType::Uint => "a whole number from 0",
        FieldType::Double => "a number",
        FieldType::String => "a text (in quotes where it looks like something else)",
        FieldType::Bytes => "bytes (a text or {hex: …})",
        FieldType::IpAddr | FieldType::IpNet => "an IP address",
        FieldType::Port => "a port (0 to 65535)",
        FieldType::RelTime => "a duration in nanoseconds",
        FieldType::AbsTime => "a time in nanoseconds since 1970",
        FieldType::Dynamic => "a number, a text or a truth value",
    }
}

fn wrong_type(field: &str, expected: &'static str, value: Option<&Written>) -> Problem {
    Problem::FieldType {
        field: field.to_owned(),
        expected,
        value: value.map_or_else(|| "null".to_owned(), Written::to_string),
    }
}
