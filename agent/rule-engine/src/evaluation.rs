//! Evaluating conditions on one event.
//!
//! Whatever was found out stays known until the event is done: an atom is decided at most once for
//! each view of paths, a field is read at most once. Nothing is cleared between events; what belongs to
//! an earlier event carries an older epoch. An event that matches nothing allocates nothing, once the
//! tables have grown to the size of the rule set.

mod memory;

use crate::atom::{Atom, Check};
use crate::dynamic;
use crate::event::Event;
use crate::probe::{Certainty, Local, Lookup, ProbeId};
use crate::program::{AtomId, OperandId, Polarity};
use crate::rule_set::RuleSet;
use crate::steps::{SharedId, Step};
use crate::transform::read;
use saker_rule_fields::{FieldValue, PathView};

pub use memory::Evaluation;
pub(crate) use memory::Views;
use memory::{Scratch, ViewMemory};

/// What is known of a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    #[default]
    False,
    True,
    /// Something that it depends on is not known yet.
    Pending,
}

impl Verdict {
    fn seen(self, polarity: Polarity) -> Self {
        match (self, polarity) {
            (verdict, Polarity::Plain) => verdict,
            (Self::False, Polarity::Negated) => Self::True,
            (Self::True, Polarity::Negated) => Self::False,
            (Self::Pending, Polarity::Negated) => Self::Pending,
        }
    }
}

impl From<bool> for Verdict {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// One event under evaluation.
pub(crate) struct Run<'r, 'e, E: Event + ?Sized> {
    rules: &'r RuleSet,
    event: &'e E,
    epoch: u32,
    requested: &'r mut ViewMemory,
    resolved: &'r mut ViewMemory,
    scratch: &'r mut Scratch,
    values: Vec<FieldValue<'e>>,
}

impl<E: Event + ?Sized> Run<'_, '_, E> {
    /// Decides a step. The recursion is bounded by the nesting of conditions.
    pub(crate) fn decide(&mut self, step: Step, view: PathView) -> Verdict {
        let rules = self.rules;
        match step {
            Step::Constant(value) => value.into(),
            Step::Once(atom, polarity) => self.judge_atom(atom, view).seen(polarity),
            Step::Atom(atom, polarity) => self.decide_atom(atom, view).seen(polarity),
            Step::All(parts) => self.decide_parts(
                rules.steps.parts(parts),
                view,
                Verdict::False,
                Verdict::True,
            ),
            Step::Any(parts) => self.decide_parts(
                rules.steps.parts(parts),
                view,
                Verdict::True,
                Verdict::False,
            ),
            Step::Shared(id) => self.decide_shared(id, view),
        }
    }

    /// Looks for a part that settles the whole; without one, a pending part leaves it pending.
    fn decide_parts(
        &mut self,
        parts: &[Step],
        view: PathView,
        settles: Verdict,
        otherwise: Verdict,
    ) -> Verdict {
        let mut result = otherwise;
        for part in parts {
            let verdict = match *part {
                Step::Once(atom, polarity) => self.judge_atom(atom, view).seen(polarity),
                Step::Atom(atom, polarity) => self.decide_atom(atom, view).seen(polarity),
                part => self.decide(part, view),
            };
            match verdict {
                verdict if verdict == settles => return settles,
                Verdict::Pending => result = Verdict::Pending,
                _ => {}
            }
        }
        result
    }

    fn memory(&mut self, view: PathView) -> &mut ViewMemory {
        match view {
            PathView::Requested => self.requested,
            PathView::Resolved => self.resolved,
        }
    }

    fn decide_shared(&mut self, id: SharedId, view: PathView) -> Verdict {
        let epoch = self.epoch;
        if let Some(known) = self.memory(view).shared(id.index(), epoch) {
            return known;
        }
        let verdict = self
            .rules
            .steps
            .shared(id)
            .map_or(Verdict::False, |step| self.decide(step, view));
        self.memory(view).set_shared(id.index(), epoch, verdict);
        verdict
    }

    fn decide_atom(&mut self, id: AtomId, view: PathView) -> Verdict {
        let epoch = self.epoch;
        if let Some(known) = self.memory(view).atom(id.index(), epoch) {
            return known;
        }
        let verdict = self.judge_atom(id, view);
        self.memory(view).set_atom(id.index(), epoch, verdict);
        verdict
    }

    fn judge_atom(&mut self, id: AtomId, view: PathView) -> Verdict {
        match self.rules.atoms.get(id) {
            None => Verdict::False,
            Some(atom) => match atom.lookup {
                None => self.test(atom, view),
                Some(lookup) => self.look_up(atom, lookup, view),
            },
        }
    }

    /// Decides an atom by its probe.
    fn look_up(&mut self, atom: &Atom, lookup: Lookup, view: PathView) -> Verdict {
        let position = self.position(atom.left, view);
        match self.values.get(position) {
            None | Some(FieldValue::Missing) => return Verdict::False,
            Some(FieldValue::Pending) => return Verdict::Pending,
            // How many elements must pass is up to the atom.
            Some(FieldValue::List(_)) => return self.test(atom, view),
            Some(_) => {}
        }
        let is_named = is_among(self.hits(lookup.probe, position, view), lookup.local);
        match lookup.certainty {
            Certainty::MayHold if is_named => self.test(atom, view),
            _ => is_named.into(),
        }
    }

    /// What a probe names for the single value of its operand.
    fn hits(&mut self, id: ProbeId, position: usize, view: PathView) -> &[Local] {
        let epoch = self.epoch;
        let range = match self.memory(view).hits(id.index(), epoch) {
            Some(range) => range,
            None => {
                let start = self.scratch.hits.len();
                if let (Some(probe), Some(value)) =
                    (self.rules.probes.get(id), self.values.get(position))
                {
                    let Scratch { hits, buffers } = &mut *self.scratch;
                    probe.find(value, buffers, hits);
                }
                let range = start..self.scratch.hits.len();
                self.memory(view).set_hits(id.index(), epoch, range.clone());
                range
            }
        };
        self.scratch.hits.get(range).unwrap_or_default()
    }

    fn test(&mut self, atom: &Atom, view: PathView) -> Verdict {
        let left = self.position(atom.left, view);
        let right = match &atom.check {
            Check::Operand(_, right) => Some(self.position(*right, view)),
            _ => None,
        };
        let value = |position| self.values.get(position).unwrap_or(&FieldValue::Missing);
        match (&atom.check, value(left), right.map(value)) {
            (_, FieldValue::Pending, _) | (_, _, Some(FieldValue::Pending)) => Verdict::Pending,
            (_, FieldValue::Missing, _) | (_, _, Some(FieldValue::Missing)) => Verdict::False,
            (Check::Exists, FieldValue::List(elements), _) => (!elements.is_empty()).into(),
            (Check::Exists, ..) => Verdict::True,
            (Check::Constant(quantifier, comparison), FieldValue::List(elements), _) => quantifier
                .holds(elements, |element| comparison.holds(element))
                .into(),
            (Check::Constant(_, comparison), value, _) => comparison.holds(value).into(),
            (Check::Operand(operator, _), left, Some(right)) => {
                dynamic::compare(*operator, left, right).into()
            }
            (Check::Operand(..), _, None) => Verdict::False,
        }
    }

    /// Reads an operand unless it was read before; gives its position among the values.
    fn position(&mut self, id: OperandId, view: PathView) -> usize {
        let epoch = self.epoch;
        if let Some(position) = self.memory(view).operand(id.index(), epoch) {
            return position;
        }
        let position = self.values.len();
        self.values.push(match self.rules.operands.get(id) {
            Some(operand) => read(self.event, operand, view),
            None => FieldValue::Missing,
        });
        self.memory(view).set_operand(id.index(), epoch, position);
        position
    }
}

/// Up to this many, looking at each is faster than halving.
const LINEAR_MAX: usize = 16;

fn is_among(hits: &[Local], local: Local) -> bool {
    if hits.len() <= LINEAR_MAX {
        hits.contains(&local)
    } else {
        hits.binary_search(&local).is_ok()
    }
}
