//! Buffers that are used again, so that an event that matches nothing allocates nothing.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

/// Most buffers that are kept; the rest is freed.
const BUFFERS_MAX: usize = 32;
/// Largest buffer that is kept, in bytes; larger ones (a long command line) are freed.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Most patterns that are kept compiled: rules name a handful. When there are more, all are forgotten.
const PATTERNS_MAX: usize = 64;

/// Spare buffers of one thread, and the patterns that rules name as arguments of fields.
#[derive(Debug, Default)]
pub struct Scratch {
    spare: RefCell<Vec<Vec<u8>>>,
    /// `None` for what is no regular expression.
    patterns: RefCell<Vec<(Arc<str>, Option<Regex>)>>,
}

impl Scratch {
    /// No buffers yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            spare: RefCell::new(Vec::new()),
            patterns: RefCell::new(Vec::new()),
        }
    }

    /// Calls `look` with a regular expression, compiled once; `None` if it is none.
    pub(crate) fn with_pattern<T>(
        &self,
        text: &Arc<str>,
        look: impl FnOnce(&Regex) -> T,
    ) -> Option<T> {
        let mut patterns = self.patterns.borrow_mut();
        let known = patterns.iter().position(|(known, _)| known == text);
        if known.is_none() {
            if patterns.len() >= PATTERNS_MAX {
                patterns.clear();
            }
            patterns.push((Arc::clone(text), compile(text)));
        }
        let position = known.unwrap_or(patterns.len().saturating_sub(1));
        let (_, pattern) = patterns.get(position)?;
        pattern.as_ref().map(look)
    }

    fn take(&self) -> Vec<u8> {
        self.spare.borrow_mut().pop().unwrap_or_default()
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < BUFFERS_MAX && buffer.capacity() <= BUFFER_BYTES_MAX {
            buffer.clear();
            spare.push(buffer);
        }
    }
}

/// As Falco takes them: `^` and `$` match at every line.
fn compile(text: &str) -> Option<Regex> {
    let syntax = syntax::Config::new().multi_line(true).utf8(false);
    Regex::builder().syntax(syntax).build(text).ok()
}

/// A text that is made when it is first asked for, in a buffer of a [`Scratch`].
#[derive(Debug)]
pub(crate) struct ScratchText<'a> {
    scratch: &'a Scratch,
    text: OnceCell<Option<Vec<u8>>>,
}

impl<'a> ScratchText<'a> {
    pub(crate) const fn new(scratch: &'a Scratch) -> Self {
        Self {
            scratch,
            text: OnceCell::new(),
        }
    }

    /// The text; `make` appends it to an empty buffer, or says that there is none.
    pub(crate) fn get_or_make(&self, make: impl FnOnce(&mut Vec<u8>) -> bool) -> Option<&[u8]> {
        self.text
            .get_or_init(|| {
                let mut buffer = self.scratch.take();
                if make(&mut buffer) {
                    Some(buffer)
                } else {
                    self.scratch.give_back(buffer);
                    None
                }
            })
            .as_deref()
    }
}

impl Drop for ScratchText<'_> {
    fn drop(&mut self) {
        if let Some(Some(buffer)) = self.text.take() {
            self.scratch.give_back(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scratch, ScratchText};

    #[test]
    fn a_buffer_serves_the_next_text() {
        let scratch = Scratch::new();
        let first = ScratchText::new(&scratch);
        let made = first.get_or_make(|out| {
            out.extend_from_slice(b"some text");
            true
        });
        assert_eq!(made, Some(&b"some text"[..]));
        assert_eq!(first.get_or_make(|_| false), made, "made once");
        drop(first);
        let second = ScratchText::new(&scratch);
        assert_eq!(second.get_or_make(|out| out.is_empty()), Some(&b""[..]));
        assert!(scratch.spare.borrow().is_empty(), "the buffer is in use");
    }

    #[test]
    fn no_text_gives_the_buffer_back() {
        let scratch = Scratch::new();
        let text = ScratchText::new(&scratch);
        assert_eq!(text.get_or_make(|_| false), None);
        assert_eq!(scratch.spare.borrow().len(), 1);
    }
}
