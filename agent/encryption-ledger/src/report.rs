//! What the ledgers of all nodes say together.

use crate::coverage::{Coverage, Loss};
use crate::edge::{Edge, EdgeKey};
use crate::ledger::Ledger;
use crate::node_ledger::NodeName;
use crate::tally::Tally;
use saker_flow_inspection::SecurityClass;
use std::collections::BTreeMap;

/// What the ledgers of all nodes say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Nodes that reported, in the order of their names.
    pub nodes: Vec<NodeReport>,
    /// Who talked to whom, in the order of clients, servers and ports.
    pub edges: Vec<ReportEdge>,
}

/// A node that reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeReport {
    /// Which.
    pub name: NodeName,
    /// What it covers, all of its ledgers together.
    pub coverage: Coverage,
}

/// Connections from one party to one port of another, as all nodes saw them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportEdge {
    /// From whom to whom.
    pub key: EdgeKey,
    /// By what protected them.
    pub tallies: BTreeMap<SecurityClass, Tally>,
    /// Those that need no protection of their own.
    pub excused: Option<Tally>,
}

impl Report {
    /// What was seen since then, of a namespace alone if one is named: where it is at either end.
    #[must_use]
    pub fn of(ledger: &Ledger, since_wall_ms: u64, namespace: Option<&str>) -> Self {
        let is_asked = |key: &EdgeKey| {
            let ends = [&key.client, &key.server];
            namespace.is_none() || ends.iter().any(|party| party.namespace() == namespace)
        };
        let mut edges = BTreeMap::<EdgeKey, Edge>::new();
        let mut nodes = BTreeMap::<NodeName, Coverage>::new();
        for node in ledger.nodes() {
            join(nodes.entry(node.name.clone()).or_default(), &node.coverage);
            for (key, edge) in node.edges.iter().filter(|(key, _)| is_asked(key)) {
                let mut edge = edge.clone();
                if !edge.keep_since(since_wall_ms) {
                    continue;
                }
                let sum = edges.entry(key.clone()).or_default();
                for (class, tally) in &edge.tallies {
                    sum.add(Some(*class), tally);
                }
                if let Some(tally) = &edge.excused {
                    sum.add(None, tally);
                }
            }
        }
        let nodes = nodes.into_iter();
        let edges = edges.into_iter();
        Self {
            nodes: nodes
                .map(|(name, coverage)| NodeReport { name, coverage })
                .collect(),
            edges: edges
                .map(|(key, edge)| ReportEdge {
                    key,
                    tallies: edge.tallies,
                    excused: edge.excused,
                })
                .collect(),
        }
    }
}

/// Puts what two ledgers of one node cover together.
fn join(sum: &mut Coverage, other: &Coverage) {
    sum.observed.extend(&other.observed);
    sum.observed.sort_unstable();
    let losses = [
        (&mut sum.evicted, other.evicted),
        (&mut sum.lost, other.lost),
    ];
    for (
        sum,
        Loss {
            count,
            last_wall_ms,
        },
    ) in losses
    {
        sum.add(count, last_wall_ms);
    }
}
