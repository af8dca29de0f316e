//! Evaluating conditions on one event.
//!
//! Whatever was found out stays known until the event is done: an atom is decided at most once for
//! each view of paths, a field is read at most once. Nothing is cleared between events; what belongs to
//! an earlier event carries an older epoch. An event that matches nothing allocates nothing, once the
//! tables have grown to the size of the rule set.

use crate::atom::{Atom, Check};
use crate::dynamic;
use crate::event::Event;
use crate::program::{AtomId, Node, NodeId, OperandId, Polarity};
use crate::rule_set::{Match, RuleSet};
use crate::transform::read;
use saker_rule_fields::{FieldValue, PathView};

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
    fn inverted(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            Self::Pending => Self::Pending,
        }
    }
}

impl From<bool> for Verdict {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// The memory of an evaluation, to be used for one event after the other.
///
/// One belongs to each matching thread; it may serve different rule sets in turn.
#[derive(Debug, Default)]
pub struct Evaluation {
    epoch: u32,
    requested: ViewMemory,
    resolved: ViewMemory,
    /// Empty between events; kept for its allocation.
    values: Vec<FieldValue<'static>>,
    pub(crate) matches: Vec<Match>,
    pub(crate) pending: usize,
}

/// What is known under one view of paths.
#[derive(Debug, Default)]
struct ViewMemory {
    atoms: Vec<AtomMemory>,
    operands: Vec<OperandMemory>,
}

#[derive(Clone, Copy, Debug, Default)]
struct AtomMemory {
    epoch: u32,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, Default)]
struct OperandMemory {
    epoch: u32,
    /// Position among the values of this event.
    position: usize,
}

impl ViewMemory {
    fn fit(&mut self, atoms: usize, operands: usize) {
        if self.atoms.len() < atoms {
            self.atoms.resize(atoms, AtomMemory::default());
        }
        if self.operands.len() < operands {
            self.operands.resize(operands, OperandMemory::default());
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
    /// as not fired.
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

    /// Runs `work` with everything forgotten that belongs to earlier events.
    pub(crate) fn run<'e, E: Event + ?Sized>(
        &mut self,
        rules: &RuleSet,
        event: &'e E,
        work: impl FnOnce(&mut Run<'_, 'e, E>, &mut Vec<Match>) -> usize,
    ) {
        let epoch = self.next_epoch();
        self.requested.fit(rules.atoms.len(), rules.operands.len());
        self.resolved.fit(rules.atoms.len(), rules.operands.len());
        self.matches.clear();
        let mut run = Run {
            rules,
            event,
            epoch,
            requested: &mut self.requested,
            resolved: &mut self.resolved,
            values: emptied(std::mem::take(&mut self.values)),
        };
        self.pending = work(&mut run, &mut self.matches);
        self.values = emptied(run.values);
    }
}

/// The vector without its elements but with its allocation, for elements of another lifetime.
fn emptied<'to>(mut values: Vec<FieldValue<'_>>) -> Vec<FieldValue<'to>> {
    values.clear();
    // Collecting from a vector's own iterator reuses its allocation.
    values.into_iter().map_while(|_| None).collect()
}

/// One event under evaluation.
pub(crate) struct Run<'r, 'e, E: Event + ?Sized> {
    rules: &'r RuleSet,
    event: &'e E,
    epoch: u32,
    requested: &'r mut ViewMemory,
    resolved: &'r mut ViewMemory,
    values: Vec<FieldValue<'e>>,
}

impl<E: Event + ?Sized> Run<'_, '_, E> {
    /// Decides a node. The recursion is bounded by the nesting of conditions.
    pub(crate) fn decide(&mut self, node: NodeId, view: PathView) -> Verdict {
        let rules = self.rules;
        match rules.graph.node(node) {
            Some(Node::True) => Verdict::True,
            Some(Node::False) | None => Verdict::False,
            Some(Node::Atom(atom, Polarity::Plain)) => self.decide_atom(*atom, view),
            Some(Node::Atom(atom, Polarity::Negated)) => self.decide_atom(*atom, view).inverted(),
            Some(Node::All(parts)) => self.decide_parts(parts, view, Verdict::False, Verdict::True),
            Some(Node::Any(parts)) => self.decide_parts(parts, view, Verdict::True, Verdict::False),
        }
    }

    /// Looks for a part that settles the whole; without one, a pending part leaves it pending.
    fn decide_parts(
        &mut self,
        parts: &[NodeId],
        view: PathView,
        settles: Verdict,
        otherwise: Verdict,
    ) -> Verdict {
        let mut result = otherwise;
        for part in parts {
            match self.decide(*part, view) {
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

    fn decide_atom(&mut self, id: AtomId, view: PathView) -> Verdict {
        let epoch = self.epoch;
        if let Some(memory) = self.memory(view).atoms.get(id.index())
            && memory.epoch == epoch
        {
            return memory.verdict;
        }
        let rules = self.rules;
        let verdict = rules
            .atoms
            .get(id)
            .map_or(Verdict::False, |atom| self.test(atom, view));
        if let Some(memory) = self.memory(view).atoms.get_mut(id.index()) {
            *memory = AtomMemory { epoch, verdict };
        }
        verdict
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
        if let Some(memory) = self.memory(view).operands.get(id.index())
            && memory.epoch == epoch
        {
            return memory.position;
        }
        let value = self
            .rules
            .operands
            .get(id)
            .map_or(FieldValue::Missing, |operand| {
                read(self.event, operand, view)
            });
        let position = self.values.len();
        self.values.push(value);
        if let Some(memory) = self.memory(view).operands.get_mut(id.index()) {
            *memory = OperandMemory { epoch, position };
        }
        position
    }
}
