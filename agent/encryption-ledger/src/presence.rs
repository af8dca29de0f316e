//! Workloads that run on a node, with or without traffic.

use std::collections::BTreeMap;

/// Which workload, where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PresenceKey {
    /// Namespace.
    pub namespace: Box<str>,
    /// Such as `Deployment/cart`.
    pub workload: Box<str>,
    /// The node.
    pub node: Box<str>,
}

/// Whether the pods of a workload have a proxy of a mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MeshProxy {
    /// Nobody said.
    #[default]
    Unknown,
    /// They have.
    Present,
    /// They have none.
    Absent,
}

/// A workload as it is seen now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which, and where.
    pub key: PresenceKey,
    /// Whether it has a proxy.
    pub proxy: MeshProxy,
    /// Labels that tell its pods from others.
    pub labels: BTreeMap<Box<str>, Box<str>>,
}

/// Since when it is there, and what it is like.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Presence {
    /// The ledger's revision when it last changed.
    pub revision: u64,
    /// When it was first seen, milliseconds since the epoch.
    pub first_wall_ms: u64,
    /// When it was last seen, milliseconds since the epoch.
    pub last_wall_ms: u64,
    /// Whether it has a proxy.
    pub proxy: MeshProxy,
    /// Labels that tell its pods from others.
    pub labels: BTreeMap<Box<str>, Box<str>>,
}
