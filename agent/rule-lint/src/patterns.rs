//! Comparisons that cost more than they need, and lists that repeat themselves.

use crate::display;
use crate::hint::HintCode;
use crate::values::Value;
use saker_rule_language::{Condition, Literal, Operator, Right, SourceFile, Span, Test};
use std::collections::HashSet;

/// A hint about one comparison.
pub(crate) struct TestHint<'c> {
    pub(crate) code: HintCode,
    pub(crate) test: &'c Test,
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
}

/// Every hint about the comparisons of a condition that are not among those that have been looked at: a
/// macro is part of many rules.
pub(crate) fn hints<'c>(
    condition: &'c Condition,
    sources: &[SourceFile],
    looked_at: &mut HashSet<Span>,
) -> Vec<TestHint<'c>> {
    let mut hints = Vec::new();
    let mut pending = vec![condition];
    while let Some(condition) = pending.pop() {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => pending.extend(parts.iter().rev()),
            Condition::Not(inner) => pending.push(inner),
            Condition::Test(test) if looked_at.insert(test.span) => {
                hints.extend(literals(test).filter_map(|literal| pattern(test, literal)));
                hints.extend(duplicate(test, sources));
            }
            Condition::Test(_) => {}
        }
    }
    hints
}

fn literals(test: &Test) -> impl Iterator<Item = &Literal> {
    match &test.right {
        Right::Values(values) => values.as_slice(),
        Right::None | Right::Operand(_) => &[],
    }
    .iter()
}

fn pattern<'c>(test: &'c Test, literal: &Literal) -> Option<TestHint<'c>> {
    match (test.operator, literal) {
        (Operator::Glob | Operator::IGlob, Literal::String(glob)) => simpler(test, glob),
        (Operator::Regex, Literal::Regex(regex)) => unanchored(test, regex),
        _ => None,
    }
}

/// The operator that means the same as a glob with asterisks at its ends only.
fn simpler<'c>(test: &'c Test, glob: &[u8]) -> Option<TestHint<'c>> {
    let glob = std::str::from_utf8(glob).ok()?;
    let inner = glob.trim_matches('*');
    if inner.contains(['*', '?', '[', '\\']) {
        return None;
    }
    let ignores_case = test.operator == Operator::IGlob;
    let operator = match (glob.starts_with('*'), glob.ends_with('*')) {
        _ if inner.is_empty() && !glob.is_empty() => "exists",
        (true, true) if ignores_case => "icontains",
        _ if ignores_case => return None,
        (true, true) => "contains",
        (true, false) => "endswith",
        (false, true) => "startswith",
        (false, false) => "=",
    };
    let field = test.left.text();
    let remedy = match operator {
        "exists" => format!("write '{field} exists'"),
        _ => format!("write '{field} {operator} {inner}'"),
    };
    Some(TestHint {
        code: HintCode::SimplerOperator,
        test,
        message: format!("'{field} {} {glob}' needs no pattern", test.operator),
        remedy: Some(remedy),
    })
}

/// A regular expression that begins with `.*` or `.+`. The language itself warns of those that a simpler
/// operator could replace.
fn unanchored<'c>(test: &'c Test, regex: &str) -> Option<TestHint<'c>> {
    let is_any_run = regex.starts_with(".*") || regex.starts_with(".+");
    if !is_any_run || is_literal(regex) {
        return None;
    }
    Some(TestHint {
        code: HintCode::UnanchoredPattern,
        test,
        message: format!(
            "the pattern of '{}' begins with '{}', so it is tried at every place of the value",
            test.left.text(),
            regex.get(..2).unwrap_or_default()
        ),
        remedy: Some(
            "say how the value begins, or put a cheaper test before it (startswith, contains)"
                .to_owned(),
        ),
    })
}

/// The text of a test in its file.
fn written<'s>(test: &Test, sources: &'s [SourceFile]) -> Option<&'s str> {
    let file = sources.get(usize::try_from(test.span.file.0).ok()?)?;
    let start = usize::try_from(test.span.start).ok()?;
    let end = usize::try_from(test.span.end).ok()?;
    file.text.get(start..end)
}

/// Whether nothing but the ends of a pattern is special.
fn is_literal(regex: &str) -> bool {
    let start = regex.strip_prefix(".*").or(regex.strip_prefix(".+"));
    let inner = start.unwrap_or(regex);
    let end = inner.strip_suffix(".*").or(inner.strip_suffix(".+"));
    !end.unwrap_or(inner).contains([
        '.', '+', '*', '?', '^', '$', '(', ')', '[', ']', '{', '}', '|', '\\',
    ])
}

/// The first value that is written twice in one list. Lists that were put in may name it again: whoever
/// puts lists together cannot help that.
fn duplicate<'c>(test: &'c Test, sources: &[SourceFile]) -> Option<TestHint<'c>> {
    let mut seen = HashSet::new();
    let twice = literals(test)
        .filter_map(|literal| Some((Value::of(literal)?, literal)))
        .find(|(value, _)| !seen.insert(value.clone()))?;
    let text = written(test, sources)?;
    let words =
        text.split(|character: char| character.is_whitespace() || "(),\"'=".contains(character));
    let twice_written = display::literal(twice.1);
    if words.filter(|word| *word == twice_written).count() < 2 {
        return None;
    }
    Some(TestHint {
        code: HintCode::DuplicateValue,
        test,
        message: format!(
            "'{}' stands twice among the values of '{}'",
            display::literal(twice.1),
            test.left.text()
        ),
        remedy: None,
    })
}
