//! Conditions as they are evaluated: flat, and ordered so that little has to be decided.

use std::collections::HashMap;

use crate::estimate::Estimates;
use crate::program::{AtomId, Node, NodeId, Polarity};

/// A condition, or part of one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Constant(bool),
    /// An atom that other conditions ask for too, and that takes longer than remembering.
    Atom(AtomId, Polarity),
    /// An atom that is decided where it stands.
    Once(AtomId, Polarity),
    All(Parts),
    Any(Parts),
    /// Part of several conditions: decided once an event.
    Shared(SharedId),
}

/// The parts of a step, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    start: u32,
    end: u32,
}

/// A condition that others have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedId(u32);

impl SharedId {
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// More steps than can be numbered.
#[derive(Debug)]
pub(crate) struct TooManySteps;

/// The steps of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    steps: Vec<Step>,
    shared: Vec<Step>,
}

impl Steps {
    pub(crate) fn parts(&self, parts: Parts) -> &[Step] {
        let index = |position: u32| usize::try_from(position).unwrap_or(usize::MAX);
        let range = index(parts.start)..index(parts.end);
        self.steps.get(range).unwrap_or_default()
    }

    pub(crate) fn shared(&self, id: SharedId) -> Option<Step> {
        self.shared.get(id.index()).copied()
    }

    pub(crate) fn shared_len(&self) -> usize {
        self.shared.len()
    }
}

/// Makes steps of nodes.
pub(crate) struct StepsBuilder<'e, 't> {
    estimates: &'e mut Estimates<'t>,
    steps: Steps,
    /// How many nodes have this one as a part, conditions of rules counted as one each.
    uses: HashMap<NodeId, usize>,
    shared: HashMap<NodeId, SharedId>,
}

impl<'e, 't> StepsBuilder<'e, 't> {
    /// Begins, for these conditions of rules.
    pub(crate) fn new(
        estimates: &'e mut Estimates<'t>,
        conditions: impl IntoIterator<Item = NodeId>,
    ) -> Self {
        let mut uses = HashMap::new();
        let mut to_visit: Vec<NodeId> = conditions.into_iter().collect();
        while let Some(node) = to_visit.pop() {
            let count: &mut usize = uses.entry(node).or_insert(0);
            *count = count.saturating_add(1);
            if *count == 1
                && let Some(Node::All(parts) | Node::Any(parts)) = estimates.graph.node(node)
            {
                to_visit.extend_from_slice(parts);
            }
        }
        Self {
            estimates,
            steps: Steps::default(),
            uses,
            shared: HashMap::new(),
        }
    }

    /// The step for a node. The recursion is bounded by the nesting of conditions.
    pub(crate) fn step(&mut self, node: NodeId) -> Result<Step, TooManySteps> {
        let is_shared = self.uses.get(&node).is_some_and(|uses| *uses > 1);
        if let Some(shared) = self.shared.get(&node) {
            return Ok(Step::Shared(*shared));
        }
        let graph = self.estimates.graph;
        let step = match graph.node(node) {
            Some(Node::True) => return Ok(Step::Constant(true)),
            Some(Node::False) | None => return Ok(Step::Constant(false)),
            Some(Node::Atom(atom, polarity)) if is_shared => {
                return Ok(Step::Atom(*atom, *polarity));
            }
            Some(Node::Atom(atom, polarity)) => return Ok(Step::Once(*atom, *polarity)),
            Some(Node::All(parts)) => {
                let parts = self.ordered(parts, |estimates, part| estimates.of(part).rank_in_all());
                Step::All(self.place(&parts)?)
            }
            Some(Node::Any(parts)) => {
                let parts = self.ordered(parts, |estimates, part| estimates.of(part).rank_in_any());
                Step::Any(self.place(&parts)?)
            }
        };
        if !is_shared {
            return Ok(step);
        }
        let id = SharedId(u32::try_from(self.steps.shared.len()).map_err(|_| TooManySteps)?);
        self.steps.shared.push(step);
        self.shared.insert(node, id);
        Ok(Step::Shared(id))
    }

    fn ordered(
        &mut self,
        parts: &[NodeId],
        rank: impl Fn(&mut Estimates<'t>, NodeId) -> f64,
    ) -> Vec<NodeId> {
        let mut ranked: Vec<(f64, NodeId)> = parts
            .iter()
            .map(|part| (rank(self.estimates, *part), *part))
            .collect();
        ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        ranked.into_iter().map(|(_, part)| part).collect()
    }

    fn place(&mut self, parts: &[NodeId]) -> Result<Parts, TooManySteps> {
        let steps = parts
            .iter()
            .map(|part| self.step(*part))
            .collect::<Result<Vec<_>, _>>()?;
        let position = |length: usize| u32::try_from(length).map_err(|_| TooManySteps);
        let start = position(self.steps.steps.len())?;
        self.steps.steps.extend(steps);
        let end = position(self.steps.steps.len())?;
        Ok(Parts { start, end })
    }

    pub(crate) fn finish(self) -> Steps {
        self.steps
    }
}
