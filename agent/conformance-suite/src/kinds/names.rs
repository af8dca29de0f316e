//! `utils`: functions of Falco that users see the results of.

use saker_rule_language::matches_name;

use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `{fn, …}`; `rule_name_wildcard` has `pattern`, `name` and `match`.
pub(crate) fn check(_: &Suite, case: &Case) -> Outcome {
    match case.text("fn")? {
        "rule_name_wildcard" => {
            let wanted = case.truth("match")?;
            let found = matches_name(case.text("pattern")?, case.text("name")?);
            if found == wanted {
                return Ok(());
            }
            Err(Mismatch::new(wanted, found))
        }
        other => Err(Mismatch::new(
            case.get("out"),
            format!("there is no function {other}"),
        )),
    }
}
