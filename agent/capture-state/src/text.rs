//! Which bytes of a text Falco shows as they are.
//!
//! Names and paths are shown in UTF-8. What is not UTF-8 there, control characters and code points
//! that are no characters become U+FFFD, one for each maximal part of a sequence (Unicode 3.9).

use std::borrow::Cow;

/// U+FFFD.
pub(crate) const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// The sequence with which bytes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequence {
    /// A printable character of this many bytes.
    Printable(usize),
    /// This many bytes that [`REPLACEMENT`] stands for.
    Replaced(usize),
}

/// Looks at the begin of a text that is not empty.
pub(crate) fn sequence(text: &[u8]) -> Sequence {
    if let [byte, ..] = *text
        && byte < 0x80
    {
        return if matches!(byte, 0x20..=0x7E) {
            Sequence::Printable(1)
        } else {
            Sequence::Replaced(1)
        };
    }
    let head = text.get(..4).unwrap_or(text);
    let Some(chunk) = head.utf8_chunks().next() else {
        return Sequence::Replaced(1);
    };
    match chunk.valid().chars().next() {
        None => Sequence::Replaced(chunk.invalid().len().max(1)),
        Some(character) => {
            let length = character.len_utf8();
            if is_shown(character) {
                Sequence::Printable(length)
            } else {
                Sequence::Replaced(length)
            }
        }
    }
}

/// Whether a character beyond ASCII is shown.
fn is_shown(character: char) -> bool {
    let is_control = matches!(character, '\u{80}'..='\u{9F}');
    let is_reserved = matches!(character, '\u{FDD0}'..='\u{FDEF}');
    // The last two of each plane are no characters.
    let is_last_of_plane = matches!(u32::from(character) & 0xFFFF, 0xFFFE | 0xFFFF);
    !is_control && !is_reserved && !is_last_of_plane
}

/// A text as it is shown.
pub(crate) fn shown(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().all(|byte| matches!(byte, 0x20..=0x7E)) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = match sequence(rest) {
            Sequence::Printable(length) => {
                out.extend_from_slice(rest.get(..length).unwrap_or_default());
                length
            }
            Sequence::Replaced(length) => {
                out.extend_from_slice(REPLACEMENT);
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_as_they_are_where_they_can_be() {
        for (text, expected) in [
            (&b"/etc/passwd"[..], &b"/etc/passwd"[..]),
            (
                "/tmp/\u{e9}\u{20ac}\u{1f600}".as_bytes(),
                "/tmp/\u{e9}\u{20ac}\u{1f600}".as_bytes(),
            ),
            (b"a\nb\x7f", "a\u{FFFD}b\u{FFFD}".as_bytes()),
            (b"\x80", "\u{FFFD}".as_bytes()),
            // A sequence that breaks off is one part, what follows it another.
            (b"\xe2\x82x", "\u{FFFD}x".as_bytes()),
            (b"\xf0\x9f\x98", "\u{FFFD}".as_bytes()),
            (b"\xed\xa0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}".as_bytes()),
            (
                "\u{85}\u{fdd0}\u{1fffe}".as_bytes(),
                "\u{FFFD}\u{FFFD}\u{FFFD}".as_bytes(),
            ),
        ] {
            assert_eq!(&*shown(text), expected, "{}", text.escape_ascii());
        }
    }
}
