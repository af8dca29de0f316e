//! One pass over records, with rules and without.

use std::time::{Duration, Instant};

use anyhow::Result;
use saker_engine_bench::{Node, Stream};
use saker_rule_engine::{Evaluation, RuleSet};
use serde::Serialize;

use crate::clock::timed;
use crate::series::Series;

/// Longest pass, roughly: a set that is slower gets fewer events.
const PASS_MAX: Duration = Duration::from_secs(1);
/// Events between two looks at the time while a set is tried out.
const TRIAL_STEP: usize = 500;

/// Plays records without rules.
pub(crate) fn play(node: &mut Node, records: &[Vec<u8>]) -> Result<()> {
    for record in records {
        node.take(record, |_context| ())?;
    }
    Ok(())
}

/// Plays records with rules and counts the matches.
pub(crate) fn play_with_rules(
    node: &mut Node,
    records: &[Vec<u8>],
    rules: &RuleSet,
    evaluation: &mut Evaluation,
) -> Result<usize> {
    let mut matches = 0;
    for record in records {
        node.take(record, |context| {
            let event = rules.event(context);
            matches += rules.evaluate(&event, evaluation).len();
        })?;
    }
    Ok(matches)
}

/// What one round takes per event, in nanoseconds of CPU time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Round {
    /// Decoding and process table.
    pub(crate) without_rules_ns: f64,
    /// The same and the rules.
    pub(crate) with_rules_ns: f64,
}

impl Round {
    pub(crate) fn rules_alone_ns(self) -> f64 {
        self.with_rules_ns - self.without_rules_ns
    }
}

/// Median and range over the rounds of one set, in nanoseconds of CPU time per event.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Times {
    pub(crate) without_rules_ns: Series,
    pub(crate) with_rules_ns: Series,
    /// Of each round the difference of the two.
    pub(crate) rules_alone_ns: Series,
}

impl Times {
    pub(crate) fn of(rounds: &[Round]) -> Result<Self> {
        let series = |of: fn(Round) -> f64| Series::new(rounds.iter().map(|round| of(*round)));
        Ok(Self {
            without_rules_ns: series(|round| round.without_rules_ns)?,
            with_rules_ns: series(|round| round.with_rules_ns)?,
            rules_alone_ns: series(Round::rules_alone_ns)?,
        })
    }
}

/// Plays the records as often as asked for, both ways, each time on a host as it was at the start.
pub(crate) fn round(
    start: &Stream,
    records: &[Vec<u8>],
    passes: usize,
    rules: &RuleSet,
    evaluation: &mut Evaluation,
) -> Result<Round> {
    let mut without = Duration::ZERO;
    let mut with = Duration::ZERO;
    for _ in 0..passes {
        without += pass(start, |node| play(node, records))?;
        with += pass(start, |node| {
            play_with_rules(node, records, rules, evaluation).map(drop)
        })?;
    }
    let events = (records.len() * passes) as f64;
    Ok(Round {
        without_rules_ns: without.as_nanos() as f64 / events,
        with_rules_ns: with.as_nanos() as f64 / events,
    })
}

/// What playing takes on a new host. It is gone afterwards: of two at a time the second would have
/// to find its memory anew, and what comes second would look slower.
fn pass(start: &Stream, play: impl FnOnce(&mut Node) -> Result<()>) -> Result<Duration> {
    let mut node = Node::new(start)?;
    let (taken, played) = timed(|| play(&mut node));
    played?;
    Ok(taken)
}

/// How many of the records a set plays in about [`PASS_MAX`], and how many matches it finds in
/// them. Also brings everything into its caches.
pub(crate) fn trial(
    start: &Stream,
    records: &[Vec<u8>],
    rules: &RuleSet,
    evaluation: &mut Evaluation,
) -> Result<(usize, usize)> {
    let mut node = Node::new(start)?;
    let mut played = 0;
    let mut matches = 0;
    let begin = Instant::now();
    for part in records.chunks(TRIAL_STEP) {
        matches += play_with_rules(&mut node, part, rules, evaluation)?;
        played += part.len();
        if begin.elapsed() > PASS_MAX {
            break;
        }
    }
    Ok((played, matches))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_alone_are_the_difference_of_each_round() {
        let round = |without_rules_ns, with_rules_ns| Round {
            without_rules_ns,
            with_rules_ns,
        };
        let times = Times::of(&[round(90.0, 290.0), round(100.0, 280.0), round(80.0, 300.0)]);
        let times = times.unwrap();
        assert_eq!(times.rules_alone_ns.median, 200.0);
        assert_eq!(times.rules_alone_ns.max, 220.0);
        assert_eq!(times.without_rules_ns.median, 90.0);
        assert!(Times::of(&[]).is_err());
    }
}
