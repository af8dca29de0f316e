//! Counting the alerts on a capture.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use saker_alert::{Alert, Node, Occurrence};
use saker_capture_replay::{Options, Replay, ReplayError};
use saker_rule_engine::{Evaluation, RuleSet};

use crate::bench::Difference;

/// What rules raised on a capture.
pub(crate) struct Tally {
    /// The first alert.
    pub(crate) first: Option<Alert>,
    counts: BTreeMap<Arc<str>, u64>,
}

/// Plays a capture and counts.
pub(crate) fn play(path: &Path, rules: &RuleSet) -> Result<Tally, ReplayError> {
    let mut replay = Replay::open(path, &Options::default())?;
    let mut evaluation = Evaluation::new();
    let mut tally = Tally {
        first: None,
        counts: BTreeMap::new(),
    };
    replay.for_each(|context| {
        let event = rules.event(context);
        for found in rules.evaluate(&event, &mut evaluation) {
            let Some(rule) = rules.rule(found.rule) else {
                continue;
            };
            let count = tally.counts.entry(Arc::clone(&rule.name)).or_default();
            *count = count.saturating_add(1);
            if tally.first.is_none() {
                let hostname = &*context.host().hostname;
                let node = Node {
                    hostname: hostname.into(),
                    boot_id: hostname.into(),
                };
                let occurrence = Occurrence::of(context);
                tally.first = Some(Alert::compose(&node, rule, &event, found.view, &occurrence));
            }
        }
        ControlFlow::<()>::Continue(())
    })?;
    Ok(tally)
}

impl Tally {
    /// The rules whose counts are not those that were expected; a rule that is not named must not fire.
    pub(crate) fn differences(&self, expected: &BTreeMap<String, u64>) -> Vec<Difference> {
        let named = expected.keys().map(String::as_str);
        let unnamed = self.counts.keys().map(|rule| &**rule);
        let unnamed = unnamed.filter(|rule| !expected.contains_key(*rule));
        named
            .chain(unnamed)
            .filter_map(|rule| {
                let expected = expected.get(rule).copied().unwrap_or(0);
                let raised = self.counts.get(rule).copied().unwrap_or(0);
                (expected != raised).then(|| Difference::Count {
                    rule: rule.to_owned(),
                    expected,
                    raised,
                })
            })
            .collect()
    }
}
