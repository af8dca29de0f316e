//! `filter_compile`: which conditions have fields, types and operators that fit, and how those over
//! constant fields evaluate.

use saker_event_schema::event;
use saker_rule_engine::{Event, EventKind, FieldValue, PathView};
use saker_rule_language::{Code, FieldRef, check_condition};

use super::{SOURCE, listing};
use crate::data::{Case, Mismatch, Outcome};
use crate::judge::judge;
use crate::suite::Suite;

/// `{filter, compiles}` with the number of `warnings`, or `{filter, mock_eval}`.
pub(crate) fn check(suite: &Suite, case: &Case) -> Outcome {
    let outcome = check_condition(case.text("filter")?, SOURCE, &suite.catalog);
    if let Some(wanted) = case.get("mock_eval").as_bool() {
        let checked = outcome.map_err(|errors| Mismatch::new(wanted, listing(&errors)))?;
        return judge(&checked.condition, &Constants, wanted);
    }
    match (outcome, case.truth("compiles")?) {
        (Ok(checked), true) => {
            let warnings = checked.warnings.iter();
            let found = warnings.filter(|it| it.code == Code::CompileCondition);
            let found = u64::try_from(found.count()).unwrap_or(u64::MAX);
            match case.get("warnings").as_u64() {
                Some(wanted) if wanted != found => Err(Mismatch::new(
                    format!("{wanted} warnings"),
                    listing(&checked.warnings),
                )),
                _ => Ok(()),
            }
        }
        (Err(_), false) => Ok(()),
        (Ok(checked), false) => Err(Mismatch::new("an error", checked.text)),
        (Err(errors), true) => Err(Mismatch::new("it compiles", listing(&errors))),
    }
}

/// An event whose fields are constants.
struct Constants;

impl Event for Constants {
    fn kind(&self) -> EventKind {
        EventKind::Row(event::OPENAT)
    }

    fn views_differ(&self) -> bool {
        false
    }

    fn field(&self, field: &FieldRef, _: PathView) -> FieldValue<'_> {
        match &*field.name {
            "c.true" => FieldValue::text(b"1"),
            "c.false" => FieldValue::text(b"0"),
            "c.doublequote" => FieldValue::text(b"hello \"quoted\""),
            "c.singlequote" => FieldValue::text(b"hello 'quoted'"),
            _ => FieldValue::Missing,
        }
    }
}
