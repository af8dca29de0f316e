//! What was there before the agent.

use super::FlowState;
use crate::flow::{Flow, FlowId, Role, Traffic};
use crate::record::{Ends, Tuple};
use crate::sockets::{SocketKind, SocketTable};
use crate::stats::Stats;
use saker_flow_inspection::{
    Classification, Confidence, Protocol, Reason, SecurityClass, Transport,
};
use saker_process_state::{Pid, Process};
use std::sync::Arc;

/// A connection that was there before the agent.
#[derive(Debug)]
pub(super) struct Preexisting {
    pub(super) owner: Option<Arc<Process>>,
    /// Whether the last look at the host's sockets did not show it.
    pub(super) is_missed: bool,
}

impl FlowState {
    /// Takes the sockets that were there at the start; `process_of` gives the process that has a pid. To be
    /// called once, after the programs are attached.
    ///
    /// Listeners name the owner of connections that they accept later. Connections are
    /// [`Preexisting`](SecurityClass::Preexisting): they are counted, and nothing is said about them.
    pub fn bootstrap<'p>(
        &mut self,
        table: &SocketTable,
        process_of: impl Fn(Pid) -> Option<&'p Arc<Process>>,
    ) {
        for socket in &table.sockets {
            let owner = socket.owner.and_then(&process_of);
            match (socket.kind, owner) {
                (SocketKind::Listening, Some(owner)) => {
                    let forgotten = self.listeners.add(&socket.ends, owner);
                    let count = &mut self.stats.listeners_forgotten;
                    *count = count.saturating_add(forgotten);
                }
                (SocketKind::Listening, None) => {}
                (SocketKind::Connected, owner) => self.add_preexisting(&socket.ends, owner),
            }
        }
    }

    fn add_preexisting(&mut self, ends: &Ends, owner: Option<&Arc<Process>>) {
        // Datagram sockets have no begin: their next datagram is as good as the first.
        if ends.transport == Transport::Udp {
            return;
        }
        Stats::add(&mut self.stats.preexisting);
        if self.preexisting.len() < self.limits.preexisting_max {
            let connection = Preexisting {
                owner: owner.cloned(),
                is_missed: false,
            };
            self.preexisting.insert(ends.tuple(), connection);
        }
    }

    /// Connections that were there before the agent and are not known to have ended, each with its owner.
    pub fn preexisting(&self) -> impl Iterator<Item = (Flow, Option<&Arc<Process>>)> {
        let connections = self.preexisting.iter();
        connections.map(|(tuple, it)| (self.unseen(tuple), it.owner.as_ref()))
    }

    fn unseen(&self, tuple: &Tuple) -> Flow {
        let ends = Ends {
            transport: Transport::Tcp,
            role: Role::Unknown,
            local: tuple.local,
            remote: tuple.remote,
            network_namespace: tuple.network_namespace,
        };
        let role = if self.listeners.has(&ends) {
            Role::Server
        } else {
            Role::Client
        };
        Flow {
            id: FlowId {
                cookie: 0,
                peer: None,
            },
            transport: Transport::Tcp,
            role,
            local: tuple.local,
            remote: tuple.remote,
            on_wire: None,
            interface: None,
            network_namespace: tuple.network_namespace,
            opened_boot_ns: 0,
            classification: Classification {
                class: SecurityClass::Preexisting,
                confidence: Confidence::High,
                reason: Reason::NoPayload,
                protocol: Protocol::Unknown,
                tls: None,
                credential_exposed: None,
            },
            traffic: Traffic::default(),
            remote_names: Box::default(),
            caller: None,
        }
    }
}
