//! Which alerts are asked for, and what the answer is.

use saker_proto::v1;

/// A place in the order in which alerts were stored, opaque to others. It holds for every collector that shares
/// the store, and for as long as the store exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(pub String);

/// Which alerts are asked for; what is empty excludes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// What they are like.
    pub filter: v1::AlertFilter,
    /// Events of this time or later, nanoseconds since the epoch.
    pub since_ns: Option<u64>,
    /// Events before this time.
    pub until_ns: Option<u64>,
    /// Nodes by host name.
    pub nodes: Vec<String>,
    /// Containers by short id, full id or name.
    pub containers: Vec<String>,
    /// Pods by name.
    pub pods: Vec<String>,
    /// No more than these; the newest ones. The feed ignores it.
    pub limit: u32,
}

/// An alert of the store.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAlert {
    /// Its place in the order of storing.
    pub cursor: Cursor,
    /// The alert.
    pub alert: v1::Alert,
    /// How many alerts share its group so far: the same rule, place and program within the window.
    pub group_count: u64,
}
