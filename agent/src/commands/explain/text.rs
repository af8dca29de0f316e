//! The explanation for people.

use super::report::{
    ComparisonReport, NodeKind, NodeReport, OutcomeName, Report, RuleReport, ValueReport,
    ViewReport,
};
use super::value::listed_literals;
use crate::commands::layout::{line, painted, visible};
use crate::rules::count;

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const FAINT: &str = "2";

/// Blanks for each level of a condition.
const INDENTATION: usize = 2;

/// What to print. Unless `full`, parts of conditions that need not be looked at are left out.
pub(super) fn render(report: &Report, full: bool, colour: bool) -> String {
    let mut text = String::new();
    let event = &report.event;
    line(
        &mut text,
        format_args!(
            "event {} ({}: {})",
            event.event_type,
            event.place,
            visible(&event.case)
        ),
    );
    for rule in &report.rules {
        push_rule(&mut text, rule, full, colour);
    }
    if report.is_about_all && report.rules.is_empty() {
        line(&mut text, format_args!("\nno rule matches"));
    }
    if !report.near_misses.is_empty() {
        line(&mut text, format_args!("\nnear misses"));
    }
    for rule in &report.near_misses {
        push_near_miss(&mut text, rule, colour);
    }
    text
}

fn push_rule(text: &mut String, rule: &RuleReport, full: bool, colour: bool) {
    let name = painted(&visible(&rule.rule), BOLD, colour);
    let place = rule.place.as_deref().unwrap_or("?");
    line(text, format_args!("\nrule {name} ({place})"));
    line(text, format_args!("{}", outcome(rule)));
    let mut shown: Option<&ViewReport> = None;
    for view in &rule.views {
        if shown.is_some_and(|shown| shown.condition == view.condition) {
            line(
                text,
                format_args!("under {} paths it is the same", view.path_view),
            );
            continue;
        }
        if rule.views.len() > 1 {
            line(text, format_args!("under {} paths", view.path_view));
        }
        Tree::new(text, view, full, colour).push(&view.condition, 0, None);
        shown = Some(view);
    }
}

fn outcome(rule: &RuleReport) -> String {
    match rule.outcome {
        OutcomeName::Matches => {
            let view = rule.path_view.unwrap_or_default();
            let matches = format!("matches under {view} paths");
            match &rule.preceded_by {
                Some(winner) => format!(
                    "{matches}, and '{winner}' before it: with `rule_matching: first` only that one fires"
                ),
                None => matches,
            }
        }
        OutcomeName::DoesNotMatch => match rule.flips {
            Some(flips) => format!("does not match; {}", distance(flips)),
            None => "does not match, whatever the event were but its type".to_owned(),
        },
        OutcomeName::Pending => "is not decided: a value is not known yet".to_owned(),
        OutcomeName::NotTried => format!(
            "is not tried: {}",
            rule.reason.as_deref().unwrap_or_default()
        ),
    }
}

fn distance(flips: usize) -> String {
    format!(
        "{} would have to come out otherwise",
        count(flips, "comparison")
    )
}

fn push_near_miss(text: &mut String, rule: &RuleReport, colour: bool) {
    let name = painted(&visible(&rule.rule), BOLD, colour);
    let place = rule.place.as_deref().unwrap_or("?");
    let flips = distance(rule.flips.unwrap_or_default());
    line(text, format_args!("  {name} ({place}): {flips}"));
    let flips_of = |view: &ViewReport| view.flips.as_ref().map(Vec::len);
    let closest = rule.views.iter().find(|view| flips_of(view) == rule.flips);
    let Some(view) = closest else { return };
    let mut tree = Tree::new(text, view, false, colour);
    for number in view.flips.iter().flatten().take(FLIPS_MAX) {
        if let Some(node) = find(&view.condition, *number) {
            tree.push(node, 1, None);
        }
    }
}

/// How many comparisons of a near miss are shown.
const FLIPS_MAX: usize = 5;

/// The comparison of a number.
fn find(node: &NodeReport, number: usize) -> Option<&NodeReport> {
    match &node.kind {
        NodeKind::And(parts) | NodeKind::Or(parts) => {
            parts.iter().find_map(|part| find(part, number))
        }
        NodeKind::Not(inner) => find(inner, number),
        NodeKind::Comparison(comparison) => (comparison.number == number).then_some(node),
    }
}

/// A condition that is being written, one part a line.
struct Tree<'t> {
    text: &'t mut String,
    view: &'t ViewReport,
    full: bool,
    colour: bool,
}

impl<'t> Tree<'t> {
    fn new(text: &'t mut String, view: &'t ViewReport, full: bool, colour: bool) -> Self {
        Self {
            text,
            view,
            full,
            colour,
        }
    }

    /// `within` is the macro that was named last around this part.
    fn push(&mut self, node: &NodeReport, depth: usize, within: Option<&str>) {
        let (label, parts) = match &node.kind {
            NodeKind::And(parts) => ("all of", parts.as_slice()),
            NodeKind::Or(parts) => ("one of", parts.as_slice()),
            NodeKind::Not(inner) => ("not", std::slice::from_ref(&**inner)),
            NodeKind::Comparison(comparison) => {
                self.push_comparison(node, comparison, depth, within);
                return;
            }
        };
        let tag = self.tag(node, within);
        if !node.needed && !self.full && !self.has_flip(node) {
            let left_out = count(size(node), "comparison");
            let verdict = node.verdict;
            self.push_line(
                "  ",
                node,
                depth,
                &format!("{label} {left_out} ({verdict}){tag}"),
            );
            return;
        }
        self.push_line("  ", node, depth, &format!("{label}{tag}"));
        for part in parts {
            self.push(part, depth + 1, node.macro_name.as_deref());
        }
    }

    fn is_flip(&self, number: usize) -> bool {
        let mut flips = self.view.flips.iter().flatten();
        flips.any(|flip| *flip == number)
    }

    fn has_flip(&self, node: &NodeReport) -> bool {
        match &node.kind {
            NodeKind::And(parts) | NodeKind::Or(parts) => {
                parts.iter().any(|part| self.has_flip(part))
            }
            NodeKind::Not(inner) => self.has_flip(inner),
            NodeKind::Comparison(comparison) => self.is_flip(comparison.number),
        }
    }

    fn push_comparison(
        &mut self,
        node: &NodeReport,
        comparison: &ComparisonReport,
        depth: usize,
        within: Option<&str>,
    ) {
        let is_deciding = self.view.deciding == Some(comparison.number);
        let deciding = if is_deciding { '>' } else { ' ' };
        let flip = if self.is_flip(comparison.number) {
            '*'
        } else {
            ' '
        };
        let mark = format!("{deciding}{flip}");
        let mut words = format!("{} <- {}", comparison.text, value(&comparison.value));
        if let Some(right) = &comparison.right_value {
            words.push_str(&format!(" and {}", value(right)));
        }
        let is_hidden = |literal: &String| !comparison.text.contains(literal.trim_matches('"'));
        if comparison.literals.iter().any(is_hidden) && !comparison.text.ends_with("more)") {
            let literals = listed_literals(&comparison.literals);
            words.push_str(&format!(", among {literals}"));
        }
        if !node.needed {
            words.push_str(&format!(" ({})", node.verdict));
        }
        let tag = self.tag(node, within);
        self.push_line(&mark, node, depth, &format!("{words}{tag}"));
    }

    fn tag(&self, node: &NodeReport, within: Option<&str>) -> String {
        match node.macro_name.as_deref() {
            Some(name) if within != Some(name) => {
                painted(&format!("  [macro {name}]"), FAINT, self.colour)
            }
            _ => String::new(),
        }
    }

    fn push_line(&mut self, mark: &str, node: &NodeReport, depth: usize, words: &str) {
        let (verdict, code) = match node.verdict {
            _ if !node.needed => ("-", FAINT),
            "true" => ("true", GREEN),
            "false" => ("false", RED),
            other => (other, BOLD),
        };
        let verdict = painted(&format!("{verdict:<7}"), code, self.colour);
        let blanks = " ".repeat(depth * INDENTATION);
        line(self.text, format_args!("{mark} {verdict} {blanks}{words}"));
    }
}

/// How many comparisons a part has.
fn size(node: &NodeReport) -> usize {
    match &node.kind {
        NodeKind::And(parts) | NodeKind::Or(parts) => parts.iter().map(size).sum(),
        NodeKind::Not(inner) => size(inner),
        NodeKind::Comparison(_) => 1,
    }
}

fn value(value: &ValueReport) -> String {
    match value {
        ValueReport::Known(value) => value.clone(),
        ValueReport::Pending => "<not known yet>".to_owned(),
        ValueReport::Missing { reason } => format!("<missing: {reason}>"),
    }
}
