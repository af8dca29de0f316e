//! One condition on one event, through the engine.

use saker_rule_engine::{CompileOptions, Evaluation, Event, RuleSet};
use saker_rule_language::{CheckedRule, CheckedRuleSet, Condition};

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
    let rule = CheckedRule::bare("case", condition.clone());
    let rules = CheckedRuleSet::from_iter([rule]);
    let compiled = RuleSet::compile(&rules, &CompileOptions::default());
    let compiled = compiled.map_err(|error| error.to_string())?;
    let mut evaluation = Evaluation::new();
    let fires = !compiled.evaluate(event, &mut evaluation).is_empty();
    match evaluation.pending() {
        0 => Ok(fires),
        _ => Err("undecided: a field is pending".to_owned()),
    }
}
