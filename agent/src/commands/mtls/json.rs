//! What ledgers say, as JSON: keys are added, and never change their meaning.

use super::time_text;
use saker_encryption_ledger::{
    Breakage, Count, Coverage, Doubt, DoubtReason, EdgeKey, Interval, MeshProxy, NodeReport, Party,
    Readiness, Report, ReportEdge, Tally, Verdict, Why,
};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct ReportJson<'a> {
    edges: Vec<EdgeJson<'a>>,
    nodes: Vec<NodeJson<'a>>,
}

#[derive(Serialize)]
struct EdgeJson<'a> {
    client: PartyJson<'a>,
    server: PartyJson<'a>,
    port: u16,
    transport: &'static str,
    classes: Vec<TallyJson<'a>>,
    /// Connections that need no protection of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    excused: Option<TallyJson<'a>>,
}

#[derive(Serialize)]
struct PartyJson<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: String,
}

#[derive(Serialize)]
struct TallyJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    security: Option<&'static str>,
    first_seen: String,
    last_seen: String,
    connections: u64,
    bytes: u64,
    client_end: CountJson,
    server_end: CountJson,
    protocols: Vec<&'a str>,
}

#[derive(Serialize)]
struct CountJson {
    connections: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct NodeJson<'a> {
    cluster: &'a str,
    name: &'a str,
    observed: Vec<IntervalJson>,
    edges_evicted: u64,
    connections_lost: u64,
}

#[derive(Serialize)]
struct IntervalJson {
    from: String,
    to: String,
}

#[derive(Serialize)]
pub(super) struct ReadinessJson<'a> {
    namespace: &'a str,
    since: String,
    until: String,
    verdict: &'static str,
    breaks: Vec<BreakageJson<'a>>,
    uncertain: Vec<DoubtJson<'a>>,
    workloads: Vec<&'a str>,
    /// Workloads that were called over UDP alone, which mutual TLS of a mesh does not cover.
    datagram_only: Vec<&'a str>,
    /// Workloads without a proxy: nothing would enforce what is demanded of them.
    not_enforced: Vec<&'a str>,
    /// What to apply; absent where nothing certain can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_authentication: Option<String>,
}

#[derive(Serialize)]
struct BreakageJson<'a> {
    caller: PartyJson<'a>,
    called: PartyJson<'a>,
    port: u16,
    security: &'static str,
    reason: &'static str,
    /// Absent where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_has_proxy: Option<bool>,
    first_seen: String,
    last_seen: String,
    connections: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct DoubtJson<'a> {
    subject: &'a str,
    reason: &'static str,
    text: String,
}

impl<'a> ReportJson<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            edges: report.edges.iter().map(EdgeJson::of).collect(),
            nodes: report.nodes.iter().map(NodeJson::of).collect(),
        }
    }
}

impl<'a> EdgeJson<'a> {
    fn of(edge: &'a ReportEdge) -> Self {
        let EdgeKey {
            client,
            server,
            port,
            transport,
        } = &edge.key;
        let tallies = edge.tallies.iter();
        Self {
            client: PartyJson::of(client),
            server: PartyJson::of(server),
            port: *port,
            transport: transport.name(),
            classes: tallies
                .map(|(class, tally)| TallyJson::of(Some(class.name()), tally))
                .collect(),
            excused: edge
                .excused
                .as_ref()
                .map(|tally| TallyJson::of(None, tally)),
        }
    }
}

impl<'a> PartyJson<'a> {
    fn of(party: &'a Party) -> Self {
        let name = match party {
            Party::Workload { workload, .. } => workload.to_string(),
            Party::Service { name, .. } | Party::Node(name) | Party::Local(name) => {
                name.to_string()
            }
            Party::Address(address) => address.to_string(),
        };
        Self {
            kind: party.kind(),
            namespace: party.namespace(),
            name,
        }
    }
}

impl<'a> TallyJson<'a> {
    fn of(security: Option<&'static str>, tally: &'a Tally) -> Self {
        let count = |count: Count| CountJson {
            connections: count.connections,
            bytes: count.bytes,
        };
        Self {
            security,
            first_seen: time_text(tally.first_wall_ms),
            last_seen: time_text(tally.last_wall_ms),
            connections: tally.connections(),
            bytes: tally.bytes(),
            client_end: count(tally.client_end),
            server_end: count(tally.server_end),
            protocols: tally.protocols.iter().map(|name| &**name).collect(),
        }
    }
}

impl<'a> NodeJson<'a> {
    fn of(node: &'a NodeReport) -> Self {
        let Coverage {
            observed,
            evicted,
            lost,
        } = &node.coverage;
        Self {
            cluster: &node.name.cluster,
            name: &node.name.node,
            observed: observed.iter().map(IntervalJson::of).collect(),
            edges_evicted: evicted.count,
            connections_lost: lost.count,
        }
    }
}

impl IntervalJson {
    fn of(interval: &Interval) -> Self {
        Self {
            from: time_text(interval.begin_wall_ms),
            to: time_text(interval.end_wall_ms),
        }
    }
}

impl<'a> ReadinessJson<'a> {
    pub(super) fn of(readiness: &'a Readiness, policy: Option<String>) -> Self {
        let verdict = match readiness.verdict() {
            Verdict::Ready => "ready",
            Verdict::Breaks => "breaks",
            Verdict::Uncertain => "uncertain",
        };
        let unenforced = readiness.unenforced.iter();
        let datagram_only = readiness.datagram_only.iter();
        Self {
            namespace: &readiness.demand.namespace,
            since: time_text(readiness.demand.since_wall_ms),
            until: time_text(readiness.demand.until_wall_ms),
            verdict,
            breaks: readiness.breakages.iter().map(BreakageJson::of).collect(),
            uncertain: readiness.doubts.iter().map(DoubtJson::of).collect(),
            workloads: readiness.workloads.keys().map(|name| &**name).collect(),
            datagram_only: datagram_only.map(|name| &**name).collect(),
            not_enforced: unenforced.map(|name| &**name).collect(),
            peer_authentication: policy,
        }
    }
}

impl<'a> BreakageJson<'a> {
    fn of(breakage: &'a Breakage) -> Self {
        let reason = match breakage.why {
            Why::Plaintext => "plaintext",
            Why::Upgraded => "plaintext_first",
            Why::NoClientCertificate => "no_client_certificate",
            Why::NotOfMesh => "not_of_mesh",
            Why::Tunnel => "other_encryption",
        };
        let tally = &breakage.tally;
        Self {
            caller: PartyJson::of(&breakage.key.client),
            called: PartyJson::of(&breakage.key.server),
            port: breakage.key.port,
            security: breakage.class.name(),
            reason,
            caller_has_proxy: match breakage.proxy {
                MeshProxy::Present => Some(true),
                MeshProxy::Absent => Some(false),
                MeshProxy::Unknown => None,
            },
            first_seen: time_text(tally.first_wall_ms),
            last_seen: time_text(tally.last_wall_ms),
            connections: tally.connections(),
            bytes: tally.bytes(),
        }
    }
}

impl<'a> DoubtJson<'a> {
    fn of(doubt: &'a Doubt) -> Self {
        let reason = match &doubt.reason {
            DoubtReason::NoWorkloads => "no_workloads",
            DoubtReason::NodeMissing => "node_missing",
            DoubtReason::NodeNotObserving(_) => "node_not_observing",
            DoubtReason::EdgesEvicted(_) => "edges_evicted",
            DoubtReason::ConnectionsLost(_) => "connections_lost",
            DoubtReason::Silent => "silent",
            DoubtReason::Opaque(_) => "opaque",
            DoubtReason::Preexisting(_) => "preexisting",
        };
        Self {
            subject: &doubt.subject,
            reason,
            text: super::ready::doubt_text(&doubt.reason),
        }
    }
}
