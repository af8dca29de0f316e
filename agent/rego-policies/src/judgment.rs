//! What policies say about one event.

use crate::limits::Limits;
use regorus::Value;
use std::sync::Arc;

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, as `package.rule`.
    pub policy: Arc<str>,
    /// Its message; the rule's name where it has none.
    pub message: Arc<str>,
}

/// What the policies say about one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgment {
    /// Of the rules `deny` and `violation`.
    pub denials: Vec<Finding>,
    /// Of the rules `warn`.
    pub warnings: Vec<Finding>,
    /// Whether a rule could not be evaluated to its end.
    pub is_incomplete: bool,
}

impl Judgment {
    /// Whether the event is denied; `None` where no rule denies it and one could not be evaluated.
    #[must_use]
    pub fn is_denied(&self) -> Option<bool> {
        match (self.denials.is_empty(), self.is_incomplete) {
            (false, _) => Some(true),
            (true, true) => None,
            (true, false) => Some(false),
        }
    }
}

/// The messages of a rule's value: none where it does not hold.
pub(crate) fn messages(value: &Value, policy: &Arc<str>, limits: &Limits) -> Vec<Finding> {
    let found = |message: Arc<str>| Finding {
        policy: Arc::clone(policy),
        message,
    };
    let all: Vec<Arc<str>> = match value {
        Value::Undefined | Value::Null | Value::Bool(false) => Vec::new(),
        Value::Bool(true) => vec![Arc::clone(policy)],
        Value::Array(values) => values.iter().take(limits.messages).map(text).collect(),
        // In their order, so that the same event gives the same text.
        Value::Set(values) => {
            let mut texts: Vec<_> = values.iter().map(text).collect();
            texts.sort();
            texts
        }
        Value::Object(object) if object.get(&Value::from("msg")).is_none() => {
            // `deny[key] := value`: an object of messages.
            let mut texts: Vec<_> = object.values().map(text).collect();
            texts.sort();
            texts
        }
        other => vec![text(other)],
    };
    all.into_iter()
        .take(limits.messages)
        .map(|message| found(cut(message, limits.message_bytes)))
        .collect()
}

/// A message: a text, or what the keys `msg` and `message` of an object say, as Conftest and Gatekeeper have it.
fn text(value: &Value) -> Arc<str> {
    let of_object = |key: &str| match value {
        Value::Object(object) => object.get(&Value::from(key)),
        _ => None,
    };
    let said = of_object("msg").or_else(|| of_object("message"));
    match said.unwrap_or(value) {
        Value::String(text) => Arc::clone(text),
        other => other.to_json_str().unwrap_or_default().into(),
    }
}

fn cut(text: Arc<str>, bytes_max: usize) -> Arc<str> {
    if text.len() <= bytes_max {
        return text;
    }
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> Vec<String> {
        let value = Value::from_json_str(json).expect("json");
        let limits = Limits {
            messages: 3,
            message_bytes: 8,
            ..Limits::default()
        };
        let found = messages(&value, &"p.deny".into(), &limits);
        found
            .into_iter()
            .map(|finding| finding.message.to_string())
            .collect()
    }

    #[test]
    fn values_of_all_conventions_are_messages() {
        assert_eq!(said("true"), ["p.deny"]);
        assert!(said("false").is_empty());
        assert!(said("[]").is_empty());
        assert_eq!(said(r#""no""#), ["no"]);
        assert_eq!(said(r#"["a", "b"]"#), ["a", "b"]);
        assert_eq!(said(r#"[{"msg": "a", "details": 1}]"#), ["a"]);
        assert_eq!(said(r#"{"message": "a", "msg": "b"}"#), ["b"]);
        assert_eq!(said(r#"{"x": "a", "y": "b"}"#), ["a", "b"]);
        assert_eq!(said("[1]"), ["1"]);
    }

    #[test]
    fn messages_are_bounded() {
        assert_eq!(said(r#"["1", "2", "3", "4"]"#).len(), 3);
        assert_eq!(said(r#"["1234567ä"]"#), ["1234567"]);
    }
}
