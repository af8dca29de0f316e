//! What a comparison is looked up by.

use std::net::IpAddr;
use std::sync::Arc;

use saker_rule_language::Modifier;

use crate::predicate::{Comparison, Predicate, Relation};
use crate::text::Glob;

/// The kind of question that a comparison asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Is the text equal to a key?
    Text,
    /// Does it begin with a key?
    Prefix,
    /// Does it end with a key?
    Suffix,
    /// Does it contain a key?
    Part,
    /// Does it contain a key, where ASCII case does not matter?
    PartIgnoringCase,
    /// Is a key a prefix of it by whole path components?
    PathPrefix,
    /// Is the number equal to a key?
    Number,
    /// Is the address equal to a key?
    Address,
}

/// What it means that a key was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The comparison holds.
    Holds,
    /// It may hold, and has to be decided. (Without a key, it does not hold.)
    MayHold,
}

/// One key of a comparison.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Text(Arc<[u8]>),
    Number(i128),
    Address(IpAddr),
}

impl Key {
    /// Whether few values have it: small numbers and letters that stand for a kind are everywhere.
    pub(super) fn is_telling(&self) -> bool {
        match self {
            Self::Text(text) => text.len() > 1 || **text == *b"/",
            Self::Number(_) => false,
            Self::Address(_) => true,
        }
    }
}

/// Shortest text that every match of a pattern has for which the pattern is looked up; shorter ones
/// are found everywhere.
const REQUIRED_TEXT_MIN: usize = 3;

/// The keys of a comparison, of which at least one must be found if it holds; nothing if there are
/// none to go by.
pub(super) fn keys(comparison: &Comparison) -> Option<(Class, Certainty, Vec<Key>)> {
    match comparison {
        Comparison::Plain(predicate) => predicate_keys(predicate),
        Comparison::Modified(Modifier::AnyOf, predicates) => joined(predicates),
        Comparison::Modified(Modifier::OneOf, predicates) => {
            let (class, _, keys) = joined(predicates)?;
            Some((class, Certainty::MayHold, keys))
        }
        Comparison::Modified(Modifier::AllOf, predicates) => {
            let (class, _, keys) = predicate_keys(predicates.first()?)?;
            Some((class, Certainty::MayHold, keys))
        }
        Comparison::Never => None,
    }
}

/// The keys of all predicates, if they are of one class.
fn joined(predicates: &[Predicate]) -> Option<(Class, Certainty, Vec<Key>)> {
    let (first, rest) = predicates.split_first()?;
    let (class, mut certainty, mut keys) = predicate_keys(first)?;
    for predicate in rest {
        let (other, other_certainty, more) = predicate_keys(predicate)?;
        if other != class {
            return None;
        }
        if other_certainty == Certainty::MayHold {
            certainty = Certainty::MayHold;
        }
        keys.extend(more);
    }
    Some((class, certainty, keys))
}

fn predicate_keys(predicate: &Predicate) -> Option<(Class, Certainty, Vec<Key>)> {
    let text = |class, text: &Arc<[u8]>| one(class, Arc::clone(text));
    match predicate {
        Predicate::Text(Relation::Equal, expected) => text(Class::Text, expected),
        Predicate::AmongTexts(set) => {
            let keys = set.iter().map(|text| Key::Text(Arc::clone(text))).collect();
            Some((Class::Text, Certainty::Holds, keys))
        }
        Predicate::StartsWith(prefix) => text(Class::Prefix, prefix),
        Predicate::EndsWith(suffix) => text(Class::Suffix, suffix),
        Predicate::Contains(part) => one(Class::Part, part.needle().into()),
        Predicate::ContainsIgnoringCase(part) => text(Class::PartIgnoringCase, part),
        Predicate::Glob(glob) => match glob {
            Glob::Literal(expected) => text(Class::Text, expected),
            Glob::Prefix(prefix) => text(Class::Prefix, prefix),
            Glob::Suffix(suffix) => text(Class::Suffix, suffix),
            Glob::Part(part) => one(Class::Part, part.needle().into()),
            Glob::Automaton(pattern) => required(pattern.required_text()?),
            Glob::Nothing => None,
        },
        Predicate::Pattern(pattern) => required(pattern.required_text()?),
        Predicate::PathPrefix(prefixes) => {
            let keys = prefixes.literals()?.map(|text| Key::Text(text.into()));
            Some((Class::PathPrefix, Certainty::Holds, keys.collect()))
        }
        Predicate::Number(Relation::Equal, number) => {
            Some((Class::Number, Certainty::Holds, vec![Key::Number(*number)]))
        }
        Predicate::AmongNumbers(set) => {
            let keys = set.iter().map(Key::Number).collect();
            Some((Class::Number, Certainty::Holds, keys))
        }
        Predicate::Address(Relation::Equal, address) => Some((
            Class::Address,
            Certainty::Holds,
            vec![Key::Address(*address)],
        )),
        Predicate::AmongAddresses(set) => {
            let keys = set.iter().copied().map(Key::Address).collect();
            Some((Class::Address, Certainty::Holds, keys))
        }
        _ => None,
    }
}

fn one(class: Class, text: Arc<[u8]>) -> Option<(Class, Certainty, Vec<Key>)> {
    // The empty text is found in every value: looking for it tells nothing.
    let tells = !text.is_empty() || class == Class::Text;
    tells.then(|| (class, Certainty::Holds, vec![Key::Text(text)]))
}

fn required(text: &Arc<[u8]>) -> Option<(Class, Certainty, Vec<Key>)> {
    let key = Key::Text(Arc::clone(text));
    (text.len() >= REQUIRED_TEXT_MIN).then(|| (Class::Part, Certainty::MayHold, vec![key]))
}
