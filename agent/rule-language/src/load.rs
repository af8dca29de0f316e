//! From files to rules: runs the stages and gathers what they say.

use std::sync::Arc;

use crate::catalog::FieldCatalog;
use crate::check::{
    CheckError, CheckErrorKind, Scope, Warning, check_expression, event_types, warnings_of,
};
use crate::checked::{Capture, CheckedRule, CheckedRuleSet, LoadedFile};
use crate::diagnostic::{Code, Diagnostic, ItemKind, Severity};
use crate::digest::Digest;
use crate::document::{SchemaStatus, read_items};
use crate::event_types::EventTypeSet;
use crate::options::{AppendOutput, Limits, LoadOptions};
use crate::origin::MappedText;
use crate::report::{Context, Report};
use crate::resolve::{
    Collection, ExpansionError, Lists, Macros, Rule, condition_with_exceptions, parse_condition,
};
use crate::span::{FileIndex, SourceFile};
use crate::template::{OnMissing, Template, check_template_text};

/// More events than this draw a warning.
const EVENTS_FEW: usize = 100;

/// Falco counts the entry to a system call and the exit from it.
const EVENTS_PER_TYPE: usize = 2;

/// The source whose events are too many to look at all of them.
const SYSCALL_SOURCE: &str = "syscall";

/// A token that stood for more once, and stands for nothing now.
const CONTAINER_INFO: &str = "%container.info";

/// The outcome of a load.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The rules, unless there was an error.
    pub rules: Option<CheckedRuleSet>,
    /// Everything found, in the order of the stages and of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether each file has the strict shape that Falco publishes as a JSON schema. A file without it may
    /// load, and one with it may have errors.
    pub schemas: Vec<SchemaStatus>,
}

/// Loads rules files, in order, as one set: later files may append to and override what earlier ones
/// define. A rule may use the macros of its own file and of earlier ones, and the lists of all.
///
/// Rules are checked only if all files could be read. If there is an error, what the files before it
/// leave unused is still reported.
#[must_use]
pub fn load(sources: &[SourceFile], catalog: &dyn FieldCatalog, options: &LoadOptions) -> Loaded {
    let mut loaded = load_together(sources, catalog, options);
    let errors = loaded
        .diagnostics
        .iter()
        .filter(|it| it.severity == Severity::Error);
    let first = errors
        .filter_map(|it| usize::try_from(it.span.file.0).ok())
        .min();
    if let Some(before @ [_, ..]) = first.and_then(|first| sources.get(..first)) {
        let room = options
            .limits
            .diagnostics
            .saturating_sub(loaded.diagnostics.len());
        let earlier = load_together(before, catalog, options).diagnostics;
        let unused = earlier
            .into_iter()
            .filter(|it| matches!(it.code, Code::UnusedMacro | Code::UnusedList))
            .take(room);
        loaded.diagnostics.splice(0..0, unused);
    }
    loaded
}

fn load_together(
    sources: &[SourceFile],
    catalog: &dyn FieldCatalog,
    options: &LoadOptions,
) -> Loaded {
    let mut report = Report::new(sources, options.limits.diagnostics, options.errors);
    let mut collection = Collection::new(catalog, &options.limits);
    let mut schemas = vec![SchemaStatus::Unchecked; sources.len()];
    for ((index, source), schema) in sources.iter().enumerate().zip(&mut schemas) {
        let file = FileIndex(u32::try_from(index).unwrap_or(u32::MAX));
        let outcome = read_items(
            file,
            source,
            &options.limits,
            &mut report,
            &mut |item, report| {
                collection.take(item, report);
            },
        );
        match report.check(outcome) {
            Some(status) => *schema = status,
            None => break,
        }
    }
    check_plugins(&collection, options, &mut report);
    let mut rules = Vec::new();
    if !report.has_errors() {
        rules = Compilation::run(&collection, catalog, options, &mut report);
    }
    let rules = (!report.has_errors()).then(|| rule_set(rules, sources, &collection));
    Loaded {
        rules,
        diagnostics: report.finish(),
        schemas,
    }
}

fn rule_set(
    rules: Vec<CheckedRule>,
    sources: &[SourceFile],
    collection: &Collection<'_>,
) -> CheckedRuleSet {
    let files = sources.iter().map(|source| LoadedFile {
        name: source.name.clone(),
        digest: Digest::of(&source.text),
    });
    let required = collection
        .requirements
        .iter()
        .map(|(requirement, _)| requirement.clone());
    CheckedRuleSet {
        rules,
        files: files.collect(),
        digest: Digest::of_parts(sources.iter().map(|source| &*source.text)),
        required_plugins: required.collect(),
    }
}

/// Checks `required_plugin_versions` against the plugins there are.
fn check_plugins(collection: &Collection<'_>, options: &LoadOptions, report: &mut Report<'_>) {
    let Some(plugins) = &options.plugins else {
        return;
    };
    for (requirement, context) in &collection.requirements {
        if requirement.is_met(plugins) {
            continue;
        }
        let wanted: Vec<String> = requirement
            .alternatives
            .iter()
            .map(|plugin| format!("'{}' version {}", plugin.name, plugin.version))
            .collect();
        let message = format!("plugin requirement not satisfied: {}", wanted.join(" or "));
        report.add(context.finding(Code::ErrValidate, message));
    }
}

/// Makes checked rules of a collection.
struct Compilation<'a, 'r, 'f> {
    catalog: &'a dyn FieldCatalog,
    options: &'a LoadOptions,
    lists: Lists,
    macros: Macros<'a>,
    report: &'r mut Report<'f>,
    /// Tests and literals so far.
    size: usize,
}

impl<'a, 'r, 'f> Compilation<'a, 'r, 'f> {
    fn run(
        collection: &'a Collection<'_>,
        catalog: &'a dyn FieldCatalog,
        options: &'a LoadOptions,
        report: &'r mut Report<'f>,
    ) -> Vec<CheckedRule> {
        let mut lists = Lists::new(&collection.lists, &options.limits, report);
        let macros = Macros::new(&collection.macros, &mut lists, &options.limits, report);
        let mut run = Self {
            catalog,
            options,
            lists,
            macros,
            report,
            size: 0,
        };
        let mut rules = Vec::new();
        for rule in collection.rules.iter() {
            if run.report.is_closed() || run.size > options.limits.set_size {
                break;
            }
            if rule.has_source {
                rules.extend(run.rule(rule));
            }
        }
        if !run.report.has_errors() {
            run.macros.report_unused(run.report);
            run.lists.report_unused(run.report);
        }
        rules
    }

    /// One rule, or nothing if it is wrong or skipped.
    fn rule(&mut self, rule: &Rule) -> Option<CheckedRule> {
        let exceptions = condition_with_exceptions(&rule.condition, &rule.exceptions);
        let condition = self.report.check(exceptions)?;
        let scope = Scope {
            catalog: self.catalog,
            source: &rule.source,
        };
        let output = self.output(rule, scope);
        if output.is_none() && rule.skip_if_unknown_filter {
            return None;
        }
        let context = condition_context(rule);
        let parsed = parse_condition(&condition, &mut self.lists, &self.options.limits, &context);
        let expression = self.report.check(parsed)?;
        let expansion = match self.macros.expand(&expression, &self.lists, &rule.context) {
            Ok(expansion) => expansion,
            Err(ExpansionError::BrokenMacro) => return None,
            Err(ExpansionError::Finding(finding)) => {
                self.report.add(finding);
                return None;
            }
        };
        self.size = self.size.saturating_add(expansion.size.total());
        if self.size > self.options.limits.set_size {
            let message = "the rules are too large together";
            let finding = rule.context.finding(Code::ErrValidate, message);
            self.report
                .add(finding.with_remedy(Limits::remedy("set_size")));
            return None;
        }
        self.warn(warnings_of(&expansion.expression, &scope), &context);
        let parts = check_expression(&expansion.expression, scope);
        if !parts.errors.is_empty() {
            self.refuse(parts.errors, rule, &context, Code::ErrCompileCondition);
            return None;
        }
        self.warn(parts.warnings, &context);
        let types = match event_types(&expansion.expression) {
            Ok(types) => types,
            Err(_) if &*rule.source != SYSCALL_SOURCE => EventTypeSet::all(),
            Err(error) => {
                self.refuse(vec![error], rule, &context, Code::ErrCompileCondition);
                return None;
            }
        };
        self.warn_event_types(rule, &types);
        let text: Arc<str> = expansion.expression.to_string().into();
        Some(finished(rule, parts.condition?, text, output?, types))
    }

    fn output(&mut self, rule: &Rule, scope: Scope<'_>) -> Option<Template> {
        let context = rule.context.child(
            ItemKind::RuleOutput,
            "",
            rule.output.span(0..rule.output.len()),
        );
        let mut text = with_additions(rule, &self.options.append_output);
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
                .add(finding.with_remedy(Limits::remedy("output_bytes")));
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

fn condition_context(rule: &Rule) -> Context {
    let span = rule.condition.span(0..rule.condition.len());
    rule.context.child(ItemKind::RuleCondition, "", span)
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
fn with_additions(rule: &Rule, additions: &[AppendOutput]) -> MappedText {
    let mut text = rule.output.clone();
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
