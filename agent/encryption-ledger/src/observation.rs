//! What is entered.

use crate::party::Party;
use crate::tally::{Count, Tally};
use saker_flow_inspection::SecurityClass;

/// Which end of the connection told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The client's.
    Client,
    /// The server's.
    Server,
}

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// TCP
    Tcp,
    /// UDP
    Udp,
}

impl Transport {
    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// One flow, when it closed or while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Who opened it.
    pub client: Party,
    /// Who accepted it.
    pub server: Party,
    /// Port of the server.
    pub server_port: u16,
    /// What carries it.
    pub transport: Transport,
    /// What protected it; `None` where it needs no protection of its own: to and from the own proxy, probes of
    /// the node, and what stays on the loopback interface.
    pub protection: Option<SecurityClass>,
    /// What it speaks, where that was recognised.
    pub protocol: Option<&'static str>,
    /// Which end told.
    pub evidence: Evidence,
    /// When it was opened, milliseconds since the epoch.
    pub opened_wall_ms: u64,
    /// When this was observed, milliseconds since the epoch.
    pub seen_wall_ms: u64,
    /// One when it is entered for the first time, none later.
    pub connections: u64,
    /// Payload bytes in both directions, since it was last entered.
    pub bytes: u64,
}

impl Observation {
    /// What is to be added to the tally of its class.
    pub(crate) fn tally(&self) -> Tally {
        let count = Count {
            connections: self.connections,
            bytes: self.bytes,
        };
        let (client_end, server_end) = match self.evidence {
            Evidence::Client => (count, Count::default()),
            Evidence::Server => (Count::default(), count),
        };
        Tally {
            first_wall_ms: self.opened_wall_ms.min(self.seen_wall_ms),
            last_wall_ms: self.seen_wall_ms,
            client_end,
            server_end,
            protocols: self.protocol.into_iter().map(Box::from).collect(),
        }
    }
}
