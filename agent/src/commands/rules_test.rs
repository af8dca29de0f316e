//! `saker rules test`: events in, the alerts that they must raise out.

mod coverage;
mod junit;
mod result;
mod text;

use super::{InputError, bad_input, case_files, chain, print, print_json};
use crate::cli::{RulesTestArgs, TestFormat};
use crate::config::RulesConfig;
use crate::output::{stderr_color, wants_colour};
use crate::rules::{CheckedRules, RulesError, count};
use result::{CaseResult, Results, Status};
use saker_rule_cases::{Bench, CaseFile, Section};
use saker_rule_engine::{CompileOptions, Matching, RuleSet};
use std::process::ExitCode;
use std::time::Instant;

/// Runs cases and prints what came of them.
pub(crate) fn run(arguments: &RulesTestArgs) -> anyhow::Result<ExitCode> {
    let suites = case_files::suites(&arguments.paths, &arguments.rules)?;
    let mut results = Results::default();
    for suite in suites {
        let files = case_files::read(&suite.cases)?;
        let config = RulesConfig::build(arguments.config.as_deref(), &suite.rules)?;
        let checked = CheckedRules::load(&config.rules, &config.limits.language, stderr_color())?;
        let options = CompileOptions {
            matching: Matching::All,
            ..config.compile_options()
        };
        let rules = RuleSet::compile(&checked.rules, &options).map_err(RulesError::from)?;
        results.files += files.len();
        run_suite(&rules, &files, arguments.filter.as_deref(), &mut results);
        if arguments.coverage {
            results.gaps.extend(coverage::gaps(&rules, &files));
        }
    }
    if let (Some(text), []) = (&arguments.filter, results.cases.as_slice()) {
        return Err(InputError::NoSuchCase {
            place: count(results.files, "file"),
            text: text.clone(),
            remedy: None,
        }
        .into());
    }
    if let Some(path) = &arguments.junit {
        std::fs::write(path, junit::xml(&results)?).map_err(|source| InputError::Write {
            path: path.clone(),
            source,
        })?;
    }
    match arguments.output {
        TestFormat::Text => {
            let colour = wants_colour(&std::io::stdout());
            print(&text::report(&results, arguments.verbose, colour))?;
        }
        TestFormat::Json => print_json(&results.counted())?,
        TestFormat::Junit => print(&junit::xml(&results)?)?,
    }
    Ok(match results.worst() {
        Status::Passed => ExitCode::SUCCESS,
        Status::Failed => ExitCode::FAILURE,
        Status::Invalid => bad_input(),
    })
}

fn run_suite(rules: &RuleSet, files: &[CaseFile], filter: Option<&str>, results: &mut Results) {
    let bench = Bench::new(rules);
    for section in files.iter().flat_map(|file| &file.sections) {
        let has_rule = known(rules, &section.rule);
        if !has_rule {
            let error = missing(rules, &section.rule);
            results.errors.push(format!("{}: {error}", section.place));
        }
        for case in &section.cases {
            let is_meant =
                filter.is_none_or(|text| case.name.contains(text) || section.rule.contains(text));
            if !is_meant {
                continue;
            }
            let began = Instant::now();
            let outcome = bench.run(case);
            let mut result = CaseResult::new(section, case);
            for expected in case.expect.rules().filter(|name| !known(rules, name)) {
                result.status = Status::Invalid;
                result.error = Some(missing(rules, expected));
            }
            match outcome {
                _ if result.status == Status::Invalid => {}
                Ok(outcome) => result.differ(outcome.differences),
                Err(error) => {
                    result.status = Status::Invalid;
                    result.error = Some(match std::error::Error::source(&error) {
                        Some(cause) => chain(cause),
                        None => error.to_string(),
                    });
                }
            }
            result.seconds = began.elapsed().as_secs_f64();
            results.cases.push(result);
        }
    }
}

fn known(rules: &RuleSet, name: &str) -> bool {
    rules.rules().iter().any(|rule| &*rule.name == name)
}

fn missing(rules: &RuleSet, name: &str) -> String {
    let names = rules.rules().iter().map(|rule| &*rule.name);
    InputError::no_such_name("rule", name, names).to_string()
}

impl CaseResult {
    fn new(section: &Section, case: &saker_rule_cases::Case) -> Self {
        Self {
            file: case.place.path.display().to_string(),
            line: case.place.line,
            rule: section.rule.clone(),
            name: case.name.clone(),
            status: Status::Passed,
            differences: Vec::new(),
            error: None,
            seconds: 0.0,
        }
    }
}
