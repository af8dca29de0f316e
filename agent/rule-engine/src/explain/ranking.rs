//! Which rules came closest.

use super::{Explanation, Outcome};

/// The rules that were tried and did not match, those first for which the fewest comparisons would have
/// to change; equal ones in the order in which they are given. Rules that no such change could make match
/// are left out.
#[must_use]
pub fn near_misses<'e, 'r>(
    explanations: &'e [Explanation<'r>],
    count: usize,
) -> Vec<&'e Explanation<'r>> {
    let mut ranked: Vec<(usize, &Explanation<'r>)> = explanations
        .iter()
        .filter(|explanation| matches!(explanation.outcome, Outcome::Rests | Outcome::Pending))
        .filter_map(|explanation| Some((explanation.flips()?, explanation)))
        .collect();
    ranked.sort_by_key(|(flips, _)| *flips);
    ranked
        .into_iter()
        .take(count)
        .map(|(_, explanation)| explanation)
        .collect()
}
