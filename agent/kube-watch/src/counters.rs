//! What was counted of a watch.

use crate::trouble::TroubleKind;
use std::collections::BTreeMap;

/// What was counted of the watch of one kind of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindCounters {
    /// Lists that were begun.
    pub lists: u64,
    /// Objects that came, in lists and as changes.
    pub objects: u64,
    /// Objects that went.
    pub deletions: u64,
    /// Objects that had no name or uid, and were skipped.
    pub skipped: u64,
    /// Troubles.
    pub troubles: BTreeMap<TroubleKind, u64>,
}
