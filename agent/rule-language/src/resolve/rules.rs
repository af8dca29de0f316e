//! Rules: definition, and what later items do to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::collection::{Collection, append};
use super::exceptions::validate;
use crate::catalog::FieldCatalog;
use crate::diagnostic::Code;
use crate::document::{
    Exception, Exceptions, RuleAction, RuleDefinition, RuleItem, RuleUpdate, Unread,
};
use crate::origin::MappedText;
use crate::priority::Priority;
use crate::report::{Context, Found, Report};
use crate::span::Span;
use crate::suggestion;

/// A rule with everything appended to and replaced in it. Nothing stands in place of a condition or an
/// output that could not be read.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) context: Context,
    pub(crate) condition: Option<MappedText>,
    pub(crate) output: Option<MappedText>,
    pub(crate) description: String,
    pub(crate) priority: Priority,
    pub(crate) source: Arc<str>,
    pub(crate) has_source: bool,
    pub(crate) enabled: bool,
    pub(crate) capture: bool,
    pub(crate) capture_duration_ms: u32,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) tags: BTreeSet<Arc<str>>,
    pub(crate) exceptions: Exceptions,
}

impl Collection<'_> {
    pub(super) fn take_rule(&mut self, item: RuleItem, report: &mut Report<'_>) {
        let RuleItem {
            name,
            name_span,
            context,
            action,
        } = item;
        match action {
            RuleAction::Define(definition) => {
                let unread = Unread::Rule(name.clone());
                let outcome = self.define(name, name_span, context, *definition, report);
                if report.check(outcome).is_none() {
                    self.missing.add(unread);
                }
            }
            RuleAction::Append(update) => self.append(&name, &context, *update, report),
            RuleAction::Override {
                append,
                replace,
                wrong,
            } => {
                report.add_all(append.wrong);
                if let Some(update) = append.update {
                    self.append(&name, &context, *update, report);
                }
                report.add_all(replace.wrong);
                if let Some(update) = replace.update {
                    self.replace(&name, &context, *update, report);
                }
                report.add_all(wrong);
            }
            RuleAction::Enable(enabled) => {
                if let Some(rule) = self.existing(&name, &context, "has 'enabled' key", report) {
                    rule.enabled = enabled;
                }
            }
        }
    }

    /// The rule that an item changes; that there is none is reported, once for each name.
    fn existing(
        &mut self,
        name: &Arc<str>,
        context: &Context,
        what: &str,
        report: &mut Report<'_>,
    ) -> Option<&mut Rule> {
        if self.rules.get(name).is_none() && !self.missing.has_rule(name, context.span().file) {
            let nearest = suggestion::nearest(name, self.rules.names());
            let message = format!("rule '{name}' {what} but no rule by that name already exists");
            let finding = context.finding(Code::ErrValidate, message);
            report.add(finding.with_remedy(suggestion::did_you_mean(&nearest)));
            self.missing.add(Unread::Rule(name.clone()));
        }
        self.rules.get_mut(name)
    }

    fn define(
        &mut self,
        name: Arc<str>,
        span: Span,
        context: Context,
        definition: RuleDefinition,
        report: &mut Report<'_>,
    ) -> Found<()> {
        if let Some(earlier) = self.rules.get(&name) {
            check_source(earlier, Some(&definition.source), &context)?;
        }
        let has_source = self.catalog.has_source(&definition.source);
        if !has_source {
            let nearest =
                suggestion::nearest(&definition.source, self.catalog.sources().into_iter());
            let message = format!("unknown source {}, skipping", definition.source);
            let finding = context.finding(Code::UnknownSource, message);
            report.add(finding.with_remedy(suggestion::did_you_mean(&nearest)));
        }
        let RuleDefinition {
            mut exceptions,
            source,
            ..
        } = definition;
        let known_source = has_source.then_some(&*source);
        keep_valid(&mut exceptions, report, |exception| {
            if exception.fields.is_given() {
                return validate(exception, known_source, self.catalog);
            }
            let message = "rule exception item must have fields property with a list of fields";
            Err(exception.context.finding(Code::ErrValidate, message))
        });
        let rule = Rule {
            name: name.clone(),
            span,
            context,
            condition: definition.condition,
            output: definition.output,
            description: definition.description,
            priority: definition.priority,
            source,
            has_source,
            enabled: definition.enabled,
            capture: definition.capture,
            capture_duration_ms: definition.capture_duration_ms,
            warn_evttypes: definition.warn_evttypes,
            skip_if_unknown_filter: definition.skip_if_unknown_filter,
            tags: definition.tags,
            exceptions,
        };
        match self.rules.get_mut(&name) {
            Some(earlier) => *earlier = rule,
            None => {
                self.check_room(self.rules.len(), &rule.context)?;
                self.rules.push(name, rule);
            }
        }
        Ok(())
    }

    fn append(
        &mut self,
        name: &Arc<str>,
        context: &Context,
        update: RuleUpdate,
        report: &mut Report<'_>,
    ) {
        let catalog = self.catalog;
        let what = "uses 'append' or 'override.<key>: append'";
        let Some(rule) = self.existing(name, context, what, report) else {
            return;
        };
        if let Err(finding) = check_source(rule, update.source.as_deref(), context) {
            return report.add(finding);
        }
        if let (Some(whole), Some(condition)) = (&mut rule.condition, &update.condition) {
            append(whole, condition);
        }
        if let (Some(whole), Some(output)) = (&mut rule.output, &update.output) {
            append(whole, output);
        }
        if let Some(description) = &update.description {
            rule.description.push(' ');
            rule.description.push_str(description);
        }
        rule.tags.extend(update.tags.unwrap_or_default());
        let Some(exceptions) = update.exceptions else {
            return;
        };
        rule.exceptions.are_whole &= exceptions.are_whole;
        for exception in exceptions.items {
            let outcome = append_exception(rule, exception, catalog);
            rule.exceptions.are_whole &= report.check(outcome).is_some();
        }
    }

    fn replace(
        &mut self,
        name: &Arc<str>,
        context: &Context,
        update: RuleUpdate,
        report: &mut Report<'_>,
    ) {
        let catalog = self.catalog;
        let what = "has an 'override.<key>: replace'";
        let Some(rule) = self.existing(name, context, what, report) else {
            return;
        };
        if let Err(finding) = check_source(rule, update.source.as_deref(), context) {
            return report.add(finding);
        }
        if let Some(mut exceptions) = update.exceptions {
            let source = rule.has_source.then(|| rule.source.clone());
            keep_valid(&mut exceptions, report, |exception| {
                validate(exception, source.as_deref(), catalog)
            });
            rule.exceptions = exceptions;
        }
        if update.condition.is_some() {
            rule.condition = update.condition;
        }
        if update.output.is_some() {
            rule.output = update.output;
        }
        assign(&mut rule.description, update.description);
        assign(&mut rule.tags, update.tags);
        assign(&mut rule.priority, update.priority);
        assign(&mut rule.enabled, update.enabled);
        assign(&mut rule.capture, update.capture);
        assign(&mut rule.capture_duration_ms, update.capture_duration_ms);
        assign(&mut rule.warn_evttypes, update.warn_evttypes);
        assign(
            &mut rule.skip_if_unknown_filter,
            update.skip_if_unknown_filter,
        );
    }
}

fn assign<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

fn check_source(rule: &Rule, source: Option<&str>, context: &Context) -> Found<()> {
    match source {
        Some(source) if !source.is_empty() && *source != *rule.source => {
            let message = format!(
                "rule '{}' has been re-defined with a different source: '{source}' instead of '{}'",
                rule.name, rule.source
            );
            Err(context.finding(Code::ErrValidate, message))
        }
        _ => Ok(()),
    }
}

/// Reports what is wrong with exceptions, and leaves those out.
fn keep_valid(
    exceptions: &mut Exceptions,
    report: &mut Report<'_>,
    mut validate: impl FnMut(&mut Exception) -> Found<()>,
) {
    let read = exceptions.items.len();
    exceptions
        .items
        .retain_mut(|exception| report.check(validate(exception)).is_some());
    exceptions.are_whole &= exceptions.items.len() == read;
}

/// Adds an exception, or values to the exception of the same name.
fn append_exception(
    rule: &mut Rule,
    mut exception: Exception,
    catalog: &dyn FieldCatalog,
) -> Found<()> {
    let refuse = |message: &str| {
        Err(exception
            .context
            .finding(Code::ErrValidate, message.to_owned()))
    };
    match rule
        .exceptions
        .items
        .iter_mut()
        .find(|earlier| earlier.name == exception.name)
    {
        Some(_) if exception.fields.is_given() => {
            refuse("cannot append exception fields to existing exception, only values")
        }
        Some(_) if exception.comps.is_given() => {
            refuse("cannot append exception comps to existing exception, only values")
        }
        Some(earlier) => {
            earlier.values.append(&mut exception.values);
            Ok(())
        }
        // It may be one that could not be read.
        None if !exception.fields.is_given() && !rule.exceptions.are_whole => Ok(()),
        None if !exception.fields.is_given() => {
            refuse("rule exception must have fields property with a list of fields")
        }
        None if exception.values.is_empty() => {
            refuse("rule exception must have values property with a list of values")
        }
        None => {
            let source = rule.has_source.then(|| rule.source.clone());
            validate(&mut exception, source.as_deref(), catalog)?;
            rule.exceptions.items.push(exception);
            Ok(())
        }
    }
}
