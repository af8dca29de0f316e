//! The type check: from syntax to typed conditions, against a catalog.

mod compatibility;
mod condition;
mod event_analysis;
mod field;
mod literal;
mod operand;
mod regex;
mod service;
mod warning;

use crate::span::Span;

pub use compatibility::operators_of;
pub(crate) use condition::check_expression;
pub(crate) use event_analysis::event_types;
pub(crate) use field::Scope;
pub(crate) use warning::{Warning, warnings_of};

/// Why something does not fit the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckError {
    pub(crate) kind: CheckErrorKind,
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) remedy: Option<String>,
}

/// Whether `skip-if-unknown-filter` forgives an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckErrorKind {
    /// A field or event type is not known.
    Unknown,
    /// Anything else.
    Mismatch,
}

impl CheckError {
    fn unknown(message: String, span: Span) -> Self {
        Self {
            kind: CheckErrorKind::Unknown,
            message,
            span,
            remedy: None,
        }
    }

    fn mismatch(message: String, span: Span) -> Self {
        Self {
            kind: CheckErrorKind::Mismatch,
            message,
            span,
            remedy: None,
        }
    }

    fn with_remedy(mut self, remedy: Option<String>) -> Self {
        self.remedy = remedy;
        self
    }
}

#[cfg(test)]
mod tests;
