//! What two rule sets say about the same events.

use saker_alert::{Alert, Node, Occurrence};
use saker_rule_engine::{Evaluation, RuleSet};
use saker_rule_fields::EventContext;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Two compiled sets and what they have raised so far.
pub(super) struct Comparison {
    old: Side,
    new: Side,
    node: Node,
    events: u64,
    rules: BTreeMap<Arc<str>, RuleDifference>,
}

/// One of the two sets.
struct Side {
    rules: RuleSet,
    evaluation: Evaluation,
    alerts: Vec<Alert>,
}

/// What became of the alerts of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct RuleDifference {
    /// Alerts of the old set.
    pub(super) old: u64,
    /// Alerts of the new set.
    pub(super) new: u64,
    /// Alerts of the new set on events for which the old one has none.
    pub(super) appeared: Change,
    /// Alerts of the old set on events for which the new one has none.
    pub(super) vanished: Change,
    /// Alerts of both that do not say the same.
    pub(super) changed: Change,
}

/// How often something happened, and the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    pub(super) count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) example: Option<Example>,
}

/// One event with what was said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Example {
    /// The capture.
    pub(super) capture: String,
    /// `evt.num`.
    pub(super) event: u64,
    /// What the old set says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) old: Option<Said>,
    /// What the new set says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new: Option<Said>,
}

/// What makes two alerts of a rule the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Said {
    pub(super) priority: String,
    pub(super) tags: Vec<String>,
    pub(super) output: String,
}

impl Comparison {
    pub(super) fn new(old: RuleSet, new: RuleSet) -> Self {
        Self {
            old: Side::new(old),
            new: Side::new(new),
            node: Node {
                hostname: "".into(),
                boot_id: "".into(),
            },
            events: 0,
            rules: BTreeMap::new(),
        }
    }

    /// Evaluates both sets on an event of a capture.
    pub(super) fn look_at(&mut self, capture: &Arc<str>, context: &EventContext<'_>) {
        self.events += 1;
        self.old.evaluate(context, &self.node);
        self.new.evaluate(context, &self.node);
        if self.old.alerts.is_empty() && self.new.alerts.is_empty() {
            return;
        }
        let place = (capture, context.number());
        for alert in &self.old.alerts {
            let other = find(&self.new.alerts, alert);
            let difference = self.rules.entry(Arc::clone(&alert.rule)).or_default();
            difference.old += 1;
            match other {
                None => difference.vanished.note(place, Some(alert), None),
                Some(other) if said(other) != said(alert) => {
                    difference.changed.note(place, Some(alert), Some(other));
                }
                Some(_) => {}
            }
        }
        for alert in &self.new.alerts {
            let difference = self.rules.entry(Arc::clone(&alert.rule)).or_default();
            difference.new += 1;
            if find(&self.old.alerts, alert).is_none() {
                difference.appeared.note(place, None, Some(alert));
            }
        }
    }

    /// How many events were looked at.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// What became of the alerts of each rule that raised any.
    pub(super) fn into_rules(self) -> BTreeMap<Arc<str>, RuleDifference> {
        self.rules
    }
}

impl Side {
    fn new(rules: RuleSet) -> Self {
        Self {
            rules,
            evaluation: Evaluation::new(),
            alerts: Vec::new(),
        }
    }

    fn evaluate(&mut self, context: &EventContext<'_>, node: &Node) {
        self.alerts.clear();
        let event = self.rules.event(context);
        for found in self.rules.evaluate(&event, &mut self.evaluation) {
            if let Some(rule) = self.rules.rule(found.rule) {
                let occurrence = Occurrence::of(context);
                let alert = Alert::compose(node, rule, &event, found.view, &occurrence);
                self.alerts.push(alert);
            }
        }
    }
}

impl RuleDifference {
    /// Whether both sets raised the same alerts.
    pub(super) const fn is_none(&self) -> bool {
        self.appeared.count == 0 && self.vanished.count == 0 && self.changed.count == 0
    }
}

impl Change {
    fn note(&mut self, place: (&Arc<str>, u64), old: Option<&Alert>, new: Option<&Alert>) {
        self.count += 1;
        self.example.get_or_insert_with(|| Example {
            capture: place.0.to_string(),
            event: place.1,
            old: old.map(said),
            new: new.map(said),
        });
    }
}

fn find<'a>(alerts: &'a [Alert], wanted: &Alert) -> Option<&'a Alert> {
    alerts.iter().find(|alert| alert.rule == wanted.rule)
}

fn said(alert: &Alert) -> Said {
    Said {
        priority: alert.priority.to_string(),
        tags: alert.tags.iter().map(|tag| tag.to_string()).collect(),
        output: alert.message.clone(),
    }
}
