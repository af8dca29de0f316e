//! `saker rules diff`: what a change of rules does to the alerts on captures.

mod comparison;
mod cost;
mod report;

use super::{print, print_json};
use crate::cli::{ReportFormat, RulesDiffArgs};
use crate::config::RulesConfig;
use crate::output::stderr_color;
use crate::rules::{CheckedRules, RulesError};
use comparison::{Comparison, RuleDifference};
use cost::Costs;
use report::{Report, RuleReport};
use saker_capture_replay::{Options, Replay};
use saker_rule_engine::{CompileOptions, RuleSet};
use saker_rule_fields::EventContext;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Exit code where the alerts differ, as that of `diff`.
const EXIT_DIFFERENT: u8 = 1;

/// Plays every capture and prints what differs.
pub(crate) fn run(arguments: &RulesDiffArgs) -> anyhow::Result<ExitCode> {
    let mut sides = Sides {
        old: Set::load(arguments, &arguments.old)?,
        new: Set::load(arguments, &arguments.new)?,
    };
    let mut comparison = Comparison::new(sides.old.compile()?, sides.new.compile()?);
    for capture in &arguments.capture {
        play(capture, &mut comparison, &mut sides)?;
    }
    let report = sides.report(comparison);
    match arguments.output {
        ReportFormat::Text => print(&report.text(arguments.all))?,
        ReportFormat::Json => print_json(&report)?,
    }
    Ok(if report.differs {
        ExitCode::from(EXIT_DIFFERENT)
    } else {
        ExitCode::SUCCESS
    })
}

/// Shows every event of a capture to both sets.
fn play(path: &Path, comparison: &mut Comparison, sides: &mut Sides) -> anyhow::Result<()> {
    let mut replay = Replay::open(path, &Options::default())?;
    let name: Arc<str> = replay.name().into();
    while let Some(()) = replay.next(|context| {
        comparison.look_at(&name, context);
        sides.look_at(context);
    })? {}
    super::warn_of_damage(&replay);
    Ok(())
}

/// The sets with what their rules cost.
struct Sides {
    old: Set,
    new: Set,
}

/// One checked set.
struct Set {
    checked: CheckedRules,
    options: CompileOptions,
    costs: Costs,
}

impl Set {
    fn load(arguments: &RulesDiffArgs, path: &Path) -> anyhow::Result<Self> {
        let mut paths = arguments.base.clone();
        paths.push(path.to_owned());
        let config = RulesConfig::build(arguments.config.as_deref(), &paths)?;
        let checked = CheckedRules::load(&config.rules, &config.limits.language, stderr_color())?;
        let options = config.compile_options();
        Ok(Self {
            costs: Costs::new(&checked.rules, &options).map_err(RulesError::from)?,
            checked,
            options,
        })
    }

    fn compile(&self) -> Result<RuleSet, RulesError> {
        Ok(RuleSet::compile(&self.checked.rules, &self.options)?)
    }
}

impl Sides {
    /// Runs each rule by itself.
    fn look_at(&mut self, context: &EventContext<'_>) {
        self.old.costs.look_at(context);
        self.new.costs.look_at(context);
    }

    /// Puts differences and costs together; rules that differ come first, then by name.
    fn report(&self, comparison: Comparison) -> Report {
        let events = comparison.events();
        let mut differences: BTreeMap<Arc<str>, RuleDifference> = comparison.into_rules();
        let (old, new) = (&self.old.costs, &self.new.costs);
        let names: BTreeSet<Arc<str>> = old.rules().chain(new.rules()).cloned().collect();
        let mut rules: Vec<RuleReport> = names
            .into_iter()
            .map(|name| RuleReport {
                difference: differences.remove(&name).unwrap_or_default(),
                old_ns_per_event: old.ns_per_event(&name),
                new_ns_per_event: new.ns_per_event(&name),
                rule: name.to_string(),
            })
            .collect();
        rules.sort_by_key(|rule| rule.difference.is_none());
        Report {
            events,
            events_timed: old.events(),
            differs: rules.iter().any(|rule| !rule.difference.is_none()),
            rules,
        }
    }
}
