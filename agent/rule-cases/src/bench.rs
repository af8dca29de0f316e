//! Running cases on a rule set.

use std::fmt;
use std::path::Path;

use saker_alert::{Alert, Node, Occurrence};
use saker_event_decode::{EventView, WallClock};
use saker_process_state::{Limits, NoSource, Process, ProcessState, Users};
use saker_rule_engine::{Evaluation, RuleSet};
use saker_rule_fields::{EventContext, Host, Payload, Scratch, Surroundings};

use crate::audit;
use crate::case::Case;
use crate::error::CaseError;
use crate::scene::{self, Cgroups};

/// A fixed time, so that outputs do not depend on when they are made.
const BOOT_WALL_NS: i64 = 1_700_000_000_000_000_000;

/// Runs cases on a rule set, which should be compiled with
/// [`Matching::All`](saker_rule_engine::Matching::All): a case names every rule that fires.
#[derive(Debug)]
pub struct Bench<'r> {
    rules: &'r RuleSet,
    host: Host,
    node: Node,
}

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The alerts that were raised.
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
        let users = Users::new(Path::new("/nonexistent"));
        Self {
            rules,
            host: Host::new("test", users),
            node: Node {
                hostname: "test".into(),
                boot_id: "test".into(),
            },
        }
    }

    /// Runs a case.
    ///
    /// # Errors
    ///
    /// [`CaseError`] when its event cannot be built.
    pub fn run(&self, case: &Case) -> Result<Outcome, CaseError> {
        let alerts = self.alerts(case)?;
        let mut differences = Vec::new();
        let fired: Vec<String> = alerts.iter().map(|alert| alert.rule.to_string()).collect();
        if fired != case.expect {
            differences.push(Difference::Rules {
                expected: case.expect.clone(),
                fired,
            });
        }
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
        if let Some(parts) = &case.event.audit {
            let event = audit::event(case, parts)?;
            let nobody = processes(Cgroups::default());
            return Ok(self.raise(Payload::K8sAudit(&event), None, &nobody));
        }
        let scene = scene::build(case)?;
        let undecodable = |source| CaseError::Decode {
            case: case.name.clone(),
            source,
        };
        let mut processes = processes(scene.cgroups);
        for record in &scene.before {
            processes.apply(&EventView::parse(record).map_err(undecodable)?);
        }
        let event = EventView::parse(&scene.event).map_err(undecodable)?;
        let process = processes.apply(&event);
        Ok(self.raise(Payload::Syscall(&event), Some(&process), &processes))
    }

    /// The alerts that an event raises.
    fn raise(
        &self,
        payload: Payload<'_>,
        process: Option<&Process>,
        processes: &ProcessState,
    ) -> Vec<Alert> {
        let clock = WallClock::new(BOOT_WALL_NS);
        let scratch = Scratch::new();
        let surroundings = Surroundings {
            processes,
            clock: &clock,
            host: &self.host,
            scratch: &scratch,
        };
        let context = EventContext::new(payload, process, surroundings, 1);
        let event = self.rules.event(&context);
        let mut evaluation = Evaluation::new();
        let occurrence = Occurrence::of(&context);
        self.rules
            .evaluate(&event, &mut evaluation)
            .iter()
            .filter_map(|found| {
                let rule = self.rules.rule(found.rule)?;
                Some(Alert::compose(
                    &self.node,
                    rule,
                    &event,
                    found.view,
                    &occurrence,
                ))
            })
            .collect()
    }
}

fn processes(cgroups: Cgroups) -> ProcessState {
    ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(cgroups))
}
