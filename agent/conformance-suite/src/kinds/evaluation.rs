//! `filter_eval`: how conditions evaluate on the events of libsinsp's unit tests.

use saker_rule_language::check_condition;

use super::{SOURCE, listing};
use crate::data::{Case, Mismatch, Outcome};
use crate::judge::judge;
use crate::suite::Suite;
use crate::world::{Stage, World};

/// What the test wants of the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Result(bool),
    /// The condition is refused.
    Error,
    /// The condition is evaluated, to whatever.
    NoError,
}

/// `{filter, result, event_cpp}`; the result is a truth value, `throw` or `no_throw`.
pub(crate) fn check(suite: &Suite, case: &Case) -> Outcome {
    let wanted = wanted(case)?;
    let filter = case.text("filter")?;
    let event = |error: String| Mismatch::new("an event that can be rebuilt", error);
    let test = case.get("test").as_str().unwrap_or_default();
    let world = World::after(&suite.events, test, case.text("event_cpp")?).map_err(event)?;
    let stage = Stage::new(&world).map_err(event)?;
    let catalog = &suite.catalog;
    match (check_condition(filter, SOURCE, catalog), wanted) {
        (Err(_), Wanted::Error) => Ok(()),
        (Err(errors), _) => Err(Mismatch::new("it compiles", listing(&errors))),
        (Ok(checked), Wanted::Error) => Err(Mismatch::new("an error", checked.text)),
        (Ok(checked), wanted) => {
            let condition = checked.condition;
            stage.with(catalog.fields(), |event| match wanted {
                Wanted::Result(wanted) => judge(&condition, event, wanted),
                Wanted::Error | Wanted::NoError => {
                    judge(&condition, event, true).or_else(|_| judge(&condition, event, false))
                }
            })
        }
    }
}

fn wanted(case: &Case) -> Result<Wanted, Mismatch> {
    let result = case.get("result");
    match (result.as_bool(), result.as_str()) {
        (Some(result), _) => Ok(Wanted::Result(result)),
        (_, Some("throw")) => Ok(Wanted::Error),
        (_, Some("no_throw")) => Ok(Wanted::NoError),
        _ => Err(Mismatch::new("true, false, throw or no_throw", result)),
    }
}
