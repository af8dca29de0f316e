//! Whether a namespace could demand mutual TLS of everybody without breaking anyone.

use crate::coverage::Interval;
use crate::edge::EdgeKey;
use crate::ledger::Ledger;
use crate::observation::Transport;
use crate::party::Party;
use crate::presence::MeshProxy;
use crate::report::Report;
use crate::tally::Tally;
use saker_flow_inspection::SecurityClass;
use std::collections::{BTreeMap, BTreeSet};

/// Ports of Istio's sidecar that it answers itself, whatever a policy demands: merged metrics, health, Envoy's
/// own metrics.
const PORTS_OF_PROXY: [u16; 3] = [15_020, 15_021, 15_090];

/// Ports to which a sidecar redirects what comes in: the port that the caller asked for is not known there.
const INBOUND_PORTS: [u16; 3] = [15_001, 15_006, 4_143];

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// The namespace.
    pub namespace: Box<str>,
    /// Since when nobody may have called otherwise, milliseconds since the epoch.
    pub since_wall_ms: u64,
    /// Now, milliseconds since the epoch.
    pub until_wall_ms: u64,
    /// Time without observation that does not matter, such as a restart of the agent, milliseconds.
    pub tolerated_gap_ms: u64,
    /// Workloads that the namespace is known to have beside those that the ledgers know, with the labels that
    /// tell their pods from others.
    pub workloads: BTreeMap<Box<str>, BTreeMap<Box<str>, Box<str>>>,
    /// Nodes that its pods run on, beside those that the ledgers know.
    pub nodes: BTreeSet<Box<str>>,
}

/// Why a caller would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It speaks plaintext.
    Plaintext,
    /// It speaks plaintext first and TLS later.
    Upgraded,
    /// It was not seen to show a certificate, and shows no sign of a mesh.
    NoClientCertificate,
    /// It shows a certificate, but not that of a mesh.
    NotOfMesh,
    /// It is encrypted by something else.
    Tunnel,
}

/// A caller that would break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakage {
    /// Who calls whom.
    pub key: EdgeKey,
    /// What protects its connections.
    pub class: SecurityClass,
    /// Why it would break.
    pub why: Why,
    /// Whether the caller has a proxy that could do better.
    pub proxy: MeshProxy,
    /// The connections.
    pub tally: Tally,
}

/// Why nothing certain can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoubtReason {
    /// Nothing tells which workloads the namespace has.
    NoWorkloads,
    /// No ledger is of a node that its pods run on.
    NodeMissing,
    /// A node did not observe at these times.
    NodeNotObserving(Vec<Interval>),
    /// Edges had to leave the ledger of a node.
    EdgesEvicted(u64),
    /// Connections on a node could not be entered.
    ConnectionsLost(u64),
    /// A workload had no traffic that tells anything: over TCP, with payload, and not excused.
    Silent,
    /// What a caller speaks was not recognised.
    Opaque(EdgeKey),
    /// Connections are older than the agent that saw them.
    Preexisting(EdgeKey),
}

/// What nothing certain can be said of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The node, workload or namespace.
    pub subject: Box<str>,
    /// Why.
    pub reason: DoubtReason,
}

/// The answer in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody would break.
    Ready,
    /// Somebody would.
    Breaks,
    /// Nobody is known to, but not enough was seen.
    Uncertain,
}

/// Whether a namespace could demand mutual TLS of everybody without breaking anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// What was asked.
    pub demand: Demand,
    /// Callers that would break.
    pub breakages: Vec<Breakage>,
    /// What nothing certain can be said of.
    pub doubts: Vec<Doubt>,
    /// Workloads of the namespace, with the labels that tell their pods from others where these are known.
    pub workloads: BTreeMap<Box<str>, BTreeMap<Box<str>, Box<str>>>,
    /// Those of them whose pods have no proxy: nothing would enforce what is demanded of them.
    pub unenforced: BTreeSet<Box<str>>,
    /// Those of them that were called over UDP alone, which mutual TLS of a mesh does not cover.
    pub datagram_only: BTreeSet<Box<str>>,
    /// Who calls by mutual TLS of the mesh already: pairs of caller and called port.
    pub fine: u64,
}

impl Readiness {
    /// Looks at what the ledgers say.
    #[must_use]
    pub fn of(ledger: &Ledger, demand: Demand) -> Self {
        let report = Report::of(ledger, demand.since_wall_ms, Some(&demand.namespace));
        let known = Known::of(ledger, &demand);
        let (silent, datagram_only) = known.unheard(&report, &demand);
        let mut doubts = known.doubts(&report, &demand);
        doubts.extend(silent.into_iter().map(|subject| Doubt {
            subject,
            reason: DoubtReason::Silent,
        }));
        let mut readiness = Self {
            breakages: Vec::new(),
            doubts,
            datagram_only,
            workloads: known.workloads,
            unenforced: known.unenforced,
            fine: 0,
            demand,
        };
        let proxies = known.proxies;
        for edge in &report.edges {
            if readiness.is_judged(&edge.key) {
                let proxy = proxies.get(&edge.key.client).copied().unwrap_or_default();
                for (class, tally) in &edge.tallies {
                    readiness.judge(&edge.key, *class, tally, proxy);
                }
            }
        }
        readiness
    }

    /// The answer in a word. Who is known to break counts more than what is not known.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.breakages.is_empty() {
            Verdict::Breaks
        } else if !self.doubts.is_empty() {
            Verdict::Uncertain
        } else {
            Verdict::Ready
        }
    }

    /// The port of the workload that a caller asked for, where it is known.
    pub(crate) fn workload_port(key: &EdgeKey) -> Option<u16> {
        Some(key.port).filter(|port| !INBOUND_PORTS.contains(port))
    }

    /// Whether a policy of the namespace would apply: it is about TCP, and about what a proxy intercepts.
    fn is_judged(&self, key: &EdgeKey) -> bool {
        let is_unenforced = match &key.server {
            Party::Workload { workload, .. } => self.unenforced.contains(workload),
            _ => false,
        };
        key.server.namespace() == Some(&self.demand.namespace)
            && key.transport == Transport::Tcp
            && !PORTS_OF_PROXY.contains(&key.port)
            && !is_unenforced
    }

    fn judge(&mut self, key: &EdgeKey, class: SecurityClass, tally: &Tally, proxy: MeshProxy) {
        let why = match class {
            SecurityClass::MeshMtls => {
                self.fine = self.fine.saturating_add(1);
                return;
            }
            SecurityClass::Plaintext => Why::Plaintext,
            SecurityClass::Upgraded => Why::Upgraded,
            SecurityClass::Tls => Why::NoClientCertificate,
            SecurityClass::Mtls => Why::NotOfMesh,
            SecurityClass::Tunnel => Why::Tunnel,
            // Connections that carried nothing, such as those of a port scan, break by nothing.
            SecurityClass::Opaque if tally.bytes() == 0 => return,
            SecurityClass::Opaque => return self.doubt(key, DoubtReason::Opaque(key.clone())),
            SecurityClass::Preexisting => {
                return self.doubt(key, DoubtReason::Preexisting(key.clone()));
            }
        };
        self.breakages.push(Breakage {
            key: key.clone(),
            class,
            why,
            proxy,
            tally: tally.clone(),
        });
    }

    fn doubt(&mut self, key: &EdgeKey, reason: DoubtReason) {
        self.doubts.push(Doubt {
            subject: key.client.to_string().into(),
            reason,
        });
    }
}

/// What is known of workloads and nodes.
struct Known {
    workloads: BTreeMap<Box<str>, BTreeMap<Box<str>, Box<str>>>,
    unenforced: BTreeSet<Box<str>>,
    nodes: BTreeSet<Box<str>>,
    /// Whether workloads are known that had no traffic.
    has_inventory: bool,
    /// Of all namespaces.
    proxies: BTreeMap<Party, MeshProxy>,
}

impl Known {
    fn of(ledger: &Ledger, demand: &Demand) -> Self {
        let mut known = Self {
            workloads: demand.workloads.clone(),
            unenforced: BTreeSet::new(),
            nodes: demand.nodes.clone(),
            has_inventory: !demand.workloads.is_empty(),
            proxies: BTreeMap::new(),
        };
        for node in ledger.nodes() {
            for (key, presence) in &node.presences {
                if presence.last_wall_ms < demand.since_wall_ms {
                    continue;
                }
                let party = Party::workload(&key.namespace, &key.workload);
                known.add_proxy(party, presence.proxy);
                if key.namespace == demand.namespace {
                    known.has_inventory = true;
                    known.nodes.insert(key.node.clone());
                    let labels = known.workloads.entry(key.workload.clone()).or_default();
                    if labels.is_empty() {
                        labels.clone_from(&presence.labels);
                    }
                }
            }
            known.add_servers(node, demand);
        }
        let workloads = known.workloads.keys().filter(|workload| {
            let party = Party::workload(&demand.namespace, workload);
            known.proxies.get(&party) == Some(&MeshProxy::Absent)
        });
        known.unenforced = workloads.cloned().collect();
        known
    }

    /// Where some pods of a workload have a proxy, it is a workload with a proxy: its policy is enforced there.
    fn add_proxy(&mut self, party: Party, proxy: MeshProxy) {
        let known = self.proxies.entry(party).or_insert(proxy);
        if *known == MeshProxy::Absent || proxy == MeshProxy::Present {
            *known = proxy;
        }
    }

    /// Workloads that are only known because somebody called them, and nodes on which they were called.
    fn add_servers(&mut self, node: &crate::NodeLedger, demand: &Demand) {
        for (key, edge) in &node.edges {
            let Party::Workload {
                namespace,
                workload,
            } = &key.server
            else {
                continue;
            };
            if *namespace != demand.namespace || edge.last_wall_ms() < demand.since_wall_ms {
                continue;
            }
            self.workloads.entry(workload.clone()).or_default();
            let tallies = edge.tallies.values().chain(&edge.excused);
            if tallies.into_iter().any(|t| t.server_end.connections > 0) {
                self.nodes.insert(node.name.node.clone());
            }
        }
    }

    fn doubts(&self, report: &Report, demand: &Demand) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        let mut doubt = |subject: &str, reason| {
            doubts.push(Doubt {
                subject: subject.into(),
                reason,
            });
        };
        if !self.has_inventory {
            doubt(&demand.namespace, DoubtReason::NoWorkloads);
        }
        for name in &self.nodes {
            let reported = report.nodes.iter().filter(|node| node.name.node == *name);
            let mut is_reported = false;
            for node in reported {
                is_reported = true;
                let coverage = &node.coverage;
                let gaps = coverage.gaps(
                    demand.since_wall_ms,
                    demand.until_wall_ms,
                    demand.tolerated_gap_ms,
                );
                if !gaps.is_empty() {
                    doubt(name, DoubtReason::NodeNotObserving(gaps));
                }
                if coverage.evicted.is_since(demand.since_wall_ms) {
                    doubt(name, DoubtReason::EdgesEvicted(coverage.evicted.count));
                }
                if coverage.lost.is_since(demand.since_wall_ms) {
                    doubt(name, DoubtReason::ConnectionsLost(coverage.lost.count));
                }
            }
            if !is_reported {
                doubt(name, DoubtReason::NodeMissing);
            }
        }
        doubts
    }

    /// The workloads that no traffic tells anything of, and those that were called over UDP alone: a policy is not
    /// about them.
    fn unheard(
        &self,
        report: &Report,
        demand: &Demand,
    ) -> (BTreeSet<Box<str>>, BTreeSet<Box<str>>) {
        let mut heard = BTreeSet::new();
        let mut called_by_datagrams = BTreeSet::new();
        for edge in &report.edges {
            let mut tallies = edge.tallies.values();
            if tallies.any(|tally| tally.bytes() > 0) {
                match edge.key.transport {
                    Transport::Tcp => heard.extend([&edge.key.client, &edge.key.server]),
                    Transport::Udp => {
                        called_by_datagrams.insert(&edge.key.server);
                    }
                }
            }
        }
        let party = |workload: &str| Party::workload(&demand.namespace, workload);
        let unheard = self
            .workloads
            .keys()
            .filter(|it| !heard.contains(&party(it)));
        unheard
            .cloned()
            .partition(|workload| !called_by_datagrams.contains(&party(workload)))
    }
}
