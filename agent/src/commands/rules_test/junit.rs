//! The results as JUnit XML, one suite for each file.

use super::result::{CaseResult, Results, Status};
use super::text;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The document.
pub(super) fn xml(results: &Results) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("saker rules test");
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in &results.cases {
        match suites.last_mut() {
            Some(suite) if suite.name.as_str() == case.file => {
                suite.add_test_case(test_case(case));
            }
            _ => {
                let mut suite = TestSuite::new(case.file.as_str());
                suite.add_test_case(test_case(case));
                suites.push(suite);
            }
        }
    }
    if !results.errors.is_empty() {
        let mut suite = TestSuite::new("files of cases");
        for error in &results.errors {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(error.as_str());
            suite.add_test_case(TestCase::new(error.as_str(), status));
        }
        suites.push(suite);
    }
    report.add_test_suites(suites);
    report.to_string()
}

fn test_case(result: &CaseResult) -> TestCase {
    let mut case = TestCase::new(result.name.as_str(), status(result));
    case.set_classname(result.rule.as_str());
    case.set_time(Duration::from_secs_f64(result.seconds));
    case
}

fn status(result: &CaseResult) -> TestCaseStatus {
    let kind = match result.status {
        Status::Passed => return TestCaseStatus::success(),
        Status::Failed => NonSuccessKind::Failure,
        Status::Invalid => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(format!("{}:{}", result.file, result.line));
    status.set_description(text::details(result, false));
    status
}
