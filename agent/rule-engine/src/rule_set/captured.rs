//! The names of captured events, brought together where no rule tells them apart.
//!
//! Falco knows some five hundred events by their names, a set of rules speaks of a few dozen. Names
//! that the same rules name in the same comparisons share a bucket; one bucket is for all that no rule
//! names.

use std::collections::{BTreeMap, HashMap};

use saker_rule_fields::{EventName, SYSCALL_SOURCE};
use saker_rule_language::{CheckedRuleSet, EventTypeSet, Operand};

use super::buckets::{EVENT_TYPE_FIELD, Parts};
use crate::atom::Check;
use crate::predicate::Comparison;

/// Names that no rule tells apart, at least one.
#[derive(Debug)]
pub(super) struct NameGroup {
    first: EventName,
    others: Vec<EventName>,
}

impl NameGroup {
    /// One of the names, which stands for all.
    pub(super) const fn representative(&self) -> EventName {
        self.first
    }

    /// All names.
    pub(super) fn iter(&self) -> impl Iterator<Item = EventName> + '_ {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }
}

/// What the rules say about a name: the rules whose types of events are given with it, and for each
/// comparison of the type whether it holds.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mention {
    rules: Vec<usize>,
    comparisons: Vec<bool>,
}

/// All names of events, in groups.
pub(super) fn groups(checked: &CheckedRuleSet, parts: &Parts) -> Vec<NameGroup> {
    let mut naming = rules_by_name(checked);
    let comparisons: Vec<&Comparison> = type_comparisons(parts).collect();
    let mut groups: BTreeMap<Mention, NameGroup> = BTreeMap::new();
    for name in EventName::all() {
        let text = name.as_str();
        let mention = Mention {
            rules: naming.remove(text).unwrap_or_default(),
            comparisons: comparisons
                .iter()
                .map(|comparison| comparison.holds_for_text(text.as_bytes()))
                .collect(),
        };
        let add = |group: &mut NameGroup| group.others.push(name);
        groups.entry(mention).and_modify(add).or_insert(NameGroup {
            first: name,
            others: Vec::new(),
        });
    }
    groups.into_values().collect()
}

/// For each name the positions of the rules whose set of types names it, be it to take it in or to
/// leave it out.
fn rules_by_name(checked: &CheckedRuleSet) -> HashMap<&str, Vec<usize>> {
    let mut naming: HashMap<&str, Vec<usize>> = HashMap::new();
    for (position, rule) in checked.rules.iter().enumerate() {
        if &*rule.source != SYSCALL_SOURCE {
            continue;
        }
        let (EventTypeSet::Only(names) | EventTypeSet::Except(names)) = &rule.event_types;
        for name in names {
            naming.entry(name).or_default().push(position);
        }
    }
    naming
}

/// The comparisons of the type of an event with constants.
fn type_comparisons(parts: &Parts) -> impl Iterator<Item = &Comparison> {
    parts.atoms.iter().filter_map(|atom| {
        let Some(Operand::Field(field)) = parts.operands.get(atom.left) else {
            return None;
        };
        match &atom.check {
            Check::Constant(_, comparison) if &*field.name == EVENT_TYPE_FIELD => Some(comparison),
            _ => None,
        }
    })
}
