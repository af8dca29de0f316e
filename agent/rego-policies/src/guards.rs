//! Functions of Rego whose result may be far larger than their arguments, called only where it is not; and what
//! stops an evaluation.
//!
//! The interpreter looks at the clock between two calls, so what takes long by many small steps is stopped in time
//! and has made no more than it could in that time. One call is not stopped. So these functions say beforehand how
//! large their result can be, and refuse to make one that is too large.

use crate::error::LoadError;
use crate::limits::Limits;
use regorus::unstable::{BUILTINS, Expr, Ref, Span};
use regorus::{Engine, LimitError, Source, Value};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most elements that a function makes out of a description of them.
const ELEMENTS_MAX: usize = 1 << 16;

/// Most digits of an exponent, and most that a format widens a number to.
const DIGITS_MAX: u32 = 3;

/// Bytes that an element of a collection takes.
const ELEMENT_BYTES: usize = 16;

/// Says how many bytes a result has at most; `None` where it has too many to count.
type Estimate = fn(&[&Value], usize) -> Option<usize>;

/// Functions by name, with how many arguments they take.
const GUARDED: &[(&str, u8, Estimate)] = &[
    ("array.concat", 2, |arguments, limit| {
        elements(arguments, limit)
    }),
    ("bits.lsh", 2, |arguments, limit| shifted(arguments, limit)),
    ("concat", 2, |arguments, limit| joined(arguments, limit)),
    ("json.marshal", 1, |arguments, limit| {
        weights(arguments, limit)
    }),
    ("json.unmarshal", 1, |arguments, _| numeric(arguments)),
    ("net.cidr_expand", 1, |arguments, _| addresses(arguments)),
    ("numbers.range", 2, |arguments, _| range(arguments)),
    ("numbers.range_step", 3, |arguments, _| range(arguments)),
    ("regex.replace", 3, |arguments, _| {
        let [text, _, new] = arguments else {
            return Some(0);
        };
        replaced(length(text).checked_add(1)?, length(new), length(text))
    }),
    ("replace", 3, |arguments, _| {
        let [text, old, new] = arguments else {
            return Some(0);
        };
        let places = length(text).checked_div(length(old).max(1))?;
        replaced(places.checked_add(1)?, length(new), length(text))
    }),
    ("split", 2, |arguments, _| {
        length(arguments.first()?).checked_mul(ELEMENT_BYTES)
    }),
    ("sprintf", 2, |arguments, limit| formatted(arguments, limit)),
    ("strings.replace_n", 2, |arguments, limit| {
        let [patterns, text] = arguments else {
            return Some(0);
        };
        let longest = weight(patterns, limit)?;
        replaced(length(text).checked_add(1)?, longest, length(text))
    }),
    ("to_number", 1, |arguments, _| numeric(arguments)),
    ("units.parse", 1, |arguments, _| numeric(arguments)),
    ("units.parse_bytes", 1, |arguments, _| numeric(arguments)),
];

/// Puts the guards in front of the interpreter's own functions.
pub(crate) fn install(engine: &mut Engine, limits: &Limits) -> Result<(), LoadError> {
    let limit = limits.result_bytes;
    for (name, count, estimate) in GUARDED.iter().copied() {
        let guarded = move |arguments: Vec<Value>| {
            let borrowed: Vec<&Value> = arguments.iter().collect();
            match estimate(&borrowed, limit) {
                Some(bytes) if bytes <= limit => call(name, &arguments),
                _ => Err(TooLarge { name, limit }.into()),
            }
        };
        unwinding(|| engine.add_extension(name.to_owned(), count, Box::new(guarded)))?;
    }
    Ok(())
}

/// A result that would be too large.
#[derive(Debug, thiserror::Error)]
#[error("the result of `{name}` could have more than {limit} bytes")]
struct TooLarge {
    name: &'static str,
    limit: usize,
}

/// Calls the interpreter's own function. Places in its errors are of no use here.
fn call(name: &'static str, arguments: &[Value]) -> Result<Value, anyhow::Error> {
    let Some((function, _)) = BUILTINS.get(name) else {
        return Ok(Value::Undefined);
    };
    let source = Source::from_contents(name.to_owned(), String::new())?;
    let span = Span {
        source,
        line: 1,
        col: 1,
        start: 0,
        end: 0,
    };
    let parameters: Vec<Ref<Expr>> = arguments
        .iter()
        .map(|_| {
            Ref::new(Expr::Null {
                span: span.clone(),
                value: Value::Null,
                eidx: 0,
            })
        })
        .collect();
    // As the interpreter does: what is not understood has no value.
    Ok(function(&span, &parameters, arguments, false).unwrap_or(Value::Undefined))
}

/// Bytes of a text.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        _ => 0,
    }
}

/// About how many bytes a value is as text, if not more than `limit`. Parts that are shared count each time.
pub(crate) fn weight(value: &Value, limit: usize) -> Option<usize> {
    let mut left = limit;
    weigh(value, &mut left)?;
    limit.checked_sub(left)
}

/// The recursion is bounded: each level takes something of what is left, and levels are few.
fn weigh(value: &Value, left: &mut usize) -> Option<()> {
    let own = match value {
        Value::String(text) => text.len(),
        Value::Number(number) => number.as_i64().map_or(DIGITS_COUNTED, |_| ELEMENT_BYTES),
        _ => 0,
    };
    *left = left.checked_sub(own.checked_add(ELEMENT_BYTES)?)?;
    match value {
        Value::Array(values) => values.iter().try_for_each(|value| weigh(value, left)),
        Value::Set(values) => values.iter().try_for_each(|value| weigh(value, left)),
        Value::Object(object) => object.iter().try_for_each(|(key, value)| {
            weigh(key, left)?;
            weigh(value, left)
        }),
        _ => Some(()),
    }
}

/// What a number that is not a small integer counts as.
const DIGITS_COUNTED: usize = 1_024;

fn weights(values: &[&Value], limit: usize) -> Option<usize> {
    let mut left = limit;
    values
        .iter()
        .try_for_each(|value| weigh(value, &mut left))?;
    limit.checked_sub(left)
}

fn elements(arguments: &[&Value], _limit: usize) -> Option<usize> {
    let counts = arguments.iter().map(|value| match value {
        Value::Array(values) => values.len(),
        _ => 0,
    });
    counts.sum::<usize>().checked_mul(ELEMENT_BYTES)
}

fn joined(arguments: &[&Value], limit: usize) -> Option<usize> {
    let [delimiter, parts] = arguments else {
        return Some(0);
    };
    let count = match parts {
        Value::Array(values) => values.len(),
        Value::Set(values) => values.len(),
        _ => 0,
    };
    replaced(count, length(delimiter), weight(parts, limit)?)
}

/// Texts of one length, so many of them, beside the rest.
fn replaced(count: usize, each: usize, rest: usize) -> Option<usize> {
    count.checked_mul(each)?.checked_add(rest)
}

fn shifted(arguments: &[&Value], limit: usize) -> Option<usize> {
    let [_, by] = arguments else { return Some(0) };
    let bits = usize::try_from(by.as_u64().ok()?).ok()?;
    (bits <= ELEMENTS_MAX).then_some(bits.min(limit))
}

fn range(arguments: &[&Value]) -> Option<usize> {
    let [from, to, ..] = arguments else {
        return Some(0);
    };
    let distance = from.as_i64().ok()?.abs_diff(to.as_i64().ok()?);
    let is_step_good = match arguments.get(2) {
        Some(step) => step.as_i64().is_ok_and(|step| step > 0),
        None => true,
    };
    let count = usize::try_from(distance).ok()?;
    (count < ELEMENTS_MAX && is_step_good).then_some(0)
}

fn addresses(arguments: &[&Value]) -> Option<usize> {
    let [Value::String(block)] = arguments else {
        return Some(0);
    };
    let Some((address, bits)) = block.split_once('/') else {
        return Some(0);
    };
    let width: u32 = if address.contains(':') { 128 } else { 32 };
    let Ok(bits) = bits.parse::<u32>() else {
        return Some(0);
    };
    let free = width.saturating_sub(bits);
    (free <= usize::BITS.min(ADDRESS_BITS_MAX)).then_some(0)
}

/// Most bits of the addresses of a network that is taken apart: 65,536 addresses.
const ADDRESS_BITS_MAX: u32 = 16;

/// A text with numbers, which may be written in few digits and be long.
fn numeric(arguments: &[&Value]) -> Option<usize> {
    let Some(Value::String(text)) = arguments.first() else {
        return Some(0);
    };
    let mut exponent_digits = None;
    for letter in text.chars() {
        exponent_digits = match (letter, exponent_digits) {
            ('e' | 'E', _) => Some(0_u32),
            ('+' | '-', Some(0)) => Some(0),
            (digit, Some(digits)) if digit.is_ascii_digit() => Some(digits.saturating_add(1)),
            _ => None,
        };
        if exponent_digits.is_some_and(|digits| digits > DIGITS_MAX) {
            return None;
        }
    }
    text.len().checked_mul(2)
}

/// A format: its widths have few digits, of ASCII, which is all that the interpreter takes without failing.
fn formatted(arguments: &[&Value], limit: usize) -> Option<usize> {
    let [Value::String(format), values] = arguments else {
        return Some(0);
    };
    let mut width_digits = None;
    let mut verbs: usize = 0;
    for letter in format.chars() {
        width_digits = match (letter, width_digits) {
            ('%', None) => {
                verbs = verbs.checked_add(1)?;
                Some(0_u32)
            }
            ('.', Some(digits)) => Some(digits),
            (digit, Some(digits)) if digit.is_ascii_digit() => Some(digits.saturating_add(1)),
            (letter, Some(_)) if letter.is_numeric() => return None,
            _ => None,
        };
        if width_digits.is_some_and(|digits| digits > DIGITS_MAX) {
            return None;
        }
    }
    let widest = 10_usize.checked_pow(DIGITS_MAX)?;
    replaced(verbs, widest, format.len())?.checked_add(weight(values, limit)?)
}

/// Why an evaluation ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It took too long.
    OverTime,
    /// The interpreter says so.
    Failed(String),
    /// The interpreter panicked.
    Panicked,
}

/// Stack that the deepest policies need which [`Limits`] permit.
const STACK_BYTES_LEFT: usize = 24 << 20;

/// Stack of a thread on which policies are evaluated without a stack of their own, which takes some microseconds to
/// get.
pub const STACK_BYTES_WANTED: usize = 32 << 20;

/// Where less is left, the interpreter runs on a stack of this size; of both only what is used takes memory.
const STACK_BYTES: usize = 64 << 20;

/// Runs the interpreter; a panic ends this one evaluation only.
pub(crate) fn caught<T, E: fmt::Display + AsLimit>(
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, Stopped> {
    let work = || catch_unwind(AssertUnwindSafe(work));
    match stacker::maybe_grow(STACK_BYTES_LEFT, STACK_BYTES, work) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if error.is_over_time() => Err(Stopped::OverTime),
        Ok(Err(error)) => Err(Stopped::Failed(error.to_string())),
        Err(_) => Err(Stopped::Panicked),
    }
}

/// As [`caught`], while policies are loaded.
pub(crate) fn unwinding<T, E: fmt::Display + AsLimit>(
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, LoadError> {
    caught(work).map_err(|stopped| match stopped {
        Stopped::OverTime => LoadError::Unusable {
            message: "they take too long while they are loaded".to_owned(),
        },
        Stopped::Failed(text) => LoadError::of_interpreter(&text),
        Stopped::Panicked => LoadError::Unusable {
            message: "the interpreter fails on them".to_owned(),
        },
    })
}

/// Errors of the interpreter.
pub(crate) trait AsLimit {
    /// Whether the time is over.
    fn is_over_time(&self) -> bool;
}

impl AsLimit for anyhow::Error {
    fn is_over_time(&self) -> bool {
        let is = |error: &LimitError| matches!(error, LimitError::TimeLimitExceeded { .. });
        self.downcast_ref::<LimitError>().is_some_and(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(name: &str, arguments: &str) -> Option<usize> {
        let arguments = Value::from_json_str(arguments).expect("json");
        let arguments: Vec<&Value> = arguments.as_array().expect("arguments").iter().collect();
        let (_, _, estimate) = GUARDED
            .iter()
            .find(|(guarded, ..)| *guarded == name)
            .expect("guarded");
        estimate(&arguments, 4096).filter(|bytes| *bytes <= 4096)
    }

    #[test]
    fn what_would_be_large_is_refused() {
        for (name, good, bad) in [
            ("numbers.range", "[1, 100]", "[1, 1000000000000]"),
            ("numbers.range_step", "[1, 9, 2]", "[1, 9, 0]"),
            ("bits.lsh", "[1, 64]", "[1, 4000000000]"),
            ("net.cidr_expand", r#"["10.0.0.0/24"]"#, r#"["0.0.0.0/0"]"#),
            ("net.cidr_expand", r#"["::1/128"]"#, r#"["fd00::/64"]"#),
            ("to_number", r#"["1e10"]"#, r#"["1e999999999"]"#),
            ("json.unmarshal", r#"["[1e3]"]"#, r#"["[1E+99999]"]"#),
            ("sprintf", r#"["%5d", [1]]"#, r#"["%99999999999d", [1]]"#),
            ("sprintf", r#"["%s", ["a"]]"#, r#"["%1²d", [1]]"#),
        ] {
            assert!(bytes(name, good).is_some(), "{name} {good}");
            assert!(bytes(name, bad).is_none(), "{name} {bad}");
        }
    }

    #[test]
    fn what_grows_by_its_arguments_is_counted() {
        let long = "x".repeat(100);
        let replace = format!(r#"["{long}", "x", "{long}"]"#);
        assert!(bytes("replace", &replace).is_none());
        assert!(bytes("replace", r#"["abc", "b", "xyz"]"#).is_some());
        let concat = format!(r#"["{long}", {:?}]"#, vec![""; 100]);
        assert!(bytes("concat", &concat).is_none());
    }

    #[test]
    fn shared_parts_count_each_time() {
        let mut value = Value::from("x");
        for _ in 0..64 {
            value = Value::from(vec![value.clone(), value]);
        }
        assert_eq!(weight(&value, 1 << 20), None);
    }
}
