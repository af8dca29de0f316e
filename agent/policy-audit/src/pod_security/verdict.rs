//! A pod beside what its namespace demands.

use super::control::{Violation, strictest_level, violations};
use super::demand::{Demand, Demands, Mode};
use super::level::Level;
use saker_kube_metadata::{Labels, PodSecurity};
use std::fmt::Write;

/// What a pod is, beside what its namespace demands of it.
#[derive(Clone, Debug)]
pub struct PodVerdict {
    /// The strictest level that the namespace demands in any mode.
    pub required: Demand,
    /// The gravest mode that demands it.
    pub mode: Mode,
    /// The strictest level that the pod meets, in the version of what is required.
    pub level: Level,
    /// How it violates what is required.
    pub violations: Vec<Violation>,
    /// The modes whose own level it violates.
    pub violated: Vec<Mode>,
}

impl PodVerdict {
    /// Compares a pod with what its namespace with these labels demands.
    #[must_use]
    pub fn new(pod: &PodSecurity, namespace: &Labels) -> Self {
        let demands = Demands::of_labels(namespace);
        let (mode, required) = demands.strictest();
        let is_violated = |mode: &Mode| {
            let Demand { level, version } = demands.of(*mode);
            !violations(pod, level, version).is_empty()
        };
        Self {
            required,
            mode,
            level: strictest_level(pod, required.version),
            violations: violations(pod, required.level, required.version),
            violated: Mode::ALL.into_iter().filter(is_violated).collect(),
        }
    }
}

/// What is wrong with a pod, in one line; `None` where nothing is.
#[must_use]
pub fn summary(violations: &[Violation], demand: Demand) -> Option<String> {
    let Demand { level, version } = demand;
    let (first, others) = violations.split_first()?;
    let mut text = format!(
        "violates PodSecurity \"{}:{version}\": {} ({})",
        level.name(),
        first.control.id,
        first.detail
    );
    for violation in others {
        let written = write!(text, ", {} ({})", violation.control.id, violation.detail);
        debug_assert!(written.is_ok(), "a String takes all text");
    }
    Some(text)
}
