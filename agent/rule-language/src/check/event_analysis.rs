//! Which event types a condition can match.
//!
//! Tests of `evt.type` and `syscall.type` are sets of names; `and`, `or` and `not` act on the sets, with
//! negation pushed down to the tests. Every other test can match any type, negated or not, except for
//! tests of `evt.num` that numbers from 1 on decide by themselves (`evt.num = 0` is the usual way to
//! write "never").

use std::sync::Arc;

use super::CheckError;
use crate::event_types::EventTypeSet;
use crate::operator::Operator;
use crate::syntax::{Check, Expression, RightSide, Term};

/// The types that an expression without macros can match. Recurses by one small frame a level.
pub(crate) fn event_types(expression: &Expression) -> Result<EventTypeSet, CheckError> {
    analyze(expression, false)
}

fn analyze(expression: &Expression, negated: bool) -> Result<EventTypeSet, CheckError> {
    match expression {
        Expression::And(children) if !negated => intersection(children, negated),
        Expression::Or(children) if negated => intersection(children, negated),
        Expression::And(children) | Expression::Or(children) => {
            let mut types = EventTypeSet::none();
            for child in children {
                types = types.union(analyze(child, negated)?);
            }
            Ok(types)
        }
        Expression::Not(child) => analyze(child, !negated),
        Expression::Macro(_) => Ok(EventTypeSet::all()),
        Expression::Check(check) => match decided(check)? {
            None => Ok(EventTypeSet::all()),
            Some(types) if negated => Ok(types.complement()),
            Some(types) => Ok(types),
        },
    }
}

fn intersection(children: &[Expression], negated: bool) -> Result<EventTypeSet, CheckError> {
    let mut types = EventTypeSet::all();
    for child in children {
        types = types.intersection(analyze(child, negated)?);
    }
    Ok(types)
}

/// The types that a test matches, if it depends on the type alone.
#[inline(never)]
fn decided(check: &Check) -> Result<Option<EventTypeSet>, CheckError> {
    if let Some(holds) = number_invariant(check) {
        return Ok(Some(if holds {
            EventTypeSet::all()
        } else {
            EventTypeSet::none()
        }));
    }
    let by_name = matches!(
        check.operator,
        Operator::Equal | Operator::NotEqual | Operator::In
    ) && check.modifier.is_none();
    if !by_name && check.operator != Operator::Exists {
        return Ok(None);
    }
    match &check.left {
        Term::Field(field) if !is_type_field(&field.name) || field.argument.is_some() => Ok(None),
        Term::Call(_)
            if check
                .left
                .fields()
                .iter()
                .any(|field| is_type_field(&field.name)) =>
        {
            let message = "'evt.type' and 'syscall.type' cannot be compared through a transformer";
            Err(CheckError::mismatch(message.to_owned(), check.left.span()))
        }
        Term::Call(_) => Ok(None),
        Term::Field(_) => named(check),
    }
}

/// The types that a test of the type field names.
fn named(check: &Check) -> Result<Option<EventTypeSet>, CheckError> {
    if check.operator == Operator::Exists {
        return Ok(Some(EventTypeSet::all()));
    }
    if let RightSide::Term(term) = &check.right {
        let message = "'evt.type' and 'syscall.type' cannot be compared with another field";
        return Err(CheckError::mismatch(message.to_owned(), term.span()));
    }
    let words = check.right.words().iter();
    let names = words.map(|word| Arc::from(&*String::from_utf8_lossy(&word.value)));
    let types: EventTypeSet = names.collect();
    Ok(Some(if check.operator == Operator::NotEqual {
        types.complement()
    } else {
        types
    }))
}

fn is_type_field(name: &str) -> bool {
    matches!(name, "evt.type" | "syscall.type")
}

/// Whether a test of `evt.num`, which is at least 1, always holds (`true`) or never does (`false`).
fn number_invariant(check: &Check) -> Option<bool> {
    let Term::Field(field) = &check.left else {
        return None;
    };
    if &*field.name != "evt.num" || field.argument.is_some() || check.modifier.is_some() {
        return None;
    }
    let number = |value: &[u8]| std::str::from_utf8(value).ok()?.parse::<u64>().ok();
    match (&check.right, check.operator) {
        (RightSide::List(words), Operator::In) => {
            let never = words.iter().all(|word| number(&word.value) == Some(0));
            never.then_some(false)
        }
        (RightSide::Value(word), operator) => match (operator, number(&word.value)?) {
            (Operator::Equal | Operator::LessOrEqual, 0) | (Operator::Less, 0 | 1) => Some(false),
            (Operator::NotEqual | Operator::Greater, 0) | (Operator::GreaterOrEqual, 0 | 1) => {
                Some(true)
            }
            _ => None,
        },
        _ => None,
    }
}
