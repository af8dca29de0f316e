//! The syntax tree.

use std::sync::Arc;

use crate::checked::TransformKind;
use crate::operator::{Modifier, Operator};
use crate::span::Span;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `a and b and …`: at least two.
    And(Vec<Expression>),
    /// `a or b or …`: at least two.
    Or(Vec<Expression>),
    /// `not a`; several `not` in a row have been counted together.
    Not(Box<Expression>),
    /// The name of a macro.
    Macro(MacroUse),
    /// A comparison. Shared, because a macro's tests appear in every rule that uses it.
    Check(Arc<Check>),
}

/// A macro's name in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroUse {
    /// The name.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is looked at.
    pub left: Term,
    /// How it is compared.
    pub operator: Operator,
    /// `oneof`, `anyof`, `allof`.
    pub modifier: Option<Modifier>,
    /// What it is compared with.
    pub right: RightSide,
    /// All of it.
    pub span: Span,
}

/// What stands to the right of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RightSide {
    /// Nothing (`exists`).
    None,
    /// One value.
    Value(Word),
    /// A parenthesised list of values.
    List(Vec<Word>),
    /// A field in `val(…)` or a transformer.
    Term(Term),
}

impl RightSide {
    /// The literal values, in order.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        match self {
            Self::Value(word) => std::slice::from_ref(word),
            Self::List(words) => words,
            Self::None | Self::Term(_) => &[],
        }
    }
}

/// A literal, quotes and escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its bytes; escapes may make them other than UTF-8.
    pub value: Arc<[u8]>,
    /// Where it stands.
    pub span: Span,
}

/// A field or a function of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A field.
    Field(FieldUse),
    /// A transformer.
    Call(Call),
}

impl Term {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Field(field) => field.span,
            Self::Call(call) => call.span,
        }
    }

    /// Every field in it, in the order of the text.
    #[must_use]
    pub fn fields(&self) -> Vec<&FieldUse> {
        let mut fields = Vec::new();
        self.collect_fields(&mut fields);
        fields
    }

    /// Recurses no deeper than transformers may be inside one another.
    fn collect_fields<'t>(&'t self, fields: &mut Vec<&'t FieldUse>) {
        match self {
            Self::Field(field) => fields.push(field),
            Self::Call(call) => {
                let mut pending: Vec<&Argument> = call.arguments.iter().rev().collect();
                while let Some(argument) = pending.pop() {
                    match argument {
                        Argument::Term(term) => term.collect_fields(fields),
                        Argument::Constant(_) => {}
                        Argument::List(items, _) => pending.extend(items.iter().rev()),
                    }
                }
            }
        }
    }
}

/// A field with its bracketed argument; a dotted argument is still part of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUse {
    /// The dotted name.
    pub name: Arc<str>,
    /// What stands in brackets.
    pub argument: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
}

/// A transformer with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub function: Function,
    /// At least one.
    pub arguments: Vec<Argument>,
    /// What stands in brackets after it.
    pub selector: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
}

/// What a [`Call`] calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `val(field)`: the field's value; on the right-hand side only.
    Value,
    /// A function of its arguments.
    Transform(TransformKind),
}

impl Function {
    /// The transformers that may stand on either side, in the order they are tried.
    pub(crate) const TRANSFORMS: [TransformKind; 8] = [
        TransformKind::ToLower,
        TransformKind::ToUpper,
        TransformKind::Base64Decode,
        TransformKind::Basename,
        TransformKind::Length,
        TransformKind::Join,
        TransformKind::Concat,
        TransformKind::Getopt,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "val",
            Self::Transform(kind) => kind.name(),
        }
    }
}

/// An argument of a transformer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A field or an inner transformer.
    Term(Term),
    /// A quoted text or a number.
    Constant(Word),
    /// A parenthesised list, and where it stands.
    List(Vec<Argument>, Span),
}
