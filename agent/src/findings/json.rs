//! Findings as JSON of our own. docs/rules.md describes the shape; keys are only ever added.

use super::{Finding, Findings, Place, Severity};
use serde::Serialize;

/// The whole output.
#[derive(Serialize)]
pub(crate) struct JsonReport<'a> {
    successful: bool,
    files: Vec<&'a str>,
    rules: Option<usize>,
    errors: usize,
    warnings: usize,
    hints: usize,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    severity: Severity,
    code: &'a str,
    description: &'a str,
    message: &'a str,
    file: &'a str,
    span: Option<JsonSpan>,
    item: Option<JsonItem<'a>>,
    context: Vec<JsonItem<'a>>,
    remedy: Option<&'a str>,
}

/// Lines and columns count from 1, columns in characters; ends are exclusive.
#[derive(Serialize)]
struct JsonSpan {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start_byte: u32,
    end_byte: u32,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    r#type: &'a str,
    name: &'a str,
}

impl<'a> JsonReport<'a> {
    /// The output for these findings.
    pub(crate) fn new(findings: &'a Findings) -> Self {
        let errors = findings.count(Severity::Error);
        let all = findings.all.iter();
        Self {
            successful: errors == 0,
            files: findings.files.iter().map(|it| &*it.source.name).collect(),
            rules: findings.rules,
            errors,
            warnings: findings.count(Severity::Warning),
            hints: findings.count(Severity::Hint),
            findings: all.map(|finding| one(findings, finding)).collect(),
        }
    }
}

fn one<'a>(findings: &'a Findings, finding: &'a Finding) -> JsonFinding<'a> {
    let item = |step: &'a super::Step| JsonItem {
        r#type: step.kind.name(),
        name: &step.name,
    };
    JsonFinding {
        severity: finding.severity,
        code: finding.code,
        description: finding.description,
        message: &finding.message,
        file: findings.file_name(finding),
        span: finding.place.map(span),
        item: finding.item().map(item),
        context: finding.context.iter().map(item).collect(),
        remedy: finding.remedy.as_deref(),
    }
}

fn span(place: Place) -> JsonSpan {
    JsonSpan {
        line: place.start.line,
        column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
        start_byte: place.span.start,
        end_byte: place.span.end,
    }
}
