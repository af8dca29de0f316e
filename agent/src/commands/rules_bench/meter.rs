//! Measuring what one rule set costs more than another.

use super::stream::Stream;
use saker_rule_engine::{Evaluation, RuleSet};
use serde::Serialize;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds of one measurement; odd, so that the median is one of them.
const ROUNDS: u32 = 9;

/// Time of several rounds in nanoseconds per event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    fn of(mut rounds: Vec<f64>) -> Self {
        rounds.sort_by(f64::total_cmp);
        let at = |position: usize| rounds.get(position).copied().unwrap_or_default();
        Self {
            median: at(rounds.len() / 2),
            least: at(0),
            most: at(rounds.len().saturating_sub(1)),
        }
    }
}

/// Measures on a stream, each time for about as long.
pub(super) struct Meter<'s> {
    stream: &'s Stream<'s>,
    budget: Duration,
}

impl<'s> Meter<'s> {
    pub(super) fn new(stream: &'s Stream<'s>, budget: Duration) -> Self {
        Self { stream, budget }
    }

    /// What `base` costs, and what `other` costs more. Both run in turn in every round, so that a
    /// machine that becomes faster or slower does so for both.
    pub(super) fn compare(&self, base: &RuleSet, other: &RuleSet) -> (Spread, Spread) {
        let mut evaluation = Evaluation::new();
        // The first time also fills caches and grows the evaluation's memory.
        self.passes(other, &mut evaluation, 1);
        let once = self.passes(base, &mut evaluation, 1) + self.passes(other, &mut evaluation, 1);
        let for_a_round = self.budget.as_nanos() / u128::from(ROUNDS);
        let passes = for_a_round / once.as_nanos().max(1);
        let passes = u32::try_from(passes).unwrap_or(u32::MAX).max(1);
        let mut costs = Vec::new();
        let mut additions = Vec::new();
        for _ in 0..ROUNDS {
            let cost = self.per_event(self.passes(base, &mut evaluation, passes), passes);
            let whole = self.per_event(self.passes(other, &mut evaluation, passes), passes);
            costs.push(cost);
            additions.push(whole - cost);
        }
        (Spread::of(costs), Spread::of(additions))
    }

    fn passes(&self, rules: &RuleSet, evaluation: &mut Evaluation, passes: u32) -> Duration {
        let began = Instant::now();
        for _ in 0..passes {
            black_box(self.stream.matches(black_box(rules), evaluation));
        }
        began.elapsed()
    }

    fn per_event(&self, time: Duration, passes: u32) -> f64 {
        let events = u32::try_from(self.stream.len()).unwrap_or(u32::MAX);
        time.as_secs_f64() * 1e9 / f64::from(passes) / f64::from(events.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn a_spread_is_ordered() {
        let spread = Spread::of(vec![3.0, -1.0, 2.0]);
        assert_eq!((spread.least, spread.median, spread.most), (-1.0, 2.0, 3.0));
    }
}
