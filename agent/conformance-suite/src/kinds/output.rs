//! `output_format`: which output templates parse, and what they give for an event.

use saker_alert::{OutputValue, fields, render};
use saker_rule_engine::PathView;
use saker_rule_language::{Template, check_template};
use serde_json::{Map, Value};

use super::SOURCE;
use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;
use crate::world::{Stage, StagedEvent, World};

/// `{format, valid}`, or `{format, event}` with `complete`, `output`, whether the output is `json`, and
/// the values of `fields`.
pub(crate) fn check(suite: &Suite, case: &Case) -> Outcome {
    let format = case.text("format")?;
    if let Some(valid) = case.get("valid").as_bool() {
        return match (check_template(format, SOURCE, &suite.catalog), valid) {
            (Ok(_), true) | (Err(_), false) => Ok(()),
            (Ok(template), false) => Err(Mismatch::new("an error", template.text)),
            (Err(error), true) => Err(Mismatch::new("it is valid", error)),
        };
    }
    let event = |error: String| Mismatch::new("an event that can be rebuilt", error);
    let test = case.get("test").as_str().unwrap_or_default();
    let world = World::after(&suite.events, test, case.text("event")?).map_err(event)?;
    let stage = Stage::new(&world).map_err(event)?;
    let catalog = &suite.catalog;
    let template = check_template(format, SOURCE, catalog)
        .map_err(|error| Mismatch::new("it is valid", error))?;
    stage.with(catalog.fields(), |event| fill_in(case, &template, event))
}

fn fill_in(case: &Case, template: &Template, event: &StagedEvent<'_, '_>) -> Outcome {
    let line = render(template, event, PathView::Requested);
    let found: Map<String, Value> = fields(template, event, PathView::Requested, 0)
        .iter()
        .map(|field| (field.name.to_string(), json(&field.value)))
        .collect();
    if let Some(complete) = case.get("complete").as_bool()
        && complete != line.is_some()
    {
        return Err(Mismatch::new(format!("complete: {complete}"), format!("{line:?}")));
    }
    let complete = case.get("complete") != false;
    match (case.get("json").as_bool(), case.get("output").as_str()) {
        (Some(true), Some(wanted)) => {
            let wanted: Value = serde_json::from_str(wanted)
                .map_err(|error| Mismatch::new("an output in JSON", error))?;
            if wanted != Value::Object(found.clone()) {
                return Err(Mismatch::new(wanted, Value::Object(found)));
            }
        }
        // Falco leaves what it had printed when it came to a value that is missing; an alert is never
        // printed in part.
        (_, Some(wanted)) if complete => {
            if line.as_deref() != Some(wanted) {
                return Err(Mismatch::new(wanted, line.unwrap_or_default()));
            }
        }
        _ => {}
    }
    for (name, wanted) in case.get("fields").as_object().into_iter().flatten() {
        let value = found.get(name).map(plain);
        if value.as_deref() != wanted.as_str() {
            return Err(Mismatch::new(
                format!("{name}: {wanted}"),
                format!("{value:?} among {}", Value::Object(found.clone())),
            ));
        }
    }
    Ok(())
}

fn json(value: &OutputValue) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The value as Falco's texts have it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<NA>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
