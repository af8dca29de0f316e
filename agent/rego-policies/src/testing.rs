//! Runs the rules `test_*`, as `opa test` does.

use crate::error::{LoadError, Place, one_line};
use crate::guards::{Stopped, caught};
use crate::policy_set::PolicySet;
use regorus::Value;
use regorus::utils::limits::ExecutionTimerConfig;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// Steps of the interpreter between two looks at the clock.
const STEPS_BETWEEN_LOOKS: NonZeroU32 = NonZeroU32::new(16).unwrap();

/// How tests are run.
#[derive(Clone, Debug)]
pub struct TestRun<'a> {
    /// Only tests whose name contains this.
    pub filter: Option<&'a str>,
    /// How long one test may take.
    pub time: Duration,
    /// Whether the lines that were evaluated are reported.
    pub coverage: bool,
    /// What `data.kubernetes` is, unless a test says otherwise.
    pub kubernetes: Value,
}

/// How one test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rule holds.
    Passed,
    /// The rule does not hold.
    Failed,
    /// It could not be evaluated, and why.
    Error(String),
    /// Its name begins with `todo_`.
    Skipped,
}

/// One test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// As `data.package.test_rule`.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// How it ended.
    pub outcome: Outcome,
    /// What it printed.
    pub prints: Vec<String>,
    /// How long it took.
    pub time: Duration,
}

/// Which lines of a file were evaluated.
#[derive(Clone, Debug)]
pub struct CoveredFile {
    /// The file.
    pub file: String,
    /// Lines that were evaluated.
    pub covered: Vec<u32>,
    /// Lines that could have been.
    pub not_covered: Vec<u32>,
}

/// All tests.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// In the order of their names.
    pub results: Vec<TestResult>,
    /// Which lines were evaluated, if that was asked for.
    pub coverage: Option<Vec<CoveredFile>>,
}

/// Runs the tests of a set.
///
/// # Errors
///
/// What the interpreter says, if it refuses `kubernetes`.
pub fn run_tests(set: &PolicySet, run: &TestRun<'_>) -> Result<TestReport, LoadError> {
    let mut engine = set.engine.clone();
    let mut data = Value::new_object();
    if let Ok(object) = data.as_object_mut() {
        object.insert(Value::from("kubernetes"), run.kubernetes.clone());
    }
    crate::guards::unwinding(|| engine.add_data(data))?;
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: run.time,
        check_interval: STEPS_BETWEEN_LOOKS,
    });
    engine.set_enable_coverage(run.coverage);
    let is_wanted = |name: &str| run.filter.is_none_or(|part| name.contains(part));
    let mut results = Vec::new();
    for (name, place) in &set.tests {
        if !is_wanted(name) {
            continue;
        }
        let began = Instant::now();
        let outcome = if name.contains(".todo_test_") {
            Outcome::Skipped
        } else {
            match caught(|| engine.eval_rule(name.clone())) {
                Ok(Value::Bool(true)) => Outcome::Passed,
                Ok(_) => Outcome::Failed,
                Err(Stopped::OverTime) => {
                    Outcome::Error(format!("takes longer than {:?}", run.time))
                }
                Err(Stopped::Failed(text)) => Outcome::Error(one_line(&text)),
                Err(Stopped::Panicked) => Outcome::Error("the interpreter fails".to_owned()),
            }
        };
        results.push(TestResult {
            name: name.clone(),
            place: place.clone(),
            outcome,
            prints: engine.take_prints().unwrap_or_default(),
            time: began.elapsed(),
        });
    }
    let coverage = match run.coverage {
        true => Some(covered(&engine)?),
        false => None,
    };
    Ok(TestReport { results, coverage })
}

fn covered(engine: &regorus::Engine) -> Result<Vec<CoveredFile>, LoadError> {
    let report = crate::guards::unwinding(|| engine.get_coverage_report())?;
    let files = report.files.into_iter().map(|file| CoveredFile {
        file: file.path,
        covered: file.covered.into_iter().collect(),
        not_covered: file.not_covered.into_iter().collect(),
    });
    Ok(files.collect())
}
