//! Findings for people.

use super::{Finding, Findings, Severity};
use crate::rules::count;
use saker_rule_language::{ColorChoice, Notice, NoticeLevel, render_notice};

/// Every finding with the line it is about, and a line that sums them up.
pub(crate) fn text(findings: &Findings, color: ColorChoice) -> String {
    let mut text = String::new();
    for finding in &findings.all {
        text.push_str(&one(findings, finding, color));
        text.push_str("\n\n");
    }
    text.push_str(&summary(findings));
    text.push('\n');
    text
}

fn one(findings: &Findings, finding: &Finding, color: ColorChoice) -> String {
    let (Some(file), Some(place)) = (findings.files.get(finding.file), finding.place) else {
        return format!("error[{}]: {}", finding.code, finding.message);
    };
    let notice = Notice {
        level: match finding.severity {
            Severity::Error => NoticeLevel::Error,
            Severity::Warning => NoticeLevel::Warning,
            Severity::Hint => NoticeLevel::Note,
        },
        code: finding.code,
        message: &finding.message,
        span: place.span,
        line: place.start.line,
        item: finding.item().map(|step| (step.kind, &*step.name)),
        remedy: finding.remedy.as_deref(),
    };
    render_notice(&notice, &file.source, color)
}

fn summary(findings: &Findings) -> String {
    let counted = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Hint, "hint"),
    ];
    let counts: Vec<String> = counted
        .into_iter()
        .map(|(severity, noun)| count(findings.count(severity), noun))
        .collect();
    let files = count(findings.files.len(), "file");
    let outcome = match findings.rules {
        Some(rules) => format!("{} in {files}", count(rules, "rule")),
        None => format!("{files}; the rules do not load"),
    };
    let incomplete = if findings.hints_complete {
        ""
    } else {
        " (the set is too large for every hint)"
    };
    format!("{outcome}: {}{incomplete}", counts.join(", "))
}
