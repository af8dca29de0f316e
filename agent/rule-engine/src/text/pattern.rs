//! Regular expressions that must match a whole value.
//!
//! The expression is anchored as a syntax tree, not as text: `a)|(b` or a trailing comment in
//! extended mode cannot slip out of the anchors.

use std::sync::Arc;

use regex_automata::meta;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::error::PatternError;
use crate::options::PatternLimits;

/// What stands for bytes that are not text: a value may match a pattern by it without having it.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Most nested groups of an expression.
const NESTING_MAX: u32 = 100;

/// A compiled expression, anchored at both ends.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: meta::Regex,
    alphabet: Alphabet,
    required: Option<Arc<[u8]>>,
}

/// What one step of an expression takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    Bytes,
    Characters,
}

impl Pattern {
    /// Compiles a regular expression. Characters are matched, so `.` is any of them but a newline; what
    /// is not UTF-8 in a value counts as U+FFFD.
    pub(crate) fn regex(text: &str, limits: &PatternLimits) -> Result<Self, PatternError> {
        check_length(text.len(), limits)?;
        let hir = parse(text).map_err(PatternError::Syntax)?;
        let whole = Self::whole(hir, limits)?;
        Ok(Self {
            alphabet: Alphabet::Characters,
            required: whole.required.filter(|text| stands_in_value(text)),
            ..whole
        })
    }

    /// Compiles a syntax tree that must match all bytes of the value.
    pub(crate) fn whole(hir: Hir, limits: &PatternLimits) -> Result<Self, PatternError> {
        let required = required_text(&hir)
            .filter(|text| memchr::memmem::find(text, REPLACEMENT).is_none())
            .map(Arc::from);
        let anchored = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
        let config = meta::Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(limits.automaton_bytes))
            .onepass_size_limit(Some(limits.automaton_bytes))
            .hybrid_cache_capacity(limits.cache_bytes);
        let regex = meta::Builder::new()
            .configure(config)
            .build_from_hir(&anchored)
            .map_err(|error| PatternError::Automaton(Box::new(error)))?;
        Ok(Self {
            regex,
            alphabet: Alphabet::Bytes,
            required,
        })
    }

    /// The longest text known to be in everything that matches.
    pub(crate) fn required_text(&self) -> Option<&Arc<[u8]>> {
        self.required.as_ref()
    }

    /// Whether it matches the whole value.
    pub(crate) fn is_match(&self, value: &[u8]) -> bool {
        match self.alphabet {
            Alphabet::Bytes => self.regex.is_match(value),
            // Nothing is copied where the value is UTF-8.
            Alphabet::Characters => self.regex.is_match(&*String::from_utf8_lossy(value)),
        }
    }
}

/// Whether a text that is found once what is not UTF-8 is replaced stands in the value itself.
fn stands_in_value(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| !text.contains(char::REPLACEMENT_CHARACTER))
}

/// The longest literal that every match of the expression has. The parser bounds the nesting.
fn required_text(hir: &Hir) -> Option<&[u8]> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(&literal.0),
        HirKind::Capture(capture) => required_text(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required_text(&repetition.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .filter_map(required_text)
            .max_by_key(|text| text.len()),
        _ => None,
    }
}

/// Refuses a pattern that is longer than the setting.
pub(super) fn check_length(length: usize, limits: &PatternLimits) -> Result<(), PatternError> {
    if length > limits.pattern_bytes {
        return Err(PatternError::TooLong {
            length,
            limit: limits.pattern_bytes,
        });
    }
    Ok(())
}

fn parse(text: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    ParserBuilder::new()
        .nest_limit(NESTING_MAX)
        .utf8(false)
        .build()
        .parse(text)
        .map_err(Box::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &[u8]) -> bool {
        Pattern::regex(pattern, &PatternLimits::default())
            .unwrap()
            .is_match(value)
    }

    #[test]
    fn the_whole_value_has_to_match() {
        assert!(matches("syscal.*", b"syscall"));
        assert!(!matches("yscal.*", b"syscall"));
        assert!(!matches("syscal", b"syscall"));
        assert!(matches("a|syscall", b"syscall"));
        assert!(!matches("a|sys", b"syscall"));
        assert!(matches("^[A-Z]+$", b"SYSCALL"));
    }

    #[test]
    fn bytes_that_are_not_text_match() {
        assert!(matches("/p./q.", b"/p\xff/q\xff"));
        assert!(!matches("/p./q", b"/p\xff/q\xff"));
        assert!(matches("é.*", "école".as_bytes()));
        assert!(matches("[é]cole", "école".as_bytes()));
        assert!(matches(".cole", "école".as_bytes()));
        assert!(!matches("..cole", "école".as_bytes()));
        assert!(matches("[^a]", b"\xe2\x82"));
        assert!(!matches("é", b"\xe9"));
    }

    #[test]
    fn every_match_has_the_required_text() {
        for (pattern, expected) in [
            ("/home/[a-z]+/vault/.*", Some("/vault/")),
            ("a|b", None),
            ("(abc)+d?", Some("abc")),
            ("(abc)*", None),
            ("(?i)abc", None),
            ("", None),
            ("école", Some("école")),
            // What the value has may not be UTF-8, and is not this text.
            ("a\u{fffd}b", None),
            ("(?-u:\\xbd)abc", None),
        ] {
            let pattern = Pattern::regex(pattern, &PatternLimits::default()).unwrap();
            let required = pattern.required_text().map(|text| &**text);
            assert_eq!(required, expected.map(str::as_bytes));
        }
    }

    #[test]
    fn anchors_cannot_be_escaped() {
        assert!(!matches("(?x)a # comment", b"ab"));
        assert!(matches("(?x)a # comment", b"a"));
        assert!(!matches("(?m)a$", b"a\nb"));
    }

    #[test]
    fn limits_hold() {
        let limits = PatternLimits {
            automaton_bytes: 4096,
            ..PatternLimits::default()
        };
        assert!(matches!(
            Pattern::regex("(a{100}){100}", &limits),
            Err(PatternError::Automaton(_))
        ));
        let limits = PatternLimits {
            pattern_bytes: 4,
            ..PatternLimits::default()
        };
        assert!(matches!(
            Pattern::regex("abcde", &limits),
            Err(PatternError::TooLong { .. })
        ));
    }
}
