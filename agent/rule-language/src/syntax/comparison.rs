//! Comparisons: operators and what stands to their right.

use std::sync::Arc;

use super::ast::{Check, Expression, Function, RightSide, Term, Word};
use super::expression::{Parsed, Parser};
use crate::operator::{Modifier, Operator};

const NUMERIC_OPERATORS: [Operator; 4] = [
    Operator::LessOrEqual,
    Operator::Less,
    Operator::GreaterOrEqual,
    Operator::Greater,
];

const STRING_SYMBOLS: [(&str, Operator); 3] = [
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
];

const STRING_WORDS: [Operator; 9] = [
    Operator::Glob,
    Operator::IGlob,
    Operator::Contains,
    Operator::IContains,
    Operator::BContains,
    Operator::StartsWith,
    Operator::BStartsWith,
    Operator::EndsWith,
    Operator::Regex,
];

const LIST_OPERATORS: [Operator; 3] = [Operator::Intersects, Operator::In, Operator::PMatch];

const MODIFIERS: [Modifier; 3] = [Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf];

impl Parser<'_> {
    /// An operator and its right-hand side.
    pub(super) fn comparison(&mut self, left: Term, start: usize) -> Parsed<Expression> {
        self.deeper(|parser| parser.comparison_of(left, start))
    }

    fn comparison_of(&mut self, left: Term, start: usize) -> Parsed<Expression> {
        self.cursor.blank();
        let (operator, modifier, right) = if self.cursor.symbol(Operator::Exists.name()) {
            (Operator::Exists, None, RightSide::None)
        } else if let Some(operator) = self.operator_of(&NUMERIC_OPERATORS) {
            (operator, None, self.deeper(Self::number)?)
        } else if let Some((operator, blank)) = self.string_operator() {
            let (modifier, right) = self.string_right_side(blank)?;
            (operator, modifier, right)
        } else if let Some(operator) = self.operator_of(&LIST_OPERATORS) {
            (operator, None, self.deeper(Self::list_or_transformer)?)
        } else {
            let operators = operator_names();
            return self.fail(format!(
                "expected a valid check operator: one of {operators}"
            ));
        };
        let span = self.cursor.span_from(start);
        Ok(Expression::Check(Arc::new(Check {
            left,
            operator,
            modifier,
            right,
            span,
        })))
    }

    fn operator_of(&mut self, operators: &[Operator]) -> Option<Operator> {
        operators
            .iter()
            .copied()
            .find(|operator| self.cursor.symbol(operator.name()))
    }

    /// A string operator, and whether a blank stands after it.
    fn string_operator(&mut self) -> Option<(Operator, bool)> {
        for (symbol, operator) in STRING_SYMBOLS {
            if self.cursor.symbol(symbol) {
                return Some((operator, self.cursor.blank()));
            }
        }
        let found = STRING_WORDS
            .into_iter()
            .find(|operator| self.cursor.word(operator.name()));
        found.map(|operator| (operator, true))
    }

    /// A value, or a modifier with a list. A modifier that no list follows is a value.
    fn string_right_side(&mut self, blank: bool) -> Parsed<(Option<Modifier>, RightSide)> {
        let start = self.cursor.position();
        if blank {
            let found = MODIFIERS
                .into_iter()
                .find(|modifier| self.cursor.word(modifier.name()));
            if found.is_some() && self.list_follows() {
                return Ok((found, self.deeper(Self::list)?));
            }
        }
        self.cursor.reset(start);
        let right = self.deeper(|parser| {
            Ok(match parser.value_or_transformer()? {
                Some(term) => RightSide::Term(term),
                None => RightSide::Value(parser.value()?),
            })
        })?;
        Ok((None, right))
    }

    /// Whether a list or a list's name comes next, and not `and`, `or` or `not`.
    fn list_follows(&self) -> bool {
        let rest = self.cursor.rest();
        let keyword = ["and", "or", "not"].into_iter().any(|keyword| {
            rest.strip_prefix(keyword)
                .is_some_and(|tail| !tail.starts_with(|c: char| c.is_ascii_alphanumeric()))
        });
        rest.starts_with(|c: char| c == '(' || c.is_ascii_alphabetic()) && !keyword
    }

    fn number(&mut self) -> Parsed<RightSide> {
        if let Some(term) = self.value_or_transformer()? {
            return Ok(RightSide::Term(term));
        }
        let start = self.cursor.position();
        match self.cursor.number() {
            Some(number) => Ok(RightSide::Value(Word {
                value: Arc::from(number.as_bytes()),
                span: self.cursor.span_from(start),
            })),
            None => self.fail(format!(
                "expected a number value or a field with a valid transformer: {}",
                transformer_names()
            )),
        }
    }

    fn list_or_transformer(&mut self) -> Parsed<RightSide> {
        self.cursor.blank();
        if !self.cursor.rest().starts_with('(')
            && let Some(term) = self.value_or_transformer()?
        {
            return Ok(RightSide::Term(term));
        }
        self.list()
    }

    /// `(a, b, …)`, or the name of a list that does not exist, which is a value then.
    fn list(&mut self) -> Parsed<RightSide> {
        self.cursor.blank();
        let start = self.cursor.position();
        if self.cursor.symbol("(") {
            return Ok(RightSide::List(self.list_items()?));
        }
        match self.cursor.identifier() {
            Some(name) => Ok(RightSide::Value(Word {
                value: Arc::from(name.as_bytes()),
                span: self.cursor.span_from(start),
            })),
            None => self.fail("expected a list, an identifier, or a field with a transformer"),
        }
    }

    fn list_items(&mut self) -> Parsed<Vec<Word>> {
        let mut items = Vec::new();
        self.cursor.blank();
        if self.cursor.symbol(")") {
            return Ok(items);
        }
        loop {
            items.push(self.deeper(Self::value)?);
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

    /// A quoted or bare value.
    fn value(&mut self) -> Parsed<Word> {
        self.cursor.blank();
        if let Some(word) = self.quoted()? {
            return Ok(word);
        }
        let start = self.cursor.position();
        match self.cursor.bare_text() {
            Some(text) => Ok(Word {
                value: Arc::from(text.as_bytes()),
                span: self.cursor.span_from(start),
            }),
            None => self.fail(format!(
                "expected a string value or a field with a valid transformer: {}",
                transformer_names()
            )),
        }
    }
}

fn quoted_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("'{name}'")).collect();
    quoted.join(", ")
}

fn operator_names() -> String {
    let symbols = STRING_SYMBOLS.into_iter().map(|(symbol, _)| symbol);
    let names = [Operator::Exists]
        .into_iter()
        .chain(NUMERIC_OPERATORS)
        .chain(STRING_WORDS)
        .chain(LIST_OPERATORS)
        .map(Operator::name);
    quoted_names(symbols.chain(names))
}

fn transformer_names() -> String {
    let transforms = Function::TRANSFORMS.into_iter().map(Function::Transform);
    quoted_names(
        [Function::Value]
            .into_iter()
            .chain(transforms)
            .map(Function::name),
    )
}
