//! Text that an attacker may have chosen, made safe to print.
//!
//! Control characters become JSON's escapes, so a file name cannot end a line or move the cursor;
//! the marks that reorder text on screen go the same way. A byte that is not UTF-8 becomes `\xHH`.
//! A backslash stays as it is: paths and commands remain readable, and no escape means more than
//! the text it stands for.

use std::borrow::Cow;
use std::fmt::Write;

/// Appends the bytes as safe text.
pub fn push_escaped(output: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        push_escaped_text(output, chunk.valid());
        for byte in chunk.invalid() {
            push_formatted(output, format_args!("\\x{byte:02x}"));
        }
    }
}

/// The bytes as safe text.
#[must_use]
pub fn escaped(bytes: &[u8]) -> String {
    let mut output = String::with_capacity(bytes.len());
    push_escaped(&mut output, bytes);
    output
}

/// The text, made safe where it is not. What was made safe before stays as it is.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(escaped(text.as_bytes()))
}

fn push_escaped_text(output: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\u{8}' => output.push_str("\\b"),
            '\u{c}' => output.push_str("\\f"),
            other if is_unsafe(other) => {
                push_formatted(output, format_args!("\\u{:04x}", u32::from(other)));
            }
            other => output.push(other),
        }
    }
}

/// Control characters, line and paragraph separators, and the marks that change the direction of text.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

fn push_formatted(output: &mut String, arguments: std::fmt::Arguments<'_>) {
    #[expect(
        clippy::let_underscore_must_use,
        reason = "writing to a String cannot fail"
    )]
    let _ = output.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_terminal_sequences_cannot_be_forged() {
        assert_eq!(escaped(b"a\nb\r\tc"), "a\\nb\\r\\tc");
        assert_eq!(escaped(b"\x1b[31mred\x07"), "\\u001b[31mred\\u0007");
        assert_eq!(escaped("\u{9b}31m".as_bytes()), "\\u009b31m");
        assert_eq!(escaped(b"\x7f"), "\\u007f");
        assert_eq!(escaped("\u{202e}gpj.exe".as_bytes()), "\\u202egpj.exe");
        assert_eq!(escaped("\u{2028}".as_bytes()), "\\u2028");
    }

    #[test]
    fn bytes_that_are_no_text_show_their_value() {
        assert_eq!(escaped(b"/p\xff/q\xfe\xfd"), "/p\\xff/q\\xfe\\xfd");
        assert_eq!(escaped("école".as_bytes()), "école");
        assert_eq!(escaped(br"C:\x"), r"C:\x");
        assert_eq!(escaped(b""), "");
    }

    #[test]
    fn what_is_safe_stays_as_it_is() {
        for text in ["", "plain", r"C:\x \u001b", "école", "/p\\xff"] {
            assert_eq!(safe(text), text);
        }
        let once = safe("a\nb\u{202e}c").into_owned();
        assert_eq!(once, r"a\nb\u202ec");
        assert_eq!(safe(&once), once);
    }
}
