//! Conditions and templates given by themselves.

use crate::catalog::FieldCatalog;
use crate::check::{CheckError, Scope, Warning, check_expression, event_types, warnings_of};
use crate::checked::Condition;
use crate::diagnostic::{Code, Diagnostic, ItemKind};
use crate::event_types::EventTypeSet;
use crate::options::{ErrorReporting, Limits};
use crate::origin::MappedText;
use crate::report::{Context, Report};
use crate::span::{FileIndex, SourceFile};
use crate::syntax::{Expression, parse};
use crate::template::{OnMissing, Template, check_template_text};

/// A condition that stands by itself, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedCondition {
    /// The condition.
    pub condition: Condition,
    /// Its canonical text.
    pub text: String,
    /// Event types outside this set can never match; all types where they cannot be told.
    pub event_types: EventTypeSet,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// Parses one condition, within the default limits.
///
/// # Errors
///
/// What does not parse, as a diagnostic about a file of empty name.
pub fn parse_condition(text: &str) -> Result<Expression, Box<Diagnostic>> {
    parse_condition_within(text, &Limits::default())
}

/// Parses one condition within limits.
///
/// # Errors
///
/// As [`parse_condition`].
pub fn parse_condition_within(text: &str, limits: &Limits) -> Result<Expression, Box<Diagnostic>> {
    let file = [SourceFile::new("", text)];
    let mut report = Report::new(&file, 1, ErrorReporting::First);
    let parsed = parse_in(text, limits, &mut report);
    parsed.ok_or_else(|| single(report.finish()))
}

fn parse_in(text: &str, limits: &Limits, report: &mut Report<'_>) -> Option<Expression> {
    let context = Context::standalone(ItemKind::ConditionExpression);
    if text.len() > limits.condition_bytes {
        let message = format!(
            "the condition has more than {} bytes",
            limits.condition_bytes
        );
        let finding = context.finding(Code::ErrCompileCondition, message);
        report.add(finding.with_remedy(limits.remedy("condition_bytes")));
        return None;
    }
    let parsed = parse(&MappedText::standalone(text), limits);
    report.check(parsed.map_err(|error| {
        context
            .finding_at(Code::ErrCompileCondition, error.message, error.span)
            .with_remedy(error.remedy)
    }))
}

/// Parses and checks one condition against the fields of a source, within the default limits. It cannot
/// name lists or macros.
///
/// # Errors
///
/// Everything that is wrong with it, as diagnostics about a file of empty name.
pub fn check_condition(
    text: &str,
    source: &str,
    catalog: &dyn FieldCatalog,
) -> Result<CheckedCondition, Vec<Diagnostic>> {
    check_condition_within(text, source, catalog, &Limits::default())
}

/// Parses and checks one condition as [`check_condition`] does, within limits.
///
/// # Errors
///
/// As [`check_condition`].
pub fn check_condition_within(
    text: &str,
    source: &str,
    catalog: &dyn FieldCatalog,
    limits: &Limits,
) -> Result<CheckedCondition, Vec<Diagnostic>> {
    let file = [SourceFile::new("", text)];
    let mut report = Report::new(&file, limits.diagnostics, ErrorReporting::All);
    let Some(expression) = parse_in(text, limits, &mut report) else {
        return Err(report.finish());
    };
    let context = Context::standalone(ItemKind::ConditionExpression);
    let scope = Scope { catalog, source };
    add_warnings(warnings_of(&expression, &scope), &context, &mut report);
    let parts = check_expression(&expression, scope);
    add_warnings(parts.warnings, &context, &mut report);
    add_errors(
        parts.errors,
        &context,
        Code::ErrCompileCondition,
        &mut report,
    );
    match parts.condition {
        Some(condition) => Ok(CheckedCondition {
            condition,
            text: expression.to_string(),
            event_types: event_types(&expression).unwrap_or_else(|_| EventTypeSet::all()),
            warnings: report.finish(),
        }),
        None => Err(report.finish()),
    }
}

/// The event types that a condition without macros can match. [`load`](crate::load) refuses syscall
/// rules for which this fails, as Falco does; [`check_condition`] takes all types for them.
///
/// # Errors
///
/// A test of `evt.type` or `syscall.type` through a transformer or with another field.
pub fn event_types_of(expression: &Expression) -> Result<EventTypeSet, Box<Diagnostic>> {
    event_types(expression).map_err(|error| {
        let mut report = Report::new(&[], 1, ErrorReporting::First);
        let context = Context::standalone(ItemKind::ConditionExpression);
        add_errors(
            vec![error],
            &context,
            Code::ErrCompileCondition,
            &mut report,
        );
        single(report.finish())
    })
}

/// Parses and checks one output template. A leading `*` makes missing fields print `<NA>`.
///
/// # Errors
///
/// The first thing that is wrong with it, as a diagnostic about a file of empty name.
pub fn check_template(
    text: &str,
    source: &str,
    catalog: &dyn FieldCatalog,
) -> Result<Template, Box<Diagnostic>> {
    let file = [SourceFile::new("", text)];
    let mut report = Report::new(&file, 1, ErrorReporting::First);
    let context = Context::standalone(ItemKind::RuleOutputExpression);
    let limit = Limits::default().output_bytes;
    if text.len() > limit {
        let message = format!("the template has more than {limit} bytes");
        report.add(context.finding(Code::ErrCompileOutput, message));
        return Err(single(report.finish()));
    }
    let (on_missing, rest, offset) = match text.strip_prefix('*') {
        Some(rest) => (OnMissing::Print, rest, 1),
        None => (OnMissing::Omit, text, 0),
    };
    let mut mapped = MappedText::default();
    mapped.push_verbatim(rest, FileIndex(0), offset);
    match check_template_text(&mapped, on_missing, &Scope { catalog, source }) {
        Ok((template, _)) => Ok(template),
        Err(error) => {
            add_errors(vec![error], &context, Code::ErrCompileOutput, &mut report);
            Err(single(report.finish()))
        }
    }
}

fn add_errors(errors: Vec<CheckError>, context: &Context, code: Code, report: &mut Report<'_>) {
    for error in errors {
        let finding = context.finding_at(code, error.message, error.span);
        report.add(finding.with_remedy(error.remedy));
    }
}

fn add_warnings(warnings: Vec<Warning>, context: &Context, report: &mut Report<'_>) {
    for warning in warnings {
        let finding = context.finding_at(warning.code, warning.message, warning.span);
        report.add(finding.with_remedy(warning.remedy));
    }
}

/// The one diagnostic there is.
fn single(mut diagnostics: Vec<Diagnostic>) -> Box<Diagnostic> {
    Box::new(diagnostics.pop().unwrap_or_else(|| Diagnostic {
        severity: crate::diagnostic::Severity::Error,
        code: Code::ErrValidate,
        message: "the input was refused".to_owned(),
        context: Vec::new(),
        file: "".into(),
        span: crate::span::Span::default(),
        position: crate::span::Position::default(),
        remedy: None,
    }))
}
