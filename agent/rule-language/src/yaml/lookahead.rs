//! An input for the scanner that ends where the scanner has looked too far ahead.
//!
//! Between brackets anything may turn out to be the key of a mapping, so the scanner reads on to the
//! closing one and keeps every token until then, at some 170 bytes each: eight megabytes of commas would
//! take more than a gigabyte. Before each token it looks for a character that is no blank, and then asks for
//! four, because a document marker needs them; within values it asks for four without that look. The tokens
//! are counted between one event and the next, and beyond a bound the input acts as if it ended.

use std::cell::Cell;

use saphyr_parser::input::SkipTabs;
use saphyr_parser::{Input, StrInput};

/// Characters that the scanner asks for before a token.
const TOKEN_CHARACTERS: usize = 4;

/// Tokens since the last event.
#[derive(Debug, Default)]
pub(super) struct Lookahead {
    tokens: Cell<usize>,
    is_over: Cell<bool>,
}

impl Lookahead {
    /// An event has come: tokens before it are not kept any more.
    pub(super) fn restart(&self) {
        self.tokens.set(0);
    }

    /// Whether the bound was met.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }
}

/// A text that ends early for a scanner that looks too far ahead.
pub(super) struct BoundedInput<'t> {
    text: StrInput<'t>,
    lookahead: &'t Lookahead,
    tokens_max: usize,
    /// Whether the scanner has just looked for a character.
    has_looked: bool,
}

impl<'t> BoundedInput<'t> {
    pub(super) fn new(text: &'t str, lookahead: &'t Lookahead, tokens_max: usize) -> Self {
        Self {
            text: StrInput::new(text),
            lookahead,
            tokens_max,
            has_looked: false,
        }
    }
}

/// Everything is handed on, so that nothing is slower than it would be.
impl Input for BoundedInput<'_> {
    #[inline]
    fn lookahead(&mut self, count: usize) {
        if count == TOKEN_CHARACTERS && self.has_looked {
            let tokens = self.lookahead.tokens.get().saturating_add(1);
            self.lookahead.tokens.set(tokens);
            if tokens > self.tokens_max {
                self.lookahead.is_over.set(true);
                self.text = StrInput::new("");
            }
        }
        self.has_looked = false;
        self.text.lookahead(count);
    }

    #[inline]
    fn buflen(&self) -> usize {
        self.text.buflen()
    }

    #[inline]
    fn bufmaxlen(&self) -> usize {
        self.text.bufmaxlen()
    }

    #[inline]
    fn raw_read_ch(&mut self) -> char {
        self.text.raw_read_ch()
    }

    #[inline]
    fn raw_read_non_breakz_ch(&mut self) -> Option<char> {
        self.text.raw_read_non_breakz_ch()
    }

    #[inline]
    fn skip(&mut self) {
        self.text.skip();
    }

    #[inline]
    fn skip_n(&mut self, count: usize) {
        self.text.skip_n(count);
    }

    #[inline]
    fn peek(&self) -> char {
        self.text.peek()
    }

    #[inline]
    fn peek_nth(&self, n: usize) -> char {
        self.text.peek_nth(n)
    }

    #[inline]
    fn peek_opt(&self) -> Option<char> {
        self.text.peek_opt()
    }

    #[inline]
    fn look_ch(&mut self) -> char {
        self.has_looked = true;
        self.text.look_ch()
    }

    #[inline]
    fn skip_ws_to_eol(&mut self, skip_tabs: SkipTabs) -> (usize, Result<SkipTabs, &'static str>) {
        self.text.skip_ws_to_eol(skip_tabs)
    }

    #[inline]
    fn next_can_be_plain_scalar(&self, in_flow: bool) -> bool {
        self.text.next_can_be_plain_scalar(in_flow)
    }

    #[inline]
    fn skip_while_non_breakz(&mut self) -> usize {
        self.text.skip_while_non_breakz()
    }

    #[inline]
    fn skip_while_blank(&mut self) -> usize {
        self.text.skip_while_blank()
    }

    #[inline]
    fn fetch_while_is_alpha(&mut self, out: &mut String) -> usize {
        self.text.fetch_while_is_alpha(out)
    }

    #[inline]
    fn fetch_while_is_yaml_non_space(&mut self, out: &mut String) -> usize {
        self.text.fetch_while_is_yaml_non_space(out)
    }
}
