//! The rules that stand before another, found by what they need.
//!
//! A rule that needs `fd.name = /a` can only follow from one that names `/a` for `fd.name` somewhere: no
//! other comparison leaves so few values. So most pairs of rules need not be compared.

use crate::budget::Budget;
use crate::fact::Fact;
use crate::implication::implies;
use crate::normal::Node;
use crate::values::{Value, Values};
use saker_rule_language::CheckedRule;
use std::collections::{BTreeSet, HashMap};

/// Nearly every rule names types of events, and few of them.
const EVENT_TYPE: &str = "evt.type";

/// Enabled rules in definition order.
#[derive(Default)]
pub(crate) struct Earlier<'s> {
    rules: Vec<(&'s CheckedRule, Node)>,
    /// Rules that need one of a few values, by what has the value and by the value.
    by_value: HashMap<String, HashMap<Value, Vec<usize>>>,
    /// All other rules.
    others: Vec<usize>,
}

impl<'s> Earlier<'s> {
    /// Adds a rule behind all others.
    pub(crate) fn push(&mut self, rule: &'s CheckedRule, node: Node) {
        let position = self.rules.len();
        match needed_values(&node) {
            Some((fact, values)) => {
                let by_value = self.by_value.entry(fact.key().to_owned()).or_default();
                for value in values {
                    by_value.entry(value.clone()).or_default().push(position);
                }
            }
            None => self.others.push(position),
        }
        self.rules.push((rule, node));
    }

    /// The first rule that matches every event that the given one matches.
    pub(crate) fn shadow(
        &self,
        rule: &CheckedRule,
        node: &Node,
        budget: &mut Budget,
    ) -> Option<&'s CheckedRule> {
        if !budget.steps(self.others.len()) {
            return None;
        }
        let mut candidates = self.others.clone();
        self.collect(node, &mut candidates);
        candidates.sort_unstable();
        candidates.dedup();
        let candidates = candidates.iter().filter_map(|at| self.rules.get(*at));
        let mut of_source = candidates.filter(|(other, _)| other.source == rule.source);
        of_source
            .find(|(_, condition)| implies(node, condition, budget))
            .map(|(other, _)| *other)
    }

    /// Adds the rules that need a value which the condition names. Recurses by its nesting.
    fn collect(&self, node: &Node, candidates: &mut Vec<usize>) {
        match node {
            Node::And(parts) | Node::Or(parts) => {
                for part in parts {
                    self.collect(part, candidates);
                }
            }
            Node::Fact(fact) => {
                let (Values::Finite(values), Some(by_value)) =
                    (&fact.values, self.by_value.get(fact.key()))
                else {
                    return;
                };
                let named = values.iter().filter_map(|value| by_value.get(value));
                candidates.extend(named.flatten());
            }
            Node::Always | Node::Never(_) => {}
        }
    }
}

/// A comparison that must hold for the condition to hold and that few values pass.
fn needed_values(node: &Node) -> Option<(&Fact, &BTreeSet<Value>)> {
    let parts = match node {
        Node::And(parts) => parts.as_slice(),
        single => std::slice::from_ref(single),
    };
    let few = parts.iter().filter_map(|part| match part {
        Node::Fact(fact) if fact.holds => match &fact.values {
            Values::Finite(values) => Some((&**fact, values)),
            _ => None,
        },
        _ => None,
    });
    few.min_by_key(|(fact, values)| (fact.key() == EVENT_TYPE, values.len()))
}
