//! `filter_parser`: which conditions parse.

use saker_rule_language::{Limits, parse_condition_within};

use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// How deep Falco's parser goes.
const DEPTH_MAX: usize = 100;

/// `{filter, valid}`, perhaps with the `message` of the error, and `whitespace_variants` for conditions
/// that must mean the same with other blanks.
pub(crate) fn check(_: &Suite, case: &Case) -> Outcome {
    let valid = case.truth("valid")?;
    let filter = case.text("filter")?;
    let mut variants = vec![filter.to_owned()];
    if case.get("whitespace_variants") == true {
        let spaced = format!(" {filter} ");
        variants.extend([spaced.replace(' ', "\n"), spaced.replace(' ', "\t"), spaced]);
    }
    let limits = Limits {
        condition_depth: DEPTH_MAX,
        ..Limits::default()
    };
    for variant in variants {
        match (parse_condition_within(&variant, &limits), valid) {
            (Ok(_), true) => {}
            (Ok(parsed), false) => return Err(Mismatch::new("an error", parsed)),
            (Err(error), true) => return Err(Mismatch::new("it parses", error)),
            (Err(error), false) => {
                let wanted = case.get("message").as_str();
                if wanted.is_some_and(|message| message != error.message) {
                    let wanted = wanted.unwrap_or_default();
                    return Err(Mismatch::new(wanted, error.message));
                }
            }
        }
    }
    Ok(())
}
