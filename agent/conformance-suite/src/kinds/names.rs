//! `utils`: functions of Falco that users see the results of.

use saker_rule_language::{matches_name, parse_interval};

use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `{fn, …}`; `rule_name_wildcard` has `pattern`, `name` and `match`, `parse_prometheus_interval` has `in`
/// and `out`, milliseconds, 0 for a text that is none.
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
        "parse_prometheus_interval" => {
            let wanted = case.get("out");
            let interval = parse_interval(case.text("in")?).unwrap_or_default();
            let found = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
            if wanted.as_u64() == Some(found) {
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
