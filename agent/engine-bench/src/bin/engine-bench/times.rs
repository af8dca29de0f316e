//! `times`: CPU time per event of several sets.

use anyhow::{Context, Result, ensure};
use saker_engine_bench::{Shape, Stream};
use saker_event_decode::EventView;
use saker_rule_engine::{Evaluation, Indexing, RuleSet};
use serde::Serialize;

use crate::TimesArguments;
use crate::clock::timed;
use crate::measure::{Round, Times, round, trial};
use crate::rule_set::{SetName, check, compile, enabled};
use crate::series::Series;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) rounds: usize,
    pub(crate) sets: Vec<MeasuredSet>,
    pub(crate) ratios: Vec<Ratio>,
}

/// One set.
#[derive(Debug, Serialize)]
pub(crate) struct MeasuredSet {
    pub(crate) set: SetName,
    /// Whether every rule was tried for every event.
    pub(crate) linear: bool,
    /// Rules that are not disabled.
    pub(crate) rules: usize,
    /// YAML read and rules checked, in milliseconds of CPU time.
    pub(crate) checking_ms: Series,
    pub(crate) compiling_ms: Series,
    /// Both, of each round the sum.
    pub(crate) loading_ms: Series,
    /// Events of one pass.
    pub(crate) events: usize,
    /// Events among them of a type that some rule looks at.
    pub(crate) events_looked_at: usize,
    pub(crate) matches: usize,
    #[serde(flatten)]
    pub(crate) times: Times,
}

/// How much longer one set takes than another: of each round the quotient.
#[derive(Debug, Serialize)]
pub(crate) struct Ratio {
    pub(crate) of: String,
    pub(crate) to: String,
    pub(crate) rules_alone: Series,
    pub(crate) with_rules: Series,
}

/// A set while it is measured.
struct Candidate {
    set: SetName,
    indexing: Indexing,
    rules: RuleSet,
    evaluation: Evaluation,
    checking_ms: Vec<f64>,
    compiling_ms: Vec<f64>,
    events: usize,
    matches: usize,
    rounds: Vec<Round>,
}

impl Candidate {
    fn name(&self) -> String {
        match self.indexing {
            Indexing::Indexed => self.set.to_string(),
            Indexing::Linear => format!("{}, linear scan", self.set),
        }
    }
}

/// The sets that were asked for, or all that are there.
pub(crate) fn chosen(sets: &[SetName], default: &[SetName]) -> Result<Vec<SetName>> {
    if sets.is_empty() {
        return Ok(default
            .iter()
            .copied()
            .filter(|set| set.is_there())
            .collect());
    }
    for set in sets {
        ensure!(set.is_there(), "{set} cannot be read");
    }
    Ok(sets.to_vec())
}

/// Measures all sets, round by round.
pub(crate) fn measure(arguments: &TimesArguments) -> Result<Measured> {
    let start = Stream::new(&Shape::default());
    let records: Vec<Vec<u8>> = start.clone().take(arguments.events.get()).collect();
    let mut candidates = Vec::new();
    for set in chosen(&arguments.sets, &SetName::ALL)? {
        candidates.push(load(set, Indexing::Indexed, arguments.rounds.get())?);
        if arguments.linear {
            candidates.push(load(set, Indexing::Linear, arguments.rounds.get())?);
        }
    }
    for candidate in &mut candidates {
        (candidate.events, candidate.matches) = trial(
            &start,
            &records,
            &candidate.rules,
            &mut candidate.evaluation,
        )?;
    }
    for number in 1..=arguments.rounds.get() {
        eprintln!("round {number} of {}", arguments.rounds);
        for candidate in &mut candidates {
            let played = records.get(..candidate.events).unwrap_or(&records);
            let round = round(
                &start,
                played,
                1,
                &candidate.rules,
                &mut candidate.evaluation,
            )?;
            candidate.rounds.push(round);
        }
    }
    Ok(Measured {
        rounds: arguments.rounds.get(),
        ratios: ratios(&candidates)?,
        sets: candidates
            .iter()
            .map(|candidate| summary(candidate, &records))
            .collect::<Result<_>>()?,
    })
}

/// Loads a set several times and keeps it as it was loaded last.
fn load(set: SetName, indexing: Indexing, times: usize) -> Result<Candidate> {
    let sources = set.sources()?;
    let mut rules = None;
    let (mut checking_ms, mut compiling_ms) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let (checking, checked) = timed(|| check(&sources));
        let checked = checked?;
        let (compiling, compiled) = timed(|| compile(&checked, indexing));
        rules = Some(compiled?);
        checking_ms.push(checking.as_secs_f64() * 1e3);
        compiling_ms.push(compiling.as_secs_f64() * 1e3);
    }
    Ok(Candidate {
        set,
        indexing,
        rules: rules.context("nothing was loaded")?,
        evaluation: Evaluation::new(),
        checking_ms,
        compiling_ms,
        events: 0,
        matches: 0,
        rounds: Vec::new(),
    })
}

fn summary(candidate: &Candidate, records: &[Vec<u8>]) -> Result<MeasuredSet> {
    let looked_at: Vec<_> = candidate.rules.event_ids().collect();
    let played = records.get(..candidate.events).unwrap_or(records);
    let events_looked_at = played
        .iter()
        .filter_map(|record| EventView::parse(record).ok())
        .filter(|event| looked_at.contains(&event.id()))
        .count();
    let loading = candidate.checking_ms.iter().zip(&candidate.compiling_ms);
    Ok(MeasuredSet {
        set: candidate.set,
        linear: candidate.indexing == Indexing::Linear,
        rules: enabled(&candidate.rules),
        loading_ms: Series::new(loading.map(|(checking, compiling)| checking + compiling))?,
        checking_ms: Series::new(candidate.checking_ms.iter().copied())?,
        compiling_ms: Series::new(candidate.compiling_ms.iter().copied())?,
        events: candidate.events,
        events_looked_at,
        matches: candidate.matches,
        times: Times::of(&candidate.rounds)?,
    })
}

/// Generated sets against the smallest of them, and linear scans against the index.
fn ratios(candidates: &[Candidate]) -> Result<Vec<Ratio>> {
    let size = |candidate: &Candidate| match (candidate.set, candidate.indexing) {
        (SetName::Generated(count), Indexing::Indexed) => Some(count),
        _ => None,
    };
    let smallest = candidates
        .iter()
        .filter(|candidate| size(candidate).is_some())
        .min_by_key(|candidate| size(candidate));
    let mut ratios = Vec::new();
    for of in candidates {
        let to = match of.indexing {
            Indexing::Indexed if size(of) > smallest.and_then(size) => smallest,
            Indexing::Indexed => None,
            Indexing::Linear => candidates
                .iter()
                .find(|to| to.set == of.set && to.indexing == Indexing::Indexed),
        };
        if let Some(to) = to {
            let quotients = |part: fn(Round) -> f64| {
                let pairs = of.rounds.iter().zip(&to.rounds);
                Series::new(pairs.map(|(of, to)| part(*of) / part(*to)))
            };
            ratios.push(Ratio {
                of: of.name(),
                to: to.name(),
                rules_alone: quotients(Round::rules_alone_ns)?,
                with_rules: quotients(|round| round.with_rules_ns)?,
            });
        }
    }
    Ok(ratios)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn small(sets: &[SetName], linear: bool) -> Measured {
        measure(&TimesArguments {
            sets: sets.to_vec(),
            events: NonZeroUsize::new(2_000).unwrap(),
            rounds: NonZeroUsize::new(2).unwrap(),
            linear,
            by_type: false,
        })
        .unwrap()
    }

    #[test]
    fn every_set_is_measured_and_ratios_go_to_the_smallest() {
        let sets = [8, 64].map(SetName::Generated);
        let measured = small(&sets, false);
        let rules: Vec<usize> = measured.sets.iter().map(|set| set.rules).collect();
        assert_eq!(rules, [8, 64]);
        let pairs: Vec<(&str, &str)> = measured
            .ratios
            .iter()
            .map(|ratio| (&*ratio.of, &*ratio.to))
            .collect();
        assert_eq!(pairs, [("generated-64", "generated-8")]);
    }

    #[test]
    fn a_linear_scan_finds_the_same_and_is_compared() {
        let measured = small(&[SetName::Shipped], true);
        let [indexed, linear] = &*measured.sets else {
            panic!("{:?}", measured.sets);
        };
        assert!(!indexed.linear && linear.linear);
        assert_eq!(indexed.matches, linear.matches);
        assert!(indexed.events_looked_at > 0);
        assert_eq!(measured.ratios[0].of, "shipped, linear scan");
        assert_eq!(measured.ratios[0].to, "shipped");
    }
}
