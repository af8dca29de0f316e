//! Which rules lack cases.

use saker_rule_cases::CaseFile;
use saker_rule_engine::RuleSet;
use serde::Serialize;

/// A rule that lacks cases.
#[derive(Debug, Serialize)]
pub(super) struct Gap {
    /// Name of the rule.
    pub(super) rule: String,
    /// How many of its cases expect it to fire.
    pub(super) firing: usize,
    /// How many of its cases expect it not to fire.
    pub(super) resting: usize,
}

/// The rules that lack a case in which they fire, or one in which they do not, in definition order.
pub(super) fn gaps(rules: &RuleSet, files: &[CaseFile]) -> Vec<Gap> {
    rules
        .rules()
        .iter()
        .map(|rule| {
            let cases = || {
                files
                    .iter()
                    .flat_map(CaseFile::cases)
                    .filter(|(name, _)| *name == &*rule.name)
            };
            let firing = cases()
                .filter(|(name, case)| case.expect.fires(name))
                .count();
            Gap {
                rule: rule.name.to_string(),
                firing,
                resting: cases().count() - firing,
            }
        })
        .filter(|gap| gap.firing == 0 || gap.resting == 0)
        .collect()
}
