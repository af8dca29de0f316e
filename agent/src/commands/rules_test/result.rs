//! What came of cases.

use super::coverage::Gap;
use saker_rule_cases::Difference;
use serde::{Serialize, Serializer};

/// What came of all cases.
#[derive(Debug, Default, Serialize)]
pub(super) struct Results {
    /// How many files were read.
    pub(super) files: usize,
    /// Each case that was run.
    pub(super) cases: Vec<CaseResult>,
    /// What is wrong with files beyond single cases.
    pub(super) errors: Vec<String>,
    /// Rules that lack cases, where that was asked for.
    pub(super) gaps: Vec<Gap>,
}

/// What came of one case.
#[derive(Debug, Serialize)]
pub(super) struct CaseResult {
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) rule: String,
    pub(super) name: String,
    pub(super) status: Status,
    #[serde(serialize_with = "differences")]
    pub(super) differences: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    pub(super) seconds: f64,
}

/// How a case ended, better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// As expected.
    Passed,
    /// Otherwise than expected.
    Failed,
    /// The case is wrong itself.
    Invalid,
}

/// The results with how many cases ended how.
#[derive(Debug, Serialize)]
pub(super) struct Counted<'r> {
    passed: usize,
    failed: usize,
    invalid: usize,
    #[serde(flatten)]
    results: &'r Results,
}

impl Results {
    /// How many cases ended so.
    pub(super) fn count(&self, status: Status) -> usize {
        self.cases
            .iter()
            .filter(|case| case.status == status)
            .count()
    }

    /// The results with the counts first.
    pub(super) fn counted(&self) -> Counted<'_> {
        Counted {
            passed: self.count(Status::Passed),
            failed: self.count(Status::Failed),
            invalid: self.count(Status::Invalid),
            results: self,
        }
    }

    /// How the worst ended.
    pub(super) fn worst(&self) -> Status {
        if !self.errors.is_empty() {
            return Status::Invalid;
        }
        let statuses = self.cases.iter().map(|case| case.status);
        statuses.max().unwrap_or(Status::Passed)
    }
}

impl CaseResult {
    /// Notes what differs from what was expected.
    pub(super) fn differ(&mut self, differences: Vec<Difference>) {
        if !differences.is_empty() {
            self.status = Status::Failed;
        }
        self.differences = differences;
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum DifferenceForm<'a> {
    Rules {
        expected: &'a [String],
        fired: &'a [String],
    },
    Count {
        rule: &'a str,
        expected: u64,
        raised: u64,
    },
    Output {
        expected: &'a str,
        message: &'a str,
    },
    Message {
        expected: &'a str,
        message: &'a str,
    },
}

fn differences<S: Serializer>(
    differences: &[Difference],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(differences.iter().map(|difference| match difference {
        Difference::Rules { expected, fired } => DifferenceForm::Rules { expected, fired },
        Difference::Count {
            rule,
            expected,
            raised,
        } => DifferenceForm::Count {
            rule,
            expected: *expected,
            raised: *raised,
        },
        Difference::Lacks { text, message } => DifferenceForm::Output {
            expected: text,
            message,
        },
        Difference::Message { expected, message } => DifferenceForm::Message { expected, message },
    }))
}
