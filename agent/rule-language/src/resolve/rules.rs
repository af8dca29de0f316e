//! Rules: definition, and what later items do to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::collection::{Collection, append};
use super::exceptions::validate;
use crate::catalog::FieldCatalog;
use crate::diagnostic::Code;
use crate::document::{Exception, RuleAction, RuleDefinition, RuleItem, RuleUpdate};
use crate::origin::MappedText;
use crate::priority::Priority;
use crate::report::{Context, Finding, Found, Report};
use crate::span::Span;
use crate::suggestion;

/// A rule with everything appended to and replaced in it.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) context: Context,
    pub(crate) condition: MappedText,
    pub(crate) output: MappedText,
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
    pub(crate) exceptions: Vec<Exception>,
}

impl Collection<'_> {
    pub(super) fn take_rule(&mut self, item: RuleItem, report: &mut Report<'_>) -> Found<()> {
        let RuleItem {
            name,
            name_span,
            context,
            action,
        } = item;
        match action {
            RuleAction::Define(definition) => {
                self.define(name, name_span, context, *definition, report)
            }
            RuleAction::Append(update) => self.append(&name, &context, *update),
            RuleAction::Override {
                append,
                replace,
                wrong,
            } => {
                if let Some(update) = append {
                    self.append(&name, &context, *update)?;
                }
                if let Some(update) = replace {
                    self.replace(&name, &context, *update)?;
                }
                wrong.map_or(Ok(()), Err)
            }
            RuleAction::Enable(enabled) => match self.rules.get_mut(&name) {
                Some(rule) => {
                    rule.enabled = enabled;
                    Ok(())
                }
                None => Err(self.no_such_rule(&name, &context, "has 'enabled' key")),
            },
        }
    }

    fn no_such_rule(&self, name: &str, context: &Context, what: &str) -> Box<Finding> {
        let nearest = suggestion::nearest(name, self.rules.names());
        let message = format!("rule '{name}' {what} but no rule by that name already exists");
        context
            .finding(Code::ErrValidate, message)
            .with_remedy(suggestion::did_you_mean(&nearest))
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
            let message = format!("unknown source {}, skipping", definition.source);
            report.add(context.finding(Code::UnknownSource, message));
        }
        let RuleDefinition {
            mut exceptions,
            source,
            ..
        } = definition;
        let known_source = has_source.then_some(&*source);
        for exception in &mut exceptions {
            if !exception.fields.is_given() {
                let message = "rule exception item must have fields property with a list of fields";
                return Err(exception.context.finding(Code::ErrValidate, message));
            }
            validate(exception, known_source, self.catalog)?;
        }
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

    fn append(&mut self, name: &str, context: &Context, update: RuleUpdate) -> Found<()> {
        let catalog = self.catalog;
        let Some(rule) = self.rules.get_mut(name) else {
            let what = "uses 'append' or 'override.<key>: append'";
            return Err(self.no_such_rule(name, context, what));
        };
        check_source(rule, update.source.as_deref(), context)?;
        if let Some(condition) = &update.condition {
            append(&mut rule.condition, condition);
        }
        if let Some(output) = &update.output {
            append(&mut rule.output, output);
        }
        if let Some(description) = &update.description {
            rule.description.push(' ');
            rule.description.push_str(description);
        }
        rule.tags.extend(update.tags.unwrap_or_default());
        for exception in update.exceptions.unwrap_or_default() {
            append_exception(rule, exception, catalog)?;
        }
        Ok(())
    }

    fn replace(&mut self, name: &str, context: &Context, update: RuleUpdate) -> Found<()> {
        let catalog = self.catalog;
        let Some(rule) = self.rules.get_mut(name) else {
            let what = "has an 'override.<key>: replace'";
            return Err(self.no_such_rule(name, context, what));
        };
        check_source(rule, update.source.as_deref(), context)?;
        if let Some(mut exceptions) = update.exceptions {
            let source = rule.has_source.then(|| rule.source.clone());
            for exception in &mut exceptions {
                validate(exception, source.as_deref(), catalog)?;
            }
            rule.exceptions = exceptions;
        }
        assign(&mut rule.condition, update.condition);
        assign(&mut rule.output, update.output);
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
        Ok(())
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
        None if !exception.fields.is_given() => {
            refuse("rule exception must have fields property with a list of fields")
        }
        None if exception.values.is_empty() => {
            refuse("rule exception must have values property with a list of values")
        }
        None => {
            let source = rule.has_source.then(|| rule.source.clone());
            validate(&mut exception, source.as_deref(), catalog)?;
            rule.exceptions.push(exception);
            Ok(())
        }
    }
}
