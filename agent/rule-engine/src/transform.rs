//! Values of operands: fields, and functions of them.

use std::borrow::Cow;

use saker_rule_language::{Operand, Transform, TransformArgument, TransformKind};

use crate::event::Event;
use crate::getopt;
use saker_rule_fields::{FieldValue, PathView};

/// Reads an operand from an event under one view of paths.
#[inline]
pub fn read<'e, E: Event + ?Sized>(
    event: &'e E,
    operand: &Operand,
    view: PathView,
) -> FieldValue<'e> {
    match operand {
        Operand::Field(field) => event.field(field, view),
        Operand::Transform(transform) => transformed(event, transform, view),
    }
}

/// An inner value that keeps the whole from being known.
enum Gap {
    Missing,
    Pending,
}

impl From<Gap> for FieldValue<'_> {
    fn from(gap: Gap) -> Self {
        match gap {
            Gap::Missing => Self::Missing,
            Gap::Pending => Self::Pending,
        }
    }
}

/// Apart from [`read`], so that reading a field does not pay for its large frame.
#[inline(never)]
fn transformed<'e, E: Event + ?Sized>(
    event: &'e E,
    transform: &Transform,
    view: PathView,
) -> FieldValue<'e> {
    let [first, rest @ ..] = transform.arguments.as_slice() else {
        return FieldValue::Missing;
    };
    let result = match transform.kind {
        TransformKind::Join => join(event, first, rest, view),
        TransformKind::Concat => concat(event, &transform.arguments, view),
        TransformKind::Getopt => options(event, transform, view),
        kind => argument(event, first, view).map(|value| unary(kind, value)),
    };
    result.unwrap_or_else(FieldValue::from)
}

/// A function of one value; of a list, a function of each element.
fn unary<'e>(kind: TransformKind, value: FieldValue<'e>) -> FieldValue<'e> {
    if kind == TransformKind::Length {
        return length(&value);
    }
    if let FieldValue::List(elements) = value {
        let elements = elements.into_iter().map(|element| unary(kind, element));
        return FieldValue::List(elements.collect());
    }
    let Some(text) = value.as_bytes() else {
        return FieldValue::Missing;
    };
    let text: Vec<u8> = match kind {
        TransformKind::ToLower => text.to_ascii_lowercase(),
        TransformKind::ToUpper => text.to_ascii_uppercase(),
        TransformKind::Basename => match text.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => text.iter().skip(slash).skip(1).copied().collect(),
            None => text.to_vec(),
        },
        TransformKind::Base64Decode => match base64(text) {
            Some(decoded) => decoded,
            None => return FieldValue::Missing,
        },
        _ => return FieldValue::Missing,
    };
    FieldValue::Text(Cow::Owned(text))
}

fn length<'e>(value: &FieldValue<'_>) -> FieldValue<'e> {
    let length = match value {
        FieldValue::List(elements) => elements.len(),
        other => match other.as_bytes() {
            Some(text) => text.len(),
            None => return FieldValue::Missing,
        },
    };
    u64::try_from(length).map_or(FieldValue::Missing, FieldValue::Uint)
}

/// The value of an argument that is not a list of arguments.
fn argument<'e, E: Event + ?Sized>(
    event: &'e E,
    argument: &TransformArgument,
    view: PathView,
) -> Result<FieldValue<'e>, Gap> {
    let value = match argument {
        TransformArgument::Operand(operand) => read(event, operand, view),
        TransformArgument::Text(text) => FieldValue::Text(Cow::Owned(text.to_vec())),
        TransformArgument::List(arguments) => FieldValue::List(
            arguments
                .iter()
                .map(|inner| self::argument(event, inner, view))
                .collect::<Result<_, _>>()?,
        ),
    };
    match value {
        FieldValue::Missing => Err(Gap::Missing),
        FieldValue::Pending => Err(Gap::Pending),
        value => Ok(value),
    }
}

/// The value as text; numbers in decimal.
fn append(output: &mut Vec<u8>, value: &FieldValue<'_>) {
    if let Some(text) = value.as_bytes() {
        output.extend_from_slice(text);
    } else if let Some(number) = value.as_integer() {
        output.extend_from_slice(number.to_string().as_bytes());
    } else {
        match value {
            FieldValue::Bool(value) => output.extend_from_slice(value.to_string().as_bytes()),
            FieldValue::Double(number) => output.extend_from_slice(number.to_string().as_bytes()),
            FieldValue::Ip(address) => output.extend_from_slice(address.to_string().as_bytes()),
            _ => {}
        }
    }
}

fn join<'e, E: Event + ?Sized>(
    event: &'e E,
    separator: &TransformArgument,
    lists: &[TransformArgument],
    view: PathView,
) -> Result<FieldValue<'e>, Gap> {
    let separator = argument(event, separator, view)?;
    let mut joined = Vec::new();
    let mut is_first = true;
    for list in lists {
        let elements = match argument(event, list, view)? {
            FieldValue::List(elements) => elements,
            single => vec![single],
        };
        for element in elements {
            if !is_first {
                append(&mut joined, &separator);
            }
            is_first = false;
            append(&mut joined, &element);
        }
    }
    Ok(FieldValue::Text(Cow::Owned(joined)))
}

fn concat<'e, E: Event + ?Sized>(
    event: &'e E,
    arguments: &[TransformArgument],
    view: PathView,
) -> Result<FieldValue<'e>, Gap> {
    let mut whole = Vec::new();
    for part in arguments {
        append(&mut whole, &argument(event, part, view)?);
    }
    Ok(FieldValue::Text(Cow::Owned(whole)))
}

fn options<'e, E: Event + ?Sized>(
    event: &'e E,
    transform: &Transform,
    view: PathView,
) -> Result<FieldValue<'e>, Gap> {
    let [list, specification] = transform.arguments.as_slice() else {
        return Err(Gap::Missing);
    };
    let elements = match argument(event, list, view)? {
        FieldValue::List(elements) => elements,
        single => vec![single],
    };
    let specification = argument(event, specification, view)?;
    let specification = specification.as_bytes().ok_or(Gap::Missing)?;
    let arguments: Vec<&[u8]> = elements.iter().filter_map(FieldValue::as_bytes).collect();
    match transform.selector.as_deref().map(str::as_bytes) {
        Some([letter]) => getopt::value_of(&arguments, specification, *letter)
            .map(|value| FieldValue::Text(Cow::Owned(value)))
            .ok_or(Gap::Missing),
        Some(_) => Err(Gap::Missing),
        None => Ok(FieldValue::List(
            getopt::options(&arguments, specification)
                .into_iter()
                .map(|option| FieldValue::Text(Cow::Owned(option)))
                .collect(),
        )),
    }
}

/// Decodes Base64 in the standard alphabet; padding may be left out.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |last| last.saturating_add(1));
    let (digits, padding) = text.split_at_checked(end)?;
    if padding.len() > 2 {
        return None;
    }
    let mut decoded = Vec::new();
    for chunk in digits.chunks(4) {
        let mut bits = 0_u32;
        for position in 0..4 {
            let digit = match chunk.get(position) {
                Some(byte) => base64_digit(*byte)?,
                None => 0,
            };
            bits = (bits << 6) | u32::from(digit);
        }
        let bytes = match chunk.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        decoded.extend(bits.to_be_bytes().iter().skip(1).take(bytes));
    }
    Some(decoded)
}

fn base64_digit(byte: u8) -> Option<u8> {
    let (first, value) = match byte {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => return Some(62),
        b'/' => return Some(63),
        _ => return None,
    };
    byte.checked_sub(first)?.checked_add(value)
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_decodes_with_and_without_padding() {
        assert_eq!(base64(b"YWFhLWJiYg==").unwrap(), b"aaa-bbb");
        assert_eq!(base64(b"YWFhLWJiYg").unwrap(), b"aaa-bbb");
        assert_eq!(base64(b"YWFh").unwrap(), b"aaa");
        assert_eq!(base64(b"").unwrap(), b"");
        assert_eq!(base64(b"Y"), None);
        assert_eq!(base64(b"YW!h"), None);
        assert_eq!(base64(b"YWFh===="), None);
    }
}
