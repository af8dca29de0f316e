//! What was measured, and the table of it.

use super::meter::Spread;
use crate::commands::layout::{line, visible};
use crate::rules::count;
use serde::Serialize;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// How many events the rules ran on.
    pub(super) events: usize,
    /// How many cases have no event that can be measured.
    pub(super) cases_left_out: usize,
    /// What an empty rule set costs.
    pub(super) ns_per_event_without_rules: Spread,
    /// What all rules together cost beyond that.
    pub(super) ns_per_event_of_all_rules: Spread,
    /// Each rule, the dearest first.
    pub(super) rules: Vec<RuleCost>,
}

/// What a rule costs by itself.
#[derive(Debug, Serialize)]
pub(super) struct RuleCost {
    pub(super) rule: String,
    /// The types of events that it looks at.
    pub(super) event_types: Vec<&'static str>,
    /// How many events are of these types.
    pub(super) reached: usize,
    /// On how many it fires.
    pub(super) matched: usize,
    /// What it costs beyond an empty rule set, over all events.
    pub(super) ns_per_event: Spread,
}

impl Report {
    /// The table for people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let heads = [
            "ns/event",
            "range",
            "ns/reached",
            "types",
            "reached",
            "matched",
        ];
        let [each, range, reached, types, share, matched] = heads;
        line(
            &mut text,
            format_args!(
                "{each:>9} {range:>17} {reached:>11} {types:>6} {share:>8} {matched:>8}  rule"
            ),
        );
        for rule in &self.rules {
            self.push_rule(&mut text, rule);
        }
        let all = &self.ns_per_event_of_all_rules;
        line(
            &mut text,
            format_args!(
                "{} {}  all rules in one pass",
                shown(all.median, 9),
                ranged(all)
            ),
        );
        let none = &self.ns_per_event_without_rules;
        line(
            &mut text,
            format_args!(
                "{} {}  without rules, not in the numbers above",
                shown(none.median, 9),
                ranged(none)
            ),
        );
        let left_out = match self.cases_left_out {
            0 => String::new(),
            number => format!("; {} given by fields left out", count(number, "case")),
        };
        let events = count(self.events, "event");
        line(&mut text, format_args!("{events}{left_out}"));
        text
    }

    fn push_rule(&self, text: &mut String, rule: &RuleCost) {
        let cost = &rule.ns_per_event;
        let events = ratio(self.events, rule.reached).map(|events| cost.median * events);
        let each = shown(cost.median, 9);
        let range = ranged(cost);
        let reached = events.map_or_else(|| format!("{:>11}", "-"), |cost| shown(cost, 11));
        let types = rule.event_types.len();
        let share = percent(rule.reached, self.events);
        let matched = percent(rule.matched, self.events);
        let name = visible(&rule.rule);
        line(
            text,
            format_args!("{each} {range} {reached} {types:>6} {share} {matched}  {name}"),
        );
    }
}

/// A time. What is less than nothing is noise around nothing.
fn shown(ns: f64, width: usize) -> String {
    format!("{:>width$.1}", ns.max(0.0))
}

fn ranged(spread: &Spread) -> String {
    format!("{:>8.1} {:>8.1}", spread.least, spread.most)
}

fn percent(part: usize, whole: usize) -> String {
    let share = ratio(part, whole).unwrap_or_default() * 100.0;
    format!("{share:>7.1}%")
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    let number = |number| Some(f64::from(u32::try_from(number).ok()?));
    let whole = number(whole).filter(|whole| *whole > 0.0)?;
    Some(number(part)? / whole)
}
