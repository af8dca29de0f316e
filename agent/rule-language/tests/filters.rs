//! Conditions by themselves: syntax, types, event types, warnings.

use saker_rule_language::syntax::unescape;
use saker_rule_language::{
    Code, EventTypeSet, Limits, check_condition, event_types_of, parse_condition,
    parse_condition_within,
};
use serde_json::Value;

use crate::catalog::FalcoCatalog;
use crate::data;

fn text<'c>(case: &'c Value, key: &str) -> &'c str {
    case[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {case}"))
}

/// What must be true for the case to pass.
fn expect(what: bool, message: impl Fn() -> String) -> Result<(), String> {
    if what { Ok(()) } else { Err(message()) }
}

#[test]
fn parser() {
    let limits = Limits {
        condition_depth: 100,
        ..Limits::default()
    };
    data::run(
        "filter_parser",
        |_| true,
        |case| {
            let filter = text(case, "filter");
            let valid = case["valid"] == true;
            let mut variants = vec![filter.to_owned()];
            if case["whitespace_variants"] == true {
                let spaced = format!(" {filter} ");
                variants.push(spaced.replace(' ', "\n"));
                variants.push(spaced.replace(' ', "\t"));
                variants.push(spaced);
            }
            for variant in variants {
                let parsed = parse_condition_within(&variant, &limits);
                expect(parsed.is_ok() == valid, || {
                    format!("valid: {valid}, got {parsed:?}")
                })?;
                if let (Some(message), Err(error)) = (case["message"].as_str(), &parsed) {
                    expect(error.message == message, || format!("{message}: {error}"))?;
                }
            }
            Ok(())
        },
    );
}

#[test]
fn string_escapes() {
    data::run(
        "string_escape",
        |_| true,
        |case| {
            let bytes = unescape(text(case, "quoted"));
            let hex = bytes.as_ref().ok().map(|bytes| {
                bytes
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>()
            });
            let wanted = case["unescaped_bytes_hex"].as_str();
            expect(hex.as_deref() == wanted, || {
                format!("wanted {wanted:?}, got {bytes:?}")
            })
        },
    );
}

#[test]
fn compilation() {
    let Some(catalog) = FalcoCatalog::read() else {
        return;
    };
    data::run(
        "filter_compile",
        |_| true,
        |case| {
            let outcome = check_condition(text(case, "filter"), "syscall", &catalog);
            // What is evaluated must compile first.
            let compiles = case["compiles"] != false;
            expect(outcome.is_ok() == compiles, || {
                format!("{}: compiles: {compiles}, got {outcome:?}", case["filter"])
            })?;
            match (&outcome, case["warnings"].as_u64()) {
                (Ok(checked), Some(wanted)) => {
                    let warnings = checked.warnings.iter();
                    let count = warnings
                        .filter(|it| it.code == Code::CompileCondition)
                        .count();
                    expect(count as u64 == wanted, || {
                        format!(
                            "{}: {wanted} warnings, got {:?}",
                            case["filter"], checked.warnings
                        )
                    })
                }
                _ => Ok(()),
            }
        },
    );
}

#[test]
fn evaluated_filters_compile() {
    let Some(catalog) = FalcoCatalog::read() else {
        return;
    };
    // The sample plugin's fields are not among those of the catalog.
    let known = |case: &Value| !text(case, "filter").contains("sample.");
    data::run("filter_eval", known, |case| {
        let outcome = check_condition(text(case, "filter"), "syscall", &catalog);
        let compiles = case["result"] != "throw";
        expect(outcome.is_ok() == compiles, || {
            format!("{}: {outcome:?}", case["filter"])
        })
    });
}

#[test]
fn event_types() {
    let types_of = |filter: &str| {
        let expression = parse_condition(filter).map_err(|error| format!("{filter}: {error}"))?;
        event_types_of(&expression).map_err(|error| format!("{filter}: {error}"))
    };
    data::run(
        "filter_evttypes",
        |_| true,
        |case| {
            let filter = text(case, "filter");
            let types = types_of(filter);
            if let Some(analysis) = case["evttype_analysis"].as_str() {
                return expect(types.is_ok() == (analysis == "ok"), || {
                    format!("{filter}: {types:?}")
                });
            }
            let types = types?;
            if let Some(other) = case["same_evttype_set_as"].as_str() {
                let other_types = types_of(other)?;
                return expect(types == other_types, || {
                    format!("{filter}: {types:?}, but {other}: {other_types:?}")
                });
            }
            let wanted = wanted_types(&case["evttype_set"]);
            expect(types == wanted, || {
                format!("{filter}: wanted {wanted:?}, got {types:?}")
            })
        },
    );
}

/// `["a", "b"]`, `"ALL"` or `"ALL - {a,b}"`.
fn wanted_types(set: &Value) -> EventTypeSet {
    if let Some(names) = set.as_array() {
        return names
            .iter()
            .map(|name| name.as_str().expect("a name").into())
            .collect();
    }
    let text = set.as_str().expect("a set of event types");
    let Some(excluded) = text.strip_prefix("ALL - {") else {
        assert_eq!(text, "ALL");
        return EventTypeSet::all();
    };
    let names = excluded.trim_end_matches('}').split(',');
    names.map(Into::into).collect::<EventTypeSet>().complement()
}

#[test]
fn warnings() {
    let Some(catalog) = FalcoCatalog::read() else {
        return;
    };
    data::run(
        "filter_warnings",
        |_| true,
        |case| {
            let filter = text(case, "filter");
            let checked = check_condition(filter, "syscall", &catalog)
                .map_err(|errors| format!("{filter}: {errors:?}"))?;
            let warns = case["warns"] == true;
            expect(checked.warnings.is_empty() != warns, || {
                format!("{filter}: warns: {warns}, got {:?}", checked.warnings)
            })
        },
    );
}
