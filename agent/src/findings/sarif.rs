//! Findings as SARIF 2.1.0 (OASIS), as code scanning on GitHub and others read it.
//!
//! Written with structures of our own: the part of the format that is needed is small. Places are
//! relative to the working directory wherever the files lie below it, as code scanning wants them.

use super::{Finding, Findings, Severity};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Component, Path};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What relative places are relative to.
const ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Text<'a>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Value,
    locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

/// Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    byte_offset: u32,
    byte_length: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    name: &'a str,
    kind: &'a str,
}

/// The log of one run. `directory` is the working directory.
pub(crate) fn sarif(findings: &Findings, directory: &Path) -> Value {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    let mut results = Vec::with_capacity(findings.all.len());
    for finding in &findings.all {
        let rule_index = rules
            .iter()
            .position(|rule| rule.id == finding.code)
            .unwrap_or(rules.len());
        if rule_index == rules.len() {
            rules.push(Rule {
                id: finding.code,
                short_description: Text {
                    text: finding.description,
                },
                default_configuration: Configuration {
                    level: level(finding.severity),
                },
            });
        }
        results.push(result(findings, finding, rule_index, directory));
    }
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "saker",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn result<'a>(
    findings: &'a Findings,
    finding: &'a Finding,
    rule_index: usize,
    directory: &Path,
) -> SarifResult<'a> {
    let text = match &finding.remedy {
        Some(remedy) => format!("{} ({remedy})", finding.message),
        None => finding.message.clone(),
    };
    let item = finding.item().map(|step| LogicalLocation {
        name: &step.name,
        kind: step.kind.name(),
    });
    SarifResult {
        rule_id: finding.code,
        rule_index,
        level: level(finding.severity),
        message: json!({"text": text}),
        locations: vec![Location {
            physical_location: PhysicalLocation {
                artifact_location: artifact(findings.file_name(finding), directory),
                region: region(finding),
            },
            logical_locations: item.into_iter().collect(),
        }],
    }
}

/// The place; the start of the file where there is none, because code scanning wants a line.
fn region(finding: &Finding) -> Region {
    match finding.place {
        Some(place) => Region {
            start_line: place.start.line,
            start_column: place.start.column,
            end_line: place.end.line,
            end_column: place.end.column,
            byte_offset: place.span.start,
            byte_length: place.span.end.saturating_sub(place.span.start),
        },
        None => Region {
            start_line: 1,
            start_column: 1,
            end_line: 1,
            end_column: 1,
            byte_offset: 0,
            byte_length: 0,
        },
    }
}

/// Where a file lies: below the working directory, or by its whole path.
fn artifact(name: &str, directory: &Path) -> ArtifactLocation {
    let path = normalized(&directory.join(name));
    match Path::new(&path).strip_prefix(directory) {
        Ok(relative) => ArtifactLocation {
            uri: encoded(&relative.to_string_lossy()),
            uri_base_id: Some(ROOT),
        },
        Err(_) => ArtifactLocation {
            uri: format!("file://{}", encoded(&path)),
            uri_base_id: None,
        },
    }
}

/// An absolute path without `.` and `..`, by its text.
fn normalized(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => {
                parts.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    format!("/{}", parts.join("/"))
}

/// A path as part of a URI (RFC 3986).
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{artifact, encoded};
    use std::path::Path;

    #[test]
    fn files_below_the_working_directory_are_relative() {
        let directory = Path::new("/srv/project");
        let uri = |name| artifact(name, directory).uri;
        assert_eq!(uri("rules/a.yaml"), "rules/a.yaml");
        assert_eq!(uri("./rules/../b.yaml"), "b.yaml");
        assert_eq!(uri("/srv/project/c.yaml"), "c.yaml");
        assert_eq!(uri("../other/d.yaml"), "file:///srv/other/d.yaml");
        assert_eq!(artifact("/etc/e.yaml", directory).uri_base_id, None);
    }

    #[test]
    fn what_a_uri_cannot_hold_is_encoded() {
        assert_eq!(encoded("my rules/ä:b.yaml"), "my%20rules/%C3%A4%3Ab.yaml");
    }
}
