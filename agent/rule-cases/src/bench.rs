//! Running cases on a rule set.

use std::fmt;

use saker_alert::{Alert, Node};
use saker_rule_engine::{Evaluation, RuleSet};

use crate::captures;
use crate::case::{Case, Expectation, Subject};
use crate::error::CaseError;
use crate::world::Stage;

/// Runs cases on a rule set, which should be compiled with
/// [`Matching::All`](saker_rule_engine::Matching::All): a case names every rule that fires.
#[derive(Debug)]
pub struct Bench<'r> {
    rules: &'r RuleSet,
    stage: Stage,
    node: Node,
}

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The alerts that were raised; of a capture the first.
    pub alerts: Vec<Alert>,
    /// What differs from what the case expects; empty if it passes.
    pub differences: Vec<Difference>,
}

/// What differs from what a case expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Other rules fired.
    Rules {
        /// Those that should have.
        expected: Vec<String>,
        /// Those that did.
        fired: Vec<String>,
    },
    /// A rule raised another number of alerts on a capture.
    Count {
        /// The rule.
        rule: String,
        /// How many it should have raised.
        expected: u64,
        /// How many it did.
        raised: u64,
    },
    /// The first message lacks a text.
    Lacks {
        /// The text.
        text: String,
        /// The message.
        message: String,
    },
    /// The first message is another one.
    Message {
        /// As it should be.
        expected: String,
        /// As it is.
        message: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules { expected, fired } => {
                write!(f, "expected {expected:?} to fire, but {fired:?} did")
            }
            Self::Count {
                rule,
                expected,
                raised,
            } => write!(f, "expected {expected} alerts of {rule:?}, got {raised}"),
            Self::Lacks { text, message } => write!(f, "no '{text}' in '{message}'"),
            Self::Message { expected, message } => {
                write!(f, "expected '{expected}', got '{message}'")
            }
        }
    }
}

impl<'r> Bench<'r> {
    /// A bench for a rule set, on a host without users of its own.
    #[must_use]
    pub fn new(rules: &'r RuleSet) -> Self {
        let stage = Stage::new();
        let node = Node {
            hostname: stage.hostname().into(),
            boot_id: "test".into(),
        };
        Self { rules, stage, node }
    }

    /// Runs a case.
    ///
    /// # Errors
    ///
    /// [`CaseError`] when its event cannot be built or its capture not be played.
    pub fn run(&self, case: &Case) -> Result<Outcome, CaseError> {
        let mut differences = Vec::new();
        let alerts = match (&case.expect, &case.subject) {
            (Expectation::Counts(expected), Subject::Capture(path)) => {
                let tally =
                    captures::play(path, self.rules).map_err(|error| case.error(error.into()))?;
                differences.extend(tally.differences(expected));
                tally.first.into_iter().collect()
            }
            (expect, _) => {
                let alerts = self.alerts(case)?;
                let fired: Vec<String> =
                    alerts.iter().map(|alert| alert.rule.to_string()).collect();
                let expected: Vec<String> = expect.rules().map(str::to_owned).collect();
                if fired != expected {
                    differences.push(Difference::Rules { expected, fired });
                }
                alerts
            }
        };
        let message = alerts.first().map_or("", |alert| &alert.message);
        for text in &case.output {
            if !message.contains(text) {
                differences.push(Difference::Lacks {
                    text: text.clone(),
                    message: message.to_owned(),
                });
            }
        }
        if let Some(expected) = &case.message
            && expected != message
        {
            differences.push(Difference::Message {
                expected: expected.clone(),
                message: message.to_owned(),
            });
        }
        Ok(Outcome {
            alerts,
            differences,
        })
    }

    fn alerts(&self, case: &Case) -> Result<Vec<Alert>, CaseError> {
        case.with_event(&self.stage, |event, occurrence| {
            let mut evaluation = Evaluation::new();
            self.rules
                .evaluate(event, &mut evaluation)
                .iter()
                .filter_map(|found| {
                    let rule = self.rules.rule(found.rule)?;
                    let alert = Alert::compose(&self.node, rule, event, found.view, occurrence);
                    Some(alert)
                })
                .collect()
        })
    }
}
