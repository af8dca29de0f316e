//! What each rule costs on the events of a capture.

use crate::rules::alone;
use saker_rule_engine::{CompileError, CompileOptions, Evaluation, PathView, RuleSet};
use saker_rule_fields::EventContext;
use saker_rule_language::{CheckedRule, CheckedRuleSet};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Events that rules are timed on; the first of the captures.
pub(super) const EVENTS_TIMED_MAX: u64 = 50_000;

/// The rules of one set, each by itself, and an empty set that tells what they have in common.
pub(super) struct Costs {
    empty: Timed,
    rules: BTreeMap<Arc<str>, Timed>,
    evaluation: Evaluation,
    events: u64,
}

struct Timed {
    rules: RuleSet,
    spent: Duration,
}

impl Costs {
    /// Compiles each rule that is on.
    pub(super) fn new(
        checked: &CheckedRuleSet,
        options: &CompileOptions,
    ) -> Result<Self, CompileError> {
        let mut rules = BTreeMap::new();
        for rule in checked.rules.iter().filter(|rule| rule.enabled) {
            let timed = Timed::new(checked, Some(rule), options)?;
            rules.insert(Arc::clone(&rule.name), timed);
        }
        Ok(Self {
            empty: Timed::new(checked, None, options)?,
            rules,
            evaluation: Evaluation::new(),
            events: 0,
        })
    }

    /// Runs every rule on an event.
    pub(super) fn look_at(&mut self, context: &EventContext<'_>) {
        if self.events >= EVENTS_TIMED_MAX {
            return;
        }
        self.events += 1;
        self.empty.run(context, &mut self.evaluation);
        for rule in self.rules.values_mut() {
            rule.run(context, &mut self.evaluation);
        }
    }

    /// How many events the rules ran on.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// Nanoseconds that a rule costs on an event more than none; `None` for a rule that the set lacks.
    pub(super) fn ns_per_event(&self, rule: &str) -> Option<f64> {
        let spent = self.rules.get(rule)?.spent.as_secs_f64() - self.empty.spent.as_secs_f64();
        let events = u32::try_from(self.events)
            .ok()
            .filter(|events| *events > 0)?;
        Some(spent.max(0.0) * 1e9 / f64::from(events))
    }

    /// The names of the rules.
    pub(super) fn rules(&self) -> impl Iterator<Item = &Arc<str>> {
        self.rules.keys()
    }
}

impl Timed {
    fn new(
        checked: &CheckedRuleSet,
        rule: Option<&CheckedRule>,
        options: &CompileOptions,
    ) -> Result<Self, CompileError> {
        Ok(Self {
            rules: alone(checked, rule.cloned(), options)?,
            spent: Duration::ZERO,
        })
    }

    fn run(&mut self, context: &EventContext<'_>, evaluation: &mut Evaluation) {
        // A context that remembers nothing of what earlier rules read.
        let context = context.with_path_view(PathView::Requested);
        let event = self.rules.event(&context);
        let began = Instant::now();
        black_box(self.rules.evaluate(black_box(&event), evaluation));
        self.spent += began.elapsed();
    }
}
