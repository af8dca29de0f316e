//! `saker policy rego test`: runs the tests of policies in Rego.

use crate::cli::{OutputFormat, RegoTestArgs};
use crate::commands::{bad_input, print};
use saker_alert::escaped;
use saker_rego_policies::{
    CoveredFile, Limits, Outcome, PolicySet, Syntax, TestReport, TestResult, TestRun, Value,
    run_tests,
};
use saker_rule_fields::{Fields, RegoPolicies};
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// Runs the tests and prints how they ended.
pub(crate) fn run(arguments: &RegoTestArgs) -> anyhow::Result<ExitCode> {
    let syntax = match arguments.v0_compatible {
        true => Syntax::V0,
        false => Syntax::V1,
    };
    let set = PolicySet::load(&arguments.policies, syntax, Limits::default())?;
    let policies = RegoPolicies::new(set, &Fields::new())?;
    let run = TestRun {
        filter: arguments.filter.as_deref(),
        time: Duration::from_millis(arguments.timeout_ms),
        coverage: arguments.coverage,
        kubernetes: Value::new_object(),
    };
    let report = run_tests(policies.set(), &run)?;
    match arguments.output {
        OutputFormat::Text => print(&text(&report, arguments.verbose)?)?,
        OutputFormat::Json => print(&format!("{:#}\n", json(&report)))?,
    }
    if report.results.is_empty() {
        let remedy = match arguments.filter {
            Some(_) => "none matches --filter",
            None => "a test is a rule whose name begins with test_",
        };
        eprintln!(
            "saker: no tests in {}: {remedy}",
            arguments.policies.display()
        );
        return Ok(bad_input());
    }
    let is_good =
        |result: &TestResult| matches!(result.outcome, Outcome::Passed | Outcome::Skipped);
    Ok(match report.results.iter().all(is_good) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Error(_) => "error",
        Outcome::Skipped => "skipped",
    }
}

fn count(report: &TestReport, wanted: &str) -> usize {
    let outcomes = report.results.iter().map(|result| word(&result.outcome));
    outcomes.filter(|outcome| *outcome == wanted).count()
}

fn text(report: &TestReport, is_verbose: bool) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for result in &report.results {
        if result.outcome == Outcome::Passed && !is_verbose {
            continue;
        }
        let time_ms = result.time.as_secs_f64() * 1_000.0;
        write!(
            text,
            "{}: {}: {}",
            result.place,
            result.name,
            word(&result.outcome)
        )?;
        if let Outcome::Error(why) = &result.outcome {
            write!(text, ": {}", escaped(why.as_bytes()))?;
        }
        writeln!(text, " ({time_ms:.1} ms)")?;
        for line in &result.prints {
            writeln!(text, "    {}", escaped(line.as_bytes()))?;
        }
    }
    for file in report.coverage.iter().flatten() {
        let lines: Vec<String> = file.not_covered.iter().map(u32::to_string).collect();
        match lines.is_empty() {
            true => writeln!(text, "{}: every line was evaluated", file.file)?,
            false => writeln!(
                text,
                "{}: not evaluated: lines {}",
                file.file,
                lines.join(", ")
            )?,
        }
    }
    let words = ["passed", "failed", "error", "skipped"];
    let counts = words.map(|word| (count(report, word), word));
    let counts = counts
        .into_iter()
        .filter(|(number, word)| *number > 0 || *word == "passed");
    let counts: Vec<String> = counts
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    writeln!(text, "{}", counts.join(", "))?;
    Ok(text)
}

fn json(report: &TestReport) -> serde_json::Value {
    let tests: Vec<_> = report
        .results
        .iter()
        .map(|result| {
            json!({
                "name": result.name,
                "file": &*result.place.file,
                "line": result.place.line,
                "outcome": word(&result.outcome),
                "error": match &result.outcome {
                    Outcome::Error(why) => Some(why),
                    _ => None,
                },
                "prints": result.prints,
                "duration_ns": u64::try_from(result.time.as_nanos()).unwrap_or(u64::MAX),
            })
        })
        .collect();
    let covered = |file: &CoveredFile| {
        json!({
            "file": file.file,
            "covered": file.covered,
            "not_covered": file.not_covered,
        })
    };
    let coverage = report.coverage.as_ref();
    json!({
        "tests": tests,
        "passed": count(report, "passed"),
        "failed": count(report, "failed"),
        "errors": count(report, "error"),
        "skipped": count(report, "skipped"),
        "coverage": coverage.map(|files| files.iter().map(covered).collect::<Vec<_>>()),
    })
}
