//! Encryption ledgers: taking them from agents, and giving them to who may subscribe.
//!
//! They go into the store at once: a part that is reported again changes nothing, so there is nothing that a queue
//! would have to keep until then. So processes without a store take none.

use crate::clients::{StreamPlace, Streams, Unwelcome};
use crate::config::ClientRules;
use futures_util::stream::{self, BoxStream, StreamExt};
use prost::Message;
use saker_alert_store::{
    ErrorKind, LedgerEntry, LedgerId, LedgerPlace, LedgerRows, Store, StoreError,
};
use saker_proto::v1;
use saker_proto::v1::ledger_feed_server::{LedgerFeed, LedgerFeedServer};
use saker_proto::v1::ledger_ingest_server::{LedgerIngest, LedgerIngestServer};
use saker_proto::v1::ledger_party::Kind;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::{Request, Response, Status};

/// A part is no larger than this, in bytes.
const PART_BYTES_MAX: usize = 4 << 20;

/// Edges and workloads of a part. An agent sends a thousand.
const ENTRIES_MAX: usize = 4_000;

/// An entry is no larger than this, in bytes: names of two parties, and a tally for each class.
const ENTRY_BYTES_MAX: usize = 16 << 10;

/// A part that is sent is closed when its entries have so many bytes: clients of gRPC take four megabytes unless
/// told otherwise.
const PAGE_BYTES: usize = 2 << 20;

/// A request to read is no larger than this, in bytes; a name is all that it holds.
const REQUEST_BYTES_MAX: usize = 64 << 10;

/// Longest name of a cluster or node, in bytes.
const NAME_BYTES_MAX: usize = 253;

/// Longest name of who talks, in bytes: of a workload with its kind, of a program in any script.
const PARTY_BYTES_MAX: usize = 4 * NAME_BYTES_MAX;

/// Most times of observation of a ledger. An agent keeps no more.
const INTERVALS_MAX: usize = 1_024;

/// Most tallies of an edge: one for each class of security.
const TALLIES_MAX: usize = 8;

/// What agents report ledgers to.
pub(crate) struct LedgerIntake {
    /// Who agents are.
    pub(crate) rules: ClientRules,
    /// How many parts are taken at a time.
    pub(crate) streams: Streams,
    /// Where they are kept.
    pub(crate) store: Arc<dyn Store>,
}

/// What ledgers are read from.
pub(crate) struct LedgerReading {
    /// Who may read.
    pub(crate) rules: ClientRules,
    /// How many may read at a time.
    pub(crate) streams: Streams,
    /// Where they are kept.
    pub(crate) store: Arc<dyn Store>,
    /// How long entries are kept; `None` for ever.
    pub(crate) retention: Option<Duration>,
}

/// A part that is no good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("the part names no node")]
    NoNode,
    #[error(
        "the name of the {0} is empty, longer than {NAME_BYTES_MAX} bytes, or has control characters"
    )]
    Name(&'static str),
    #[error("the part has more than {ENTRIES_MAX} entries")]
    TooMany,
    #[error("the part has more than {INTERVALS_MAX} times of observation")]
    Intervals,
    #[error("an entry of the part has more than {ENTRY_BYTES_MAX} bytes")]
    TooLarge,
    #[error("an edge of the part has no end, port, transport or class of security that is known")]
    Edge,
    #[error("the ledger is of the node '{claimed}', but the certificate is of '{proven}'")]
    OtherNode { claimed: String, proven: Arc<str> },
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::OtherNode { .. } => Self::permission_denied(text),
            Refusal::NoNode
            | Refusal::Name(_)
            | Refusal::TooMany
            | Refusal::Intervals
            | Refusal::TooLarge
            | Refusal::Edge => Self::invalid_argument(text),
        }
    }
}

impl LedgerIntake {
    /// The gRPC service.
    pub(crate) fn service(self) -> LedgerIngestServer<Self> {
        LedgerIngestServer::new(self).max_decoding_message_size(PART_BYTES_MAX)
    }

    /// The part as rows, if the client may report it.
    fn rows(
        &self,
        node: Option<Arc<str>>,
        part: Option<v1::LedgerPart>,
    ) -> Result<LedgerRows, Refusal> {
        let rows = rows(part.unwrap_or_default())?;
        // A ledger replaces another, so a name that a certificate proves counts whatever holds for alerts.
        match node {
            Some(proven) if *proven != *rows.id.node => Err(Refusal::OtherNode {
                claimed: rows.id.node,
                proven,
            }),
            _ => Ok(rows),
        }
    }
}

#[tonic::async_trait]
impl LedgerIngest for LedgerIntake {
    async fn report_ledger(
        &self,
        request: Request<v1::ReportLedgerRequest>,
    ) -> Result<Response<v1::ReportLedgerResponse>, Status> {
        let client = self.rules.agent(request.extensions())?;
        let _place = self.streams.claim(&client)?;
        let rows = self
            .rows(client.node, request.into_inner().part)
            .map_err(Status::from)?;
        self.store
            .keep_ledger(rows)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Response::new(v1::ReportLedgerResponse {}))
    }
}

impl LedgerReading {
    /// The gRPC service.
    pub(crate) fn service(self) -> LedgerFeedServer<Self> {
        LedgerFeedServer::new(self).max_decoding_message_size(REQUEST_BYTES_MAX)
    }

    fn admit(&self, request: &Request<v1::ReadLedgerRequest>) -> Result<StreamPlace, Unwelcome> {
        let client = self.rules.subscriber(request.extensions())?;
        self.streams.claim(&client)
    }
}

#[tonic::async_trait]
impl LedgerFeed for LedgerReading {
    type ReadLedgerStream = BoxStream<'static, Result<v1::ReadLedgerResponse, Status>>;

    async fn read_ledger(
        &self,
        request: Request<v1::ReadLedgerRequest>,
    ) -> Result<Response<Self::ReadLedgerStream>, Status> {
        let place = self.admit(&request)?;
        let request = request.into_inner();
        let cluster = Some(request.cluster.as_str()).filter(|cluster| !cluster.is_empty());
        let ledgers = self.store.ledgers(cluster).await;
        let reading = Reading {
            store: Arc::clone(&self.store),
            since_unix_ms: request.since_unix_ms,
            kept_since_unix_ms: self.retention.map_or(0, ago_unix_ms),
            ledgers: ledgers.map_err(|error| failed(&error))?.into(),
            reached: None,
            _place: place,
        };
        let parts = stream::try_unfold(reading, |mut reading| async {
            let part = reading.next().await.map_err(|error| failed(&error))?;
            let response = part.map(|part| v1::ReadLedgerResponse { part: Some(part) });
            Ok(response.map(|response| (response, reading)))
        });
        Ok(Response::new(parts.boxed()))
    }
}

/// Ledgers that are being sent, page by page: who reads slowly keeps no more than a page waiting.
struct Reading {
    store: Arc<dyn Store>,
    since_unix_ms: u64,
    /// Entries from before may be gone.
    kept_since_unix_ms: u64,
    ledgers: VecDeque<(LedgerId, Vec<u8>)>,
    /// The last entry of the first ledger that was sent.
    reached: Option<LedgerPlace>,
    _place: StreamPlace,
}

impl Reading {
    /// What a ledger covers, but for times of which entries may be gone.
    fn header(&self, stored: &[u8]) -> Option<v1::LedgerNode> {
        let mut node = v1::LedgerNode::decode(stored).ok()?;
        let since = self.kept_since_unix_ms;
        node.observed
            .retain(|interval| interval.end_unix_ms >= since);
        for interval in &mut node.observed {
            interval.begin_unix_ms = interval.begin_unix_ms.max(since);
        }
        Some(node)
    }

    /// The next part. The first of each ledger says what it covers, whether it has entries or not.
    async fn next(&mut self) -> Result<Option<v1::LedgerPart>, StoreError> {
        while let Some((id, header)) = self.ledgers.front() {
            let entries = self
                .store
                .ledger_entries(id, self.since_unix_ms, self.reached.as_ref())
                .await?;
            let is_first = self.reached.is_none();
            let mut part = v1::LedgerPart {
                node: self.header(header),
                ..v1::LedgerPart::default()
            };
            if entries.is_empty() {
                self.reached = None;
                self.ledgers.pop_front();
                if is_first {
                    return Ok(Some(part));
                }
                continue;
            }
            let mut bytes = 0_usize;
            for (place, payload) in entries {
                bytes = bytes.saturating_add(payload.len());
                let is_sent = !part.edges.is_empty() || !part.presences.is_empty();
                if is_sent && bytes > PAGE_BYTES {
                    break;
                }
                // What cannot be decoded was damaged in the database.
                if place.is_edge {
                    part.edges
                        .extend(v1::LedgerEdge::decode(payload.as_slice()));
                } else {
                    part.presences
                        .extend(v1::LedgerPresence::decode(payload.as_slice()));
                }
                self.reached = Some(place);
            }
            return Ok(Some(part));
        }
        Ok(None)
    }
}

/// This long ago, in milliseconds since the epoch.
fn ago_unix_ms(age: Duration) -> u64 {
    let then = SystemTime::now().checked_sub(age);
    let since = then.and_then(|then| then.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// The part as it is stored.
fn rows(part: v1::LedgerPart) -> Result<LedgerRows, Refusal> {
    let node = part.node.ok_or(Refusal::NoNode)?;
    if node.node.is_empty() || !is_name(&node.node) {
        return Err(Refusal::Name("node"));
    }
    if !is_name(&node.cluster) {
        return Err(Refusal::Name("cluster"));
    }
    if part.edges.len().saturating_add(part.presences.len()) > ENTRIES_MAX {
        return Err(Refusal::TooMany);
    }
    if node.observed.len() > INTERVALS_MAX {
        return Err(Refusal::Intervals);
    }
    let edges = part.edges.iter().map(Message::encoded_len);
    let presences = part.presences.iter().map(Message::encoded_len);
    if edges.chain(presences).any(|bytes| bytes > ENTRY_BYTES_MAX) {
        return Err(Refusal::TooLarge);
    }
    // One that no reader understands would make the ledgers of all nodes unreadable.
    if !part.edges.iter().all(is_edge) {
        return Err(Refusal::Edge);
    }
    let ends = node.observed.iter().map(|interval| interval.end_unix_ms);
    Ok(LedgerRows {
        last_unix_ms: ends.max().unwrap_or(node.begun_unix_ms),
        header: node.encode_to_vec(),
        revision: node.revision,
        id: LedgerId {
            cluster: node.cluster,
            node: node.node,
            begun_unix_ms: node.begun_unix_ms,
        },
        edges: part.edges.into_iter().map(edge).collect(),
        presences: part.presences.into_iter().map(presence).collect(),
    })
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX && !name.contains(char::is_control)
}

fn is_edge(edge: &v1::LedgerEdge) -> bool {
    let is_transport = match v1::LedgerTransport::try_from(edge.transport) {
        Ok(v1::LedgerTransport::Tcp | v1::LedgerTransport::Udp) => true,
        Ok(v1::LedgerTransport::Unspecified) | Err(_) => false,
    };
    is_transport
        && is_party(edge.client.as_ref())
        && is_party(edge.server.as_ref())
        && u16::try_from(edge.port).is_ok()
        && edge.tallies.len() <= TALLIES_MAX
        && edge.tallies.iter().all(is_tally)
}

fn is_party(party: Option<&v1::LedgerParty>) -> bool {
    let is_short = |name: &str| name.len() <= PARTY_BYTES_MAX;
    match party.and_then(|party| party.kind.as_ref()) {
        None => false,
        Some(Kind::Workload(object) | Kind::Service(object)) => {
            is_short(&object.namespace) && is_short(&object.name)
        }
        Some(Kind::Node(name) | Kind::Local(name)) => is_short(name),
        Some(Kind::Address(bytes)) => matches!(bytes.len(), 4 | 16),
    }
}

fn is_tally(tally: &v1::LedgerTally) -> bool {
    match v1::LedgerSecurity::try_from(tally.security) {
        Ok(security) => security != v1::LedgerSecurity::Unspecified,
        Err(_) => false,
    }
}

fn edge(edge: v1::LedgerEdge) -> LedgerEntry {
    let tallies = edge.tallies.iter().chain(&edge.excused);
    LedgerEntry {
        revision: edge.revision,
        last_unix_ms: tallies.map(|tally| tally.last_unix_ms).max().unwrap_or(0),
        payload: edge.encode_to_vec(),
        key: v1::LedgerEdge {
            revision: 0,
            tallies: Vec::new(),
            excused: None,
            ..edge
        }
        .encode_to_vec(),
    }
}

fn presence(presence: v1::LedgerPresence) -> LedgerEntry {
    LedgerEntry {
        revision: presence.revision,
        last_unix_ms: presence.last_unix_ms,
        payload: presence.encode_to_vec(),
        key: v1::LedgerPresence {
            namespace: presence.namespace,
            workload: presence.workload,
            node: presence.node,
            ..v1::LedgerPresence::default()
        }
        .encode_to_vec(),
    }
}

fn failed(error: &StoreError) -> Status {
    tracing::warn!(
        error = crate::chain(error),
        "the store of ledgers does not answer"
    );
    match error.kind() {
        ErrorKind::Transient => Status::unavailable("the store does not answer; try again later"),
        ErrorKind::Permanent => Status::internal("the store refuses"),
    }
}
