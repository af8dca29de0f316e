//! Canonical text of conditions, in Falco's form.

use std::fmt::{self, Display, Formatter};

use super::ast::{Argument, Call, Check, Expression, FieldUse, RightSide, Term, Word};
use super::escape::escape;

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(children) => logical(f, children, " and "),
            Self::Or(children) => logical(f, children, " or "),
            Self::Not(child) => write!(f, "not {child}"),
            Self::Macro(used) => f.write_str(&used.name),
            Self::Check(check) => check.fmt(f),
        }
    }
}

fn logical(f: &mut Formatter<'_>, children: &[Expression], operator: &str) -> fmt::Result {
    f.write_str("(")?;
    separated(f, children, operator)?;
    f.write_str(")")
}

fn separated<T: Display>(f: &mut Formatter<'_>, items: &[T], separator: &str) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

impl Display for Check {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.left, self.operator)?;
        if let Some(modifier) = self.modifier {
            write!(f, " {modifier}")?;
        }
        match &self.right {
            RightSide::None => Ok(()),
            RightSide::Value(word) => write!(f, " {word}"),
            RightSide::List(words) => {
                f.write_str(" (")?;
                separated(f, words, ", ")?;
                f.write_str(")")
            }
            RightSide::Term(term) => write!(f, " {term}"),
        }
    }
}

impl Display for Word {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.value))
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => field.fmt(f),
            Self::Call(call) => call.fmt(f),
        }
    }
}

impl Display for FieldUse {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        bracketed(f, self.argument.as_deref())
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.function.name())?;
        separated(f, &self.arguments, ",")?;
        f.write_str(")")?;
        bracketed(f, self.selector.as_deref())
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => term.fmt(f),
            Self::Constant(word) => word.fmt(f),
            Self::List(items, _) => {
                f.write_str("(")?;
                separated(f, items, ",")?;
                f.write_str(")")
            }
        }
    }
}

fn bracketed(f: &mut Formatter<'_>, argument: Option<&str>) -> fmt::Result {
    match argument {
        None => Ok(()),
        Some("") => f.write_str("[\"\"]"),
        Some(argument) => write!(f, "[{}]", escape(argument.as_bytes())),
    }
}
