//! `saker rules bench`: what each rule costs on an event, and how many events reach it.

mod meter;
mod report;
mod stream;

use super::{InputError, case_files, print, print_json};
use crate::cli::{ReportFormat, RulesBenchArgs};
use crate::config::RulesConfig;
use crate::output::stderr_color;
use crate::rules::{CheckedRules, RulesError, alone};
use meter::Meter;
use report::{Report, RuleCost};
use saker_engine_bench as node;
use saker_rule_cases::{CaseFile, Stage, World};
use saker_rule_engine::{CompileError, CompileOptions, Evaluation, RuleSet};
use saker_rule_language::{CheckedRule, CheckedRuleSet};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use stream::Stream;

/// Measures and prints.
pub(crate) fn run(arguments: &RulesBenchArgs) -> anyhow::Result<ExitCode> {
    let (rules, cases) = match arguments.generated {
        Some(_) => (arguments.rules.clone(), Vec::new()),
        None => inputs(arguments)?,
    };
    let config = RulesConfig::build(arguments.config.as_deref(), &rules)?;
    let checked = CheckedRules::load(&config.rules, &config.limits.language, stderr_color())?.rules;
    let meant = meant(&checked, &arguments.rule)?;
    let (worlds, left_out) = match arguments.generated {
        Some(events) => (vec![generated(events)?], 0),
        None => worlds(&case_files::read(&cases)?)?,
    };
    let stage = Stage::new();
    let stream = Stream::new(&worlds, &stage);
    if stream.len() == 0 {
        return Err(InputError::NothingToMeasure.into());
    }
    if cfg!(debug_assertions) {
        eprintln!("saker: this is a debug build; what it measures says little");
    }
    let budget = Duration::from_secs(u64::from(arguments.seconds));
    let mut report = measure(&checked, &meant, &stream, &config.compile_options(), budget)
        .map_err(RulesError::from)?;
    report.cases_left_out = left_out;
    match arguments.output {
        ReportFormat::Text => print(&report.text())?,
        ReportFormat::Json => print_json(&report)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Files of rules and files of cases.
fn inputs(arguments: &RulesBenchArgs) -> Result<(Vec<PathBuf>, Vec<PathBuf>), InputError> {
    let mut rules = Vec::new();
    let mut cases = Vec::new();
    for suite in case_files::suites(&arguments.cases, &arguments.rules)? {
        rules.extend(suite.rules);
        cases.extend(suite.cases);
    }
    Ok((rules, cases))
}

/// The rules that were named, or else all that are on.
fn meant<'c>(
    checked: &'c CheckedRuleSet,
    names: &[String],
) -> Result<Vec<&'c CheckedRule>, InputError> {
    if names.is_empty() {
        return Ok(checked.rules.iter().filter(|rule| rule.enabled).collect());
    }
    names
        .iter()
        .map(|name| {
            let mut rules = checked.rules.iter();
            rules.find(|rule| *rule.name == **name).ok_or_else(|| {
                let known = checked.rules.iter().map(|rule| &*rule.name);
                InputError::no_such_name("rule", name, known)
            })
        })
        .collect()
}

/// The events of a generated node.
fn generated(events: u32) -> anyhow::Result<World> {
    let stream = node::Stream::new(&node::Shape::default());
    let (cgroups, processes) = (node::Cgroups::of(&stream), stream.processes());
    let events = usize::try_from(events).unwrap_or(usize::MAX);
    Ok(World::play(cgroups, &processes, stream.take(events))?)
}

/// The events of cases, and how many cases have none that can be measured.
fn worlds(files: &[CaseFile]) -> Result<(Vec<World>, usize), InputError> {
    let mut worlds = Vec::new();
    let mut left_out = 0;
    let mut errors = Vec::new();
    for (_, case) in files.iter().flat_map(CaseFile::cases) {
        match case.world() {
            Ok(Some(world)) => worlds.push(world),
            // Values of fields are not read from a record: they cost something else.
            Ok(None) => left_out += 1,
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok((worlds, left_out))
    } else {
        Err(InputError::Cases(errors))
    }
}

fn measure(
    checked: &CheckedRuleSet,
    meant: &[&CheckedRule],
    stream: &Stream<'_>,
    options: &CompileOptions,
    budget: Duration,
) -> Result<Report, CompileError> {
    let parts = u32::try_from(meant.len()).unwrap_or(u32::MAX);
    let meter = Meter::new(stream, budget / parts.saturating_add(1));
    let empty = alone(checked, [], options)?;
    let all = RuleSet::compile(checked, options)?;
    let (without_rules, all_rules) = meter.compare(&empty, &all);
    let mut rules = Vec::with_capacity(meant.len());
    for (number, rule) in (1..).zip(meant) {
        progress(number, meant.len());
        let mut rule = CheckedRule::clone(rule);
        rule.enabled = true;
        let name = rule.name.to_string();
        let compiled = alone(checked, [rule], options)?;
        let (_, added) = meter.compare(&empty, &compiled);
        let event_types: Vec<&'static str> = compiled
            .event_ids()
            .filter_map(|id| saker_event_schema::row(id).map(|row| row.name))
            .collect();
        rules.push(RuleCost {
            rule: name,
            reached: stream.count(|event_type| event_types.contains(&event_type)),
            matched: stream.matches(&compiled, &mut Evaluation::new()),
            event_types,
            ns_per_event: added,
        });
    }
    rules.sort_by(|left, right| {
        let (left, right) = (left.ns_per_event.median, right.ns_per_event.median);
        right.total_cmp(&left)
    });
    Ok(Report {
        events: stream.len(),
        cases_left_out: 0,
        ns_per_event_without_rules: without_rules,
        ns_per_event_of_all_rules: all_rules,
        rules,
    })
}

/// Says on a terminal how far it is.
fn progress(number: usize, all: usize) {
    if std::io::stderr().is_terminal() {
        eprint!("\rmeasuring rule {number} of {all}");
        if number == all {
            eprint!("\r\x1b[K");
        }
    }
}
