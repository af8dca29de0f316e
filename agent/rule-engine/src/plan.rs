//! Which rules are tried on an event of one type.
//!
//! A rule whose condition implies that one of certain looked-up comparisons holds (its *guard*) is tried
//! only if the probe names one of them: so the work follows the event, not the number of rules. Rules
//! without a guard are tried always.

mod guard;

use crate::probe::{Local, ProbeId};
use crate::rule_set::RuleId;
use crate::steps::Step;

pub(crate) use guard::{Guards, arrange};

/// The rules for events of one type.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In definition order.
    pub(crate) candidates: Box<[Candidate]>,
    /// Positions of those that are tried always, ascending.
    pub(crate) always: Box<[Position]>,
    pub(crate) guards: Box<[Guard]>,
}

/// A rule and what is left to be decided of its condition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) rule: RuleId,
    pub(crate) condition: Step,
}

/// Position among the candidates of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(u32);

impl Position {
    pub(crate) fn new(position: usize) -> Option<Self> {
        u32::try_from(position).ok().map(Self)
    }

    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The candidates that wait for comparisons of one probe.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) probe: ProbeId,
    /// For each comparison of the probe where its candidates begin; one more for the end.
    starts: Box<[u32]>,
    positions: Box<[Position]>,
}

impl Guard {
    /// The candidates that a comparison leads to.
    pub(crate) fn candidates(&self, local: Local) -> &[Position] {
        let at = |index: usize| {
            let start = self.starts.get(index).copied();
            start.and_then(|start| usize::try_from(start).ok())
        };
        let (Some(start), Some(end)) = (at(local.index()), at(local.index().saturating_add(1)))
        else {
            return &[];
        };
        self.positions.get(start..end).unwrap_or_default()
    }

    /// All of its candidates.
    pub(crate) fn all(&self) -> &[Position] {
        &self.positions
    }
}
