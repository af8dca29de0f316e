//! Fields and transformers.

use std::sync::Arc;

use super::ast::{Argument, Call, FieldUse, Function, Term, Word};
use super::cursor::Cursor;
use super::expression::{Parsed, Parser, SyntaxError};
use crate::origin::MappedText;

/// Transformers inside one another; each costs some stack while it is parsed and checked.
const TRANSFORMER_DEPTH_MAX: usize = 64;

/// Parses a text that is one field or transformer and nothing else.
pub(crate) fn parse_term(text: &MappedText) -> Result<Term, SyntaxError> {
    let (term, end) = parse_term_prefix(text).map_err(|(error, _)| error)?;
    let mut cursor = Cursor::new(text);
    cursor.reset(end);
    cursor.blank();
    if cursor.at_end() {
        return Ok(term);
    }
    Err(SyntaxError {
        message: format!("unexpected text after '{term}'"),
        span: cursor.span_ahead(),
        remedy: None,
    })
}

/// Parses the field or transformer that the text begins with, and tells where it ends; on failure, how
/// far the parser came.
pub(crate) fn parse_term_prefix(text: &MappedText) -> Result<(Term, usize), (SyntaxError, usize)> {
    let mut parser = Parser::new(text);
    let parsed = parser.deeper(Parser::field_or_transformer);
    let end = parser.cursor.position();
    match parsed {
        Ok(term) => Ok((term, end)),
        Err(error) => Err((error, end)),
    }
}

impl Parser<'_> {
    fn field_or_transformer(&mut self) -> Parsed<Term> {
        if let Some(term) = self.field()? {
            return Ok(term);
        }
        match self.transformer()? {
            Some(term) => Ok(term),
            None => self.fail("expected a field or a transformer"),
        }
    }

    /// A field with an optional argument.
    pub(super) fn field(&mut self) -> Parsed<Option<Term>> {
        let start = self.cursor.position();
        let Some(name) = self.cursor.field_name() else {
            return Ok(None);
        };
        let argument = self.deeper(Self::bracketed)?;
        let span = self.cursor.span_from(start);
        Ok(Some(Term::Field(FieldUse {
            name: name.into(),
            argument,
            span,
        })))
    }

    /// A transformer with its arguments.
    pub(super) fn transformer(&mut self) -> Parsed<Option<Term>> {
        let start = self.cursor.position();
        for kind in Function::TRANSFORMS {
            if self.call_opens(kind.name()) {
                let call = self.deeper(|parser| parser.call(Function::Transform(kind), start))?;
                return Ok(Some(Term::Call(call)));
            }
        }
        Ok(None)
    }

    /// `val(field)` or a transformer.
    pub(super) fn value_or_transformer(&mut self) -> Parsed<Option<Term>> {
        self.deeper(Self::value_or_transformer_here)
    }

    fn value_or_transformer_here(&mut self) -> Parsed<Option<Term>> {
        self.cursor.blank();
        let start = self.cursor.position();
        if !self.call_opens(Function::Value.name()) {
            return self.transformer();
        }
        self.cursor.blank();
        let Some(field) = self.field()? else {
            return self.fail("expected a field within 'val'");
        };
        self.close_call()?;
        let selector = self.bracketed()?;
        Ok(Some(Term::Call(Call {
            function: Function::Value,
            arguments: vec![Argument::Term(field)],
            selector,
            span: self.cursor.span_from(start),
        })))
    }

    /// `name(`, without a blank between.
    fn call_opens(&mut self, name: &str) -> bool {
        let start = self.cursor.position();
        if self.cursor.symbol(name) && self.cursor.symbol("(") {
            return true;
        }
        self.cursor.reset(start);
        false
    }

    fn call(&mut self, function: Function, start: usize) -> Parsed<Call> {
        self.call_depth = self.call_depth.saturating_add(1);
        if self.call_depth > TRANSFORMER_DEPTH_MAX {
            return self.fail(format!(
                "exceeded the limit of {TRANSFORMER_DEPTH_MAX} transformers inside one another"
            ));
        }
        let mut arguments = Vec::new();
        loop {
            self.cursor.blank();
            arguments.push(self.deeper(Self::argument)?);
            self.cursor.blank();
            if !self.cursor.symbol(",") {
                break;
            }
        }
        self.close_call()?;
        let selector = self.bracketed()?;
        self.call_depth = self.call_depth.saturating_sub(1);
        Ok(Call {
            function,
            arguments,
            selector,
            span: self.cursor.span_from(start),
        })
    }

    fn close_call(&mut self) -> Parsed<()> {
        self.cursor.blank();
        if self.cursor.symbol(")") {
            Ok(())
        } else {
            self.fail("expected a ')' token closing the transformer")
        }
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let start = self.cursor.position();
        if let Some(word) = self.constant()? {
            return Ok(Argument::Constant(word));
        }
        if self.cursor.symbol("(") {
            let items = self.argument_list()?;
            return Ok(Argument::List(items, self.cursor.span_from(start)));
        }
        if let Some(term) = self.transformer()? {
            return Ok(Argument::Term(term));
        }
        match self.field()? {
            Some(term) => Ok(Argument::Term(term)),
            None => self.fail(
                "expected a transformer argument: a field, a transformer, a quoted string, a number \
                 or a list of these in parentheses",
            ),
        }
    }

    /// The items of a list whose `(` has been read.
    fn argument_list(&mut self) -> Parsed<Vec<Argument>> {
        let mut items = Vec::new();
        self.cursor.blank();
        if self.cursor.symbol(")") {
            return Ok(items);
        }
        loop {
            self.cursor.blank();
            items.push(self.list_argument()?);
            self.cursor.blank();
            if !self.cursor.symbol(",") {
                break;
            }
        }
        if self.cursor.symbol(")") {
            Ok(items)
        } else {
            self.fail("expected a ')' token")
        }
    }

    fn list_argument(&mut self) -> Parsed<Argument> {
        if let Some(term) = self.field()? {
            return Ok(Argument::Term(term));
        }
        if let Some(term) = self.transformer()? {
            return Ok(Argument::Term(term));
        }
        match self.constant()? {
            Some(word) => Ok(Argument::Constant(word)),
            None => self
                .fail("expected a list item: a field, a transformer, a quoted string or a number"),
        }
    }

    /// A number or a quoted text.
    fn constant(&mut self) -> Parsed<Option<Word>> {
        let start = self.cursor.position();
        if let Some(number) = self.cursor.number() {
            let span = self.cursor.span_from(start);
            return Ok(Some(Word {
                value: Arc::from(number.as_bytes()),
                span,
            }));
        }
        self.quoted()
    }

    /// What stands in brackets right here, if a bracket does.
    fn bracketed(&mut self) -> Parsed<Option<Arc<str>>> {
        if !self.cursor.symbol("[") {
            return Ok(None);
        }
        let argument = match self.quoted()? {
            Some(word) => match std::str::from_utf8(&word.value) {
                Ok(text) => Arc::from(text),
                Err(_) => return self.fail("a field argument must be UTF-8"),
            },
            None => match self.cursor.bare_argument() {
                Some(text) => Arc::from(text),
                None => {
                    return self
                        .fail("expected a valid field argument: a quoted string or a bare string");
                }
            },
        };
        if self.cursor.symbol("]") {
            Ok(Some(argument))
        } else {
            self.fail("expected a ']' token")
        }
    }
}
