//! Encryption ledgers, as a store keeps them.

use crate::StoreError;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// Entries of one answer at most; a reader asks again for those that follow.
pub const LEDGER_PAGE: usize = 1_000;

/// What tells entries of a ledger apart, beside whose ledger it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerEntry {
    /// What it is about: the encoded message without what was counted.
    pub key: Vec<u8>,
    /// The ledger's revision when it last changed.
    pub revision: u64,
    /// When it was last seen, milliseconds since the epoch.
    pub last_unix_ms: u64,
    /// The message, encoded.
    pub payload: Vec<u8>,
}

/// Which ledger: those of one node that were begun at different times stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerId {
    /// Name of the cluster; may be empty.
    pub cluster: String,
    /// Name of the node.
    pub node: String,
    /// When it was begun, milliseconds since the epoch.
    pub begun_unix_ms: u64,
}

/// A part of a ledger, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRows {
    /// Whose it is.
    pub id: LedgerId,
    /// The ledger's revision.
    pub revision: u64,
    /// When it last said what it covers, milliseconds since the epoch.
    pub last_unix_ms: u64,
    /// What it covers: [`saker_proto::v1::LedgerNode`], encoded.
    pub header: Vec<u8>,
    /// Edges.
    pub edges: Vec<LedgerEntry>,
    /// Workloads that are known.
    pub presences: Vec<LedgerEntry>,
}

/// Where to go on reading: after this entry. Workloads come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerPlace {
    /// Whether it is an edge, rather than a workload.
    pub is_edge: bool,
    /// Its key.
    pub key: Vec<u8>,
}

impl LedgerRows {
    /// All entries in the order of their places, each once: of those that are there twice the newer one. In one
    /// order, so that collectors that store the same do not wait for each other in a circle.
    pub(crate) fn entries(self) -> BTreeMap<LedgerPlace, LedgerEntry> {
        let workloads = self.presences.into_iter().map(|entry| (false, entry));
        let edges = self.edges.into_iter().map(|entry| (true, entry));
        let mut entries = BTreeMap::<LedgerPlace, LedgerEntry>::new();
        for (is_edge, entry) in workloads.chain(edges) {
            let key = entry.key.clone();
            let place = LedgerPlace { is_edge, key };
            let is_newer = |known: &LedgerEntry| known.revision < entry.revision;
            if entries.get(&place).is_none_or(is_newer) {
                entries.insert(place, entry);
            }
        }
        entries
    }
}

/// A number as the databases keep it.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The same back.
pub(crate) fn read(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Entries of one answer, as the databases take it.
pub(crate) fn page() -> i64 {
    i64::try_from(LEDGER_PAGE).unwrap_or(i64::MAX)
}

/// Keeps ledgers, newest state only: of what is stored twice the higher revision counts.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Keeps what is newer than what is there, in one transaction. To repeat it changes nothing.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses; nothing was stored, or, if the connection was lost at the very
    /// end, all of it.
    async fn keep_ledger(&self, rows: LedgerRows) -> Result<(), StoreError>;

    /// The ledgers of a cluster, or of all if none is named: each with what it covers, encoded.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn ledgers(&self, cluster: Option<&str>) -> Result<Vec<(LedgerId, Vec<u8>)>, StoreError>;

    /// Entries of a ledger that were seen since then, in the order of their keys, [`LEDGER_PAGE`] at most:
    /// first workloads, then edges, each with its encoded message.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or refuses.
    async fn ledger_entries(
        &self,
        id: &LedgerId,
        since_unix_ms: u64,
        after: Option<&LedgerPlace>,
    ) -> Result<Vec<(LedgerPlace, Vec<u8>)>, StoreError>;
}
