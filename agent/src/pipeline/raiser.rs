//! From matches to alerts that are handed over.

use crate::statistics::Statistics;
use saker_alert::{Alert, Node, Occurrence};
use saker_rule_engine::{Event, Match, RuleSet};
use saker_rule_fields::EventContext;
use std::sync::Arc;

/// Makes alerts of matches and hands them on.
pub(crate) struct Raiser {
    /// The host as alerts name it.
    pub(crate) node: Node,
    /// Where alerts go. The matcher never waits for it.
    pub(crate) alerts: Box<dyn Fn(Alert) + Send>,
    /// What is counted.
    pub(crate) statistics: Arc<Statistics>,
}

impl Raiser {
    /// Composes an alert and hands it on.
    pub(crate) fn raise<E: Event>(
        &self,
        rules: &RuleSet,
        event: &E,
        found: Match,
        context: &EventContext<'_>,
    ) {
        let Some(rule) = rules.rule(found.rule) else {
            return;
        };
        let occurrence = Occurrence::of(context);
        let alert = Alert::compose(&self.node, rule, event, found.view, &occurrence)
            .with_details(context.subject(), rules.digest());
        self.statistics.count_alert(&alert);
        (self.alerts)(alert);
    }
}
