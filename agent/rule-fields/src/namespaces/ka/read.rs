//! Reading values out of the JSON of an audit event, as Falco's `k8saudit` plugin does.
//!
//! A text is itself; every other value (`true`, a number, an object, also `null`) is its JSON. Where keys
//! lead through an array, all of its elements are followed, or the one that an index names.

use crate::row::Keys;
use crate::value::FieldValue;
use saker_rule_language::FieldArgument;
use serde_json::Value;

/// The part of an object or array under a key.
pub(in crate::namespaces) fn member<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(key),
        Value::Array(elements) => elements.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

/// A value as text.
pub(in crate::namespaces) fn text(value: &Value) -> FieldValue<'_> {
    match value {
        Value::String(text) => FieldValue::text(text.as_bytes()),
        other => FieldValue::owned(other.to_string()),
    }
}

fn keys_of(keys: Keys) -> impl Iterator<Item = &'static str> + Clone {
    keys.base.iter().chain(keys.rest).copied()
}

/// The value that keys lead to, no array followed.
pub(super) fn at(json: &Value, mut keys: impl Iterator<Item = &'static str>) -> Option<&Value> {
    keys.try_fold(json, member)
}

/// The values that keys lead to; an element of an array that lacks them is `None`. Nothing when they
/// lead nowhere.
pub(super) fn values<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<Vec<Option<&'v Value>>> {
    let index = match argument {
        Some(FieldArgument::Index(index)) => Some(usize::try_from(*index).ok()?),
        _ => None,
    };
    let mut found = Vec::new();
    follow(json, keys_of(keys), index, &mut found).then_some(found)
}

/// Appends what keys lead to; an empty key is for the value itself, so that a last array is followed
/// too. Recursion is as deep as arrays lie in one another, which the parser bounds.
fn follow<'v>(
    mut value: &'v Value,
    mut keys: impl Iterator<Item = &'static str> + Clone,
    index: Option<usize>,
    found: &mut Vec<Option<&'v Value>>,
) -> bool {
    loop {
        let remaining = keys.clone();
        let Some(key) = keys.next() else {
            found.push(Some(value));
            return true;
        };
        if let Value::Array(elements) = value {
            let Some(index) = index else {
                for element in elements {
                    if !follow(element, remaining.clone(), None, found) {
                        found.push(None);
                    }
                }
                return true;
            };
            match elements.get(index) {
                Some(element) => value = element,
                None => return false,
            }
        }
        if key.is_empty() {
            continue;
        }
        match member(value, key) {
            Some(part) => value = part,
            None => return false,
        }
    }
}

/// One value.
pub(super) fn one<'v>(
    json: &'v Value,
    keys: Keys,
    _: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    at(json, keys_of(keys)).map(text)
}

/// The elements of one array.
pub(super) fn elements<'v>(
    json: &'v Value,
    keys: Keys,
    _: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let array = at(json, keys_of(keys))?.as_array()?;
    Some(FieldValue::list(array.iter().map(text).collect()))
}

/// The elements of one array, or the one that an index names.
pub(super) fn elements_or_one<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let Some(FieldArgument::Index(index)) = argument else {
        return elements(json, keys, None);
    };
    let array = at(json, keys_of(keys))?.as_array()?;
    let element = array.get(usize::try_from(*index).ok()?)?;
    Some(FieldValue::list(vec![text(element)]))
}

/// All values that there are.
pub(super) fn present<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let values = values(json, keys, argument)?;
    Some(FieldValue::list(
        values.into_iter().flatten().map(text).collect(),
    ))
}

/// All values; nothing when an element lacks one.
pub(super) fn every<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let values: Option<Vec<&Value>> = values(json, keys, argument)?.into_iter().collect();
    Some(FieldValue::list(values?.into_iter().map(text).collect()))
}

/// The elements of all arrays, one after the other.
pub(super) fn flattened<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let arrays = values(json, keys, argument)?;
    let elements = arrays
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten();
    Some(FieldValue::list(elements.map(text).collect()))
}

/// Each array as its texts joined by blanks; nothing when something else stands there.
pub(super) fn joined<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let arrays = values(json, keys, argument)?;
    let lines: Option<Vec<FieldValue<'v>>> = arrays
        .into_iter()
        .flatten()
        .map(|array| {
            let words: Option<Vec<&str>> = array.as_array()?.iter().map(Value::as_str).collect();
            Some(FieldValue::owned(words?.join(" ")))
        })
        .collect();
    Some(FieldValue::list(lines?))
}
