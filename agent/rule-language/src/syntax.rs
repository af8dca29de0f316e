//! Conditions as written: the syntax tree and the parser.
//!
//! The tree knows no types and no catalog; every node carries the file span it was written at.
//!
//! ```
//! use saker_rule_language::{parse_condition, syntax::Expression};
//!
//! let expression = parse_condition("evt.type = open and not proc.name in (cat, ls)").unwrap();
//! assert!(matches!(&expression, Expression::And(children) if children.len() == 2));
//! assert_eq!(expression.to_string(), "(evt.type = open and not proc.name in (cat, ls))");
//! ```

mod ast;
mod comparison;
mod cursor;
mod display;
mod escape;
mod expression;
mod term;

pub use ast::{
    Argument, Call, Check, Expression, FieldUse, Function, MacroUse, RightSide, Term, Word,
};
pub use escape::{EscapeError, unescape};
pub(crate) use expression::parse;
pub(crate) use term::{parse_term, parse_term_prefix};

#[cfg(test)]
mod tests;
