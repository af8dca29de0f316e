//! Text of captures, as Falco shows it.

use saker_alert_formats::escaped;
use saker_falco_events::append_printable;

/// The bytes as text, as Falco shows them: U+FFFD stands for each control character, each code point
/// that is no character and each run of bytes that is no UTF-8. What else could mislead a reader of the
/// line is escaped as [`escaped`] does.
pub(crate) fn replaced(bytes: &[u8]) -> String {
    let mut printable = Vec::with_capacity(bytes.len());
    append_printable(bytes, &mut printable);
    escaped(&printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falco_replaces_is_replaced() {
        assert_eq!(replaced(b"a\nb\xff\xc3\xa4"), "a\u{fffd}b\u{fffd}ä");
        assert_eq!(replaced("\u{202e}x".as_bytes()), "\\u202ex");
    }
}
