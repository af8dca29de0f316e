//! What the table counts.

use crate::flow::Role;
use saker_flow_inspection::SecurityClass;
use std::collections::BTreeMap;

/// What happened so far. Everything only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Flows that were classified, by class and role.
    pub classified: BTreeMap<(SecurityClass, Role), u64>,
    /// Flows that began.
    pub opened: u64,
    /// Those of them whose opening was not seen: the record was lost or came later.
    pub unannounced: u64,
    /// Flows that ended.
    pub closed: u64,
    /// Those of them that had to leave because the table was full.
    pub evicted: u64,
    /// Those of them whose end was not told: the host no longer had their sockets.
    pub swept: u64,
    /// Flows that were classified early because too many were being looked at.
    pub inspections_cut: u64,
    /// Records of flows that had ended already.
    pub late: u64,
    /// Connections that were never established. They are no flows.
    pub never_established: u64,
    /// Flows that were classified without the process that owns them.
    pub ownerless: u64,
    /// Connections that were there before the agent.
    pub preexisting: u64,
    /// Listening sockets that were forgotten because there were too many.
    pub listeners_forgotten: u64,
    /// DNS messages.
    pub dns_messages: u64,
    /// DNS answers that nobody had asked for.
    pub dns_unasked: u64,
    /// Addresses whose names were forgotten because there were too many.
    pub names_forgotten: u64,
}

impl Stats {
    pub(crate) fn add(counter: &mut u64) {
        *counter = counter.saturating_add(1);
    }

    pub(crate) fn count_class(&mut self, class: SecurityClass, role: Role) {
        Self::add(self.classified.entry((class, role)).or_default());
    }
}
