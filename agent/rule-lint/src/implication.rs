//! Whether one condition holds wherever another does.

use crate::budget::Budget;
use crate::normal::Node;
use std::collections::HashMap;

/// Decisions about pairs of nodes that are being compared: without them the same pair would be compared
/// again along every way that leads to it.
#[derive(Default)]
struct Comparison {
    decided: HashMap<(usize, usize), bool>,
}

/// Whether `consequence` certainly holds wherever `premise` does.
pub(crate) fn implies(premise: &Node, consequence: &Node, budget: &mut Budget) -> bool {
    Comparison::default().implies(premise, consequence, budget)
}

impl Comparison {
    /// Recurses by the nesting of both conditions together.
    fn implies(&mut self, premise: &Node, consequence: &Node, budget: &mut Budget) -> bool {
        if !budget.step() {
            return false;
        }
        match (premise, consequence) {
            (Node::Never(_), _) | (_, Node::Always) => true,
            (Node::Always, _) | (_, Node::Never(_)) => false,
            (Node::Fact(fact), Node::Fact(wanted)) => {
                budget.steps(fact.values.size()) && wanted.follows_from(fact)
            }
            (Node::Or(parts), _) => parts
                .iter()
                .all(|part| self.implies(part, consequence, budget)),
            (_, Node::And(wanted)) => wanted
                .iter()
                .all(|part| self.implies(premise, part, budget)),
            (Node::And(parts), Node::Fact(_)) => parts
                .iter()
                .any(|part| self.implies(part, consequence, budget)),
            (Node::And(parts), Node::Or(wanted)) => {
                let pair = (address(premise), address(consequence));
                if let Some(decided) = self.decided.get(&pair) {
                    return *decided;
                }
                let holds = wanted
                    .iter()
                    .any(|part| self.implies(premise, part, budget))
                    || parts
                        .iter()
                        .any(|part| self.implies(part, consequence, budget));
                self.decided.insert(pair, holds);
                holds
            }
            (Node::Fact(_), Node::Or(wanted)) => wanted
                .iter()
                .any(|part| self.implies(premise, part, budget)),
        }
    }
}

/// What tells nodes apart while they are borrowed.
fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}
