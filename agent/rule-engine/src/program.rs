//! Conditions of all rules as one graph of shared nodes.
//!
//! A condition is brought to negation normal form: `not` stands only before atoms, `and` and `or` are
//! flat, constants are gone. Equal nodes are one node, so rules share what they have in common.

use std::collections::HashMap;

/// A node of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

/// A comparison in the atom table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AtomId(u32);

/// A value to be read, in the operand table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OperandId(u32);

macro_rules! table_index {
    ($($name:ident)*) => {$(
        impl $name {
            /// The id of the entry at this position, if it can be numbered.
            pub(crate) fn new(position: usize) -> Option<Self> {
                u32::try_from(position).ok().map(Self)
            }

            /// The position in the table.
            pub(crate) fn index(self) -> usize {
                // A table in memory has no more entries than usize can count.
                usize::try_from(self.0).unwrap_or(usize::MAX)
            }
        }
    )*};
}

table_index!(NodeId AtomId OperandId);

/// Whether an atom counts as it is or inverted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Polarity {
    Plain,
    Negated,
}

impl Polarity {
    pub(crate) fn inverted(self) -> Self {
        match self {
            Self::Plain => Self::Negated,
            Self::Negated => Self::Plain,
        }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    True,
    False,
    Atom(AtomId, Polarity),
    /// Two or more nodes, none of them constant or `All`.
    All(Box<[NodeId]>),
    /// Two or more nodes, none of them constant or `Any`.
    Any(Box<[NodeId]>),
}

/// How nodes are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Junction {
    All,
    Any,
}

/// More nodes than can be numbered.
#[derive(Debug)]
pub(crate) struct GraphFull;

/// The nodes of a rule set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    known: HashMap<Node, NodeId>,
}

impl Graph {
    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    pub(crate) fn constant(&mut self, value: bool) -> Result<NodeId, GraphFull> {
        self.intern(if value { Node::True } else { Node::False })
    }

    pub(crate) fn atom(&mut self, atom: AtomId, polarity: Polarity) -> Result<NodeId, GraphFull> {
        self.intern(Node::Atom(atom, polarity))
    }

    /// Joins nodes: flattens, drops what changes nothing and what is there twice.
    pub(crate) fn join(
        &mut self,
        junction: Junction,
        children: impl IntoIterator<Item = NodeId>,
    ) -> Result<NodeId, GraphFull> {
        let mut flat: Vec<NodeId> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for child in children {
            let parts: &[NodeId] = match (self.node(child), junction) {
                (Some(Node::True), Junction::All) | (Some(Node::False), Junction::Any) => continue,
                (Some(Node::True), Junction::Any) | (Some(Node::False), Junction::All) => {
                    return Ok(child);
                }
                (Some(Node::All(parts)), Junction::All)
                | (Some(Node::Any(parts)), Junction::Any) => parts,
                _ => &[child],
            };
            flat.extend(parts.iter().copied().filter(|part| seen.insert(*part)));
        }
        match (flat.as_slice(), junction) {
            ([], Junction::All) => self.constant(true),
            ([], Junction::Any) => self.constant(false),
            ([only], _) => Ok(*only),
            (_, Junction::All) => self.intern(Node::All(flat.into())),
            (_, Junction::Any) => self.intern(Node::Any(flat.into())),
        }
    }

    /// The node with some atoms replaced by what they are known to be.
    pub(crate) fn specialise(
        &mut self,
        root: NodeId,
        known: &dyn Fn(AtomId) -> Option<bool>,
        done: &mut HashMap<NodeId, NodeId>,
    ) -> Result<NodeId, GraphFull> {
        if let Some(result) = done.get(&root) {
            return Ok(*result);
        }
        let result = match self.node(root).cloned() {
            Some(Node::Atom(atom, polarity)) => match known(atom) {
                Some(value) => self.constant(value == (polarity == Polarity::Plain))?,
                None => root,
            },
            Some(Node::All(parts)) => self.specialise_parts(Junction::All, &parts, known, done)?,
            Some(Node::Any(parts)) => self.specialise_parts(Junction::Any, &parts, known, done)?,
            _ => root,
        };
        done.insert(root, result);
        Ok(result)
    }

    fn specialise_parts(
        &mut self,
        junction: Junction,
        parts: &[NodeId],
        known: &dyn Fn(AtomId) -> Option<bool>,
        done: &mut HashMap<NodeId, NodeId>,
    ) -> Result<NodeId, GraphFull> {
        let parts = parts
            .iter()
            .map(|part| self.specialise(*part, known, done))
            .collect::<Result<Vec<_>, _>>()?;
        self.join(junction, parts)
    }

    fn intern(&mut self, node: Node) -> Result<NodeId, GraphFull> {
        if let Some(id) = self.known.get(&node) {
            return Ok(*id);
        }
        let id = NodeId::new(self.nodes.len()).ok_or(GraphFull)?;
        self.nodes.push(node.clone());
        self.known.insert(node, id);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(graph: &mut Graph) -> [NodeId; 3] {
        [0, 1, 2].map(|index| {
            graph
                .atom(AtomId::new(index).unwrap(), Polarity::Plain)
                .unwrap()
        })
    }

    #[test]
    fn junctions_are_flat_and_without_repetition() {
        let mut graph = Graph::default();
        let [a, b, c] = atoms(&mut graph);
        let inner = graph.join(Junction::All, [a, b]).unwrap();
        let outer = graph.join(Junction::All, [inner, c, a]).unwrap();
        assert_eq!(graph.node(outer), Some(&Node::All([a, b, c].into())));
        assert_eq!(graph.join(Junction::All, [a, b, c]).unwrap(), outer);
        assert_eq!(graph.join(Junction::Any, [a, a]).unwrap(), a);
    }

    #[test]
    fn constants_disappear() {
        let mut graph = Graph::default();
        let [a, b, _] = atoms(&mut graph);
        let (yes, no) = (
            graph.constant(true).unwrap(),
            graph.constant(false).unwrap(),
        );
        assert_eq!(graph.join(Junction::All, [a, yes]).unwrap(), a);
        assert_eq!(graph.join(Junction::All, [a, no, b]).unwrap(), no);
        assert_eq!(graph.join(Junction::Any, [a, yes]).unwrap(), yes);
        assert_eq!(graph.join(Junction::Any, []).unwrap(), no);
        assert_eq!(graph.join(Junction::All, []).unwrap(), yes);
    }

    #[test]
    fn known_atoms_are_folded() {
        let mut graph = Graph::default();
        let [a, b, c] = atoms(&mut graph);
        let either = graph.join(Junction::Any, [a, b]).unwrap();
        let root = graph.join(Junction::All, [either, c]).unwrap();
        let first = AtomId::new(0).unwrap();
        let with = |value| move |atom| (atom == first).then_some(value);
        let mut done = HashMap::new();
        assert_eq!(graph.specialise(root, &with(true), &mut done).unwrap(), c);
        let mut done = HashMap::new();
        let expected = graph.join(Junction::All, [b, c]).unwrap();
        assert_eq!(
            graph.specialise(root, &with(false), &mut done).unwrap(),
            expected
        );
    }
}
