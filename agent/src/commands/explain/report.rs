//! What there is to say, before it is put into words.

use super::source::Origins;
use super::value;
use saker_rule_engine::{
    Absence, Branch, BranchKind, Comparison, Explanation, Obstacle, Outcome, Reading, Truth,
    ViewExplanation, event_types_of_rule,
};
use serde::Serialize;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) event: EventReport,
    /// Whether all rules were asked about, and not certain ones.
    #[serde(skip)]
    pub(super) is_about_all: bool,
    /// The rules that were asked for, or those that match.
    pub(super) rules: Vec<RuleReport>,
    /// The closest of the others, the closest first.
    pub(super) near_misses: Vec<RuleReport>,
}

/// The event.
#[derive(Debug, Serialize)]
pub(super) struct EventReport {
    #[serde(rename = "type")]
    pub(super) event_type: String,
    pub(super) case: String,
    pub(super) place: String,
}

/// One rule.
#[derive(Debug, Serialize)]
pub(super) struct RuleReport {
    pub(super) rule: String,
    pub(super) place: Option<String>,
    pub(super) outcome: OutcomeName,
    /// The view of paths under which it matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path_view: Option<&'static str>,
    /// Why it is not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The rule that is raised instead where only the first that matches is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preceded_by: Option<String>,
    /// How many comparisons would have to come out otherwise.
    pub(super) flips: Option<usize>,
    pub(super) views: Vec<ViewReport>,
}

/// What comes of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeName {
    Matches,
    DoesNotMatch,
    Pending,
    NotTried,
}

/// A condition under one view of paths.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct ViewReport {
    pub(super) path_view: &'static str,
    /// Number of the comparison that settles it.
    pub(super) deciding: Option<usize>,
    /// Numbers of the fewest comparisons that would have to come out otherwise for it to hold.
    pub(super) flips: Option<Vec<usize>>,
    pub(super) condition: NodeReport,
}

/// A part of a condition.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct NodeReport {
    pub(super) verdict: &'static str,
    pub(super) needed: bool,
    /// The macro that all of it is written in.
    #[serde(rename = "macro", skip_serializing_if = "Option::is_none")]
    pub(super) macro_name: Option<String>,
    #[serde(flatten)]
    pub(super) kind: NodeKind,
}

/// What a part of a condition is.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NodeKind {
    And(Vec<NodeReport>),
    Or(Vec<NodeReport>),
    Not(Box<NodeReport>),
    Comparison(ComparisonReport),
}

/// One comparison.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct ComparisonReport {
    pub(super) number: usize,
    /// As the author wrote it, or in canonical form where it was put together.
    pub(super) text: String,
    pub(super) place: Option<String>,
    pub(super) field: String,
    pub(super) value: ValueReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) right_value: Option<ValueReport>,
    pub(super) literals: Vec<String>,
}

/// A value, or why there is none.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ValueReport {
    Known(String),
    Missing { reason: String },
    Pending,
}

impl RuleReport {
    pub(super) fn new(
        explanation: &Explanation<'_>,
        winner: Option<&Explanation<'_>>,
        event_type: &str,
        origins: &Origins<'_>,
    ) -> Self {
        let rule = explanation.rule;
        let (outcome, path_view, reason) = match explanation.outcome {
            Outcome::Matches(view) => (OutcomeName::Matches, Some(view.name()), None),
            Outcome::Rests => (OutcomeName::DoesNotMatch, None, None),
            Outcome::Pending => (OutcomeName::Pending, None, None),
            Outcome::NotTried(obstacle) => {
                let reason = hindrance(obstacle, explanation, event_type);
                (OutcomeName::NotTried, None, Some(reason))
            }
        };
        Self {
            rule: rule.name.to_string(),
            place: origins.place(rule.span),
            outcome,
            path_view,
            reason,
            preceded_by: winner
                .filter(|_| outcome == OutcomeName::Matches)
                .map(|winner| winner.rule.name.to_string()),
            flips: explanation.flips(),
            views: explanation
                .views
                .iter()
                .map(|view| ViewReport::new(view, origins))
                .collect(),
        }
    }
}

fn hindrance(obstacle: Obstacle, explanation: &Explanation<'_>, event_type: &str) -> String {
    let rule = explanation.rule;
    match obstacle {
        Obstacle::Disabled => "it is switched off ('enabled: false')".to_owned(),
        Obstacle::LessUrgent => format!("its priority, {}, is below the minimum", rule.priority),
        Obstacle::OtherSource => format!("it looks at events of source '{}'", rule.source),
        Obstacle::OtherEventType => {
            let types: Vec<&str> = event_types_of_rule(rule).collect();
            match types.as_slice() {
                [] => "no type of event that is reported can match its condition".to_owned(),
                types => {
                    let types = types.iter().map(|name| (*name).to_owned());
                    let types = value::listed(types, EVENT_TYPES_MAX);
                    format!("it looks at events of type {types}, and this is {event_type}")
                }
            }
        }
    }
}

/// How many types of events are listed.
const EVENT_TYPES_MAX: usize = 10;

impl ViewReport {
    fn new(view: &ViewExplanation<'_>, origins: &Origins<'_>) -> Self {
        Self {
            path_view: view.view.name(),
            deciding: view.deciding,
            flips: view.flips.clone(),
            condition: NodeReport::new(&view.tree, origins),
        }
    }
}

impl NodeReport {
    /// Recurses no deeper than conditions nest.
    fn new(branch: &Branch<'_>, origins: &Origins<'_>) -> Self {
        let parts = |parts: &[Branch<'_>]| -> Vec<Self> {
            parts.iter().map(|part| Self::new(part, origins)).collect()
        };
        let kind = match &branch.kind {
            BranchKind::All(all) => NodeKind::And(parts(all)),
            BranchKind::Any(any) => NodeKind::Or(parts(any)),
            BranchKind::Not(inner) => NodeKind::Not(Box::new(Self::new(inner, origins))),
            BranchKind::Comparison(comparison) => {
                NodeKind::Comparison(ComparisonReport::new(comparison, origins))
            }
        };
        let macro_name = match &branch.kind {
            BranchKind::Comparison(comparison) => origins.macro_name(comparison.test.span),
            _ => kind.common_macro(),
        };
        Self {
            verdict: verdict(branch.truth),
            needed: branch.is_needed,
            macro_name,
            kind,
        }
    }
}

impl NodeKind {
    /// The macro that all parts are written in.
    fn common_macro(&self) -> Option<String> {
        let (first, rest) = match self {
            Self::And(parts) | Self::Or(parts) => parts.split_first()?,
            Self::Not(inner) => return inner.macro_name.clone(),
            Self::Comparison(_) => return None,
        };
        let is_common = rest.iter().all(|part| part.macro_name == first.macro_name);
        first.macro_name.clone().filter(|_| is_common)
    }
}

fn verdict(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Pending => "pending",
    }
}

impl ComparisonReport {
    fn new(comparison: &Comparison<'_>, origins: &Origins<'_>) -> Self {
        let test = comparison.test;
        let field = test.left.text();
        Self {
            number: comparison.number,
            text: origins
                .text(test.span, field)
                .unwrap_or_else(|| value::canonical(test)),
            place: origins.place(test.span),
            field: field.to_owned(),
            value: ValueReport::new(&comparison.left),
            right_value: comparison.right.as_ref().map(ValueReport::new),
            literals: value::literals(test),
        }
    }
}

impl ValueReport {
    fn new(reading: &Reading) -> Self {
        match reading {
            Reading::Value(value) => Self::Known(value::value(value)),
            Reading::Pending => Self::Pending,
            Reading::Missing(Absence::NotOfEvent) => Self::Missing {
                reason: "the event does not have it".to_owned(),
            },
            Reading::Missing(Absence::NotYet { field, reason }) => Self::Missing {
                reason: format!("{field} is not filled yet: {reason}"),
            },
            Reading::Missing(Absence::NotTold { field, teller }) => Self::Missing {
                reason: format!("the event does not have it, or {teller} did not tell {field}"),
            },
        }
    }
}
