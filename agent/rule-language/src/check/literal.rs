//! Literals: from text to values of the type they are compared with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{regex, service};
use crate::catalog::FieldType;
use crate::checked::{IpNetwork, Literal};
use crate::operator::Operator;

/// Converts a literal for numbers of so many bits. The error is a message.
pub(super) fn convert(
    value: &Arc<[u8]>,
    operator: Operator,
    value_type: FieldType,
    bits: u32,
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
        FieldType::Int => signed(text(value)?, bits).map(Literal::Int),
        FieldType::Uint => unsigned(text(value)?, bits).map(Literal::Uint),
        FieldType::RelTime | FieldType::AbsTime => {
            unsigned(text(value)?, u64::BITS).map(Literal::Uint)
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

/// A decimal number as `scanf` reads it: sign and digits, and what is too large for 64 bits.
struct Digits<'t> {
    negative: bool,
    digits: &'t str,
}

impl<'t> Digits<'t> {
    /// Reads a number; blanks before it are skipped, as there.
    fn read(text: &'t str) -> Result<Self, String> {
        let number = text.trim_ascii_start();
        let (negative, digits) = match number.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self { negative, digits });
        }
        Err(format!(
            "'{text}' is not a valid number: whole decimal numbers are"
        ))
    }

    /// The value; the nearest one that there is if it is too large.
    fn signed(&self) -> i64 {
        match (self.digits.parse::<u64>(), self.negative) {
            (Ok(value), true) => 0i64.saturating_sub_unsigned(value),
            (Ok(value), false) => i64::try_from(value).unwrap_or(i64::MAX),
            (Err(_), true) => i64::MIN,
            (Err(_), false) => i64::MAX,
        }
    }

    /// The value modulo 2^64, or the largest there is if it is too large.
    fn unsigned(&self) -> u64 {
        match self.digits.parse::<u64>() {
            Ok(value) if self.negative => value.wrapping_neg(),
            Ok(value) => value,
            Err(_) => u64::MAX,
        }
    }
}

/// Reads a signed number and keeps the lowest bits, as Falco does.
fn signed(text: &str, bits: u32) -> Result<i64, String> {
    let excess = u64::BITS.saturating_sub(bits.max(1));
    let value = Digits::read(text)?.signed();
    Ok(value.wrapping_shl(excess).wrapping_shr(excess))
}

/// Reads an unsigned number and keeps the lowest bits, as Falco does.
fn unsigned(text: &str, bits: u32) -> Result<u64, String> {
    let excess = u64::BITS.saturating_sub(bits.max(1));
    let value = Digits::read(text)?.unsigned();
    Ok(value.wrapping_shl(excess).wrapping_shr(excess))
}

/// Only whole numbers of 32 bits can be written, as in Falco.
fn double(text: &str) -> Result<Literal, String> {
    let value = signed(text, i32::BITS)?;
    let value = i32::try_from(value).map_err(|error| error.to_string())?;
    Ok(Literal::Double(f64::from(value)))
}

/// A port by number or name. A number that is too large keeps its lowest bits, as in Falco.
fn port(text: &str) -> Result<Literal, String> {
    if text.is_empty() {
        return Ok(Literal::Port(0));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse::<u32>() {
            Ok(number) if i32::try_from(number).is_ok() => {
                let [low, high, ..] = number.to_le_bytes();
                Ok(Literal::Port(u16::from_le_bytes([low, high])))
            }
            _ => Err(format!("'{text}' is not a valid port")),
        };
    }
    service::port_of(text)
        .map(Literal::Port)
        .ok_or_else(|| format!("unrecognized protocol '{text}'"))
}

/// An address with a dot is of version 4, any other of version 6.
fn address(text: &str) -> Result<IpAddr, String> {
    let parsed = if text.contains('.') {
        text.parse().map(IpAddr::V4)
    } else {
        text.parse().map(IpAddr::V6)
    };
    parsed.map_err(|_| format!("unrecognized IP address '{text}'"))
}

fn network(text: &str) -> Result<IpNetwork, String> {
    let (base, bits) = text
        .split_once('/')
        .ok_or_else(|| format!("unrecognized IP network '{text}', expected address/bits"))?;
    let base = address(base).map_err(|_| format!("unrecognized IP network '{text}'"))?;
    if text.contains('.') != base.is_ipv4() {
        return Err(format!("unrecognized IP network '{text}'"));
    }
    let prefix = unsigned(bits, u8::BITS)?;
    let (shortest, longest) = if base.is_ipv4() { (0, 32) } else { (1, 128) };
    let prefix = u8::try_from(prefix)
        .ok()
        .filter(|prefix| (shortest..=longest).contains(prefix))
        .ok_or_else(|| format!("invalid netmask '{bits}' in '{text}'"))?;
    let host_bits = u32::from(longest.saturating_sub(prefix));
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
        .and_then(|text| signed(text, u64::BITS).ok())
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

#[cfg(test)]
mod tests {
    use super::{address, network, port, signed, unsigned};
    use crate::checked::Literal;

    #[test]
    fn numbers_are_cut_to_the_bits_of_the_field() {
        assert_eq!(unsigned("-1", 32), Ok(u64::from(u32::MAX)));
        assert_eq!(unsigned("-1", 8), Ok(255));
        assert_eq!(unsigned("-1", 64), Ok(u64::MAX));
        assert_eq!(unsigned("4294967297", 32), Ok(1));
        assert_eq!(unsigned(" +7", 16), Ok(7));
        assert_eq!(unsigned("99999999999999999999", 64), Ok(u64::MAX));
        assert_eq!(signed("3000000000", 32), Ok(-1_294_967_296));
        assert_eq!(signed("-99999999999999999999", 64), Ok(i64::MIN));
        assert_eq!(signed("-9223372036854775808", 64), Ok(i64::MIN));
        for text in ["", "-", "0x10", "1.5", "1e3", "7 ", "--1", "seven"] {
            assert!(signed(text, 64).is_err(), "{text}");
            assert!(unsigned(text, 64).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_are_numbers_or_names() {
        assert_eq!(port("443"), Ok(Literal::Port(443)));
        assert_eq!(port("https"), Ok(Literal::Port(443)));
        assert_eq!(port("65537"), Ok(Literal::Port(1)));
        assert!(port("4294967296").is_err());
        assert!(port("-1").is_err());
    }

    #[test]
    fn a_dot_makes_an_address_of_version_4() {
        assert!(address("10.0.0.1").is_ok_and(|it| it.is_ipv4()));
        assert!(address("2001:db8::1").is_ok_and(|it| it.is_ipv6()));
        for text in ["::ffff:10.0.0.1", "10.0.0", "010.0.0.1", "", "::g"] {
            assert!(address(text).is_err(), "{text}");
        }
        assert!(network("0.0.0.0/0").is_ok());
        assert!(network("2001:db8::/32").is_ok());
        for text in [
            "10.0.0.1",
            "10.0.0.0/33",
            "10.0.0.0/",
            "::/0",
            "::/129",
            "::1",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
    }
}
