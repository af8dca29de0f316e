//! Comparisons with constants, compiled.
//!
//! A [`Predicate`] looks at one value; [`Comparison`] says how many of the predicates must hold (the
//! language's modifiers) and [`Quantifier`] how many elements of a list.

mod compile;
mod sets;

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

use saker_rule_fields::FieldValue;
use saker_rule_language::{IpNetwork, Modifier, Operator};

pub(crate) use compile::{Failure, compile};
use sets::{NumberSet, TextSet};

use crate::text::{Glob, PathPrefixes, Pattern, Substring, contains_ignoring_case};

/// The order of two values that a comparison asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    pub(crate) fn of(operator: Operator) -> Option<Self> {
        Some(match operator {
            Operator::Equal => Self::Equal,
            Operator::NotEqual => Self::NotEqual,
            Operator::Less => Self::Less,
            Operator::LessOrEqual => Self::LessOrEqual,
            Operator::Greater => Self::Greater,
            Operator::GreaterOrEqual => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A test of one value. A value of another type fails it.
#[derive(Clone, Debug)]
pub(crate) enum Predicate {
    Boolean(bool),
    Number(Relation, i128),
    Float(Relation, f64),
    Text(Relation, Arc<[u8]>),
    Contains(Substring),
    ContainsIgnoringCase(Arc<[u8]>),
    StartsWith(Arc<[u8]>),
    EndsWith(Arc<[u8]>),
    Glob(Glob),
    Pattern(Box<Pattern>),
    Address(Relation, IpAddr),
    Network(Relation, IpNetwork),
    PathPrefix(Box<PathPrefixes>),
    AmongBooleans { yes: bool, no: bool },
    AmongNumbers(NumberSet),
    AmongFloats(Vec<f64>),
    AmongTexts(TextSet),
    AmongAddresses(Vec<IpAddr>),
    AmongNetworks(Vec<IpNetwork>),
}

impl Predicate {
    /// Whether it holds for one value that is neither missing nor a list.
    pub(crate) fn holds(&self, value: &FieldValue<'_>) -> bool {
        match self {
            Self::Boolean(_) | Self::AmongBooleans { .. } => self.holds_for_boolean(value),
            Self::Number(..) | Self::AmongNumbers(_) => value
                .as_integer()
                .is_some_and(|number| self.holds_for_number(number)),
            Self::Float(..) | Self::AmongFloats(_) => self.holds_for_float(value),
            Self::Address(..)
            | Self::AmongAddresses(_)
            | Self::Network(..)
            | Self::AmongNetworks(_) => self.holds_for_address(value),
            _ => value
                .as_bytes()
                .is_some_and(|text| self.holds_for_text(text)),
        }
    }

    /// Whether it holds for a text.
    pub(crate) fn holds_for_text(&self, text: &[u8]) -> bool {
        match self {
            Self::Text(relation, expected) => relation.holds(text.cmp(expected)),
            Self::Contains(needle) => needle.is_in(text),
            Self::ContainsIgnoringCase(needle) => contains_ignoring_case(text, needle),
            Self::StartsWith(prefix) => text.starts_with(prefix),
            Self::EndsWith(suffix) => text.ends_with(suffix),
            Self::Glob(glob) => glob.is_match(text),
            Self::Pattern(pattern) => pattern.is_match(text),
            Self::PathPrefix(prefixes) => prefixes.is_match(text),
            Self::AmongTexts(set) => set.contains(text),
            _ => false,
        }
    }

    fn holds_for_boolean(&self, value: &FieldValue<'_>) -> bool {
        let FieldValue::Bool(value) = value else {
            return false;
        };
        match self {
            Self::Boolean(expected) => value == expected,
            Self::AmongBooleans { yes, no } => *(if *value { yes } else { no }),
            _ => false,
        }
    }

    fn holds_for_number(&self, number: i128) -> bool {
        match self {
            Self::Number(relation, expected) => relation.holds(number.cmp(expected)),
            Self::AmongNumbers(set) => set.contains(number),
            _ => false,
        }
    }

    fn holds_for_float(&self, value: &FieldValue<'_>) -> bool {
        let FieldValue::Double(value) = value else {
            return false;
        };
        match self {
            Self::Float(relation, expected) => value
                .partial_cmp(expected)
                .is_some_and(|order| relation.holds(order)),
            Self::AmongFloats(set) => set.contains(value),
            _ => false,
        }
    }

    fn holds_for_address(&self, value: &FieldValue<'_>) -> bool {
        let FieldValue::Ip(address) = value else {
            return false;
        };
        match self {
            Self::Address(relation, expected) => relation.holds(address.cmp(expected)),
            Self::AmongAddresses(set) => set.contains(address),
            Self::Network(Relation::NotEqual, network) => !is_within(*address, network),
            Self::Network(_, network) => is_within(*address, network),
            Self::AmongNetworks(set) => set.iter().any(|network| is_within(*address, network)),
            _ => false,
        }
    }
}

/// Whether an address lies in a network of its own family.
pub(crate) fn is_within(address: IpAddr, network: &IpNetwork) -> bool {
    let (address, base, width) = match (address, network.address) {
        (IpAddr::V4(address), IpAddr::V4(base)) => (
            u128::from(address.to_bits()),
            u128::from(base.to_bits()),
            u32::BITS,
        ),
        (IpAddr::V6(address), IpAddr::V6(base)) => (address.to_bits(), base.to_bits(), u128::BITS),
        _ => return false,
    };
    let ignored = width.saturating_sub(u32::from(network.prefix));
    // A shift by the whole width is a network that holds every address.
    let significant = |bits: u128| bits.checked_shr(ignored).unwrap_or(0);
    significant(address) == significant(base)
}

/// How many elements of a list must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// All, and at least one.
    Every,
    /// At least one.
    Some,
}

impl Quantifier {
    /// Applies a test to every element as far as needed.
    pub(crate) fn holds<T>(self, elements: &[T], test: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::Every => !elements.is_empty() && elements.iter().all(test),
            Self::Some => elements.iter().any(test),
        }
    }
}

/// The constant side of a test.
#[derive(Clone, Debug)]
pub(crate) enum Comparison {
    /// One predicate.
    Plain(Predicate),
    /// One predicate for each value of a modifier's list.
    Modified(Modifier, Box<[Predicate]>),
    /// No value passes: an empty list stands on the right.
    Never,
}

impl Comparison {
    /// Whether it holds for one value that is neither missing nor a list.
    pub(crate) fn holds(&self, value: &FieldValue<'_>) -> bool {
        self.judge(|predicate| predicate.holds(value))
    }

    /// Whether it holds for a text.
    pub(crate) fn holds_for_text(&self, text: &[u8]) -> bool {
        self.judge(|predicate| predicate.holds_for_text(text))
    }

    fn judge(&self, test: impl Fn(&Predicate) -> bool) -> bool {
        match self {
            Self::Plain(predicate) => test(predicate),
            Self::Modified(Modifier::AnyOf, predicates) => predicates.iter().any(test),
            Self::Modified(Modifier::AllOf, predicates) => predicates.iter().all(test),
            Self::Modified(Modifier::OneOf, predicates) => {
                predicates
                    .iter()
                    .filter(|predicate| test(predicate))
                    .take(2)
                    .count()
                    == 1
            }
            Self::Never => false,
        }
    }
}
