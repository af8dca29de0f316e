//! From written values to the values of a record.

use saker_event_decode::Value;
use saker_event_decode::names::{Names, kernel_number, names};
use saker_event_schema::Kind;

use crate::case::ArgumentValue;

/// The value as the record has it; nothing where it does not fit the kind.
pub(crate) fn value(kind: Kind, written: &ArgumentValue) -> Option<Value> {
    match (kind, written) {
        (Kind::Socket, ArgumentValue::Tcp { tcp }) => Some(Value::tcp(tcp.local, tcp.remote)),
        (Kind::Socket, ArgumentValue::Udp { udp }) => Some(Value::udp(udp.local, udp.remote)),
        (Kind::Socket, ArgumentValue::Unix { unix }) => Some(Value::unix(unix)),
        (Kind::SocketAddress, ArgumentValue::Unix { unix }) => Some(Value::unix_address(unix)),
        (Kind::SocketAddress, ArgumentValue::Text(text)) => {
            text.parse().ok().map(Value::socket_address)
        }
        (Kind::Socket | Kind::SocketAddress, _) => None,
        (_, ArgumentValue::Number(number)) => Some(Value::Signed(*number)),
        (Kind::ArgumentVector | Kind::Environment, ArgumentValue::Strings(strings)) => {
            Some(Value::strings(strings))
        }
        (kind, ArgumentValue::Hex { hex }) if kind.is_data() => bytes(hex).map(Value::from),
        (kind, ArgumentValue::Text(text)) if kind.is_data() => Some(Value::from(text.as_str())),
        (kind, ArgumentValue::Text(text)) => flags(kind, text).map(Value::Unsigned),
        _ => None,
    }
}

/// The kernel's number for names joined by `|`.
pub(crate) fn flags(kind: Kind, text: &str) -> Option<u64> {
    let (Names::Bits(known) | Names::Values(known)) = names(kind)?;
    // Falco's numbers have a bit for everything; the kernel's have none for reading.
    let falco = text.split('|').try_fold(0, |bits, name| {
        let found = known.iter().find(|known| known.text == name.trim())?;
        Some(bits | found.falco)
    })?;
    Some(kernel_number(kind, falco))
}

/// The bytes of pairs of hexadecimal digits.
pub(crate) fn bytes(hex: &str) -> Option<Vec<u8>> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| {
            let text = str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
            u8::from_str_radix(text, 16).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_the_kernel_numbers() {
        assert_eq!(flags(Kind::OpenFlags, "O_WRONLY|O_TRUNC"), Some(0o1001));
        assert_eq!(flags(Kind::CloneFlags, "CLONE_NEWUSER"), Some(0x1000_0000));
        assert_eq!(flags(Kind::OpenFlags, "O_NONSENSE"), None);
        assert_eq!(flags(Kind::Uint, "O_RDONLY"), None);
    }

    #[test]
    fn bytes_come_in_pairs_of_digits() {
        assert_eq!(bytes("2f70ff"), Some(b"/p\xff".to_vec()));
        assert_eq!(bytes("2f7"), None);
        assert_eq!(bytes("zz"), None);
    }
}
