//! Buffers that are used again, so that an event that matches nothing allocates nothing.

use crate::facts::Lookups;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use std::cell::{OnceCell, RefCell};
use std::ops::Deref;
use std::sync::Arc;

/// Most sets of buffers that are kept; the rest is freed. An event uses one for each view of paths.
const SETS_MAX: usize = 8;
/// Largest buffer that is kept, in bytes; larger ones (a long command line) are freed.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Most patterns that are kept compiled: rules name a handful. When there are more, all are forgotten.
const PATTERNS_MAX: usize = 64;

/// Spare buffers of one thread, and the patterns that rules name as arguments of fields.
#[derive(Debug, Default)]
pub struct Scratch {
    texts: Pool<Texts>,
    lookups: Pool<Lookups>,
    /// `None` for what is no regular expression.
    patterns: RefCell<Vec<(Arc<str>, Option<Regex>)>>,
}

impl Scratch {
    /// No buffers yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            texts: Pool::new(),
            lookups: Pool::new(),
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

    /// Texts of one event.
    pub(crate) const fn texts(&self) -> Lent<'_, Texts> {
        Lent::new(&self.texts)
    }

    /// What one event looks up.
    pub(crate) const fn lookups(&self) -> Lent<'_, Lookups> {
        Lent::new(&self.lookups)
    }
}

/// What an event makes for itself, and leaves to a later one.
pub(crate) trait Reused: Default {
    /// Forgets the event.
    fn clear(&mut self);
}

impl Reused for Lookups {
    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Spare sets of one kind. Boxed: an event that needs one takes the box, and one that needs none, as
/// most do, makes and drops no more than an empty cell.
struct Pool<T>(RefCell<Vec<Box<T>>>);

impl<T> Pool<T> {
    const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> std::fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

/// What one event makes for itself, lent by a [`Scratch`] when it is first needed.
pub(crate) struct Lent<'a, T: Reused> {
    pool: &'a Pool<T>,
    set: OnceCell<Box<T>>,
}

impl<'a, T: Reused> Lent<'a, T> {
    const fn new(pool: &'a Pool<T>) -> Self {
        Self {
            pool,
            set: OnceCell::new(),
        }
    }

    /// The set, if it was needed before.
    pub(crate) fn if_needed(&self) -> Option<&T> {
        self.set.get().map(|set| &**set)
    }
}

impl<T: Reused> Deref for Lent<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.set
            .get_or_init(|| self.pool.0.borrow_mut().pop().unwrap_or_default())
    }
}

impl<T: Reused> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        if let Some(mut set) = self.set.take() {
            let mut spare = self.pool.0.borrow_mut();
            if spare.len() < SETS_MAX {
                set.clear();
                spare.push(set);
            }
        }
    }
}

/// As Falco takes them: `^` and `$` match at every line.
fn compile(text: &str) -> Option<Regex> {
    let syntax = syntax::Config::new().multi_line(true).utf8(false);
    Regex::builder().syntax(syntax).build(text).ok()
}

macro_rules! texts {
    ($($(#[$doc:meta])* $text:ident,)*) => {
        /// Texts made for one event.
        #[derive(Debug, Default)]
        pub(crate) struct Texts {
            $($(#[$doc])* pub(crate) $text: Text,)*
        }

        impl Reused for Texts {
            fn clear(&mut self) {
                $(self.$text.clear();)*
            }
        }
    };
}

texts! {
    /// The path that the caller asked for, for calls that open.
    requested,
    /// `fd.name` of a connection.
    connection,
    /// `fd.nameraw`.
    raw,
    /// The path as the host sees it.
    host_path,
    /// `proc.cmdline`.
    command_line,
    /// `proc.args`.
    arguments,
    /// `proc.pcmdline`.
    parent_command_line,
    /// `proc.cwd`.
    working_directory,
    /// `evt.args`.
    event_arguments,
}

/// A text that is made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Text {
    text: OnceCell<Option<Vec<u8>>>,
    /// A buffer of an earlier event.
    spare: RefCell<Vec<u8>>,
}

impl Text {
    /// The text; `make` appends it to an empty buffer, or says that there is none.
    pub(crate) fn get_or_make(&self, make: impl FnOnce(&mut Vec<u8>) -> bool) -> Option<&[u8]> {
        let made = self.text.get_or_init(|| {
            let mut buffer = self.spare.take();
            if make(&mut buffer) {
                return Some(buffer);
            }
            self.keep(buffer);
            None
        });
        made.as_deref()
    }

    fn clear(&mut self) {
        if let Some(Some(buffer)) = self.text.take() {
            self.keep(buffer);
        }
    }

    fn keep(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= BUFFER_BYTES_MAX {
            buffer.clear();
            self.spare.replace(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scratch;

    #[test]
    fn a_buffer_serves_the_same_text_of_the_next_event() {
        let scratch = Scratch::new();
        let first = scratch.texts();
        let made = first.raw.get_or_make(|out| {
            out.extend_from_slice(b"some text");
            true
        });
        assert_eq!(made, Some(&b"some text"[..]));
        assert_eq!(first.raw.get_or_make(|_| false), made, "made once");
        drop(first);
        let second = scratch.texts();
        let made = second
            .raw
            .get_or_make(|out| out.is_empty() && out.capacity() > 0);
        assert_eq!(made, Some(&b""[..]));
        assert!(scratch.texts.0.borrow().is_empty(), "the set is in use");
    }

    #[test]
    fn no_text_keeps_the_buffer() {
        let scratch = Scratch::new();
        for _ in 0..2 {
            let texts = scratch.texts();
            assert_eq!(texts.raw.get_or_make(|_| false), None);
        }
        assert_eq!(scratch.texts.0.borrow().len(), 1);
    }

    #[test]
    fn an_event_without_texts_takes_no_buffers() {
        let scratch = Scratch::new();
        drop(scratch.texts());
        assert!(scratch.texts.0.borrow().is_empty());
    }

    #[test]
    fn a_long_buffer_is_not_kept() {
        let scratch = Scratch::new();
        let texts = scratch.texts();
        texts.raw.get_or_make(|out| {
            out.resize(super::BUFFER_BYTES_MAX + 1, 0);
            true
        });
        drop(texts);
        let texts = scratch.texts();
        texts.raw.get_or_make(|out| {
            assert_eq!(out.capacity(), 0);
            true
        });
    }
}
