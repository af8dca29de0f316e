//! What is entered.

use saker_flow_inspection::SecurityClass;
use std::net::IpAddr;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// A workload of the cluster.
    Workload {
        /// Namespace.
        namespace: Box<str>,
        /// `Deployment/cart`, or `Pod/cart-0` where nothing owns it.
        workload: Box<str>,
    },
    /// A service by whose address it was reached.
    Service {
        /// Namespace.
        namespace: Box<str>,
        /// Name.
        name: Box<str>,
    },
    /// A node, or a pod in its network.
    Node(Box<str>),
    /// A container or program of this host, where there is no cluster.
    Local(Box<str>),
    /// An address that nobody knows.
    Address(IpAddr),
}

/// Which end of the connection told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The client's.
    Client,
    /// The server's.
    Server,
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
    /// What protected it.
    pub class: SecurityClass,
    /// Which end told.
    pub evidence: Evidence,
    /// When it was opened, milliseconds since the epoch.
    pub opened_wall_ms: u64,
    /// When this was observed, milliseconds since the epoch.
    pub seen_wall_ms: u64,
    /// Payload bytes in both directions, since it was last entered.
    pub bytes: u64,
}
