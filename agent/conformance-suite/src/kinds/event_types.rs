//! `filter_evttypes`: the types of events that a condition can match.

use saker_rule_language::{EventTypeSet, event_types_of, parse_condition};
use serde_json::Value;

use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `{filter}` with `evttype_analysis` (`ok` or `throws`), `evttype_set` or `same_evttype_set_as`.
pub(crate) fn check(_: &Suite, case: &Case) -> Outcome {
    let found = types_of(case.text("filter")?);
    if let Some(analysis) = case.get("evttype_analysis").as_str() {
        return match (found, analysis) {
            (Ok(_), "ok") | (Err(_), "throws") => Ok(()),
            (found, _) => Err(Mismatch::new(analysis, format!("{found:?}"))),
        };
    }
    let wanted = match case.get("same_evttype_set_as").as_str() {
        Some(other) => types_of(other),
        None => wanted_types(case.get("evttype_set")),
    };
    match (wanted, found) {
        (Ok(wanted), Ok(found)) if wanted == found => Ok(()),
        (wanted, found) => Err(Mismatch::new(format!("{wanted:?}"), format!("{found:?}"))),
    }
}

fn types_of(filter: &str) -> Result<EventTypeSet, String> {
    let expression = parse_condition(filter).map_err(|error| error.to_string())?;
    event_types_of(&expression).map_err(|error| error.to_string())
}

/// `["a", "b"]`, `"ALL"` or `"ALL - {a,b}"`.
fn wanted_types(set: &Value) -> Result<EventTypeSet, String> {
    let unknown = || format!("a set of event types is written otherwise: {set}");
    if let Some(names) = set.as_array() {
        let names = names.iter().map(|name| name.as_str().map(Into::into));
        return names.collect::<Option<EventTypeSet>>().ok_or_else(unknown);
    }
    let rest = set.as_str().and_then(|text| text.strip_prefix("ALL"));
    let rest = rest.map(str::trim).ok_or_else(unknown)?;
    if rest.is_empty() {
        return Ok(EventTypeSet::all());
    }
    let names = rest.strip_prefix('-').map(str::trim);
    let names = names
        .and_then(|names| names.strip_prefix('{')?.strip_suffix('}'))
        .ok_or_else(unknown)?;
    let excluded: EventTypeSet = names.split(',').map(|name| name.trim().into()).collect();
    Ok(excluded.complement())
}

#[cfg(test)]
mod tests {
    use super::wanted_types;
    use serde_json::json;

    #[test]
    fn sets_are_written_in_three_ways() {
        let two = wanted_types(&json!(["open", "close"])).unwrap();
        assert!(two.contains("open") && !two.contains("openat"));
        assert!(wanted_types(&json!("ALL")).unwrap().is_all());
        let but = wanted_types(&json!("ALL - {open, close}")).unwrap();
        assert!(!but.contains("close") && but.contains("openat"));
        assert!(wanted_types(&json!("SOME")).is_err());
    }
}
