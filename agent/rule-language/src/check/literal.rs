//! Literals: from text to values of the type they are compared with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{regex, service};
use crate::catalog::FieldType;
use crate::checked::{IpNetwork, Literal};
use crate::operator::Operator;

/// Converts a literal. The error is a message.
pub(super) fn convert(
    value: &Arc<[u8]>,
    operator: Operator,
    value_type: FieldType,
) -> Result<Literal, String> {
    if matches!(operator, Operator::BContains | Operator::BStartsWith) {
        return bytes_of_hexadecimal(value).map(|bytes| Literal::Bytes(bytes.into()));
    }
    if value_type == FieldType::Bytes {
        return Ok(Literal::Bytes(value.clone()));
    }
    if value.contains(&0) {
        return Err("a value cannot contain a NUL byte (\\x00)".to_owned());
    }
    if operator == Operator::Regex {
        return Ok(Literal::Regex(regex::translate(text(value)?)?.into()));
    }
    match value_type {
        FieldType::String => Ok(Literal::String(value.clone())),
        FieldType::Bytes => Ok(Literal::Bytes(value.clone())),
        FieldType::Bool => boolean(text(value)?),
        FieldType::Int => integer(text(value)?).map(Literal::Int),
        FieldType::Uint | FieldType::RelTime | FieldType::AbsTime => {
            unsigned(text(value)?).map(Literal::Uint)
        }
        FieldType::Double => double(text(value)?),
        FieldType::Port => port(text(value)?),
        FieldType::IpAddr => address(text(value)?).map(Literal::Ip),
        FieldType::IpNet => network(text(value)?).map(Literal::Net),
        FieldType::Dynamic => Ok(dynamic(value)),
    }
}

fn text(value: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(value)
        .map_err(|_| format!("'{}' is not UTF-8", String::from_utf8_lossy(value)))
}

fn boolean(text: &str) -> Result<Literal, String> {
    match text {
        "true" => Ok(Literal::Bool(true)),
        "false" => Ok(Literal::Bool(false)),
        _ => Err(format!(
            "unrecognized boolean value '{text}', expected 'true' or 'false'"
        )),
    }
}

/// The text without leading blanks, which number parsing in C skips, and without a plus sign.
fn number_text(text: &str) -> &str {
    let text = text.trim_start();
    match text.strip_prefix('+') {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => digits,
        _ => text,
    }
}

fn hexadecimal_digits(text: &str) -> Option<&str> {
    text.strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn integer(text: &str) -> Result<i64, String> {
    let number = number_text(text);
    let parsed = match hexadecimal_digits(number) {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => number.parse(),
    };
    parsed.map_err(|_| format!("'{text}' is not a valid number"))
}

/// A negative number wraps around at 64 bits, as it does in Falco.
fn unsigned(text: &str) -> Result<u64, String> {
    let number = number_text(text);
    let parsed = match hexadecimal_digits(number) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => number.parse(),
    };
    match parsed {
        Ok(value) => Ok(value),
        Err(_) if number.starts_with('-') => integer(text).map(i64::cast_unsigned),
        Err(_) => Err(format!("'{text}' is not a valid number")),
    }
}

/// Only whole numbers can be written, as in Falco.
fn double(text: &str) -> Result<Literal, String> {
    let whole: Option<i32> = integer(text).ok().and_then(|value| value.try_into().ok());
    whole
        .map(|value| Literal::Double(f64::from(value)))
        .ok_or_else(|| {
            format!("'{text}' is not a valid number: a floating-point field takes whole numbers")
        })
}

fn port(text: &str) -> Result<Literal, String> {
    if text.is_empty() {
        return Ok(Literal::Port(0));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text
            .parse()
            .map_err(|_| format!("'{text}' is not a valid port"))?;
        return Ok(Literal::Port(number));
    }
    service::port_of(text)
        .map(Literal::Port)
        .ok_or_else(|| format!("unrecognized protocol '{text}'"))
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| format!("unrecognized IP address '{text}'"))
}

fn network(text: &str) -> Result<IpNetwork, String> {
    let unrecognized = || format!("unrecognized IP network '{text}', expected address/bits");
    let (base, bits) = text.split_once('/').ok_or_else(unrecognized)?;
    let base: IpAddr = base.parse().map_err(|_| unrecognized())?;
    let prefix: u8 = bits.parse().map_err(|_| unrecognized())?;
    let width = if base.is_ipv4() { 32 } else { 128 };
    if prefix > width {
        return Err(format!("invalid netmask '{bits}' in '{text}'"));
    }
    let host_bits = u32::from(width.saturating_sub(prefix));
    let address = match base {
        IpAddr::V4(base) => {
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(base.to_bits() & mask))
        }
        IpAddr::V6(base) => {
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(base.to_bits() & mask))
        }
    };
    Ok(IpNetwork { address, prefix })
}

/// The type shows in the event only: a number where it reads as one, else text.
fn dynamic(value: &Arc<[u8]>) -> Literal {
    match std::str::from_utf8(value)
        .ok()
        .and_then(|text| integer(text).ok())
    {
        Some(number) => Literal::Int(number),
        None => Literal::String(value.clone()),
    }
}

fn bytes_of_hexadecimal(value: &[u8]) -> Result<Vec<u8>, String> {
    let invalid =
        || "bcontains and bstartswith take hexadecimal text only, two digits a byte".to_owned();
    if value.is_empty() {
        return Err(invalid());
    }
    let digits = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok()?;
        let complete = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if complete {
            u8::from_str_radix(text, 16).ok()
        } else {
            None
        }
    };
    value
        .chunks(2)
        .map(digits)
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(invalid)
}
