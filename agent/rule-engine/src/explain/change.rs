//! What would have to come out otherwise for a condition to hold.

use super::branch::{Branch, BranchKind, Truth};
use super::comparison::Fixity;

/// The fewest comparisons, by their numbers in ascending order, that would have to come out otherwise for
/// a condition to be what is wanted. Nothing where no change of the event could do it.
pub(super) fn fewest(branch: &Branch<'_>, wanted: bool) -> Option<Vec<usize>> {
    match &branch.kind {
        BranchKind::All(parts) if wanted => every(parts, wanted),
        BranchKind::Any(parts) if !wanted => every(parts, wanted),
        BranchKind::All(parts) | BranchKind::Any(parts) => parts
            .iter()
            .filter_map(|part| fewest(part, wanted))
            .min_by_key(Vec::len),
        BranchKind::Not(inner) => fewest(inner, !wanted),
        BranchKind::Comparison(comparison) => {
            let is_wanted = match branch.truth {
                Truth::True => wanted,
                Truth::False => !wanted,
                Truth::Pending => false,
            };
            match comparison.fixity {
                _ if is_wanted => Some(Vec::new()),
                Fixity::Fixed => None,
                Fixity::Open => Some(vec![comparison.number]),
            }
        }
    }
}

fn every(parts: &[Branch<'_>], wanted: bool) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in parts {
        numbers.append(&mut fewest(part, wanted)?);
    }
    Some(numbers)
}
