//! `filter_warnings`: which conditions deserve a warning.

use saker_rule_language::check_condition;

use super::{SOURCE, listing};
use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `{filter, warns}`.
pub(crate) fn check(suite: &Suite, case: &Case) -> Outcome {
    let warns = case.truth("warns")?;
    let checked = check_condition(case.text("filter")?, SOURCE, &suite.catalog)
        .map_err(|errors| Mismatch::new("it compiles", listing(&errors)))?;
    if checked.warnings.is_empty() == warns {
        let wanted = if warns { "a warning" } else { "no warning" };
        return Err(Mismatch::new(wanted, listing(&checked.warnings)));
    }
    Ok(())
}
