//! Which rules are tried on an event of one type.
//!
//! A rule whose condition implies that one of certain looked-up comparisons holds (its *guard*) is tried
//! only if the probe names one of them: so the work follows the event, not the number of rules. Rules
//! without a guard are tried always.

mod guard;

use saker_rule_fields::FieldValue;

use crate::probe::{Local, ProbeId};
use crate::program::OperandId;
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
    pub(crate) screens: Box<[Screen]>,
    /// Truth values by which there is a plan for fewer rules.
    pub(crate) facets: Box<[OperandId]>,
    /// The positions of these plans, for each combination of values in the order of
    /// [`FacetValue::combinations`]; nothing where no rule is left.
    pub(crate) refined: Box<[Option<usize>]>,
}

/// The value of a facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FacetValue {
    False,
    True,
    Missing,
}

impl FacetValue {
    const ALL: [Self; 3] = [Self::False, Self::True, Self::Missing];

    /// The value that an event has; nothing if it is not known yet.
    pub(crate) const fn of(value: &FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Bool(false) => Some(Self::False),
            FieldValue::Bool(true) => Some(Self::True),
            FieldValue::Missing => Some(Self::Missing),
            _ => None,
        }
    }

    /// Every combination of the values of so many facets.
    pub(crate) fn combinations(facets: usize) -> Vec<Vec<Self>> {
        let mut combinations = vec![Vec::new()];
        for _ in 0..facets {
            let longer = combinations.iter().flat_map(|values| {
                Self::ALL.map(|value| values.iter().copied().chain([value]).collect())
            });
            combinations = longer.collect();
        }
        combinations
    }

    /// The position of a combination that begins with the one at `position` and goes on with this.
    pub(crate) const fn after(self, position: usize) -> usize {
        let digit = match self {
            Self::False => 0,
            Self::True => 1,
            Self::Missing => 2,
        };
        position
            .saturating_mul(Self::ALL.len())
            .saturating_add(digit)
    }
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

/// A value that is read to learn which candidates are tried.
#[derive(Debug)]
pub(crate) struct Screen {
    pub(crate) operand: OperandId,
    pub(crate) guards: Box<[Guard]>,
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

    /// The comparisons that lead to a candidate, ascending.
    fn locals(&self) -> Vec<Local> {
        let ranges = self.starts.windows(2).enumerate();
        let used = ranges.filter(|(_, range)| range.first() != range.last());
        used.filter_map(|(index, _)| Local::new(index)).collect()
    }

    /// All of its candidates.
    pub(crate) fn all(&self) -> &[Position] {
        &self.positions
    }
}
