//! Puts `input` together.

use super::plan::Node;
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_rego_policies::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most bytes of a text; the rest is cut off.
const TEXT_BYTES_MAX: usize = 32 << 10;

/// Most bytes of all values together, the audit event included.
const INPUT_BYTES_MAX: usize = 1 << 20;

/// What a value takes beside its text, in bytes.
const VALUE_BYTES: usize = 16;

/// Levels of an audit event. JSON that was read has no more than 128.
const LEVELS_MAX: usize = 128;

/// `input`, or why there is none.
pub(super) enum Input {
    /// It is whole.
    Whole(Value),
    /// Something was left out because it was too large.
    Cut(Value),
    /// A field is being looked up.
    Pending,
}

/// Reads the fields of a plan.
pub(super) fn input(plan: &BTreeMap<Arc<str>, Node>, context: &EventContext<'_>) -> Input {
    let mut reader = Reader {
        context,
        left: INPUT_BYTES_MAX,
        is_cut: false,
        is_pending: false,
    };
    let value = reader.names(plan);
    match (reader.is_pending, reader.is_cut) {
        (true, _) => Input::Pending,
        (false, true) => Input::Cut(value),
        (false, false) => Input::Whole(value),
    }
}

struct Reader<'c, 'a> {
    context: &'c EventContext<'a>,
    left: usize,
    is_cut: bool,
    is_pending: bool,
}

impl Reader<'_, '_> {
    /// The recursion is bounded by the names of fields.
    fn names(&mut self, names: &BTreeMap<Arc<str>, Node>) -> Value {
        let mut value = Value::new_object();
        for (name, node) in names {
            let Some(below) = self.node(node) else {
                continue;
            };
            let Ok(object) = value.as_object_mut() else {
                continue;
            };
            // `input.proc.aname[2]` looks for a number.
            if let Ok(number) = name.parse::<u64>() {
                object.insert(Value::from(number), below.clone());
            }
            object.insert(Value::String(Arc::clone(name)), below);
        }
        value
    }

    fn node(&mut self, node: &Node) -> Option<Value> {
        match node {
            Node::Names(names) => Some(self.names(names)),
            Node::Source => Some(Value::from(self.context.source())),
            Node::Audit => {
                let event = self.context.audit_event()?;
                self.json(event.json(), LEVELS_MAX)
            }
            Node::Field(row, argument) => {
                let context = self.context;
                let value = row.extract(context, argument.as_ref());
                self.field(&value)
            }
        }
    }

    fn field(&mut self, value: &FieldValue<'_>) -> Option<Value> {
        let value = match value {
            FieldValue::Missing => return None,
            FieldValue::Pending => {
                self.is_pending = true;
                return None;
            }
            FieldValue::Bool(value) => Value::from(*value),
            FieldValue::Int(number) => Value::from(*number),
            FieldValue::Double(number) => Value::from(*number),
            FieldValue::Uint(number)
            | FieldValue::RelTime(number)
            | FieldValue::AbsTime(number) => Value::from(*number),
            FieldValue::Port(port) => Value::from(u64::from(*port)),
            FieldValue::Ip(address) => Value::from(address.to_string()),
            FieldValue::Text(bytes) | FieldValue::Bytes(bytes) => return self.text(bytes),
            FieldValue::List(values) => {
                let mut all = Vec::with_capacity(values.len().min(self.left));
                for value in values {
                    all.extend(self.field(value));
                }
                Value::from(all)
            }
        };
        self.take(VALUE_BYTES).then_some(value)
    }

    fn text(&mut self, bytes: &[u8]) -> Option<Value> {
        let shown = match bytes.get(..TEXT_BYTES_MAX) {
            Some(begin) if begin.len() < bytes.len() => {
                self.is_cut = true;
                begin
            }
            _ => bytes,
        };
        self.take(shown.len().saturating_add(VALUE_BYTES))
            .then(|| Value::from(&*String::from_utf8_lossy(shown)))
    }

    /// The recursion is bounded by the levels.
    fn json(&mut self, json: &serde_json::Value, levels: usize) -> Option<Value> {
        let Some(levels) = levels.checked_sub(1) else {
            self.is_cut = true;
            return None;
        };
        match json {
            serde_json::Value::String(text) => return self.text(text.as_bytes()),
            serde_json::Value::Array(values) => {
                let mut all = Vec::new();
                for value in values {
                    all.extend(self.json(value, levels));
                }
                return self.take(VALUE_BYTES).then(|| Value::from(all));
            }
            serde_json::Value::Object(fields) => {
                let mut value = Value::new_object();
                for (name, below) in fields {
                    let below = self.json(below, levels);
                    let has_place = self.take(name.len().saturating_add(VALUE_BYTES));
                    if let (Some(below), true, Ok(object)) =
                        (below, has_place, value.as_object_mut())
                    {
                        object.insert(Value::from(name.as_str()), below);
                    }
                }
                return Some(value);
            }
            _ => {}
        }
        self.take(VALUE_BYTES).then(|| match json {
            serde_json::Value::Bool(value) => Value::from(*value),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map(Value::from)
                .or_else(|| number.as_u64().map(Value::from))
                .or_else(|| number.as_f64().map(Value::from))
                .unwrap_or(Value::Null),
            _ => Value::Null,
        })
    }

    /// Whether so many bytes more are permitted.
    fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.is_cut = true;
                false
            }
        }
    }
}
