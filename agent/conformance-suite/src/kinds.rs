//! What each kind of cases asks.

pub(crate) mod audit;
pub(crate) mod captures;
pub(crate) mod compilation;
pub(crate) mod escapes;
pub(crate) mod evaluation;
pub(crate) mod event_types;
pub(crate) mod names;
pub(crate) mod output;
pub(crate) mod rules;
pub(crate) mod syntax;
pub(crate) mod warnings;

use saker_rule_language::Diagnostic;

/// The source of rules in cases that do not name one.
pub(crate) const SOURCE: &str = "syscall";

/// Diagnostics, one a line.
pub(crate) fn listing(diagnostics: &[Diagnostic]) -> String {
    if diagnostics.is_empty() {
        return "no diagnostics".to_owned();
    }
    let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
