//! Puts the hints about a set of rules together.

use crate::budget::Budget;
use crate::display;
use crate::earlier::Earlier;
use crate::fact::unfilled;
use crate::hint::{Hint, HintCode};
use crate::normal::{Knowledge, Node, normalize};
use crate::patterns;
use crate::tautology::tautology;
use crate::truth::{Conflict, conflict};
use saker_rule_engine::Matching;
use saker_rule_fields::{Emission, FieldCatalog, Fields, emission};
use saker_rule_language::{
    CheckedRule, CheckedRuleSet, Condition, EventTypeSet, Right, SourceFile, Span, Test,
};
use std::collections::HashSet;

/// Comparisons for one rule by itself. A set of a thousand honest rules needs far fewer.
const STEPS_PER_RULE: u64 = 1_000_000;

/// Comparisons for all rules, each by itself.
const STEPS_FOR_RULES: u64 = 20_000_000;

/// Comparisons for all pairs of rules together: some seconds at most.
const STEPS_FOR_PAIRS: u64 = 20_000_000;

/// Tests and values of all conditions together, which are kept in another form: some 200 MiB at most.
const SIZE_MAX: u64 = 1_000_000;

/// What the rules are used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LintOptions {
    /// Rules can shadow one another only where the first match counts.
    pub matching: Matching,
}

/// What the linter says about a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lints {
    /// The hints, rule by rule.
    pub hints: Vec<Hint>,
    /// Whether everything was compared; large sets are compared in part.
    pub complete: bool,
}

/// Looks for rules that do not do what they look like. Rules that are switched off are looked at, too,
/// but shadow nothing. `sources` are the files that the set was loaded from.
#[must_use]
pub fn lint(
    set: &CheckedRuleSet,
    sources: &[SourceFile],
    fields: &Fields,
    options: &LintOptions,
) -> Lints {
    let mut linter = Linter {
        fields,
        sources,
        hints: Vec::new(),
        said: HashSet::new(),
        looked_at: HashSet::new(),
        complete: true,
        steps: Budget::new(STEPS_FOR_RULES),
        pairs: Budget::new(STEPS_FOR_PAIRS),
    };
    let mut earlier = Earlier::default();
    let mut room = Budget::new(SIZE_MAX);
    for rule in &set.rules {
        if !room.steps(size(&rule.condition)) {
            linter.complete = false;
            break;
        }
        let node = normalize(&rule.condition, fields, Knowledge::Language);
        let can_fire = linter.rule(rule, &node);
        if !can_fire || !rule.enabled {
            continue;
        }
        if options.matching == Matching::First {
            linter.shadowed(rule, &node, &earlier);
        }
        earlier.push(rule, node);
    }
    Lints {
        complete: linter.complete && !linter.pairs.is_spent(),
        hints: linter.hints,
    }
}

struct Linter<'f> {
    fields: &'f Fields,
    sources: &'f [SourceFile],
    hints: Vec<Hint>,
    /// Hints about comparisons that have been given: a macro is part of many rules.
    said: HashSet<(HintCode, Span, String)>,
    /// Comparisons that have been looked at by themselves.
    looked_at: HashSet<Span>,
    complete: bool,
    steps: Budget,
    pairs: Budget,
}

impl Linter<'_> {
    /// Everything about one rule by itself. Gives whether the rule can fire.
    fn rule(&mut self, rule: &CheckedRule, node: &Node) -> bool {
        let mut budget = self.steps.part(STEPS_PER_RULE);
        let can_fire = match self.never(rule, node, &mut budget) {
            Some(hint) => {
                self.hints.push(hint);
                false
            }
            None => true,
        };
        if let Some(found) = tautology(node, &mut budget) {
            let (first, second) = (display::fact(found.first), display::fact(found.second));
            let (message, remedy) = if found.even_if_missing {
                (
                    format!("one of '{first}' and '{second}' always holds"),
                    None,
                )
            } else {
                let message = format!("every value passes '{first}' or '{second}'");
                (message, Some("write 'and', or 'not … in (…)'".to_owned()))
            };
            let span = found.second.test.span;
            self.once(rule, HintCode::AlwaysTrue, span, message, remedy);
        }
        for hint in patterns::hints(&rule.condition, self.sources, &mut self.looked_at) {
            self.once(rule, hint.code, hint.test.span, hint.message, hint.remedy);
        }
        self.complete &= !budget.is_spent();
        self.steps.take_back(&budget);
        can_fire
    }

    /// Why a rule cannot fire, if it cannot.
    fn never(&self, rule: &CheckedRule, node: &Node, budget: &mut Budget) -> Option<Hint> {
        if let Some(conflict) = conflict(node, budget) {
            let (span, message) = describe(&conflict);
            return Some(hint(rule, HintCode::NeverTrue, span, message, None));
        }
        if rule.event_types.is_empty() {
            let message = "no event type can match the condition".to_owned();
            return Some(hint(rule, HintCode::NeverTrue, rule.span, message, None));
        }
        if let Some(names) = self.unreported(rule) {
            let message = format!("the rule can match {names} only, which Saker does not report");
            let remedy = Some("`saker events` lists what is reported".to_owned());
            let span = rule.span;
            return Some(hint(
                rule,
                HintCode::UnreportedEvents,
                span,
                message,
                remedy,
            ));
        }
        let today = normalize(&rule.condition, self.fields, Knowledge::FieldsToday);
        let conflict = conflict(&today, budget)?;
        let test = needed(&conflict)?;
        let (field, reason) = unfilled(&test.left, self.fields)?;
        let message =
            format!("the rule cannot fire in this version: '{field}' has no values ({reason})");
        Some(hint(
            rule,
            HintCode::UnfilledField,
            test.span,
            message,
            None,
        ))
    }

    /// The event types of a rule that can match no others, where none of them is reported.
    fn unreported(&self, rule: &CheckedRule) -> Option<String> {
        let EventTypeSet::Only(names) = &rule.event_types else {
            return None;
        };
        let known = !self.fields.event_types(&rule.source).is_empty();
        let never = |name: &str| emission(name) == Some(Emission::NameOnly);
        if !known || !names.iter().all(|name| never(name)) {
            return None;
        }
        let mut shown: Vec<&str> = names.iter().take(3).map(|name| &**name).collect();
        if names.len() > 3 {
            shown.push("…");
        }
        Some(shown.join(", "))
    }

    /// Whether an earlier rule fires for every event that this one matches.
    fn shadowed(&mut self, rule: &CheckedRule, node: &Node, earlier: &Earlier<'_>) {
        if let Some(other) = earlier.shadow(rule, node, &mut self.pairs) {
            let message = format!(
                "the rule never fires: '{}' stands before it and matches every event that it matches",
                other.name
            );
            let remedy = "put the special rule before the general one, or set 'rule_matching: all'";
            let code = HintCode::Shadowed;
            self.hints.push(hint(
                rule,
                code,
                rule.span,
                message,
                Some(remedy.to_owned()),
            ));
        }
    }

    /// Gives a hint about a comparison once, whichever rules it is part of.
    fn once(
        &mut self,
        rule: &CheckedRule,
        code: HintCode,
        span: Span,
        message: String,
        remedy: Option<String>,
    ) {
        if self.said.insert((code, span, message.clone())) {
            self.hints.push(hint(rule, code, span, message, remedy));
        }
    }
}

fn hint(
    rule: &CheckedRule,
    code: HintCode,
    span: Span,
    message: String,
    remedy: Option<String>,
) -> Hint {
    Hint {
        code,
        rule: rule.name.clone(),
        rule_span: rule.span,
        span,
        message,
        remedy,
    }
}

/// The tests and values of a condition.
fn size(condition: &Condition) -> usize {
    let mut size = 0usize;
    let mut pending = vec![condition];
    while let Some(condition) = pending.pop() {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => pending.extend(parts),
            Condition::Not(inner) => pending.push(inner),
            Condition::Test(test) => {
                let values = match &test.right {
                    Right::Values(values) => values.len(),
                    Right::None | Right::Operand(_) => 0,
                };
                size = size.saturating_add(values).saturating_add(1);
            }
        }
    }
    size
}

/// Where and why a condition cannot be true.
fn describe(conflict: &Conflict<'_>) -> (Span, String) {
    match conflict {
        Conflict::Never(test) => (
            test.span,
            format!(
                "the rule never fires: '{}' never holds",
                display::test(test)
            ),
        ),
        Conflict::Pair(first, second) => (
            second.test.span,
            format!(
                "the rule never fires: '{}' and '{}' cannot both hold",
                display::fact(first),
                display::fact(second)
            ),
        ),
        Conflict::NoCandidate(fact) => (
            fact.test.span,
            format!(
                "the rule never fires: no value of '{}' fits what else is said of '{}'",
                display::fact(fact),
                fact.key()
            ),
        ),
        Conflict::NoAlternative(first) => {
            let (span, reason) = describe(first);
            let reason = reason.trim_start_matches("the rule never fires: ");
            let text = reason.trim_start_matches("no part of an 'or' can hold; of the first, ");
            (
                span,
                format!("the rule never fires: no part of an 'or' can hold; of the first, {text}"),
            )
        }
    }
}

/// The comparison at which a condition fails for want of a value.
fn needed<'n>(conflict: &Conflict<'n>) -> Option<&'n Test> {
    match conflict {
        Conflict::Never(test) => Some(test),
        Conflict::NoAlternative(first) => needed(first),
        Conflict::Pair(..) | Conflict::NoCandidate(_) => None,
    }
}
