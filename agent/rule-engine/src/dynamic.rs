//! Comparisons of two values of the same event (`val(…)` and transforms on the right-hand side).

use std::cmp::Ordering;

use saker_rule_language::Operator;

use crate::predicate::{Quantifier, Relation};
use crate::text::{Case, contains_ignoring_case, glob_matches};
use saker_rule_fields::FieldValue;

/// Whether the comparison holds. Neither value is missing.
pub(crate) fn compare(operator: Operator, left: &FieldValue<'_>, right: &FieldValue<'_>) -> bool {
    match operator {
        Operator::Exists => true,
        Operator::In => quantified(Quantifier::Every, left, |element| is_among(element, right)),
        Operator::Intersects => {
            quantified(Quantifier::Some, left, |element| is_among(element, right))
        }
        _ => quantified(Quantifier::Some, left, |element| {
            holds(operator, element, right)
        }),
    }
}

fn quantified(
    quantifier: Quantifier,
    value: &FieldValue<'_>,
    mut test: impl FnMut(&FieldValue<'_>) -> bool,
) -> bool {
    match value {
        FieldValue::List(elements) => quantifier.holds(elements, test),
        single => test(single),
    }
}

fn is_among(element: &FieldValue<'_>, right: &FieldValue<'_>) -> bool {
    quantified(Quantifier::Some, right, |other| {
        order(element, other) == Some(Ordering::Equal)
    })
}

fn holds(operator: Operator, left: &FieldValue<'_>, right: &FieldValue<'_>) -> bool {
    if let Some(relation) = Relation::of(operator) {
        return order(left, right).is_some_and(|order| relation.holds(order));
    }
    let (Some(text), Some(other)) = (left.as_bytes(), right.as_bytes()) else {
        return false;
    };
    match operator {
        Operator::Contains | Operator::BContains => memchr::memmem::find(text, other).is_some(),
        Operator::IContains => contains_ignoring_case(text, other),
        Operator::StartsWith | Operator::BStartsWith => text.starts_with(other),
        Operator::EndsWith => text.ends_with(other),
        Operator::Glob => glob_matches(other, text, Case::Sensitive),
        Operator::IGlob => glob_matches(other, text, Case::Ignored),
        // The language takes only literals on the right of these.
        _ => false,
    }
}

/// The order of two values of one type.
fn order(left: &FieldValue<'_>, right: &FieldValue<'_>) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_bytes(), right.as_bytes()) {
        return Some(left.cmp(right));
    }
    if let (Some(left), Some(right)) = (left.as_integer(), right.as_integer()) {
        return Some(left.cmp(&right));
    }
    match (left, right) {
        (FieldValue::Bool(left), FieldValue::Bool(right)) => Some(left.cmp(right)),
        (FieldValue::Double(left), FieldValue::Double(right)) => left.partial_cmp(right),
        (FieldValue::Ip(left), FieldValue::Ip(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
