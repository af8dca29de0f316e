//! The lexer: a place in the text and the tokens that can start there.
//!
//! Tokens depend on what the grammar expects (a bare string may hold what elsewhere is an operator), so
//! the parser asks for one kind at a time. A method that does not find its token leaves the place alone.

use std::ops::Range;
use std::sync::Arc;

use super::escape::{EscapeError, unescape};
use crate::origin::MappedText;
use crate::span::Span;

/// A place in a text.
pub(super) struct Cursor<'t> {
    text: &'t MappedText,
    position: usize,
    last_token: Range<usize>,
}

/// Either spelling of a literal's bytes.
pub(super) type Bytes = Arc<[u8]>;

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t MappedText) -> Self {
        Self {
            text,
            position: 0,
            last_token: 0..0,
        }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Goes back to an earlier place.
    pub(super) fn reset(&mut self, position: usize) {
        self.position = position;
    }

    pub(super) fn at_end(&self) -> bool {
        self.position >= self.text.len()
    }

    /// The text still ahead.
    pub(super) fn rest(&self) -> &'t str {
        self.text.as_str().get(self.position..).unwrap_or_default()
    }

    /// The token read last, for messages.
    pub(super) fn last_token(&self) -> &'t str {
        self.text
            .as_str()
            .get(self.last_token.clone())
            .unwrap_or_default()
    }

    /// The file span from an earlier place to here.
    pub(super) fn span_from(&self, start: usize) -> Span {
        self.text.span(start..self.position)
    }

    /// The file span of what comes next: one word, or one character, or the end.
    pub(super) fn span_ahead(&self) -> Span {
        let rest = self.rest();
        let blank = rest
            .len()
            .saturating_sub(rest.trim_start_matches(is_blank).len());
        let start = self.position.saturating_add(blank);
        let word = rest.get(blank..).unwrap_or_default();
        let length = word
            .find(|c: char| is_blank(c) || "(),".contains(c))
            .unwrap_or(word.len())
            .max(word.chars().next().map_or(0, char::len_utf8));
        self.text.span(start..start.saturating_add(length))
    }

    /// Blanks; whether there were any.
    pub(super) fn blank(&mut self) -> bool {
        let length = prefix_length(self.rest(), is_blank);
        self.position = self.position.saturating_add(length);
        length > 0
    }

    /// This very text.
    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.rest().starts_with(symbol);
        if found {
            self.advance(symbol.len());
        }
        found
    }

    /// This word with a blank after it, which is taken too.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let start = self.position;
        if self.symbol(word) && self.blank() {
            return true;
        }
        self.position = start;
        false
    }

    /// `not` and the blanks after it.
    pub(super) fn not(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix("not") else {
            return false;
        };
        let blanks = prefix_length(rest, is_regex_space);
        if blanks > 0 {
            self.advance("not".len().saturating_add(blanks));
        }
        blanks > 0
    }

    /// A macro's or list's name.
    pub(super) fn identifier(&mut self) -> Option<&'t str> {
        let length = identifier_length(self.rest());
        self.take(length)
    }

    /// A dotted name.
    pub(super) fn field_name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let first = identifier_length(rest);
        if first == 0 {
            return None;
        }
        let mut length = first;
        while let Some(next) = rest.get(length..).and_then(|tail| tail.strip_prefix('.')) {
            let component = identifier_length(next);
            if component == 0 {
                break;
            }
            length = length.saturating_add(1).saturating_add(component);
        }
        if length > first {
            self.take(length)
        } else {
            None
        }
    }

    /// An unquoted argument in brackets.
    pub(super) fn bare_argument(&mut self) -> Option<&'t str> {
        let length = prefix_length(self.rest(), |c| !ends_bare_text(c) && !"[]\"'".contains(c));
        self.take(length)
    }

    /// An unquoted value.
    pub(super) fn bare_text(&mut self) -> Option<&'t str> {
        let length = prefix_length(self.rest(), |c| {
            !ends_bare_text(c) && !"()\"'=,".contains(c)
        });
        self.take(length)
    }

    /// A hexadecimal or decimal number.
    pub(super) fn number(&mut self) -> Option<&'t str> {
        let hexadecimal = hexadecimal_length(self.rest());
        let length = if hexadecimal > 0 {
            hexadecimal
        } else {
            decimal_length(self.rest())
        };
        self.take(length)
    }

    /// A quoted text, unescaped. It ends at the first closing quote that no backslash precedes, even if
    /// that backslash is itself escaped: `'a\\'` is not closed. A NUL byte ends the search.
    pub(super) fn quoted(&mut self) -> Option<Result<Bytes, EscapeError>> {
        let rest = self.rest();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let mut previous = '\\';
        for (index, character) in rest.char_indices().take_while(|(_, c)| *c != '\0') {
            if character == quote && previous != '\\' {
                let length = index.saturating_add(1);
                let text = rest.get(..length).unwrap_or_default();
                return Some(unescape(text).map(|bytes| {
                    self.advance(length);
                    Arc::from(bytes)
                }));
            }
            previous = character;
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'t str> {
        let token = self
            .rest()
            .get(..length)
            .filter(|token| !token.is_empty())?;
        self.advance(length);
        Some(token)
    }

    fn advance(&mut self, length: usize) {
        let start = self.position;
        self.position = start.saturating_add(length);
        self.last_token = start..self.position;
    }
}

/// Blanks between tokens.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{8}' | '\r' | '\n')
}

/// The blanks of Falco's regular expressions; differ from [`is_blank`].
fn is_regex_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// What bare strings end at: no string holds a NUL.
fn ends_bare_text(character: char) -> bool {
    is_regex_space(character) || character == '\0'
}

/// Bytes of the longest prefix whose characters all satisfy `accept`.
fn prefix_length(text: &str, accept: impl Fn(char) -> bool) -> usize {
    text.find(|c| !accept(c)).unwrap_or(text.len())
}

fn identifier_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return 0;
    }
    prefix_length(text, |c| c.is_ascii_alphanumeric() || c == '_')
}

fn hexadecimal_length(text: &str) -> usize {
    let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) else {
        return 0;
    };
    match prefix_length(digits, |c| c.is_ascii_hexdigit()) {
        0 => 0,
        length => length.saturating_add(2),
    }
}

/// `[+-]?[0-9]+\.?[0-9]*([eE][+-][0-9]+)?`
fn decimal_length(text: &str) -> usize {
    let digits =
        |from: usize| prefix_length(text.get(from..).unwrap_or_default(), |c| c.is_ascii_digit());
    let starts = |at: usize, set: &str| {
        text.get(at..)
            .is_some_and(|rest| rest.starts_with(|c| set.contains(c)))
    };
    let mut length = usize::from(starts(0, "+-"));
    let whole = digits(length);
    if whole == 0 {
        return 0;
    }
    length = length.saturating_add(whole);
    length = length.saturating_add(usize::from(starts(length, ".")));
    length = length.saturating_add(digits(length));
    if starts(length, "eE") && starts(length.saturating_add(1), "+-") {
        let exponent = digits(length.saturating_add(2));
        if exponent > 0 {
            length = length.saturating_add(2).saturating_add(exponent);
        }
    }
    length
}
