//! What was counted.

use crate::kind::Kind;
use crate::state::State;
use crate::table::{AnyTable, KindStats};

/// What a cluster holds, and what it could not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Numbers of each kind.
    pub kinds: Vec<(Kind, KindStats)>,
    /// Addresses with a holder.
    pub addresses: usize,
    /// Texts, sets of labels and references that objects share.
    pub shared_values: usize,
    /// Times that a pod was in too many slices of endpoints for all to be remembered.
    pub memberships_cut: u64,
}

impl Stats {
    pub(crate) fn of(state: &State) -> Self {
        let numbers = |kind| state.table(kind).map(AnyTable::stats).unwrap_or_default();
        Self {
            kinds: Kind::ALL.map(|kind| (kind, numbers(kind))).to_vec(),
            addresses: state.addresses.len(),
            shared_values: state.pools.len(),
            memberships_cut: state.members.cut(),
        }
    }

    /// Numbers of one kind.
    #[must_use]
    pub fn of_kind(&self, kind: Kind) -> KindStats {
        let found = self.kinds.iter().find(|(other, _)| *other == kind);
        found.map(|(_, numbers)| *numbers).unwrap_or_default()
    }
}
