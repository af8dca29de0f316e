//! `facts`: what it takes to read what is known of containers and pods.

use std::fs;

use anyhow::{Context, Result};
use saker_engine_bench::{Extent, Node, Shape, Stream, facts};
use saker_event_decode::EventView;
use saker_event_schema::event;
use saker_rule_engine::{Evaluation, Indexing, RuleSet};
use saker_rule_fields::Facts;
use saker_rule_language::SourceFile;
use serde::Serialize;

use crate::FactsArguments;
use crate::clock::timed;
use crate::measure::play_with_rules;
use crate::rule_set::{check, compile};
use crate::series::Series;

/// What is compared, by what a rule asks of every opened file. The first asks nobody.
const QUESTIONS: [(&str, &str); 5] = [
    ("container.id", "container.id = none"),
    (
        "container.image.repository",
        "container.image.repository = none",
    ),
    (
        "container.image.repository, k8s.ns.name, k8s.pod.label",
        "(container.image.repository = none or k8s.ns.name = none or k8s.pod.label[app] = none)",
    ),
    ("k8smeta.pod.name", "k8smeta.pod.name = none"),
    ("k8smeta.deployment.name", "k8smeta.deployment.name = none"),
];

/// cgroups of the host in a stream.
const HOST_CGROUP: u64 = 1;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) containers: u64,
    pub(crate) pods: u64,
    /// Events of one pass.
    pub(crate) events: usize,
    pub(crate) questions: Vec<Question>,
    /// Growth of resident memory when the facts were told.
    pub(crate) facts_kib: u64,
    /// Resident memory with everything in it.
    pub(crate) resident_kib: u64,
}

/// What a rule asks.
#[derive(Debug, Serialize)]
pub(crate) struct Question {
    pub(crate) fields: &'static str,
    /// CPU time per event, decoding and process table included.
    pub(crate) with_rule_ns: Series,
    /// Of each round the difference to the rule that asks nobody.
    pub(crate) facts_ns: Series,
}

/// Plays the files that processes in containers open to one rule after the other.
pub(crate) fn measure(arguments: &FactsArguments) -> Result<Measured> {
    let start = Stream::new(&Shape::default());
    let records: Vec<Vec<u8>> = start
        .clone()
        .filter(|record| is_open_in_container(record))
        .take(arguments.events.get())
        .collect();
    let extent = Extent {
        containers: arguments.containers,
        pods: arguments.pods,
    };
    let before_kib = resident_kib()?;
    let facts = facts(&start, extent);
    let facts_kib = resident_kib()?.saturating_sub(before_kib);
    let rules = QUESTIONS
        .iter()
        .map(|(_, condition)| rule(condition))
        .collect::<Result<Vec<_>>>()?;
    let mut evaluation = Evaluation::new();
    let mut times = vec![Vec::new(); QUESTIONS.len()];
    for number in 0..=arguments.rounds.get() {
        if number > 0 {
            eprintln!("round {number} of {}", arguments.rounds);
        }
        for (rules, times) in rules.iter().zip(&mut times) {
            let taken_ns = pass(&start, &records, rules, &facts, &mut evaluation)?;
            // The first round brings everything into its caches.
            if number > 0 {
                times.push(taken_ns / records.len() as f64);
            }
        }
    }
    Ok(Measured {
        containers: arguments.containers,
        pods: arguments.pods,
        events: records.len(),
        questions: questions(&times)?,
        facts_kib,
        resident_kib: resident_kib()?,
    })
}

fn questions(times: &[Vec<f64>]) -> Result<Vec<Question>> {
    let unasked = times.first().context("nothing was measured")?;
    QUESTIONS
        .iter()
        .zip(times)
        .map(|((fields, _), times)| {
            Ok(Question {
                fields,
                with_rule_ns: Series::new(times.iter().copied())?,
                facts_ns: Series::new(times.iter().zip(unasked).map(|(of, to)| of - to))?,
            })
        })
        .collect()
}

/// Nanoseconds of CPU time that playing takes on a new host.
fn pass(
    start: &Stream,
    records: &[Vec<u8>],
    rules: &RuleSet,
    facts: &Facts,
    evaluation: &mut Evaluation,
) -> Result<f64> {
    let mut node = Node::new(start)?.with_facts(facts.clone());
    let (taken, played) = timed(|| play_with_rules(&mut node, records, rules, evaluation));
    anyhow::ensure!(played? == 0, "a rule matched that must not");
    Ok(taken.as_nanos() as f64)
}

fn is_open_in_container(record: &[u8]) -> bool {
    EventView::parse(record)
        .is_ok_and(|view| view.id() == event::OPENAT && view.header().cgroup_id != HOST_CGROUP)
}

fn rule(condition: &str) -> Result<RuleSet> {
    let text = format!(
        "- rule: Asking\n  desc: Asks about the container of every open.\n  \
         condition: evt.type in (open, openat, openat2) and {condition}\n  \
         output: asked\n  priority: NOTICE\n"
    );
    compile(
        &check(&[SourceFile::new("facts.yaml", &text)])?,
        Indexing::Indexed,
    )
}

/// Resident memory of this process now.
fn resident_kib() -> Result<u64> {
    let status =
        fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok())
        .context("/proc/self/status has no VmRSS")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn every_question_is_measured() {
        let measured = measure(&FactsArguments {
            events: NonZeroUsize::new(500).unwrap(),
            rounds: NonZeroUsize::new(1).unwrap(),
            containers: 100,
            pods: 200,
        })
        .unwrap();
        assert_eq!(measured.events, 500);
        assert_eq!(measured.questions.len(), QUESTIONS.len());
        assert_eq!(measured.questions[0].facts_ns.max, 0.0);
    }
}
