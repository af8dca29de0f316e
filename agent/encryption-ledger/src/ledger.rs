//! The ledgers of several nodes together.

use crate::node_ledger::{NodeLedger, NodeName};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The ledgers of several nodes, several of one node if it began anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    nodes: BTreeMap<(NodeName, u64), NodeLedger>,
}

impl Ledger {
    /// Adds the ledger of a node. Where there is one of the same node and begin, the newer one counts.
    pub fn add(&mut self, ledger: NodeLedger) {
        match self
            .nodes
            .entry((ledger.name.clone(), ledger.begun_wall_ms))
        {
            Entry::Vacant(slot) => {
                slot.insert(ledger);
            }
            Entry::Occupied(mut slot) if *slot.get() < ledger => {
                slot.insert(ledger);
            }
            Entry::Occupied(_) => {}
        }
    }

    /// Adds all ledgers of another.
    pub fn merge(&mut self, other: Self) {
        for ledger in other.nodes.into_values() {
            self.add(ledger);
        }
    }

    /// The ledgers, in the order of their nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeLedger> {
        self.nodes.values()
    }

    /// The ledgers of one cluster alone.
    #[must_use]
    pub fn of_cluster(mut self, cluster: &str) -> Self {
        self.nodes.retain(|(name, _), _| *name.cluster == *cluster);
        self
    }

    pub(crate) fn into_nodes(self) -> impl Iterator<Item = NodeLedger> {
        self.nodes.into_values()
    }

    pub(crate) fn entry(&mut self, name: NodeName, begun_wall_ms: u64) -> &mut NodeLedger {
        self.nodes
            .entry((name.clone(), begun_wall_ms))
            .or_insert_with(|| NodeLedger {
                revision: 0,
                name,
                begun_wall_ms,
                coverage: crate::Coverage::default(),
                edges: BTreeMap::new(),
                presences: BTreeMap::new(),
            })
    }
}

impl From<NodeLedger> for Ledger {
    fn from(ledger: NodeLedger) -> Self {
        let mut all = Self::default();
        all.add(ledger);
        all
    }
}
