//! Events that a filter selects, and the fields of them that were asked for.
//!
//! A filter is a condition without rule, and the fields are an output without text, so both become
//! the one rule of a set: it is indexed and evaluated like any other.

use crate::commands::InputError;
use crate::live::Wanted;
use crate::rules::{RulesError, load_options};
use saker_alert::{OutputField, fields, texts};
use saker_rule_engine::{CompileOptions, ContextEvent, Evaluation, PathView, RuleSet};
use saker_rule_fields::{EventContext, Fields};
use saker_rule_language::{
    ColorChoice, Limits, Severity, SourceFile, Template, check_condition_within, load, render,
};
use serde_json::json;

/// Matches every event; the first has the number 1.
const EVERY_EVENT: &str = "evt.num >= 0";

/// A filter and fields, compiled.
pub(crate) struct Selection {
    rules: RuleSet,
    evaluation: Evaluation,
}

impl Selection {
    /// Compiles a filter (none: all events) of events of a source and the fields to show.
    pub(crate) fn new(
        source: &str,
        filter: Option<&str>,
        shown: &[String],
        color: ColorChoice,
    ) -> anyhow::Result<Self> {
        let limits = Limits::default();
        let catalog = Fields::new();
        let condition = filter.unwrap_or(EVERY_EVENT);
        let checked = check_condition_within(condition, source, &catalog, &limits);
        if let Err(diagnostics) = checked {
            let file = SourceFile::new("filter", condition);
            let texts = diagnostics.iter().map(|it| render(it, &file, color));
            return Err(InputError::Filter(texts.collect()).into());
        }
        for field in shown {
            check_field(&catalog, field)?;
        }
        let output: Vec<String> = shown.iter().map(|field| format!("%{field}")).collect();
        let rule = json!([{
            "rule": "selection",
            "desc": "The filter of the command line.",
            "condition": condition,
            "output": output.join(" "),
            "priority": "DEBUG",
            "source": source,
        }]);
        // JSON is YAML as well.
        let file = SourceFile::new("filter", &rule.to_string());
        let loaded = load(&[file], &catalog, &load_options(&limits));
        let Some(checked) = loaded.rules else {
            let errors = loaded.diagnostics.into_iter();
            let errors = errors.filter(|it| it.severity == Severity::Error);
            return Err(InputError::Filter(errors.map(|it| it.message).collect()).into());
        };
        Ok(Self {
            rules: RuleSet::compile(&checked, &CompileOptions::default())
                .map_err(RulesError::from)?,
            evaluation: Evaluation::new(),
        })
    }

    /// What has to be collected for it.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted::of(&self.rules)
    }

    /// Whether an event is selected.
    pub(crate) fn selects(&mut self, context: &EventContext<'_>) -> bool {
        let event = self.rules.event(context);
        !self.rules.evaluate(&event, &mut self.evaluation).is_empty()
    }

    /// The fields of an event with their types, if it is selected.
    pub(crate) fn fields_of(&mut self, context: &EventContext<'_>) -> Option<Vec<OutputField>> {
        self.on_match(context, |output, event, view| {
            fields(output, event, view, context.time_wall_ns())
        })
    }

    /// The fields of an event as texts, if it is selected; `None` for missing values.
    pub(crate) fn texts_of(&mut self, context: &EventContext<'_>) -> Option<Vec<Option<String>>> {
        self.on_match(context, |output, event, view| texts(output, event, view))
    }

    fn on_match<T>(
        &mut self,
        context: &EventContext<'_>,
        show: impl FnOnce(&Template, &ContextEvent<'_>, PathView) -> T,
    ) -> Option<T> {
        let event = self.rules.event(context);
        let found = *self.rules.evaluate(&event, &mut self.evaluation).first()?;
        let rule = self.rules.rule(found.rule)?;
        Some(show(&rule.output, &event, found.view))
    }
}

/// Refuses what is no field, before an error speaks of a rule that nobody wrote.
fn check_field(catalog: &Fields, field: &str) -> Result<(), InputError> {
    let name = field.split('[').next().unwrap_or(field);
    // An argument may stand behind a dot as well, and a transformer before the field it takes.
    let takes_it = |known: &str| {
        name.strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if field.contains('(') || catalog.iter().any(|(_, row)| takes_it(row.name)) {
        return Ok(());
    }
    let known = catalog.iter().map(|(_, row)| row.name);
    Err(InputError::no_such_name("field", name, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use saker_rule_fields::{FLOW_SOURCE, SYSCALL_SOURCE};

    fn error(filter: Option<&str>, shown: &[&str]) -> String {
        let shown: Vec<String> = shown.iter().map(|&field| field.to_owned()).collect();
        match Selection::new(SYSCALL_SOURCE, filter, &shown, ColorChoice::Never) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_wrong_is_shown_in_the_filter_as_it_was_given() {
        let error = error(Some("proc.name = cat and proc.nam = x"), &["evt.type"]);
        assert!(error.contains("proc.nam"), "{error}");
        assert!(error.contains("filter:1:"), "{error}");
    }

    #[test]
    fn a_field_that_does_not_exist_is_named() {
        let error = error(None, &["evt.typ"]);
        assert!(error.contains("evt.type"), "{error}");
    }

    #[test]
    fn fields_with_arguments_and_transformers_are_taken() {
        let shown = ["evt.arg.flags", "proc.aname[2]", "toupper(proc.name)"].map(str::to_owned);
        let filter = Some("fd.name contains x");
        let selection = Selection::new(SYSCALL_SOURCE, filter, &shown, ColorChoice::Never);
        let wanted = selection
            .map_err(|error| error.to_string())
            .map(|it| it.wanted());
        assert_eq!(wanted.map(|it| it.has_flows), Ok(false));
    }

    #[test]
    fn connections_are_selected_by_their_own_fields() {
        let shown = ["fd.name", "flow.security"].map(str::to_owned);
        let select = |filter| {
            let selection = Selection::new(FLOW_SOURCE, Some(filter), &shown, ColorChoice::Never);
            let wanted = selection.map(|it| it.wanted());
            wanted.map_err(|error| error.to_string())
        };
        let wanted = select("flow.security = plaintext").expect("a filter");
        assert!(wanted.has_flows);
        assert!(wanted.events.is_empty());
        assert!(select("evt.arg.flags = 1").is_err());
    }
}
