//! Which candidates of a plan are tried on an event.
//!
//! On most events none is, so nothing is remembered here: a value is read, its probes are asked, and
//! only what they name is looked at further.

use saker_rule_fields::{FieldValue, PathView};

use crate::event::Event;
use crate::plan::{FacetValue, Plan, Position, Screen};
use crate::probe::{Buffers, Local};
use crate::rule_set::RuleSet;
use crate::transform::read;

/// Buffers that are used from event to event.
#[derive(Debug, Default)]
pub(crate) struct Screening {
    /// Candidates that a guard let through.
    selected: Vec<Position>,
    hits: Vec<Local>,
    buffers: Buffers,
}

/// What is left of a plan for the values of its facets.
pub(crate) enum Refined<'p> {
    /// No rule.
    Nothing,
    Plan(&'p Plan),
}

impl Screening {
    /// The candidates of the last plan, ascending and each once.
    pub(crate) fn selected(&self) -> &[Position] {
        &self.selected
    }

    /// Collects the guarded candidates of a plan that may match under these views.
    pub(crate) fn run<E: Event + ?Sized>(
        &mut self,
        rules: &RuleSet,
        plan: &Plan,
        event: &E,
        views: &[PathView],
    ) {
        self.selected.clear();
        let selected_max = plan.candidates.len().saturating_mul(2).saturating_add(16);
        for view in views {
            for screen in &plan.screens {
                self.ask(rules, screen, event, *view, selected_max);
            }
        }
        if self.selected.len() > 1 {
            self.selected.sort_unstable();
            self.selected.dedup();
        }
    }

    fn ask<E: Event + ?Sized>(
        &mut self,
        rules: &RuleSet,
        screen: &Screen,
        event: &E,
        view: PathView,
        selected_max: usize,
    ) {
        let Some(operand) = rules.operands.get(screen.operand) else {
            return;
        };
        let value = read(event, operand, view);
        match &value {
            FieldValue::Missing => {}
            FieldValue::Pending => {
                for guard in &screen.guards {
                    self.selected.extend_from_slice(guard.all());
                }
            }
            FieldValue::List(elements) => {
                for element in elements {
                    self.look_up(rules, screen, element);
                    // However long the list, what is collected is bounded by the plan.
                    if self.selected.len() > selected_max {
                        self.selected.sort_unstable();
                        self.selected.dedup();
                    }
                }
            }
            single => self.look_up(rules, screen, single),
        }
    }

    fn look_up(&mut self, rules: &RuleSet, screen: &Screen, value: &FieldValue<'_>) {
        for guard in &screen.guards {
            let Some(probe) = rules.probes.get(guard.probe) else {
                continue;
            };
            probe.find_unordered(value, &mut self.buffers, &mut self.hits);
            if self.hits.is_empty() {
                continue;
            }
            for hit in &self.hits {
                self.selected.extend_from_slice(guard.candidates(*hit));
            }
            self.hits.clear();
        }
    }
}

/// The plan for the event's values of the facets; nothing if one of them is not known yet. With one
/// view of paths only: a facet may be read from a path.
pub(crate) fn refine<'r, E: Event + ?Sized>(
    rules: &'r RuleSet,
    plan: &Plan,
    event: &E,
) -> Option<Refined<'r>> {
    let mut position = 0;
    for facet in &plan.facets {
        let value = read(event, rules.operands.get(*facet)?, PathView::Requested);
        position = FacetValue::of(&value)?.after(position);
    }
    match plan.refined.get(position)? {
        None => Some(Refined::Nothing),
        Some(plan) => rules.plan_at(*plan).map(Refined::Plan),
    }
}
