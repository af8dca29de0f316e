//! Which bytes of a text are shown as they are.

/// U+FFFD, in place of what is not printable.
pub(crate) const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// The first character of a text, or what stands in its place.
pub(crate) enum Piece<'t> {
    /// A printable character.
    Printable(&'t [u8]),
    /// A control character, a code point that is no character, or bytes that are not UTF-8.
    Other,
}

impl<'t> Piece<'t> {
    /// How it is shown.
    pub(crate) const fn text(&self) -> &'t [u8] {
        match self {
            Self::Printable(text) => text,
            Self::Other => REPLACEMENT,
        }
    }
}

/// The first character of a text and its length in bytes; `None` at the end.
pub(crate) fn next(text: &[u8]) -> Option<(Piece<'_>, usize)> {
    let first = *text.first()?;
    if first.is_ascii() {
        let is_printable = (b' '..=b'~').contains(&first);
        let piece = text.get(..1).filter(|_| is_printable);
        return Some((piece.map_or(Piece::Other, Piece::Printable), 1));
    }
    // No character has more bytes, so nothing further needs to be looked at.
    let window = text.get(..text.len().min(4)).unwrap_or(text);
    let chunk = window.utf8_chunks().next()?;
    let Some(character) = chunk.valid().chars().next() else {
        return Some((Piece::Other, chunk.invalid().len().max(1)));
    };
    let length = character.len_utf8();
    let code = u32::from(character);
    let is_control = (0x80..=0x9F).contains(&code);
    let is_no_character = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
    if is_control || is_no_character {
        return Some((Piece::Other, length));
    }
    Some((Piece::Printable(text.get(..length)?), length))
}

/// Appends a text with U+FFFD in place of what is not printable: control characters, code points that
/// are no characters, and each part of bytes that are not UTF-8.
pub fn append(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((piece, length)) = next(rest) {
        out.extend_from_slice(piece.text());
        rest = rest.get(length..).unwrap_or_default();
    }
}
