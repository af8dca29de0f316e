//! Connections whose end no record tells.
//!
//! The kernel programs tell the end of the connections that they saw begin, and a record may be lost. So now and then
//! the table is compared with the sockets that the host has.

use super::{FlowState, Outputs};
use crate::flow::FlowId;
use crate::sockets::Connections;
use crate::stats::Stats;
use saker_flow_inspection::Transport;

impl FlowState {
    /// Ends the connections that two looks in a row did not show: one may miss what is there, because the kernel's
    /// tables change while they are read.
    pub fn sweep(&mut self, found: &Connections, outputs: &mut Outputs) {
        self.preexisting.retain(|tuple, connection| {
            let is_missed = found.lacks(tuple);
            let was_missed = std::mem::replace(&mut connection.is_missed, is_missed);
            !(is_missed && was_missed)
        });
        let mut ended: Vec<FlowId> = Vec::new();
        for entry in self.table.entries_mut() {
            let is_stream = entry.ends.transport == Transport::Tcp;
            if !is_stream || entry.opened_boot_ns >= found.looked_boot_ns {
                continue;
            }
            let is_missed = found.lacks(&entry.ends.tuple());
            if std::mem::replace(&mut entry.is_missed, is_missed) && is_missed {
                ended.push(entry.id);
            }
        }
        for id in ended {
            Stats::add(&mut self.stats.swept);
            self.close(&id, found.looked_boot_ns, outputs);
        }
    }

    /// Whether there are connections that a look at the host's sockets could show to have ended.
    #[must_use]
    pub fn has_connections(&self) -> bool {
        !self.preexisting.is_empty() || self.table.len() > self.table.datagrams()
    }
}
