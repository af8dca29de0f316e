//! What is known of the event under evaluation.

use std::ops::Range;

use saker_rule_fields::{FieldValue, PathView};

use super::{Run, Verdict};
use crate::event::Event;
use crate::plan::{Plan, Position};
use crate::probe::{Buffers, Local};
use crate::rule_set::{Match, RuleSet};
use crate::screening::Screening;

/// The memory of an evaluation, to be used for one event after the other.
///
/// One belongs to each matching thread; it may serve different rule sets in turn.
#[derive(Debug, Default)]
pub struct Evaluation {
    epoch: u32,
    requested: ViewMemory,
    resolved: ViewMemory,
    scratch: Scratch,
    screening: Screening,
    /// Empty between events; kept for its allocation.
    values: Vec<FieldValue<'static>>,
    matches: Vec<Match>,
    pending: usize,
}

/// Buffers that are used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// What probes named for this event, one answer after the other.
    pub(super) hits: Vec<Local>,
    pub(super) buffers: Buffers,
}

/// Something known since an epoch.
#[derive(Clone, Copy, Debug, Default)]
struct Known<T> {
    epoch: u32,
    value: T,
}

/// What is known under one view of paths.
#[derive(Debug, Default)]
pub(super) struct ViewMemory {
    atoms: Vec<Known<Verdict>>,
    shared: Vec<Known<Verdict>>,
    /// Position among the values of this event.
    operands: Vec<Known<u32>>,
    /// Where the answer of a probe lies among the hits.
    probes: Vec<Known<(u32, u32)>>,
}

/// Under how many views of paths an event is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Views {
    Requested,
    Both,
}

impl Views {
    const fn all(self) -> &'static [PathView] {
        match self {
            Self::Requested => &[PathView::Requested],
            Self::Both => &[PathView::Requested, PathView::Resolved],
        }
    }
}

fn get<T: Copy>(entries: &[Known<T>], index: usize, epoch: u32) -> Option<T> {
    entries
        .get(index)
        .filter(|known| known.epoch == epoch)
        .map(|known| known.value)
}

fn set<T>(entries: &mut [Known<T>], index: usize, epoch: u32, value: T) {
    if let Some(entry) = entries.get_mut(index) {
        *entry = Known { epoch, value };
    }
}

fn grow<T: Clone + Default>(entries: &mut Vec<Known<T>>, length: usize) {
    if entries.len() < length {
        entries.resize(length, Known::default());
    }
}

impl ViewMemory {
    fn fit(&mut self, rules: &RuleSet) {
        grow(&mut self.atoms, rules.atoms.len());
        grow(&mut self.shared, rules.steps.shared_len());
        grow(&mut self.operands, rules.operands.len());
        grow(&mut self.probes, rules.probes.len());
    }

    pub(super) fn atom(&self, index: usize, epoch: u32) -> Option<Verdict> {
        get(&self.atoms, index, epoch)
    }

    pub(super) fn set_atom(&mut self, index: usize, epoch: u32, verdict: Verdict) {
        set(&mut self.atoms, index, epoch, verdict);
    }

    pub(super) fn shared(&self, index: usize, epoch: u32) -> Option<Verdict> {
        get(&self.shared, index, epoch)
    }

    pub(super) fn set_shared(&mut self, index: usize, epoch: u32, verdict: Verdict) {
        set(&mut self.shared, index, epoch, verdict);
    }

    pub(super) fn operand(&self, index: usize, epoch: u32) -> Option<usize> {
        let position = get(&self.operands, index, epoch)?;
        usize::try_from(position).ok()
    }

    /// A position that cannot be kept is read again.
    pub(super) fn set_operand(&mut self, index: usize, epoch: u32, position: usize) {
        if let Ok(position) = u32::try_from(position) {
            set(&mut self.operands, index, epoch, position);
        }
    }

    pub(super) fn hits(&self, index: usize, epoch: u32) -> Option<Range<usize>> {
        let (start, end) = get(&self.probes, index, epoch)?;
        Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// An answer that cannot be kept is looked up again.
    pub(super) fn set_hits(&mut self, index: usize, epoch: u32, range: Range<usize>) {
        if let (Ok(start), Ok(end)) = (u32::try_from(range.start), u32::try_from(range.end)) {
            set(&mut self.probes, index, epoch, (start, end));
        }
    }
}

impl Evaluation {
    /// An empty memory; it grows to what a rule set needs on first use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What fired for the last event, in definition order.
    #[must_use]
    pub fn matches(&self) -> &[Match] {
        &self.matches
    }

    /// How many rules could not be decided for the last event because a field was pending; they count
    /// as not fired. With [`Matching::First`](crate::Matching::First) at most one: nothing is tried
    /// after it.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending
    }

    fn next_epoch(&mut self) -> u32 {
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            // Every 2^32 events: stamps of the first epochs would look current again.
            self.requested = ViewMemory::default();
            self.resolved = ViewMemory::default();
            self.epoch = 1;
        }
        self.epoch
    }

    /// Looks for the candidates of a plan that are to be tried, then runs `work` on them with everything
    /// forgotten that belongs to earlier events; not if there are none.
    pub(crate) fn run<'e, E: Event + ?Sized>(
        &mut self,
        rules: &RuleSet,
        plan: &Plan,
        event: &'e E,
        views: Views,
        work: impl FnOnce(&mut Run<'_, 'e, E>, &[Position], &mut Vec<Match>) -> usize,
    ) {
        self.screening.run(rules, plan, event, views.all());
        self.matches.clear();
        self.pending = 0;
        if plan.always.is_empty() && self.screening.selected().is_empty() {
            return;
        }
        let epoch = self.next_epoch();
        self.requested.fit(rules);
        if views == Views::Both {
            self.resolved.fit(rules);
        }
        self.scratch.hits.clear();
        let mut run = Run {
            rules,
            event,
            epoch,
            requested: &mut self.requested,
            resolved: &mut self.resolved,
            scratch: &mut self.scratch,
            values: std::mem::take(&mut self.values),
        };
        self.pending = work(&mut run, self.screening.selected(), &mut self.matches);
        self.values = emptied(run.values);
    }

    /// Forgets the last event without having looked at a new one: no rule is tried on it.
    pub(crate) fn skip(&mut self) {
        self.matches.clear();
        self.pending = 0;
    }
}

/// The vector without its elements but with its allocation, for elements of another lifetime.
fn emptied<'to>(mut values: Vec<FieldValue<'_>>) -> Vec<FieldValue<'to>> {
    values.clear();
    // Collecting from a vector's own iterator reuses its allocation.
    values.into_iter().map_while(|_| None).collect()
}
