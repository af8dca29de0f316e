//! Findings in the shape of `falco --validate` with `json_output`. Hints have no place in it.

use super::{Finding, Findings, Severity, Step};
use saker_rule_language::{Position, SchemaStatus};
use serde::Serialize;

/// Bytes of the file that a snippet shows at most.
const SNIPPET_BYTES_MAX: usize = 160;

/// The whole output.
#[derive(Serialize)]
pub(crate) struct FalcoReport<'a> {
    falco_load_results: Vec<FileResult<'a>>,
}

#[derive(Serialize)]
struct FileResult<'a> {
    name: &'a str,
    successful: bool,
    /// Whether it has the shape of the JSON schema that Falco publishes, which is stricter than the
    /// loader.
    schema_valid: bool,
    schema_warnings: Vec<String>,
    errors: Vec<Entry<'a>>,
    warnings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'a str,
    codedesc: &'a str,
    message: &'a str,
    context: EntryContext<'a>,
}

#[derive(Serialize)]
struct EntryContext<'a> {
    locations: Vec<Location<'a>>,
    snippet: String,
}

#[derive(Serialize)]
struct Location<'a> {
    item_type: &'a str,
    item_name: &'a str,
    position: LocationPosition<'a>,
}

/// Lines and columns count from 0, as in Falco.
#[derive(Serialize)]
struct LocationPosition<'a> {
    name: &'a str,
    line: u32,
    column: u32,
    offset: u32,
}

impl<'a> FalcoReport<'a> {
    /// The output for these findings.
    pub(crate) fn new(findings: &'a Findings) -> Self {
        let files = 0..findings.files.len();
        Self {
            falco_load_results: files.map(|file| file_result(findings, file)).collect(),
        }
    }
}

fn file_result(findings: &Findings, file: usize) -> FileResult<'_> {
    let of_file = || findings.all.iter().filter(move |it| it.file == file);
    let entries = |severity| {
        of_file()
            .filter(|finding| finding.severity == severity)
            .map(|finding| entry(findings, finding))
            .collect::<Vec<_>>()
    };
    let errors = entries(Severity::Error);
    let schema = findings.files.get(file).map(|it| &it.schema);
    let schema_warnings = match schema {
        Some(SchemaStatus::Invalid(findings)) => findings
            .iter()
            .map(|finding| match finding.path.as_str() {
                "" => finding.message.clone(),
                path => format!("{path}: {}", finding.message),
            })
            .collect(),
        Some(SchemaStatus::Valid | SchemaStatus::Unchecked) | None => Vec::new(),
    };
    FileResult {
        name: findings.files.get(file).map_or("", |it| &it.source.name),
        successful: errors.is_empty(),
        schema_valid: schema == Some(&SchemaStatus::Valid),
        schema_warnings,
        errors,
        warnings: entries(Severity::Warning),
    }
}

fn entry<'a>(findings: &'a Findings, finding: &'a Finding) -> Entry<'a> {
    let name = findings.file_name(finding);
    let steps = finding.context.iter();
    Entry {
        code: finding.code,
        codedesc: finding.description,
        message: &finding.message,
        context: EntryContext {
            locations: steps.map(|step| location(step, name)).collect(),
            snippet: snippet(findings, finding).unwrap_or_default(),
        },
    }
}

fn location<'a>(step: &'a Step, file: &'a str) -> Location<'a> {
    let Position {
        line,
        column,
        offset,
    } = step.start;
    Location {
        item_type: step.kind.name(),
        // The file is named by the position.
        item_name: if step.name == file { "" } else { &step.name },
        position: LocationPosition {
            name: file,
            line: line.saturating_sub(1),
            column: column.saturating_sub(1),
            offset,
        },
    }
}

/// The line of the finding up to a bound, and a mark below its first character.
fn snippet(findings: &Findings, finding: &Finding) -> Option<String> {
    let place = finding.place?;
    let text = &findings.files.get(finding.file)?.source.text;
    let start = text.floor_char_boundary(usize::try_from(place.span.start).ok()?);
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let first = text.ceil_char_boundary(line_start.max(start.saturating_sub(SNIPPET_BYTES_MAX)));
    let rest = text.get(start..)?;
    let line_end = rest.find('\n').map_or(text.len(), |length| start + length);
    let last = text.floor_char_boundary(line_end.min(start.saturating_add(SNIPPET_BYTES_MAX)));
    let before = text.get(first..start)?.chars().count();
    Some(format!(
        "{}\n{}^\n",
        text.get(first..last)?,
        " ".repeat(before)
    ))
}
