//! Glob patterns as `fnmatch` without flags has them, in the C locale.
//!
//! `*` and `?` also match `/` and a leading dot; `\` takes the next byte literally; a class may be
//! negated by `!` or `^`, hold ranges, names such as `[:digit:]` and bytes spelt `[=a=]` or `[.a.]`, and
//! begin with a literal `]`. A class that never ends is a literal `[`. A pattern that ends in a lone `\` matches nothing.
//!
//! The common shapes (`literal`, `prefix*`, `*suffix`, `*part*`) need no automaton.

use std::sync::Arc;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Repetition};

use super::pattern::{Pattern, check_length};
use super::search::Substring;
use crate::error::PatternError;
use crate::options::PatternLimits;

/// Whether letters differ by case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Case {
    Sensitive,
    Ignored,
}

/// A compiled glob pattern.
#[derive(Clone, Debug)]
pub(crate) enum Glob {
    /// No value.
    Nothing,
    /// Exactly this.
    Literal(Arc<[u8]>),
    /// `text*`.
    Prefix(Arc<[u8]>),
    /// `*text`.
    Suffix(Arc<[u8]>),
    /// `*text*`.
    Part(Substring),
    /// Anything else.
    Automaton(Box<Pattern>),
}

impl Glob {
    pub(crate) fn new(
        pattern: &[u8],
        case: Case,
        limits: &PatternLimits,
    ) -> Result<Self, PatternError> {
        check_length(pattern.len(), limits)?;
        let Some(items) = parse(pattern) else {
            return Ok(Self::Nothing);
        };
        if let (Case::Sensitive, Some(simple)) = (case, simple(&items)) {
            return Ok(simple);
        }
        let hir = Hir::concat(items.iter().map(|item| item.hir(case)).collect());
        Ok(Self::Automaton(Box::new(Pattern::whole(hir, limits)?)))
    }

    pub(crate) fn is_match(&self, value: &[u8]) -> bool {
        match self {
            Self::Nothing => false,
            Self::Literal(text) => **text == *value,
            Self::Prefix(text) => value.starts_with(text),
            Self::Suffix(text) => value.ends_with(text),
            Self::Part(text) => text.is_in(value),
            Self::Automaton(pattern) => pattern.is_match(value),
        }
    }
}

/// Matches a pattern that is known only at the time of the event, without building anything that lasts.
pub(crate) fn interpret(pattern: &[u8], value: &[u8], case: Case) -> bool {
    let Some(items) = parse(pattern) else {
        return false;
    };
    let (mut items, mut value) = (items.as_slice(), value);
    // Where to go on when what follows the last `*` does not fit: the `*` takes one byte more.
    let mut retry: Option<(&[Item], &[u8])> = None;
    loop {
        match (items.split_first(), value.split_first()) {
            (None, None) => return true,
            (Some((Item::AnyText, rest)), _) => {
                items = rest;
                retry = Some((rest, value));
            }
            (Some((item, rest)), Some((byte, after))) if item.takes(*byte, case) => {
                (items, value) = (rest, after);
            }
            _ => {
                let Some((after_star, [_, shorter @ ..])) = retry else {
                    return false;
                };
                (items, value) = (after_star, shorter);
                retry = Some((after_star, shorter));
            }
        }
    }
}

/// Whether a text has any byte with a meaning of its own in a glob pattern.
pub(crate) fn is_pattern(text: &[u8]) -> bool {
    text.iter()
        .any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'))
}

#[derive(Debug, PartialEq, Eq)]
enum Item {
    Byte(u8),
    AnyByte,
    AnyText,
    Class(BracketClass),
}

impl Item {
    /// Whether this item, other than `*`, takes the byte.
    fn takes(&self, byte: u8, case: Case) -> bool {
        match (self, case) {
            (Self::Byte(own), Case::Sensitive) => *own == byte,
            (Self::Byte(own), Case::Ignored) => own.eq_ignore_ascii_case(&byte),
            (Self::AnyByte, _) => true,
            (Self::AnyText, _) => false,
            (Self::Class(class), case) => class.takes(byte, case),
        }
    }

    fn hir(&self, case: Case) -> Hir {
        match self {
            Self::Byte(byte) if case == Case::Ignored && byte.is_ascii_alphabetic() => {
                class_hir(fold(ClassBytes::new([ClassBytesRange::new(*byte, *byte)])))
            }
            Self::Byte(byte) => Hir::literal([*byte]),
            Self::AnyByte => any_byte(),
            Self::AnyText => Hir::repetition(Repetition {
                min: 0,
                max: None,
                greedy: true,
                sub: Box::new(any_byte()),
            }),
            Self::Class(class) => class_hir(class.bytes(case)),
        }
    }
}

/// A class as it is written: ignoring case comes before negation, `[!a]` takes no `A` then.
#[derive(Debug, PartialEq, Eq)]
struct BracketClass {
    listed: ClassBytes,
    negated: bool,
}

impl BracketClass {
    fn takes(&self, byte: u8, case: Case) -> bool {
        let is_listed = match case {
            Case::Sensitive => in_class(&self.listed, byte),
            Case::Ignored => {
                in_class(&self.listed, byte.to_ascii_lowercase())
                    || in_class(&self.listed, byte.to_ascii_uppercase())
            }
        };
        is_listed != self.negated
    }

    /// The bytes that it takes.
    fn bytes(&self, case: Case) -> ClassBytes {
        let mut class = self.listed.clone();
        if case == Case::Ignored {
            class = fold(class);
        }
        if self.negated {
            class.negate();
        }
        class
    }
}

fn in_class(class: &ClassBytes, byte: u8) -> bool {
    class
        .iter()
        .any(|range| (range.start()..=range.end()).contains(&byte))
}

fn class_hir(class: ClassBytes) -> Hir {
    Hir::class(Class::Bytes(class))
}

fn fold(mut class: ClassBytes) -> ClassBytes {
    class.case_fold_simple();
    class
}

fn any_byte() -> Hir {
    class_hir(ClassBytes::new([ClassBytesRange::new(0, u8::MAX)]))
}

/// The shapes that need no automaton.
fn simple(items: &[Item]) -> Option<Glob> {
    let leading = items
        .iter()
        .take_while(|item| **item == Item::AnyText)
        .count();
    let rest = items.get(leading..)?;
    let literal: Vec<u8> = rest
        .iter()
        .map_while(|item| match item {
            Item::Byte(byte) => Some(*byte),
            _ => None,
        })
        .collect();
    let tail = rest.get(literal.len()..)?;
    if tail.iter().any(|item| *item != Item::AnyText) {
        return None;
    }
    Some(match (leading > 0, !tail.is_empty()) {
        (false, false) => Glob::Literal(literal.into()),
        (false, true) => Glob::Prefix(literal.into()),
        (true, false) => Glob::Suffix(literal.into()),
        (true, true) => Glob::Part(Substring::new(&literal)),
    })
}

/// The items of a pattern, or nothing where it cannot match.
fn parse(pattern: &[u8]) -> Option<Vec<Item>> {
    let mut items = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'*' => {
                if items.last() != Some(&Item::AnyText) {
                    items.push(Item::AnyText);
                }
            }
            b'?' => items.push(Item::AnyByte),
            b'\\' => {
                let (escaped, after) = rest.split_first()?;
                rest = after;
                items.push(Item::Byte(*escaped));
            }
            b'[' => match parse_class(rest) {
                Some((class, after)) => {
                    rest = after;
                    items.push(Item::Class(class));
                }
                None => items.push(Item::Byte(b'[')),
            },
            other => items.push(Item::Byte(*other)),
        }
    }
    Some(items)
}

/// Reads a class whose `[` is behind; gives it and what follows its `]`.
fn parse_class(text: &[u8]) -> Option<(BracketClass, &[u8])> {
    let (negated, mut rest) = match text.split_first()? {
        (b'!' | b'^', after) => (true, after),
        _ => (false, text),
    };
    let mut listed = ClassBytes::empty();
    let mut first = true;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b']' if !first => break,
            b'[' => {
                if let Some((name, after)) = named_class(rest) {
                    rest = after;
                    for (start, end) in name {
                        listed.push(ClassBytesRange::new(*start, *end));
                    }
                } else if let [b'=', byte, b'=', b']', after @ ..] = rest {
                    listed.push(ClassBytesRange::new(*byte, *byte));
                    rest = after;
                } else if let [b'.', byte, b'.', b']', after @ ..] = rest {
                    rest = push_range(&mut listed, *byte, after)?;
                } else {
                    rest = push_range(&mut listed, b'[', rest)?;
                }
            }
            b'\\' => {
                let (escaped, after) = rest.split_first()?;
                rest = push_range(&mut listed, *escaped, after)?;
            }
            other => rest = push_range(&mut listed, *other, rest)?,
        }
        first = false;
    }
    Some((BracketClass { listed, negated }, rest))
}

/// Adds one byte, or the range that it begins; gives what follows.
fn push_range<'a>(class: &mut ClassBytes, start: u8, rest: &'a [u8]) -> Option<&'a [u8]> {
    let (end, after) = match rest {
        [b'-', b']', ..] => (start, rest),
        [b'-', b'\\', end, after @ ..] => (*end, after),
        [b'-', end, after @ ..] => (*end, after),
        [b'-'] => return None,
        _ => (start, rest),
    };
    // As fnmatch has it, a range that runs backwards holds nothing.
    if start <= end {
        class.push(ClassBytesRange::new(start, end));
    }
    Some(after)
}

/// Reads `:name:]`, whose `[` is behind.
fn named_class(text: &[u8]) -> Option<(ByteRanges, &[u8])> {
    let text = text.strip_prefix(b":")?;
    let end = text.windows(2).position(|pair| pair == b":]")?;
    let (name, after) = (text.get(..end)?, text.get(end..)?.get(2..)?);
    NAMED_CLASSES
        .iter()
        .find(|(known, _)| known.as_bytes() == name)
        .map(|(_, ranges)| (*ranges, after))
}

/// First and last byte of each range.
type ByteRanges = &'static [(u8, u8)];

/// The classes of the C locale.
const NAMED_CLASSES: [(&str, ByteRanges); 12] = [
    ("alnum", &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]),
    ("alpha", &[(b'A', b'Z'), (b'a', b'z')]),
    ("blank", &[(b'\t', b'\t'), (b' ', b' ')]),
    ("cntrl", &[(0, 0x1f), (0x7f, 0x7f)]),
    ("digit", &[(b'0', b'9')]),
    ("graph", &[(b'!', b'~')]),
    ("lower", &[(b'a', b'z')]),
    ("print", &[(b' ', b'~')]),
    (
        "punct",
        &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
    ),
    ("space", &[(b'\t', b'\r'), (b' ', b' ')]),
    ("upper", &[(b'A', b'Z')]),
    ("xdigit", &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, case: Case) -> Glob {
        Glob::new(pattern.as_bytes(), case, &PatternLimits::default()).unwrap()
    }

    fn matches(pattern: &str, value: &[u8]) -> bool {
        let compiled = glob(pattern, Case::Sensitive).is_match(value);
        let interpreted = interpret(pattern.as_bytes(), value, Case::Sensitive);
        assert_eq!(compiled, interpreted, "{pattern:?} on {value:?}");
        compiled
    }

    proptest::proptest! {
        #[test]
        fn compiled_and_interpreted_patterns_agree(
            pattern in "[ab*?\\[\\]!\\\\-]{0,8}",
            value in "[abAB\\]!-]{0,8}",
        ) {
            for case in [Case::Sensitive, Case::Ignored] {
                proptest::prop_assert_eq!(
                    glob(&pattern, case).is_match(value.as_bytes()),
                    interpret(pattern.as_bytes(), value.as_bytes(), case)
                );
            }
        }
    }

    #[test]
    fn wildcards_cross_slashes_and_dots() {
        assert!(matches("/etc/*", b"/etc/a/b"));
        assert!(matches("*", b".hidden"));
        assert!(matches("/home/*/.ssh/*", b"/home/u/x/.ssh/id"));
        assert!(matches("/p?/q?", b"/p\xff/q\xff"));
        assert!(matches("a?c", b"a/c"));
        assert!(!matches("a?c", b"ac"));
        assert!(!matches("", b"x"));
        assert!(matches("", b""));
    }

    #[test]
    fn common_shapes_need_no_automaton() {
        assert!(matches!(glob("abc", Case::Sensitive), Glob::Literal(_)));
        assert!(matches!(glob("a\\*c", Case::Sensitive), Glob::Literal(_)));
        assert!(matches!(glob("abc**", Case::Sensitive), Glob::Prefix(_)));
        assert!(matches!(glob("*abc", Case::Sensitive), Glob::Suffix(_)));
        assert!(matches!(glob("*abc*", Case::Sensitive), Glob::Part(_)));
        assert!(matches!(glob("a*c", Case::Sensitive), Glob::Automaton(_)));
        assert!(matches("**", b"") && matches("*", b"x"));
        assert!(matches("*abc", b"xabc") && !matches("*abc", b"abcx"));
    }

    #[test]
    fn classes_follow_fnmatch() {
        for (pattern, value, expected) in [
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]]", "]", true),
            ("[!]]", "]", false),
            ("[]-a]", "^", true),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("[c-a]", "b", false),
            ("[[:digit:]_]", "7", true),
            ("[[:digit:]_]", "_", true),
            ("[[:digit:]_]", "x", false),
            ("[[:nonsense:]]", "n]", true),
            ("[[=a=]b]", "a", true),
            ("[[=a=]b]", "=", false),
            ("[[.-.]b]", "-", true),
            ("[[.a.]-c]", "b", true),
            ("[\\]]", "]", true),
            ("[a", "[a", true),
            ("[a", "a", false),
            ("a[", "a[", true),
            ("\\[a]", "[a]", true),
            ("/opt/di[r]/s", "/opt/dir/s", true),
            ("a\\", "a\\", false),
            ("a\\", "a", false),
        ] {
            assert_eq!(
                matches(pattern, value.as_bytes()),
                expected,
                "{pattern} on {value}"
            );
        }
    }

    #[test]
    fn case_may_be_ignored() {
        assert!(glob("MY*", Case::Ignored).is_match(b"myexe"));
        assert!(glob("*[E]XE", Case::Ignored).is_match(b"myexe"));
        assert!(!glob("MY*", Case::Sensitive).is_match(b"myexe"));
        assert!(glob("myexe", Case::Ignored).is_match(b"MyExe"));
        for (pattern, value, expected) in [
            ("[!a]", b"A", false),
            ("[^A-C]", b"b", false),
            ("[!a]", b"B", true),
        ] {
            assert_eq!(glob(pattern, Case::Ignored).is_match(value), expected);
            assert_eq!(
                interpret(pattern.as_bytes(), value, Case::Ignored),
                expected
            );
        }
    }
}
