//! Parts of conditions that hold whatever the event is.

use crate::budget::Budget;
use crate::fact::Fact;
use crate::normal::Node;
use crate::values::Values;

/// Two parts of an `or` of which one always holds.
pub(crate) struct Tautology<'n> {
    pub(crate) first: &'n Fact,
    pub(crate) second: &'n Fact,
    /// Whether one holds even where the value is missing.
    pub(crate) even_if_missing: bool,
}

/// The first such parts in a condition.
pub(crate) fn tautology<'n>(node: &'n Node, budget: &mut Budget) -> Option<Tautology<'n>> {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        match node {
            Node::And(parts) => pending.extend(parts.iter().rev()),
            Node::Or(parts) => {
                if let Some(found) = among(parts, budget) {
                    return Some(found);
                }
                pending.extend(parts.iter().rev());
            }
            Node::Always | Node::Never(_) | Node::Fact(_) => {}
        }
    }
    None
}

fn among<'n>(parts: &'n [Node], budget: &mut Budget) -> Option<Tautology<'n>> {
    let facts: Vec<&Fact> = parts
        .iter()
        .filter_map(|part| match part {
            Node::Fact(fact) => Some(&**fact),
            _ => None,
        })
        .collect();
    for (position, second) in facts.iter().enumerate() {
        for first in facts.iter().take(position) {
            if !budget.steps(first.values.size().saturating_add(second.values.size())) {
                return None;
            }
            let even_if_missing = second.completes(first);
            if even_if_missing || differ_always(first, second) {
                return Some(Tautology {
                    first,
                    second,
                    even_if_missing,
                });
            }
        }
    }
    None
}

/// Whether they are `a != x` and `a != y`: every value differs from one of them.
fn differ_always(first: &Fact, second: &Fact) -> bool {
    let about_one = first.key() == second.key() && first.is_single() && second.is_single();
    match (&first.values, &second.values) {
        (Values::Not(left), Values::Not(right)) => {
            about_one && first.holds && second.holds && left != right
        }
        _ => false,
    }
}
