//! Ledgers as messages: what the file holds, and what goes to a collector and comes back.

use crate::coverage::{Coverage, INTERVALS_MAX, Interval, Loss};
use crate::edge::{Edge, EdgeKey};
use crate::ledger::Ledger;
use crate::node_ledger::{NodeLedger, NodeName};
use crate::observation::Transport;
use crate::party::Party;
use crate::presence::{MeshProxy, Presence, PresenceKey};
use crate::tally::{Count, PROTOCOLS_MAX, Tally};
use prost::Message;
use saker_flow_inspection::SecurityClass;
use saker_proto::v1;
use std::net::IpAddr;

/// Edges and presences of one part at most.
pub const PART_ENTRIES: usize = 1_000;

/// Bytes of the edges and presences of one part at most, unless it is one alone: far below the four megabytes
/// that gRPC takes.
const PART_BYTES: usize = 1 << 20;

/// A part that says what no ledger can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPart {
    /// It does not say whose it is.
    #[error("a part of a ledger names no node")]
    NoNode,
    /// A party is missing or of an unknown kind.
    #[error("an edge has no client or no server")]
    NoParty,
    /// An address has another length.
    #[error("an address has {0} bytes; it has 4 or 16")]
    AddressLength(usize),
    /// A port is none.
    #[error("{0} is no port")]
    Port(u32),
    /// What carries the connections is unknown.
    #[error("transport {0} is unknown")]
    Transport(i32),
    /// What protects the connections is unknown.
    #[error("security class {0} is unknown")]
    Security(i32),
}

/// Parts of a ledger, the last of which is being filled.
struct Parts {
    header: v1::LedgerNode,
    full: Vec<v1::LedgerPart>,
    last: v1::LedgerPart,
    last_bytes: usize,
}

impl Parts {
    fn new(header: v1::LedgerNode) -> Self {
        Self {
            header,
            full: Vec::new(),
            last: v1::LedgerPart::default(),
            last_bytes: 0,
        }
    }

    fn add_edge(&mut self, edge: v1::LedgerEdge) {
        self.make_room(edge.encoded_len());
        self.last.edges.push(edge);
    }

    fn add_presence(&mut self, presence: v1::LedgerPresence) {
        self.make_room(presence.encoded_len());
        self.last.presences.push(presence);
    }

    fn make_room(&mut self, bytes: usize) {
        let entries = self
            .last
            .edges
            .len()
            .saturating_add(self.last.presences.len());
        let is_full = entries >= PART_ENTRIES
            || self.last_bytes.saturating_add(bytes) > PART_BYTES && entries > 0;
        if is_full {
            // Those before the last may be all that arrives, so the last alone says what is covered.
            let header = v1::LedgerNode {
                revision: 0,
                observed: Vec::new(),
                evicted: None,
                lost: None,
                ..self.header.clone()
            };
            let full = std::mem::take(&mut self.last);
            self.full.push(v1::LedgerPart {
                node: Some(header),
                ..full
            });
            self.last_bytes = 0;
        }
        self.last_bytes = self.last_bytes.saturating_add(bytes);
    }

    fn finish(mut self) -> Vec<v1::LedgerPart> {
        self.full.push(v1::LedgerPart {
            node: Some(self.header),
            ..self.last
        });
        self.full
    }
}

impl NodeLedger {
    /// All of it, in parts; one at least. The last says what is covered.
    #[must_use]
    pub fn parts(&self) -> Vec<v1::LedgerPart> {
        self.parts_of(|_| true)
    }

    /// All that changed after `revision`, in parts; one at least. The last says what is covered.
    #[must_use]
    pub fn parts_since(&self, revision: u64) -> Vec<v1::LedgerPart> {
        self.parts_of(|changed| changed > revision)
    }

    fn parts_of(&self, is_wanted: impl Fn(u64) -> bool) -> Vec<v1::LedgerPart> {
        let mut parts = Parts::new(self.header());
        for (key, edge) in &self.edges {
            if is_wanted(edge.revision) {
                parts.add_edge(edge_message(key, edge));
            }
        }
        for (key, presence) in &self.presences {
            if is_wanted(presence.revision) {
                parts.add_presence(presence_message(key, presence));
            }
        }
        parts.finish()
    }

    fn header(&self) -> v1::LedgerNode {
        let observed = self
            .coverage
            .observed
            .iter()
            .map(|interval| v1::LedgerInterval {
                begin_unix_ms: interval.begin_wall_ms,
                end_unix_ms: interval.end_wall_ms,
            });
        let loss = |loss: Loss| {
            Some(v1::LedgerLoss {
                count: loss.count,
                last_unix_ms: loss.last_wall_ms,
            })
        };
        v1::LedgerNode {
            cluster: self.name.cluster.to_string(),
            node: self.name.node.to_string(),
            begun_unix_ms: self.begun_wall_ms,
            revision: self.revision,
            observed: observed.collect(),
            evicted: loss(self.coverage.evicted),
            lost: loss(self.coverage.lost),
        }
    }
}

impl Ledger {
    /// Adds a part of a node's ledger; of what is there already the newer counts. A part that says what no
    /// ledger can say is refused whole.
    ///
    /// # Errors
    ///
    /// See [`MalformedPart`].
    pub fn add_part(&mut self, part: v1::LedgerPart) -> Result<(), MalformedPart> {
        let node = part.node.ok_or(MalformedPart::NoNode)?;
        let edges = part.edges.into_iter().map(edge);
        let edges = edges.collect::<Result<Vec<_>, _>>()?;
        let name = NodeName::new(&node.cluster, &node.node);
        let ledger = self.entry(name, node.begun_unix_ms);
        if node.revision >= ledger.revision {
            ledger.revision = node.revision;
            ledger.coverage = coverage(&node);
        }
        for (key, edge) in edges {
            let known = ledger.edges.entry(key).or_default();
            if edge.revision >= known.revision {
                *known = edge;
            }
        }
        for (key, presence) in part.presences.into_iter().map(presence) {
            let known = ledger.presences.entry(key).or_default();
            if presence.revision >= known.revision {
                *known = presence;
            }
        }
        Ok(())
    }
}

fn coverage(node: &v1::LedgerNode) -> Coverage {
    let loss = |loss: &Option<v1::LedgerLoss>| {
        loss.map(|loss| Loss {
            count: loss.count,
            last_wall_ms: loss.last_unix_ms,
        })
        .unwrap_or_default()
    };
    let observed = node.observed.iter().take(INTERVALS_MAX);
    let observed = observed.map(|interval| Interval {
        begin_wall_ms: interval.begin_unix_ms,
        end_wall_ms: interval.end_unix_ms,
    });
    Coverage {
        observed: observed.collect(),
        evicted: loss(&node.evicted),
        lost: loss(&node.lost),
    }
}

fn edge_message(key: &EdgeKey, edge: &Edge) -> v1::LedgerEdge {
    let tallies = edge.tallies.iter();
    let tallies = tallies.map(|(class, tally)| tally_message(Some(*class), tally));
    v1::LedgerEdge {
        client: Some(party_message(&key.client)),
        server: Some(party_message(&key.server)),
        port: key.port.into(),
        transport: match key.transport {
            Transport::Tcp => v1::LedgerTransport::Tcp,
            Transport::Udp => v1::LedgerTransport::Udp,
        }
        .into(),
        revision: edge.revision,
        tallies: tallies.collect(),
        excused: edge
            .excused
            .as_ref()
            .map(|tally| tally_message(None, tally)),
    }
}

fn edge(message: v1::LedgerEdge) -> Result<(EdgeKey, Edge), MalformedPart> {
    let transport = match v1::LedgerTransport::try_from(message.transport) {
        Ok(v1::LedgerTransport::Tcp) => Transport::Tcp,
        Ok(v1::LedgerTransport::Udp) => Transport::Udp,
        Ok(v1::LedgerTransport::Unspecified) | Err(_) => {
            return Err(MalformedPart::Transport(message.transport));
        }
    };
    let key = EdgeKey {
        client: party(message.client)?,
        server: party(message.server)?,
        port: u16::try_from(message.port).map_err(|_| MalformedPart::Port(message.port))?,
        transport,
    };
    let mut edge = Edge {
        revision: message.revision,
        ..Edge::default()
    };
    for tally in message.tallies {
        edge.add(Some(security(tally.security)?), &tally_of(tally));
    }
    if let Some(tally) = message.excused {
        edge.add(None, &tally_of(tally));
    }
    Ok((key, edge))
}

fn party_message(party: &Party) -> v1::LedgerParty {
    use v1::ledger_party::Kind;
    let object = |namespace: &str, name: &str| v1::LedgerObject {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let kind = match party {
        Party::Workload {
            namespace,
            workload,
        } => Kind::Workload(object(namespace, workload)),
        Party::Service { namespace, name } => Kind::Service(object(namespace, name)),
        Party::Node(name) => Kind::Node(name.to_string()),
        Party::Local(name) => Kind::Local(name.to_string()),
        Party::Address(IpAddr::V4(address)) => Kind::Address(address.octets().to_vec().into()),
        Party::Address(IpAddr::V6(address)) => Kind::Address(address.octets().to_vec().into()),
    };
    v1::LedgerParty { kind: Some(kind) }
}

fn party(message: Option<v1::LedgerParty>) -> Result<Party, MalformedPart> {
    use v1::ledger_party::Kind;
    let kind = message.and_then(|message| message.kind);
    Ok(match kind.ok_or(MalformedPart::NoParty)? {
        Kind::Workload(object) => Party::workload(&object.namespace, &object.name),
        Kind::Service(object) => Party::service(&object.namespace, &object.name),
        Kind::Node(name) => Party::Node(name.into()),
        Kind::Local(name) => Party::Local(name.into()),
        Kind::Address(bytes) => Party::Address(address(&bytes)?),
    })
}

fn address(bytes: &[u8]) -> Result<IpAddr, MalformedPart> {
    let of_four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    of_four
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .map_err(|_| MalformedPart::AddressLength(bytes.len()))
}

fn tally_message(class: Option<SecurityClass>, tally: &Tally) -> v1::LedgerTally {
    let count = |count: Count| {
        Some(v1::LedgerCount {
            connections: count.connections,
            bytes: count.bytes,
        })
    };
    v1::LedgerTally {
        security: class
            .map_or(v1::LedgerSecurity::Unspecified, security_message)
            .into(),
        first_unix_ms: tally.first_wall_ms,
        last_unix_ms: tally.last_wall_ms,
        client_end: count(tally.client_end),
        server_end: count(tally.server_end),
        protocols: tally.protocols.iter().map(ToString::to_string).collect(),
    }
}

fn tally_of(message: v1::LedgerTally) -> Tally {
    let count = |count: Option<v1::LedgerCount>| {
        count
            .map(|count| Count {
                connections: count.connections,
                bytes: count.bytes,
            })
            .unwrap_or_default()
    };
    let protocols = message.protocols.into_iter().take(PROTOCOLS_MAX);
    Tally {
        first_wall_ms: message.first_unix_ms,
        last_wall_ms: message.last_unix_ms,
        client_end: count(message.client_end),
        server_end: count(message.server_end),
        protocols: protocols.map(String::into_boxed_str).collect(),
    }
}

fn security_message(class: SecurityClass) -> v1::LedgerSecurity {
    match class {
        SecurityClass::MeshMtls => v1::LedgerSecurity::MeshMtls,
        SecurityClass::Mtls => v1::LedgerSecurity::Mtls,
        SecurityClass::Tls => v1::LedgerSecurity::Tls,
        SecurityClass::Upgraded => v1::LedgerSecurity::Upgraded,
        SecurityClass::Tunnel => v1::LedgerSecurity::Tunnel,
        SecurityClass::Plaintext => v1::LedgerSecurity::Plaintext,
        SecurityClass::Opaque => v1::LedgerSecurity::Opaque,
        SecurityClass::Preexisting => v1::LedgerSecurity::Preexisting,
    }
}

fn security(number: i32) -> Result<SecurityClass, MalformedPart> {
    Ok(match v1::LedgerSecurity::try_from(number) {
        Ok(v1::LedgerSecurity::MeshMtls) => SecurityClass::MeshMtls,
        Ok(v1::LedgerSecurity::Mtls) => SecurityClass::Mtls,
        Ok(v1::LedgerSecurity::Tls) => SecurityClass::Tls,
        Ok(v1::LedgerSecurity::Upgraded) => SecurityClass::Upgraded,
        Ok(v1::LedgerSecurity::Tunnel) => SecurityClass::Tunnel,
        Ok(v1::LedgerSecurity::Plaintext) => SecurityClass::Plaintext,
        Ok(v1::LedgerSecurity::Opaque) => SecurityClass::Opaque,
        Ok(v1::LedgerSecurity::Preexisting) => SecurityClass::Preexisting,
        Ok(v1::LedgerSecurity::Unspecified) | Err(_) => {
            return Err(MalformedPart::Security(number));
        }
    })
}

fn presence_message(key: &PresenceKey, presence: &Presence) -> v1::LedgerPresence {
    let labels = presence.labels.iter();
    v1::LedgerPresence {
        namespace: key.namespace.to_string(),
        workload: key.workload.to_string(),
        node: key.node.to_string(),
        first_unix_ms: presence.first_wall_ms,
        last_unix_ms: presence.last_wall_ms,
        proxy: match presence.proxy {
            MeshProxy::Unknown => v1::LedgerProxy::Unspecified,
            MeshProxy::Present => v1::LedgerProxy::Present,
            MeshProxy::Absent => v1::LedgerProxy::Absent,
        }
        .into(),
        labels: labels
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        revision: presence.revision,
    }
}

fn presence(message: v1::LedgerPresence) -> (PresenceKey, Presence) {
    let proxy = match v1::LedgerProxy::try_from(message.proxy) {
        Ok(v1::LedgerProxy::Present) => MeshProxy::Present,
        Ok(v1::LedgerProxy::Absent) => MeshProxy::Absent,
        Ok(v1::LedgerProxy::Unspecified) | Err(_) => MeshProxy::Unknown,
    };
    let key = PresenceKey {
        namespace: message.namespace.into(),
        workload: message.workload.into(),
        node: message.node.into(),
    };
    let labels = message.labels.into_iter();
    let presence = Presence {
        revision: message.revision,
        first_wall_ms: message.first_unix_ms,
        last_wall_ms: message.last_unix_ms,
        proxy,
        labels: labels.map(|(n, v)| (n.into(), v.into())).collect(),
    };
    (key, presence)
}
