//! Runs the cases of each kind.

use std::panic::{self, AssertUnwindSafe};

use anyhow::Result;

use crate::catalog::SuiteCatalog;
use crate::data::{AUDIT_KIND, Case, Folder, Mismatch, Outcome};
use crate::declined::Decline;
use crate::kinds;
use crate::report::{FileReport, Finding, Report};
use crate::world::EventTable;

/// What cases are run with.
#[derive(Debug)]
pub struct Suite {
    pub(crate) folder: Folder,
    /// The fields that conditions and templates may name.
    pub(crate) catalog: SuiteCatalog,
    /// Falco's events and their parameters.
    pub(crate) events: EventTable,
    declined: Vec<Decline>,
}

/// Runs one case.
type Check = fn(&Suite, &Case) -> Outcome;

/// Which check the cases of a file are for.
const KINDS: &[(&str, Check)] = &[
    ("capture_detection_falco_testing", kinds::captures::check),
    ("filter_compile", kinds::compilation::check),
    ("filter_eval", kinds::evaluation::check),
    ("filter_evttypes", kinds::event_types::check),
    ("filter_parser", kinds::syntax::check),
    ("filter_warnings", kinds::warnings::check),
    (AUDIT_KIND, kinds::audit::check),
    ("output_format", kinds::output::check),
    ("plugin_requirements", kinds::rules::check_requirements),
    ("rule_loader_falco_unit", kinds::rules::check_loading),
    (
        "rule_validation_falco_testing",
        kinds::rules::check_validation,
    ),
    ("string_escape", kinds::escapes::check),
    ("utils", kinds::names::check),
];

/// Whether the cases of a file are of a kind: the file has its name, perhaps with more behind it
/// (`filter_eval`, `filter_eval-2`).
pub(crate) fn is_of_kind(file: &str, kind: &str) -> bool {
    let rest = file.strip_prefix(kind);
    rest.is_some_and(|rest| !rest.starts_with(|first: char| first.is_ascii_alphabetic()))
}

impl Suite {
    /// Takes the data and the list of declined cases.
    ///
    /// # Errors
    ///
    /// The tables of fields and events cannot be read.
    pub fn new(folder: Folder, declined: Vec<Decline>) -> Result<Self> {
        let fields = folder.text("fields_all.tsv")?;
        let events = folder.text("events.tsv")?;
        Ok(Self {
            catalog: SuiteCatalog::new(&fields),
            events: EventTable::parse(&events),
            folder,
            declined,
        })
    }

    /// Runs every file of cases, or the one of this name.
    ///
    /// # Errors
    ///
    /// The cases cannot be read, or there is no such file.
    pub fn run(&self, only: Option<&str>) -> Result<Report> {
        let files = self.folder.case_files()?;
        if let Some(name) = only
            && !files.iter().any(|file| file == name)
        {
            anyhow::bail!("no file {name}; there are: {}", files.join(", "));
        }
        let mut report = Report::default();
        for file in files
            .iter()
            .filter(|file| only.is_none_or(|name| name == *file))
        {
            self.add_file(file, &mut report)?;
        }
        Ok(report)
    }

    fn add_file(&self, file: &str, report: &mut Report) -> Result<()> {
        let cases = self.folder.cases(file)?;
        report.files.push(self.run_cases(file, &cases));
        Ok(())
    }

    /// Runs cases that are of the kind of a file.
    #[must_use]
    pub fn run_cases(&self, file: &str, cases: &[Case]) -> FileReport {
        let mut report = FileReport {
            file: file.to_owned(),
            ..FileReport::default()
        };
        for case in cases {
            if !kinds::captures::has_captures(case) {
                report.without_capture += 1;
                continue;
            }
            let reason = self.declined.iter().find(|row| row.covers(case));
            match (self.run_case(file, case), reason) {
                (Ok(()), None) => report.passed += 1,
                (Ok(()), Some(row)) => {
                    let stale = Mismatch::new(
                        "the case to be treated otherwise, as docs/CONFORMANCE.md says",
                        "it passes: take the row out",
                    );
                    report
                        .failed
                        .push(Finding::new(case, stale, Some(&row.reason)));
                }
                (Err(mismatch), None) => {
                    report.failed.push(Finding::new(case, mismatch, None));
                }
                (Err(mismatch), Some(row)) => {
                    let finding = Finding::new(case, mismatch, Some(&row.reason));
                    report.declined.push(finding);
                }
            }
        }
        report
    }

    fn run_case(&self, file: &str, case: &Case) -> Outcome {
        match KINDS.iter().find(|(name, _)| is_of_kind(file, name)) {
            // One case that makes Saker panic must not hide what the others find.
            Some((_, check)) => panic::catch_unwind(AssertUnwindSafe(|| check(self, case)))
                .unwrap_or_else(|_| Err(Mismatch::new("an outcome", "a panic"))),
            None => Err(Mismatch::new(
                "a kind of cases that the suite knows",
                format!("the file {file}.jsonl"),
            )),
        }
    }
}
