//! `saker explain`: why a rule matches an event or does not.

mod report;
mod source;
mod text;
mod value;

use super::{InputError, case_files, print, print_json};
use crate::cli::{ExplainArgs, ReportFormat};
use crate::config::RulesConfig;
use crate::output::{stderr_color, wants_colour};
use crate::rules::{CheckedRules, RulesError};
use report::{EventReport, Report, RuleReport};
use saker_rule_cases::{Case, CaseFile, Stage};
use saker_rule_engine::{Event, Explainer, Explanation, Outcome, near_misses};
use saker_rule_language::{did_you_mean, nearest};
use source::Origins;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Explains and prints.
pub(crate) fn run(arguments: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let (path, name) = subject(&arguments.case);
    let suite = case_files::suite(&path, &arguments.rules)?;
    let files = case_files::read(&suite.cases)?;
    let case = pick(&path, &files, name)?;
    let config = RulesConfig::build(arguments.config.as_deref(), &suite.rules)?;
    let rules = CheckedRules::load(&config.rules, &config.limits.language, stderr_color())?;
    for name in &arguments.rule {
        let mut known = rules.rules.rules.iter().map(|rule| &*rule.name);
        if !known.any(|known| known == name) {
            let known = rules.rules.rules.iter().map(|rule| &*rule.name);
            return Err(InputError::no_such_name("rule", name, known).into());
        }
    }
    let report = case
        .with_event(&Stage::new(), |event, _| {
            let explainer = Explainer::new(config.compile_options());
            report_on(event, case, &rules, explainer, arguments)
        })
        .map_err(|error| InputError::Cases(vec![error]))?
        .map_err(RulesError::from)?;
    match arguments.output {
        ReportFormat::Text => {
            let colour = wants_colour(&std::io::stdout());
            print(&text::render(&report, arguments.full, colour))?;
        }
        ReportFormat::Json => print_json(&report)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The file and the name of a case.
fn subject(argument: &str) -> (PathBuf, Option<&str>) {
    match argument.split_once('#') {
        // A file may have the character in its name.
        Some((path, name)) if !Path::new(argument).exists() => (path.into(), Some(name)),
        _ => (argument.into(), None),
    }
}

fn pick<'f>(
    path: &Path,
    files: &'f [CaseFile],
    name: Option<&str>,
) -> Result<&'f Case, InputError> {
    let cases: Vec<&Case> = files
        .iter()
        .flat_map(CaseFile::cases)
        .map(|(_, case)| case)
        .collect();
    let name = name.unwrap_or_default();
    if let Some(case) = cases.iter().find(|case| case.name == name) {
        return Ok(case);
    }
    let fitting: Vec<&Case> = cases
        .iter()
        .copied()
        .filter(|case| case.name.contains(name))
        .collect();
    match fitting.as_slice() {
        [case] => Ok(case),
        [] => Err(InputError::NoSuchCase {
            place: path.display().to_string(),
            text: name.to_owned(),
            remedy: did_you_mean(&nearest(name, cases.iter().map(|case| case.name.as_str()))),
        }),
        several => Err(InputError::SeveralCases {
            path: path.to_owned(),
            names: several
                .iter()
                .map(|case| format!("'{}'", case.name))
                .collect(),
        }),
    }
}

fn report_on(
    event: &dyn Event,
    case: &Case,
    rules: &CheckedRules,
    mut explainer: Explainer,
    arguments: &ExplainArgs,
) -> Result<Report, saker_rule_engine::CompileError> {
    let explanations = rules
        .rules
        .rules
        .iter()
        .map(|rule| explainer.explain(rule, event))
        .collect::<Result<Vec<_>, _>>()?;
    let first = explanations
        .iter()
        .position(|explanation| matches!(explanation.outcome, Outcome::Matches(_)));
    let event_type = event.kind().name().unwrap_or(event.source());
    let origins = Origins::new(&rules.sources);
    let reported = |(position, explanation): (usize, &Explanation<'_>)| {
        let winner = first
            .filter(|first| *first < position)
            .and_then(|first| explanations.get(first));
        RuleReport::new(explanation, winner, event_type, &origins)
    };
    let is_meant = |explanation: &Explanation<'_>| {
        if arguments.rule.is_empty() {
            matches!(explanation.outcome, Outcome::Matches(_))
        } else {
            let name = &*explanation.rule.name;
            arguments.rule.iter().any(|meant| meant == name)
        }
    };
    let near = if arguments.rule.is_empty() {
        arguments.near
    } else {
        0
    };
    Ok(Report {
        event: EventReport {
            event_type: event_type.to_owned(),
            case: case.name.clone(),
            place: case.place.to_string(),
        },
        is_about_all: arguments.rule.is_empty(),
        rules: explanations
            .iter()
            .enumerate()
            .filter(|(_, explanation)| is_meant(explanation))
            .map(reported)
            .collect(),
        near_misses: near_misses(&explanations, near)
            .into_iter()
            .map(|explanation| RuleReport::new(explanation, None, event_type, &origins))
            .collect(),
    })
}
