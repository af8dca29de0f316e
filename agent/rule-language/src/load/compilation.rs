//! From resolved rules to checked ones.

use std::sync::Arc;

use crate::catalog::FieldCatalog;
use crate::check::{
    CheckError, CheckErrorKind, Scope, Warning, check_expression, event_types, warnings_of,
};
use crate::checked::{Capture, CheckedRule};
use crate::diagnostic::{Code, ItemKind};
use crate::digest::Digest;
use crate::event_types::EventTypeSet;
use crate::options::{AppendOutput, LoadOptions};
use crate::origin::MappedText;
use crate::report::{Context, Report};
use crate::resolve::{
    Collection, Lists, Macros, Missing, Rule, condition_with_exceptions, parse_condition,
};
use crate::template::{OnMissing, Template, check_template_text};

/// More events than this draw a warning.
const EVENTS_FEW: usize = 100;

/// Falco counts the entry to a system call and the exit from it.
const EVENTS_PER_TYPE: usize = 2;

/// The source whose events are too many to look at all of them.
const SYSCALL_SOURCE: &str = "syscall";

/// A token that stood for more once, and stands for nothing now.
const CONTAINER_INFO: &str = "%container.info";

/// Makes checked rules of a collection.
pub(super) struct Compilation<'a, 'r, 'f> {
    catalog: &'a dyn FieldCatalog,
    options: &'a LoadOptions,
    missing: &'a Missing,
    lists: Lists,
    macros: Macros<'a>,
    report: &'r mut Report<'f>,
    /// Tests and literals so far.
    size: usize,
    /// Whether the uses of macros and lists are all known.
    uses_known: bool,
}

impl<'a, 'r, 'f> Compilation<'a, 'r, 'f> {
    pub(super) fn run(
        collection: &'a Collection<'_>,
        catalog: &'a dyn FieldCatalog,
        options: &'a LoadOptions,
        report: &'r mut Report<'f>,
    ) -> Vec<CheckedRule> {
        let mut lists = Lists::new(&collection.lists, &options.limits, report);
        let (limits, missing) = (&options.limits, &collection.missing);
        let macros = Macros::new(&collection.macros, missing, &mut lists, limits, report);
        let uses_known = missing.is_empty() && macros.are_parsed();
        let mut run = Self {
            catalog,
            options,
            missing,
            lists,
            macros,
            report,
            size: 0,
            uses_known,
        };
        let mut rules = Vec::new();
        for rule in collection.rules.iter() {
            if run.report.is_closed() || run.size > options.limits.set_size {
                run.uses_known = false;
                break;
            }
            if rule.has_source {
                rules.extend(run.rule(rule));
            }
        }
        if run.uses_known {
            run.macros.report_unused(run.report);
            run.lists.report_unused(run.report);
        }
        rules
    }

    /// One rule, or nothing if it is wrong or skipped.
    fn rule(&mut self, rule: &Rule) -> Option<CheckedRule> {
        let condition = self.condition_text(rule);
        let scope = Scope {
            catalog: self.catalog,
            source: &rule.source,
        };
        let output = rule
            .output
            .as_ref()
            .and_then(|output| self.output(rule, output, scope));
        if output.is_none() && rule.skip_if_unknown_filter {
            return None;
        }
        let condition = condition?;
        let written = rule.condition.as_ref()?;
        let place = written.span(0..written.len());
        let context = rule.context.child(ItemKind::RuleCondition, "", place);
        let limits = &self.options.limits;
        let parsed = parse_condition(&condition, &mut self.lists, limits, &context);
        let expression = self.report.check(parsed);
        self.uses_known &= expression.is_some();
        let expansion =
            self.macros
                .expand(&expression?, &self.lists, &rule.context, self.report)?;
        self.size = self.size.saturating_add(expansion.size.total());
        if self.size > self.options.limits.set_size {
            let message = "the rules are too large together";
            let finding = rule.context.finding(Code::ErrValidate, message);
            self.report
                .add(finding.with_remedy(self.options.limits.remedy("set_size")));
            return None;
        }
        let mut expression = expansion.expression;
        let is_stripped = self.missing.strip(&mut expression);
        self.warn(warnings_of(&expression, &scope), &context);
        let parts = check_expression(&expression, scope);
        if !parts.errors.is_empty() {
            self.refuse(parts.errors, rule, &context, Code::ErrCompileCondition);
            return None;
        }
        self.warn(parts.warnings, &context);
        if is_stripped || !expansion.is_whole {
            return None;
        }
        let types = match event_types(&expression) {
            Ok(types) => types,
            Err(_) if &*rule.source != SYSCALL_SOURCE => EventTypeSet::all(),
            Err(error) => {
                self.refuse(vec![error], rule, &context, Code::ErrCompileCondition);
                return None;
            }
        };
        self.warn_event_types(rule, &types);
        let text: Arc<str> = expression.to_string().into();
        Some(finished(rule, parts.condition?, text, output?, types))
    }

    /// The condition with exceptions.
    fn condition_text(&mut self, rule: &Rule) -> Option<MappedText> {
        self.uses_known &= rule.condition.is_some() && rule.exceptions.are_whole;
        let condition = rule.condition.as_ref()?;
        Some(condition_with_exceptions(
            condition,
            &rule.exceptions,
            self.report,
        ))
    }

    fn output(&mut self, rule: &Rule, output: &MappedText, scope: Scope<'_>) -> Option<Template> {
        let place = output.span(0..output.len());
        let context = rule.context.child(ItemKind::RuleOutput, "", place);
        let mut text = with_additions(rule, output, &self.options.append_output);
        if text.as_str().contains(CONTAINER_INFO) {
            let message = "%container.info is deprecated and no longer of use";
            let remedy = "remove it: container fields are added to alerts by themselves";
            self.report.add(
                context
                    .finding(Code::DeprecatedItem, message)
                    .with_remedy(Some(remedy.to_owned())),
            );
            text = without_container_info(&text);
        }
        if text.len() > self.options.limits.output_bytes {
            let limit = self.options.limits.output_bytes;
            let message = format!("the output has more than {limit} bytes");
            let finding = context.finding(Code::ErrCompileOutput, message);
            self.report
                .add(finding.with_remedy(self.options.limits.remedy("output_bytes")));
            return None;
        }
        match check_template_text(&text, OnMissing::Print, &scope) {
            Ok((template, warnings)) => {
                self.warn(warnings, &context);
                Some(template)
            }
            Err(error) => {
                self.refuse(vec![error], rule, &context, Code::ErrCompileOutput);
                None
            }
        }
    }

    /// Reports errors, or the first of them as a warning if the rule is to be skipped for it.
    fn refuse(&mut self, errors: Vec<CheckError>, rule: &Rule, context: &Context, code: Code) {
        let skip = rule.skip_if_unknown_filter
            && errors
                .first()
                .is_some_and(|error| error.kind == CheckErrorKind::Unknown);
        for error in errors {
            let code = if skip { Code::UnknownFilter } else { code };
            let finding = context.finding_at(code, error.message, error.span);
            self.report.add(finding.with_remedy(error.remedy));
            if skip {
                break;
            }
        }
    }

    fn warn(&mut self, warnings: Vec<Warning>, context: &Context) {
        for warning in warnings {
            let finding = context.finding_at(warning.code, warning.message, warning.span);
            self.report.add(finding.with_remedy(warning.remedy));
        }
    }

    fn warn_event_types(&mut self, rule: &Rule, types: &EventTypeSet) {
        if !are_many(types) || !rule.warn_evttypes || &*rule.source != SYSCALL_SOURCE {
            return;
        }
        let message = format!(
            "rule '{}' matches too many evt.type values, which has a significant performance penalty",
            rule.name
        );
        let remedy = "add a test of evt.type, or 'warn_evttypes: false'".to_owned();
        let finding = rule.context.finding(Code::NoEvttype, message);
        self.report.add(finding.with_remedy(Some(remedy)));
    }
}

/// Whether events of these types are too many to look at every one.
fn are_many(types: &EventTypeSet) -> bool {
    match types {
        EventTypeSet::Only(names) => names.len().saturating_mul(EVENTS_PER_TYPE) > EVENTS_FEW,
        EventTypeSet::Except(_) => true,
    }
}

fn finished(
    rule: &Rule,
    condition: crate::checked::Condition,
    condition_text: Arc<str>,
    output: Template,
    event_types: EventTypeSet,
) -> CheckedRule {
    let tags: Vec<Arc<str>> = rule.tags.iter().cloned().collect();
    let flags = format!(
        "{} {} {} {} {}",
        rule.priority, rule.enabled, rule.warn_evttypes, rule.capture, rule.capture_duration_ms
    );
    let texts = [
        &*rule.name,
        &rule.description,
        &condition_text,
        &output.text,
        &rule.source,
        &flags,
    ];
    let digest = Digest::of_parts(texts.into_iter().chain(tags.iter().map(|tag| &**tag)));
    CheckedRule {
        name: rule.name.clone(),
        description: rule.description.as_str().into(),
        condition,
        condition_text,
        output,
        priority: rule.priority,
        tags,
        source: rule.source.clone(),
        enabled: rule.enabled,
        event_types,
        warn_evttypes: rule.warn_evttypes,
        capture: Capture {
            enabled: rule.capture,
            duration_ms: rule.capture_duration_ms,
        },
        digest,
        span: rule.span,
    }
}

/// The output with the configured additions.
fn with_additions(rule: &Rule, output: &MappedText, additions: &[AppendOutput]) -> MappedText {
    let mut text = output.clone();
    let place = text.span(text.len()..text.len());
    for addition in additions {
        let applies = addition
            .source
            .as_ref()
            .is_none_or(|source| *source == rule.source)
            && addition.rule.as_ref().is_none_or(|name| *name == rule.name)
            && addition.tags.iter().all(|tag| rule.tags.contains(tag));
        if applies {
            text.push_whole(" ", place);
            text.push_whole(&addition.text, place);
        }
    }
    text
}

fn without_container_info(text: &MappedText) -> MappedText {
    let mut rest = MappedText::default();
    let mut at = 0;
    for (found, token) in text.as_str().match_indices(CONTAINER_INFO) {
        rest.push_part(text, at..found);
        at = found.saturating_add(token.len());
    }
    rest.push_part(text, at..text.len());
    rest
}

#[cfg(test)]
mod tests {
    use super::are_many;
    use crate::event_types::EventTypeSet;

    #[test]
    fn more_than_fifty_types_are_many() {
        let first = |count: usize| -> EventTypeSet {
            (0..count).map(|at| format!("e{at}").into()).collect()
        };
        assert!(!are_many(&EventTypeSet::none()));
        assert!(!are_many(&first(50)));
        assert!(are_many(&first(51)));
        assert!(are_many(&first(1).complement()));
    }
}
