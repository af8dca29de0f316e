//! Scalars, and where each of their characters stands in the file.

use std::sync::Arc;

use crate::origin::MappedText;
use crate::span::{SourceFile, Span};

/// How a scalar is written, as far as it changes how its text relates to the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// Literal (`|`) or folded (`>`).
    Block,
}

/// A scalar.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) value: Arc<str>,
    pub(crate) style: Style,
    pub(crate) span: Span,
}

impl Scalar {
    /// Whether it is empty, `~` or `null`, unquoted.
    pub(crate) fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(&*self.value, "" | "~" | "null" | "Null" | "NULL")
    }

    /// The truth value it stands for, by the rules of YAML 1.1 that Falco follows: the word in lower
    /// case, in upper case or capitalised.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        let lower = self.value.to_ascii_lowercase();
        let flexible = self
            .value
            .bytes()
            .skip(1)
            .all(|byte| byte.is_ascii_lowercase())
            || *self.value == *lower.to_ascii_uppercase();
        match &*lower {
            "y" | "yes" | "true" | "on" if flexible => Some(true),
            "n" | "no" | "false" | "off" if flexible => Some(false),
            _ => None,
        }
    }

    /// Its text with the place of every character.
    ///
    /// Folding, indentation and line breaks only ever change blanks, so value and file are walked side
    /// by side: a blank of the value takes the next blank of the file, anything else skips blanks of
    /// the file and must be there as it is or as an escape. Should the two not fit, the rest stands
    /// for the whole scalar.
    pub(crate) fn mapped(&self, source: &SourceFile) -> MappedText {
        let mut mapped = MappedText::default();
        let mut walk = Walk::new(self, source);
        for (index, character) in self.value.char_indices() {
            let end = index.saturating_add(character.len_utf8());
            let text = self.value.get(index..end).unwrap_or_default();
            let Some(place) = walk.place(character) else {
                mapped.push_whole(self.value.get(index..).unwrap_or_default(), self.span);
                break;
            };
            match place {
                Place::Same(offset) => mapped.push_verbatim(text, self.span.file, offset),
                Place::Other(start, end) => {
                    mapped.push_whole(text, Span::new(self.span.file, start, end));
                }
            }
        }
        mapped
    }
}

/// Where a character of the value comes from.
enum Place {
    /// It stands there as it is.
    Same(u32),
    /// Something else stands there for it.
    Other(u32, u32),
}

/// The walk through the file's text of a scalar.
struct Walk<'s> {
    style: Style,
    rest: &'s str,
    offset: u32,
}

impl<'s> Walk<'s> {
    fn new(scalar: &Scalar, source: &'s SourceFile) -> Self {
        let start = usize::try_from(scalar.span.start).unwrap_or(usize::MAX);
        // A block scalar may end before its trailing line breaks; nothing is lost by looking further.
        let end = match scalar.style {
            Style::Block => source.text.len(),
            _ => usize::try_from(scalar.span.end).unwrap_or(usize::MAX),
        };
        let raw = source.text.get(start..end).unwrap_or_default();
        let header = match scalar.style {
            Style::Plain => 0,
            Style::SingleQuoted | Style::DoubleQuoted => 1,
            // The indicator's line: `>-`, perhaps a comment.
            Style::Block if raw.starts_with(['|', '>']) => {
                raw.find('\n').map_or(raw.len(), |at| at.saturating_add(1))
            }
            Style::Block => 0,
        };
        let mut walk = Self {
            style: scalar.style,
            rest: raw,
            offset: scalar.span.start,
        };
        walk.advance(header);
        walk
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        self.offset = self
            .offset
            .saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Where the next character of the value stands.
    fn place(&mut self, character: char) -> Option<Place> {
        if matches!(character, ' ' | '\t' | '\n' | '\r') {
            return Some(self.blank(character));
        }
        self.skip_blanks();
        let escape = self.escape_length();
        if escape > 0 {
            return Some(self.other(escape));
        }
        if !self.rest.starts_with(character) {
            return None;
        }
        if character == '\'' && self.style == Style::SingleQuoted {
            return Some(self.other(2));
        }
        let place = Place::Same(self.offset);
        self.advance(character.len_utf8());
        Some(place)
    }

    fn blank(&mut self, character: char) -> Place {
        if self.rest.starts_with(character) {
            let place = Place::Same(self.offset);
            self.advance(1);
            return place;
        }
        if self.rest.starts_with([' ', '\t', '\n', '\r']) {
            return self.other(1);
        }
        self.skip_continuations();
        match self.escape_length() {
            0 => Place::Other(self.offset, self.offset),
            escape => self.other(escape),
        }
    }

    fn other(&mut self, bytes: usize) -> Place {
        let start = self.offset;
        self.advance(bytes.min(self.rest.len()));
        Place::Other(start, self.offset)
    }

    fn skip_blanks(&mut self) {
        loop {
            let blanks = self
                .rest
                .find(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
                .unwrap_or(0);
            self.advance(blanks);
            if !self.skip_continuations() {
                return;
            }
        }
    }

    /// Skips a backslash before a line break and the blanks of the next line; whether there was one.
    fn skip_continuations(&mut self) -> bool {
        let found = self.style == Style::DoubleQuoted
            && (self.rest.starts_with("\\\n") || self.rest.starts_with("\\\r\n"));
        if found {
            self.advance(1);
            let blanks = self
                .rest
                .find(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
                .unwrap_or(0);
            self.advance(blanks);
        }
        found
    }

    /// Bytes of the escape sequence that starts here, if one does.
    fn escape_length(&self) -> usize {
        let mut characters = self.rest.chars();
        if self.style != Style::DoubleQuoted || characters.next() != Some('\\') {
            return 0;
        }
        match characters.next() {
            Some('x') => 4,
            Some('u') => 6,
            Some('U') => 10,
            Some(other) => other.len_utf8().saturating_add(1),
            None => 0,
        }
    }
}
