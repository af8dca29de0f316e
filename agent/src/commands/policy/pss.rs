//! `saker policy pss`: whether pods meet the Pod Security Standards.

use crate::cli::{PolicyPssArgs, ReportFormat};
use crate::commands::{InputError, print, print_json};
use saker_alert::escaped;
use saker_kube_manifests::{PodTemplates, Template, pod_templates};
use saker_policy_audit::pod_security::{Demand, Violation, strictest_level, summary, violations};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

/// Most bytes that are read.
const BYTES_MAX: u64 = 64 << 20;

/// What was found, as JSON shows it.
#[derive(Serialize)]
struct Answer {
    level: &'static str,
    version: String,
    /// Whether all meet the level.
    allowed: bool,
    objects: Vec<Judged>,
    /// Objects that make no pods.
    skipped: usize,
}

/// A pod, or what pods are made from.
#[derive(Serialize)]
struct Judged {
    kind: String,
    namespace: String,
    name: String,
    /// Whether it meets the level.
    allowed: bool,
    /// The strictest level that it meets.
    level: &'static str,
    message: Option<String>,
    violations: Vec<Violated>,
}

/// A control that it violates.
#[derive(Serialize)]
struct Violated {
    control: &'static str,
    /// The laxest level that has the control.
    level: &'static str,
    message: String,
    containers: Vec<String>,
}

/// Judges a file.
pub(crate) fn run(arguments: &PolicyPssArgs) -> anyhow::Result<ExitCode> {
    let demand = Demand {
        level: arguments.level,
        version: arguments.version,
    };
    let read = read(&arguments.file)?;
    let answer = answer(read, demand);
    match arguments.output {
        ReportFormat::Json => print_json(&answer)?,
        ReportFormat::Text => print(&text(&answer))?,
    }
    Ok(if answer.allowed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(path: &Path) -> Result<PodTemplates, InputError> {
    let unreadable = |source| InputError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let length = if path == Path::new("-") {
        let input = io::stdin().lock();
        input.take(BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        let file = File::open(path).map_err(unreadable)?;
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes)
    };
    let length = length.map_err(unreadable)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > BYTES_MAX {
        let source = io::Error::new(io::ErrorKind::FileTooLarge, "more than 64 MiB");
        return Err(unreadable(source));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let text = format!("not UTF-8 from byte {offset} on");
        unreadable(io::Error::new(io::ErrorKind::InvalidData, text))
    })?;
    let read = pod_templates(&text).map_err(|source| InputError::Manifest {
        path: path.to_owned(),
        source,
    })?;
    if read.templates.is_empty() {
        return Err(InputError::NoPods {
            path: path.to_owned(),
            skipped: read.skipped,
        });
    }
    Ok(read)
}

fn answer(read: PodTemplates, demand: Demand) -> Answer {
    let templates = read.templates.into_iter();
    let objects: Vec<Judged> = templates.map(|template| judge(template, demand)).collect();
    Answer {
        level: demand.level.name(),
        version: demand.version.to_string(),
        allowed: objects.iter().all(|object| object.allowed),
        objects,
        skipped: read.skipped,
    }
}

fn judge(template: Template, demand: Demand) -> Judged {
    let found = violations(&template.security, demand.level, demand.version);
    Judged {
        allowed: found.is_empty(),
        level: strictest_level(&template.security, demand.version).name(),
        message: summary(&found, demand),
        violations: found.into_iter().map(violated).collect(),
        kind: template.kind,
        namespace: template.namespace,
        name: template.name,
    }
}

fn violated(violation: Violation) -> Violated {
    let containers = violation.containers.iter();
    Violated {
        control: violation.control.id,
        level: violation.control.level.name(),
        containers: containers.map(|name| (**name).to_owned()).collect(),
        message: violation.detail,
    }
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    for object in &answer.objects {
        let place = match object.namespace.as_str() {
            "" => format!("{} {}", object.kind, object.name),
            namespace => format!("{} {namespace}/{}", object.kind, object.name),
        };
        let place = escaped(place.as_bytes());
        let verdict = match object.allowed {
            true => format!("meets {}:{}", answer.level, answer.version),
            false => format!(
                "violates {}:{}, meets {}",
                answer.level, answer.version, object.level
            ),
        };
        text.push_str(&format!("{place}: {verdict}\n"));
        for violation in &object.violations {
            let message = escaped(violation.message.as_bytes());
            text.push_str(&format!("  {}: {message}\n", violation.control));
        }
    }
    text
}

#[cfg(test)]
mod tests;
