//! Conditions that no event can make true.

use crate::budget::Budget;
use crate::fact::Fact;
use crate::normal::Node;
use crate::values::{Value, Values};
use saker_rule_language::Test;
use std::collections::HashMap;

/// Why a condition cannot be true.
#[derive(Clone, Debug)]
pub(crate) enum Conflict<'n> {
    /// A comparison never holds.
    Never(&'n Test),
    /// Two facts exclude each other.
    Pair(&'n Fact, &'n Fact),
    /// No value of a list fits what else is said of the field.
    NoCandidate(&'n Fact),
    /// No part of an `or` can hold; this is why the first cannot.
    NoAlternative(Box<Conflict<'n>>),
}

/// Facts that hold together, by what they are about.
#[derive(Default)]
struct Facts<'n> {
    by_key: HashMap<&'n str, Vec<&'n Fact>>,
}

/// Why the condition cannot be true; `None` if it can, or if it cannot be told.
pub(crate) fn conflict<'n>(node: &'n Node, budget: &mut Budget) -> Option<Conflict<'n>> {
    Facts::default().conflict(node, budget)
}

impl<'n> Facts<'n> {
    /// Recurses by the nesting of the condition.
    fn conflict(&mut self, node: &'n Node, budget: &mut Budget) -> Option<Conflict<'n>> {
        match node {
            Node::Always => None,
            Node::Never(test) => Some(Conflict::Never(test)),
            Node::Fact(fact) => self.contradiction(fact, budget),
            Node::And(parts) => self.conjunction(parts, budget),
            Node::Or(parts) => {
                let mut first = None;
                for part in parts {
                    let found = self.conflict(part, budget)?;
                    first = first.or(Some(found));
                }
                first.map(|found| Conflict::NoAlternative(Box::new(found)))
            }
        }
    }

    fn conjunction(&mut self, parts: &'n [Node], budget: &mut Budget) -> Option<Conflict<'n>> {
        let mut added: Vec<&'n str> = Vec::new();
        let mut found = None;
        for part in parts {
            if let Node::Fact(fact) = part {
                found = self.contradiction(fact, budget);
                if found.is_some() {
                    break;
                }
                self.by_key.entry(fact.key()).or_default().push(fact);
                added.push(fact.key());
            }
        }
        // Alternatives are looked at when everything that holds beside them is known.
        if found.is_none() {
            found = parts
                .iter()
                .filter(|part| !matches!(part, Node::Fact(_)))
                .find_map(|part| self.conflict(part, budget));
        }
        for key in added {
            if let Some(facts) = self.by_key.get_mut(key) {
                facts.pop();
            }
        }
        found
    }

    /// Why a fact cannot hold beside those that are known.
    fn contradiction(&self, fact: &'n Fact, budget: &mut Budget) -> Option<Conflict<'n>> {
        let known = self.by_key.get(fact.key())?;
        for other in known {
            if !budget.steps(other.values.size().saturating_add(fact.values.size())) {
                return None;
            }
            if fact.contradicts(other) {
                return Some(Conflict::Pair(other, fact));
            }
        }
        let facts = || known.iter().copied().chain([fact]);
        let listed = facts()
            .find(|it| it.holds && it.is_single() && matches!(it.values, Values::Finite(_)))?;
        let Values::Finite(candidates) = &listed.values else {
            return None;
        };
        if known.len() < 2 || !budget.steps(candidates.len().saturating_mul(known.len())) {
            return None;
        }
        // A value passes a comparison that is known to fail only if it certainly does.
        let fits = |value: &&Value| {
            facts().all(|it| !it.is_single() || it.values.contains(value) != Some(!it.holds))
        };
        let none_fits = candidates.iter().find(fits).is_none();
        none_fits.then_some(Conflict::NoCandidate(listed))
    }
}
