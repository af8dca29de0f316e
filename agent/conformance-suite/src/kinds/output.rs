//! `output_format`: which output templates parse, and what they give for an event.

use saker_alert::{OutputValue, fields, render};
use saker_rule_engine::PathView;
use saker_rule_language::{Template, check_template};
use serde_json::{Map, Value};

use super::SOURCE;
use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;
use crate::world::{Stage, StagedEvent, TemplateFields, World};

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
    let shown = world.template_fields;
    stage.with(catalog.fields(), |event| {
        fill_in(case, &template, event, shown)
    })
}

fn fill_in(
    case: &Case,
    template: &Template,
    event: &StagedEvent<'_>,
    shown: TemplateFields,
) -> Outcome {
    let line = render(template, event, PathView::Requested);
    let found: Map<String, Value> = fields(template, event, PathView::Requested, 0)
        .iter()
        .filter(|field| shown == TemplateFields::All || !field.name.contains('('))
        .map(|field| (field.name.to_string(), json(&field.value)))
        .collect();
    if let Some(complete) = case.get("complete").as_bool()
        && complete != line.is_some()
    {
        return Err(Mismatch::new(
            format!("complete: {complete}"),
            format!("{line:?}"),
        ));
    }
    // What Falco has printed before it came to a missing value is not looked at: an alert is never
    // printed in part.
    if let (Some(line), Some(wanted)) = (line, case.get("output").as_str()) {
        if case.get("json") == true {
            check_object(wanted, &found)?;
        } else if line != wanted {
            return Err(Mismatch::new(wanted, line));
        }
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

/// Compares the fields with an object; Falco prints null where there are none.
fn check_object(wanted: &str, found: &Map<String, Value>) -> Outcome {
    let wanted: Value =
        serde_json::from_str(wanted).map_err(|error| Mismatch::new("an output in JSON", error))?;
    let is_same = match &wanted {
        Value::Null => found.is_empty(),
        Value::Object(fields) => fields == found,
        _ => false,
    };
    if is_same {
        return Ok(());
    }
    Err(Mismatch::new(wanted, Value::Object(found.clone())))
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
