//! The ledger of one node.

use crate::coverage::Coverage;
use crate::edge::{Edge, EdgeKey};
use crate::observation::Observation;
use crate::presence::{MeshProxy, Presence, PresenceKey, Sighting};
use std::collections::BTreeMap;

/// When there are too many edges, one of so many leaves at once: to look for the oldest each time would cost
/// more than to enter.
const EVICTED_SHARE: usize = 64;

/// A ledger that begins again has a revision of so many for each millisecond since the epoch: more than it can
/// have changed meanwhile.
const REVISIONS_PER_MS: u64 = 1 << 20;

/// The time, in milliseconds since the epoch, up to which these grow (the year 2109): databases keep 63 bits.
const REVISION_TIME_MAX_MS: u64 = 1 << 42;

/// Bounds of a node's ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most edges. When there are more, those that were seen least recently leave, and are counted.
    pub edges_max: usize,
    /// Most workloads that are known. When there are more, new ones are not entered.
    pub presences_max: usize,
    /// How long what was not seen again is kept, milliseconds.
    pub retain_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            edges_max: 65_536,
            presences_max: 16_384,
            retain_ms: 30 * 24 * 3_600 * 1_000,
        }
    }
}

/// Whose ledger it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeName {
    /// Name of the cluster as the agent's configuration has it; may be empty.
    pub cluster: Box<str>,
    /// Name of the node.
    pub node: Box<str>,
}

impl NodeName {
    /// The node `node` of `cluster`.
    #[must_use]
    pub fn new(cluster: &str, node: &str) -> Self {
        Self {
            cluster: cluster.into(),
            node: node.into(),
        }
    }
}

/// The ledger of one node.
///
/// Its order is that in which one replaces another of the same begin: by revision first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeLedger {
    /// Grows with every change.
    pub revision: u64,
    /// Whose it is.
    pub name: NodeName,
    /// When it was begun, milliseconds since the epoch.
    pub begun_wall_ms: u64,
    /// When it observed, and what it could not keep.
    pub coverage: Coverage,
    /// Who talked to whom.
    pub edges: BTreeMap<EdgeKey, Edge>,
    /// Workloads that are known.
    pub presences: BTreeMap<PresenceKey, Presence>,
}

impl NodeLedger {
    /// An empty one, observing from now on.
    #[must_use]
    pub fn begin(name: NodeName, now_wall_ms: u64) -> Self {
        let mut ledger = Self {
            revision: 0,
            name,
            begun_wall_ms: now_wall_ms,
            coverage: Coverage::default(),
            edges: BTreeMap::new(),
            presences: BTreeMap::new(),
        };
        ledger.resume(now_wall_ms);
        ledger
    }

    /// Observation begins again, after a time in which nobody observed.
    pub fn resume(&mut self, now_wall_ms: u64) {
        // Above all that was told before, also where the file has less: it could not be written, or was put back.
        let of_time = now_wall_ms.min(REVISION_TIME_MAX_MS);
        let of_time = of_time.saturating_mul(REVISIONS_PER_MS);
        self.revision = self.revision.max(of_time);
        self.change();
        self.coverage.begin(now_wall_ms);
    }

    /// Observation went on until now. To be called once a minute: what was not renewed for three minutes
    /// counts as not observed.
    pub fn go_on(&mut self, now_wall_ms: u64) {
        self.change();
        self.coverage.go_on(now_wall_ms);
    }

    /// Connections could not be entered.
    pub fn lose(&mut self, connections: u64, now_wall_ms: u64) {
        if connections > 0 {
            self.change();
            self.coverage.lost.add(connections, now_wall_ms);
        }
    }

    /// Enters what was observed.
    pub fn enter(&mut self, observation: Observation, limits: &Limits) {
        let revision = self.change();
        let tally = observation.tally();
        let seen_wall_ms = observation.seen_wall_ms;
        let key = EdgeKey {
            client: observation.client,
            server: observation.server,
            port: observation.server_port,
            transport: observation.transport,
        };
        if !self.edges.contains_key(&key) {
            self.make_room(limits.edges_max, seen_wall_ms);
        }
        let edge = self.edges.entry(key).or_default();
        edge.revision = revision;
        edge.add(observation.protection, &tally);
    }

    /// Enters a workload that is there now: once for each of its pods, all with the same `now_wall_ms`.
    pub fn see(&mut self, sighting: Sighting, now_wall_ms: u64, limits: &Limits) {
        let is_known = self.presences.contains_key(&sighting.key);
        if !is_known && self.presences.len() >= limits.presences_max {
            return;
        }
        let revision = self.change();
        let presence = self.presences.entry(sighting.key).or_default();
        if !is_known {
            presence.first_wall_ms = now_wall_ms;
        }
        // Pods of one workload are seen at the same time: a proxy of any of them counts.
        let is_same_round = is_known && presence.last_wall_ms == now_wall_ms;
        presence.revision = revision;
        presence.last_wall_ms = presence.last_wall_ms.max(now_wall_ms);
        presence.proxy = match (presence.proxy, sighting.proxy) {
            (_, seen) if !is_same_round => seen,
            (MeshProxy::Present, _) | (_, MeshProxy::Present) => MeshProxy::Present,
            (MeshProxy::Unknown, _) | (_, MeshProxy::Unknown) => MeshProxy::Unknown,
            (MeshProxy::Absent, MeshProxy::Absent) => MeshProxy::Absent,
        };
        presence.labels = sighting.labels;
    }

    /// Forgets what was not seen for too long.
    pub fn expire(&mut self, now_wall_ms: u64, limits: &Limits) {
        let since_wall_ms = now_wall_ms.saturating_sub(limits.retain_ms);
        self.edges.retain(|_, edge| edge.keep_since(since_wall_ms));
        self.presences
            .retain(|_, presence| presence.last_wall_ms >= since_wall_ms);
        self.coverage.keep_since(since_wall_ms);
        self.change();
    }

    fn change(&mut self) -> u64 {
        self.revision = self.revision.saturating_add(1);
        self.revision
    }

    /// Lets the edges leave that were seen least recently, if there are too many for one more.
    fn make_room(&mut self, edges_max: usize, now_wall_ms: u64) {
        let kept_max = edges_max.max(1).saturating_sub(1);
        let Some(surplus) = self
            .edges
            .len()
            .checked_sub(kept_max)
            .filter(|surplus| *surplus > 0)
        else {
            return;
        };
        let leaving = surplus
            .max(edges_max.div_euclid(EVICTED_SHARE))
            .min(self.edges.len());
        let mut by_age: Vec<(u64, u64, EdgeKey)> = self
            .edges
            .iter()
            .map(|(key, edge)| (edge.last_wall_ms(), edge.revision, key.clone()))
            .collect();
        by_age.sort_unstable_by_key(|(last_wall_ms, revision, _)| (*last_wall_ms, *revision));
        for (_, _, key) in by_age.iter().take(leaving) {
            self.edges.remove(key);
        }
        let count = u64::try_from(leaving).unwrap_or(u64::MAX);
        self.coverage.evicted.add(count, now_wall_ms);
    }
}
