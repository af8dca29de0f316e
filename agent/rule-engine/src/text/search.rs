//! Searching for bytes within bytes.

use memchr::memmem::Finder;

/// Text to be found within values, prepared once.
#[derive(Clone, Debug)]
pub(crate) struct Substring {
    /// Boxed: it is large beside what else stands in a predicate.
    finder: Box<Finder<'static>>,
}

impl Substring {
    pub(crate) fn new(needle: &[u8]) -> Self {
        Self {
            finder: Box::new(Finder::new(needle).into_owned()),
        }
    }

    /// The text.
    pub(crate) fn needle(&self) -> &[u8] {
        self.finder.needle()
    }

    /// Whether the value contains it. Every value contains the empty text.
    pub(crate) fn is_in(&self, value: &[u8]) -> bool {
        self.finder.find(value).is_some()
    }
}

/// Whether the value contains the needle, where ASCII case does not matter.
pub(crate) fn contains_ignoring_case(value: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else {
        return true;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, value).any(|start| {
        value
            .get(start..)
            .and_then(|rest| rest.get(..needle.len()))
            .is_some_and(|part| part.eq_ignore_ascii_case(needle))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_in_ascii_only() {
        assert!(contains_ignoring_case(b"xAbCx", b"aBc"));
        assert!(!contains_ignoring_case(b"xAb", b"abc"));
        assert!(contains_ignoring_case(b"", b""));
        assert!(!contains_ignoring_case(b"", b"a"));
        assert!(!contains_ignoring_case("É".as_bytes(), "é".as_bytes()));
    }

    #[test]
    fn every_value_contains_nothing() {
        assert!(Substring::new(b"").is_in(b""));
        assert!(Substring::new(b"ell").is_in(b"hello"));
        assert!(!Substring::new(b"elo").is_in(b"hello"));
    }
}
