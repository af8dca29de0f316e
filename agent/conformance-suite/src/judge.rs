//! One condition on one event, through the engine.

use saker_rule_engine::{CompileOptions, Evaluation, Event, RuleSet};
use saker_rule_language::{
    Capture, CheckedRule, CheckedRuleSet, Condition, Digest, EventTypeSet, OnMissing, Priority,
    Span, Template,
};

use crate::data::{Mismatch, Outcome};

/// Compares what the condition gives for the event with what is wanted.
pub(crate) fn judge<E: Event + ?Sized>(condition: &Condition, event: &E, wanted: bool) -> Outcome {
    let found = holds(condition, event).map_err(|error| Mismatch::new(wanted, error))?;
    if found == wanted {
        return Ok(());
    }
    Err(Mismatch::new(wanted, found))
}

fn holds<E: Event + ?Sized>(condition: &Condition, event: &E) -> Result<bool, String> {
    let rules = CheckedRuleSet {
        rules: vec![rule(condition.clone())],
        files: Vec::new(),
        required_plugins: Vec::new(),
        digest: Digest([0; 32]),
    };
    let compiled = RuleSet::compile(&rules, &CompileOptions::default());
    let compiled = compiled.map_err(|error| error.to_string())?;
    let mut evaluation = Evaluation::new();
    let fires = !compiled.evaluate(event, &mut evaluation).is_empty();
    match evaluation.pending() {
        0 => Ok(fires),
        _ => Err("undecided: a field is pending".to_owned()),
    }
}

/// A rule with this condition, for every type of event.
fn rule(condition: Condition) -> CheckedRule {
    CheckedRule {
        name: "case".into(),
        description: "".into(),
        condition,
        condition_text: "".into(),
        output: Template {
            parts: Vec::new(),
            on_missing: OnMissing::Print,
            text: "".into(),
        },
        priority: Priority::Notice,
        tags: Vec::new(),
        source: "syscall".into(),
        enabled: true,
        event_types: EventTypeSet::all(),
        warn_evttypes: true,
        capture: Capture::default(),
        digest: Digest([0; 32]),
        span: Span::default(),
    }
}
