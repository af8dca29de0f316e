//! What the table keeps of one flow.

use crate::flow::{Caller, Flow, FlowId, Role, Traffic};
use crate::record::{Ends, Packet};
use saker_flow_inspection::{
    Classification, Direction, Inspector, Progress, SecurityClass, Segment, Transport,
};
use saker_process_state::{Origin, Process};
use std::net::SocketAddr;
use std::sync::Arc;

/// A flow that has not ended.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: FlowId,
    /// Tells it from an earlier or later one with the same id.
    pub(crate) generation: u64,
    pub(crate) ends: Ends,
    pub(crate) on_wire: Option<(SocketAddr, SocketAddr)>,
    pub(crate) interface: Option<u32>,
    pub(crate) opened_boot_ns: u64,
    /// Time of the last record.
    pub(crate) last_boot_ns: u64,
    pub(crate) announcement: Announcement,
    /// Whether the last look at the host's sockets did not show it.
    pub(crate) is_missed: bool,
    pub(crate) owner: Owner,
    pub(crate) phase: Phase,
    pub(crate) traffic: Traffic,
    /// Of a server's end, the client's end on this host; it may have ended since it was found.
    pub(crate) caller: Option<Caller>,
}

/// Whether the record of its opening came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announcement {
    /// It came.
    Seen,
    /// Another record came first.
    Missed,
}

/// Whose socket it is.
#[derive(Clone, Debug)]
pub(crate) enum Owner {
    /// Not known.
    Unknown,
    /// It bound the socket that listens; another one may have accepted.
    Binder(Arc<Process>),
    /// It made or accepted the connection.
    Known(Arc<Process>),
}

/// How far a flow is known.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Nothing was sent yet.
    Silent,
    /// Its first bytes are being looked at.
    Inspected(Box<Inspector>),
    /// What it is is known, but who accepted it is not yet.
    Unowned(Box<Classification>),
    /// It was reported.
    Reported(Box<Classification>),
}

impl Owner {
    pub(crate) const fn process(&self) -> Option<&Arc<Process>> {
        match self {
            Self::Unknown => None,
            Self::Binder(process) | Self::Known(process) => Some(process),
        }
    }

    pub(crate) const fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// Takes what a later record says, unless more is known.
    pub(crate) fn learn(&mut self, other: Self) {
        let is_better = match (&*self, &other) {
            (_, Self::Unknown) | (Self::Known(_), Self::Binder(_)) => false,
            (Self::Known(known), Self::Known(other))
            | (Self::Binder(known), Self::Binder(other)) => {
                // The process may be forgotten by now.
                other.origin != Origin::Header || !known.key.is_same(&other.key)
            }
            (Self::Unknown | Self::Binder(_), _) => true,
        };
        if is_better {
            *self = other;
        }
    }
}

impl Entry {
    pub(crate) fn new(id: FlowId, generation: u64, ends: Ends, time_boot_ns: u64) -> Self {
        Self {
            id,
            generation,
            ends,
            on_wire: None,
            interface: None,
            opened_boot_ns: time_boot_ns,
            last_boot_ns: time_boot_ns,
            announcement: Announcement::Missed,
            is_missed: false,
            owner: Owner::Unknown,
            phase: Phase::Silent,
            traffic: Traffic::default(),
            caller: None,
        }
    }

    /// Whether its first bytes are kept.
    pub(crate) const fn is_inspected(&self) -> bool {
        matches!(self.phase, Phase::Inspected(_))
    }

    /// Takes note of what one record of the flow says beside its payload.
    pub(crate) fn note(&mut self, ends: &Ends, interface: Option<u32>, time_boot_ns: u64) {
        self.last_boot_ns = self.last_boot_ns.max(time_boot_ns);
        self.opened_boot_ns = self.opened_boot_ns.min(time_boot_ns);
        self.interface = self.interface.or(interface);
        if self.ends.role == Role::Unknown {
            self.ends.role = ends.role;
        }
        if self.ends.network_namespace == 0 {
            self.ends.network_namespace = ends.network_namespace;
        }
    }

    /// Takes the payload of a packet.
    pub(crate) fn inspect(&mut self, packet: &Packet<'_>) -> Progress {
        self.on_wire = self.on_wire.or(packet.on_wire);
        let total = packet.offset.saturating_add(packet.sent_bytes.into());
        let so_far = if packet.is_ingress {
            &mut self.traffic.received_bytes
        } else {
            &mut self.traffic.sent_bytes
        };
        *so_far = total.max(*so_far);
        if self.ends.role == Role::Unknown && self.ends.transport == Transport::Udp {
            // Whoever sends the first datagram asks.
            self.ends.role = match packet.is_ingress {
                true => Role::Server,
                false => Role::Client,
            };
        }
        if matches!(self.phase, Phase::Silent) {
            let inspector = Inspector::new(self.ends.transport, self.server_port());
            self.phase = Phase::Inspected(Box::new(inspector));
        }
        let direction = match (packet.is_ingress, self.ends.role) {
            (true, Role::Server) | (false, Role::Client | Role::Unknown) => Direction::FromClient,
            (false, Role::Server) | (true, Role::Client | Role::Unknown) => Direction::FromServer,
        };
        match &mut self.phase {
            Phase::Inspected(inspector) => inspector.feed(Segment {
                direction,
                offset: packet.offset,
                bytes: packet.bytes,
                sent_bytes: packet.sent_bytes,
            }),
            Phase::Silent | Phase::Unowned(_) | Phase::Reported(_) => Progress::Decided,
        }
    }

    /// What it is is decided now, if it was not before: `Some` then, with whether its first bytes were kept.
    pub(crate) fn decide(&mut self) -> Option<bool> {
        let was_inspected = match self.phase {
            Phase::Silent => false,
            Phase::Inspected(_) => true,
            Phase::Unowned(_) | Phase::Reported(_) => return None,
        };
        self.phase = Phase::Unowned(Box::new(self.classification()));
        Some(was_inspected)
    }

    /// It is reported now, if it was decided and not reported before: its class then.
    pub(crate) fn mark_reported(&mut self) -> Option<SecurityClass> {
        match std::mem::replace(&mut self.phase, Phase::Silent) {
            Phase::Unowned(known) => {
                let class = known.class;
                self.phase = Phase::Reported(known);
                Some(class)
            }
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// The port at which the server is reached.
    pub(crate) const fn server_port(&self) -> u16 {
        match self.ends.role {
            Role::Server => self.ends.local.port(),
            Role::Client | Role::Unknown => self.ends.remote.port(),
        }
    }

    /// What it is, as far as that is known.
    pub(crate) fn classification(&self) -> Classification {
        match &self.phase {
            Phase::Silent => {
                Inspector::new(self.ends.transport, self.server_port()).classification()
            }
            Phase::Inspected(inspector) => inspector.classification(),
            Phase::Unowned(known) | Phase::Reported(known) => (**known).clone(),
        }
    }

    /// The flow as it is now.
    pub(crate) fn flow(&self, remote_names: Box<[Arc<str>]>) -> Flow {
        Flow {
            id: self.id,
            transport: self.ends.transport,
            role: self.ends.role,
            local: self.ends.local,
            remote: self.ends.remote,
            on_wire: self.on_wire,
            interface: self.interface,
            network_namespace: self.ends.network_namespace,
            opened_boot_ns: self.opened_boot_ns,
            classification: self.classification(),
            traffic: self.traffic,
            remote_names,
            caller: self.caller.clone(),
        }
    }
}
