//! JSON objects without what is not known.

use saker_proto::v1::{self, value::Kind};
use serde_json::{Map, Number, Value};

use crate::escape::safe;

/// An object that takes no empty values.
#[derive(Debug, Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    /// Adds a value, unless it is empty: null, a text, a list or an object without anything in it.
    pub(crate) fn add(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(elements) => elements.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            self.0.insert(safe(key).into_owned(), value);
        }
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object, or an empty one where it has none of these keys.
    pub(crate) fn with_one_of(self, keys: &[&str]) -> Self {
        if keys.iter().any(|key| self.0.contains_key(*key)) {
            return self;
        }
        Self::default()
    }

    /// Adds a number that is known where it is not 0.
    pub(crate) fn add_known(&mut self, key: &str, number: impl Into<u64>) {
        let number = number.into();
        self.add(key, (number != 0).then_some(number));
    }

    /// Adds a text.
    pub(crate) fn add_text(&mut self, key: &str, value: &str) {
        self.add(key, text(value));
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

impl From<Object> for Map<String, Value> {
    fn from(object: Object) -> Self {
        object.0
    }
}

/// A text that is safe to print.
pub(crate) fn text(text: &str) -> Value {
    Value::String(safe(text).into_owned())
}

/// Texts that are safe to print.
pub(crate) fn texts(texts: &[String]) -> Value {
    texts.iter().map(|one| text(one)).collect()
}

/// The value of a field as JSON has it.
pub(crate) fn json_of(value: Option<&v1::Value>) -> Value {
    match value.and_then(|value| value.kind.as_ref()) {
        None => Value::Null,
        Some(Kind::Text(part)) => text(part),
        Some(Kind::Boolean(boolean)) => (*boolean).into(),
        Some(Kind::Unsigned(number)) => (*number).into(),
        Some(Kind::Signed(number)) => (*number).into(),
        Some(Kind::Float(number)) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Some(Kind::List(list)) => list
            .values
            .iter()
            .map(|element| json_of(Some(element)))
            .collect(),
    }
}
