//! What a run found, as text or JSON.

use serde::Serialize;

use crate::data::{Case, Mismatch};

/// The cases of one file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FileReport {
    /// Name of the file, without `.jsonl`.
    pub file: String,
    /// Cases that came out as wanted.
    pub passed: usize,
    /// Cases that did not.
    pub failed: Vec<Finding>,
    /// Cases that did not, and are listed in `docs/CONFORMANCE.md`.
    pub declined: Vec<Finding>,
    /// Cases that could not be run: the data lack their captures.
    pub without_capture: usize,
}

/// A case that did not come out as wanted.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Line in the file of cases.
    pub line: usize,
    /// Where the case was taken from.
    pub source: String,
    /// What it is about.
    pub case: String,
    /// What should have come out.
    pub expected: String,
    /// What came out.
    pub got: String,
    /// Why the case is declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Finding {
    /// A finding about a case.
    #[must_use]
    pub fn new(case: &Case, mismatch: Mismatch, reason: Option<&str>) -> Self {
        Self {
            line: case.line,
            source: case.source().to_owned(),
            case: case.short_subject(),
            expected: mismatch.expected,
            got: mismatch.got,
            reason: reason.map(str::to_owned),
        }
    }
}

/// How much a text report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Counts, and what failed.
    Failures,
    /// Also what is declined.
    All,
}

/// All files.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// In the order of their names.
    pub files: Vec<FileReport>,
}

impl Report {
    /// Whether nothing failed, and there was something to run.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.count(|file| file.failed.len()) == 0 && self.count(|file| file.passed) > 0
    }

    fn count(&self, of: impl Fn(&FileReport) -> usize) -> usize {
        self.files.iter().map(of).sum()
    }

    /// The report for people.
    #[must_use]
    pub fn text(&self, detail: Detail) -> String {
        let mut text = String::new();
        for file in &self.files {
            for finding in &file.failed {
                push_finding(&mut text, "FAILED", &file.file, finding);
            }
            if detail == Detail::All {
                for finding in &file.declined {
                    push_finding(&mut text, "declined", &file.file, finding);
                }
            }
        }
        let totals = FileReport {
            file: "total".to_owned(),
            ..FileReport::default()
        };
        for file in &self.files {
            let counts = (file.passed, file.failed.len(), file.declined.len());
            push_counts(&mut text, &file.file, counts);
            if file.without_capture > 0 {
                let line = format!(
                    "{:<32} {:>4} without their capture\n",
                    "", file.without_capture
                );
                text.push_str(&line);
            }
        }
        let counts = (
            self.count(|file| file.passed),
            self.count(|file| file.failed.len()),
            self.count(|file| file.declined.len()),
        );
        push_counts(&mut text, &totals.file, counts);
        text
    }
}

fn push_counts(text: &mut String, name: &str, (passed, failed, declined): (usize, usize, usize)) {
    let line = format!("{name:<32} {passed:>4} passed {failed:>4} failed {declined:>4} declined\n");
    text.push_str(&line);
}

fn push_finding(text: &mut String, verdict: &str, file: &str, finding: &Finding) {
    let Finding {
        line,
        source,
        case,
        expected,
        got,
        reason,
    } = finding;
    let mut lines = format!("{verdict} {file}:{line} ({source})\n    case      {case}\n");
    for (name, value) in [
        ("expected", Some(expected)),
        ("got", Some(got)),
        ("reason", reason.as_ref()),
    ] {
        if let Some(value) = value {
            let value = value.replace('\n', "\n              ");
            lines.push_str(&format!("    {name:<9} {value}\n"));
        }
    }
    text.push_str(&lines);
}
