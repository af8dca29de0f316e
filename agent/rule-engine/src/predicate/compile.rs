//! From an operator and its literals to a [`Comparison`].

use std::sync::Arc;

use saker_rule_language::{Literal, Modifier, Operator};

use super::sets::{NumberSet, TextSet};
use super::{Comparison, Predicate, Relation};
use crate::error::PatternError;
use crate::options::PatternLimits;
use crate::text::{Case, Glob, PathPrefixes, Pattern, Substring};

/// Why literals cannot be compiled.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Operator and literals do not belong together.
    Mismatch,
    /// A pattern does not compile.
    Pattern {
        pattern: String,
        source: PatternError,
    },
}

/// Compiles the constant side of a test.
pub(crate) fn compile(
    operator: Operator,
    modifier: Option<Modifier>,
    values: &[Literal],
    limits: &PatternLimits,
) -> Result<Comparison, Failure> {
    if values.is_empty() {
        return Ok(Comparison::Never);
    }
    match (modifier, operator, values) {
        (Some(modifier), _, values) => {
            let predicates = values
                .iter()
                .map(|value| single(operator, value, limits))
                .collect::<Result<_, _>>()?;
            Ok(Comparison::Modified(modifier, predicates))
        }
        (None, Operator::In | Operator::Intersects, values) => among(values)
            .map(Comparison::Plain)
            .ok_or(Failure::Mismatch),
        (None, Operator::PMatch, values) => paths(values, limits).map(Comparison::Plain),
        (None, _, [value]) => single(operator, value, limits).map(Comparison::Plain),
        (None, _, _) => Err(Failure::Mismatch),
    }
}

/// A whole number of any type.
fn number(literal: &Literal) -> Option<i128> {
    match literal {
        Literal::Int(value) => Some(i128::from(*value)),
        Literal::Uint(value) => Some(i128::from(*value)),
        Literal::Port(value) => Some(i128::from(*value)),
        _ => None,
    }
}

fn text(literal: &Literal) -> Option<&Arc<[u8]>> {
    match literal {
        Literal::String(text) | Literal::Bytes(text) => Some(text),
        _ => None,
    }
}

/// Compiles an operator on one literal.
fn single(
    operator: Operator,
    literal: &Literal,
    limits: &PatternLimits,
) -> Result<Predicate, Failure> {
    if let Literal::Regex(pattern) = literal {
        return match operator {
            Operator::Regex => Pattern::regex(pattern, limits)
                .map(|pattern| Predicate::Pattern(Box::new(pattern)))
                .map_err(|source| Failure::Pattern {
                    pattern: pattern.to_string(),
                    source,
                }),
            _ => Err(Failure::Mismatch),
        };
    }
    if let Some(relation) = Relation::of(operator) {
        return related(relation, literal).ok_or(Failure::Mismatch);
    }
    let text = text(literal).ok_or(Failure::Mismatch)?;
    let glob = |case| {
        Glob::new(text, case, limits)
            .map(Predicate::Glob)
            .map_err(|source| Failure::Pattern {
                pattern: String::from_utf8_lossy(text).into_owned(),
                source,
            })
    };
    Ok(match operator {
        Operator::Contains | Operator::BContains => Predicate::Contains(Substring::new(text)),
        Operator::IContains => Predicate::ContainsIgnoringCase(Arc::clone(text)),
        Operator::StartsWith | Operator::BStartsWith => Predicate::StartsWith(Arc::clone(text)),
        Operator::EndsWith => Predicate::EndsWith(Arc::clone(text)),
        Operator::Glob => glob(Case::Sensitive)?,
        Operator::IGlob => glob(Case::Ignored)?,
        Operator::In | Operator::Intersects => {
            Predicate::AmongTexts(TextSet::new([Arc::clone(text)]))
        }
        _ => return Err(Failure::Mismatch),
    })
}

/// Compiles equality or order.
fn related(relation: Relation, literal: &Literal) -> Option<Predicate> {
    if let Some(number) = number(literal) {
        return Some(Predicate::Number(relation, number));
    }
    let is_equality = matches!(relation, Relation::Equal | Relation::NotEqual);
    match literal {
        Literal::String(text) | Literal::Bytes(text) => {
            Some(Predicate::Text(relation, Arc::clone(text)))
        }
        Literal::Double(number) => Some(Predicate::Float(relation, *number)),
        Literal::Bool(value) if is_equality => {
            Some(Predicate::Boolean(*value == (relation == Relation::Equal)))
        }
        Literal::Ip(address) if is_equality => Some(Predicate::Address(relation, *address)),
        Literal::Net(network) if is_equality => Some(Predicate::Network(relation, *network)),
        _ => None,
    }
}

/// Compiles membership in a list; all its literals have one type.
fn among(values: &[Literal]) -> Option<Predicate> {
    /// All values as one type, or nothing.
    fn all<'a, T>(
        values: &'a [Literal],
        as_type: impl Fn(&'a Literal) -> Option<T>,
    ) -> Option<Vec<T>> {
        values.iter().map(as_type).collect()
    }
    Some(match values.first()? {
        Literal::Bool(_) => {
            let values = all(values, |literal| match literal {
                Literal::Bool(value) => Some(*value),
                _ => None,
            })?;
            Predicate::AmongBooleans {
                yes: values.contains(&true),
                no: values.contains(&false),
            }
        }
        Literal::Int(_) | Literal::Uint(_) | Literal::Port(_) => {
            Predicate::AmongNumbers(NumberSet::new(all(values, number)?))
        }
        Literal::Double(_) => Predicate::AmongFloats(all(values, |literal| match literal {
            Literal::Double(value) => Some(*value),
            _ => None,
        })?),
        Literal::String(_) | Literal::Bytes(_) => {
            Predicate::AmongTexts(TextSet::new(all(values, |literal| text(literal).cloned())?))
        }
        Literal::Ip(_) => Predicate::AmongAddresses(all(values, |literal| match literal {
            Literal::Ip(address) => Some(*address),
            _ => None,
        })?),
        Literal::Net(_) => Predicate::AmongNetworks(all(values, |literal| match literal {
            Literal::Net(network) => Some(*network),
            _ => None,
        })?),
        Literal::Regex(_) => return None,
    })
}

fn paths(values: &[Literal], limits: &PatternLimits) -> Result<Predicate, Failure> {
    let prefixes = values
        .iter()
        .map(|value| text(value).map(|text| &**text))
        .collect::<Option<Vec<&[u8]>>>()
        .ok_or(Failure::Mismatch)?;
    PathPrefixes::new(prefixes, limits)
        .map(|prefixes| Predicate::PathPrefix(Box::new(prefixes)))
        .map_err(|(pattern, source)| Failure::Pattern {
            pattern: String::from_utf8_lossy(pattern).into_owned(),
            source,
        })
}
