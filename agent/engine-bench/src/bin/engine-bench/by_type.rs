//! `times --by-type`: what an event of each type takes.

use std::collections::BTreeMap;

use anyhow::Result;
use saker_engine_bench::{Shape, Stream};
use saker_event_decode::EventView;
use saker_event_schema::EventId;
use saker_rule_engine::{Evaluation, Indexing, RuleSet};
use serde::Serialize;

use crate::TimesArguments;
use crate::measure::{Round, Times, round};
use crate::rule_set::{SetName, check, compile};
use crate::times::chosen;

/// Events of a type in one round, at least: rare ones are played more than once.
const ROUND_EVENTS_MIN: usize = 20_000;

/// The types that there are and what each set takes on them.
#[derive(Debug, Serialize)]
pub(crate) struct ByType {
    pub(crate) rounds: usize,
    pub(crate) sets: Vec<SetName>,
    /// The most frequent first.
    pub(crate) types: Vec<MeasuredType>,
}

/// One type of event.
#[derive(Debug, Serialize)]
pub(crate) struct MeasuredType {
    pub(crate) name: &'static str,
    /// How many of the events of the stream are of this type.
    pub(crate) share: f64,
    /// In the order of the sets.
    pub(crate) sets: Vec<OnType>,
}

/// One set on one type.
#[derive(Debug, Serialize)]
pub(crate) struct OnType {
    /// Whether any rule looks at events of this type.
    pub(crate) looked_at: bool,
    #[serde(flatten)]
    pub(crate) times: Times,
}

struct Kind {
    id: EventId,
    name: &'static str,
    records: Vec<Vec<u8>>,
}

/// Measures each set on each type by itself.
pub(crate) fn measure(arguments: &TimesArguments) -> Result<ByType> {
    measure_with(arguments, ROUND_EVENTS_MIN)
}

fn measure_with(arguments: &TimesArguments, round_events_min: usize) -> Result<ByType> {
    let start = Stream::new(&Shape::default());
    let kinds = kinds(start.clone().take(arguments.events.get()))?;
    let sets = chosen(&arguments.sets, &[SetName::Stable, SetName::AllFalco])?;
    let mut rules = Vec::new();
    for set in &sets {
        rules.push(compile(&check(&set.sources()?)?, Indexing::Indexed)?);
    }
    let mut evaluations: Vec<Evaluation> = sets.iter().map(|_| Evaluation::new()).collect();
    let mut rounds: Vec<Vec<Vec<Round>>> = vec![vec![Vec::new(); sets.len()]; kinds.len()];
    // The first round brings everything into its caches and does not count.
    for number in 0..=arguments.rounds.get() {
        if number > 0 {
            eprintln!("round {number} of {}", arguments.rounds);
        }
        for (kind, rounds) in kinds.iter().zip(&mut rounds) {
            let passes = round_events_min.div_ceil(kind.records.len());
            for ((rules, evaluation), rounds) in
                rules.iter().zip(&mut evaluations).zip(rounds.iter_mut())
            {
                let round = round(&start, &kind.records, passes, rules, evaluation)?;
                if number > 0 {
                    rounds.push(round);
                }
            }
        }
    }
    let types = kinds
        .iter()
        .zip(&rounds)
        .map(|(kind, rounds)| summary(kind, &rules, rounds, arguments.events.get()))
        .collect::<Result<_>>()?;
    Ok(ByType {
        rounds: arguments.rounds.get(),
        sets,
        types,
    })
}

/// The records by type, the most frequent first.
fn kinds(records: impl Iterator<Item = Vec<u8>>) -> Result<Vec<Kind>> {
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    for record in records {
        let event = EventView::parse(&record)?;
        let (id, name) = (event.id(), event.row().name);
        let kind = kinds.entry(name).or_insert_with(|| Kind {
            id,
            name,
            records: Vec::new(),
        });
        kind.records.push(record);
    }
    let mut kinds: Vec<Kind> = kinds.into_values().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.records.len()));
    Ok(kinds)
}

fn summary(
    kind: &Kind,
    rules: &[RuleSet],
    rounds: &[Vec<Round>],
    events: usize,
) -> Result<MeasuredType> {
    let sets = rules.iter().zip(rounds).map(|(rules, rounds)| {
        Ok(OnType {
            looked_at: rules.event_ids().any(|id| id == kind.id),
            times: Times::of(rounds)?,
        })
    });
    Ok(MeasuredType {
        name: kind.name,
        share: kind.records.len() as f64 / events as f64,
        sets: sets.collect::<Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn each_type_is_measured_and_opens_come_first() {
        let arguments = TimesArguments {
            sets: vec![SetName::Generated(8)],
            events: NonZeroUsize::new(2_000).unwrap(),
            rounds: NonZeroUsize::new(1).unwrap(),
            linear: false,
            by_type: true,
        };
        let measured = measure_with(&arguments, 1).unwrap();
        assert_eq!(measured.types[0].name, "openat");
        let shares: f64 = measured.types.iter().map(|it| it.share).sum();
        assert!((shares - 1.0).abs() < 1e-9);
        let looked_at: Vec<&str> = measured
            .types
            .iter()
            .filter(|it| it.sets[0].looked_at)
            .map(|it| it.name)
            .collect();
        assert_eq!(looked_at, ["openat", "execve"]);
    }
}
