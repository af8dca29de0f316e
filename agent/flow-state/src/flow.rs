//! A connection as one of its ends sees it.

use saker_flow_inspection::{Classification, DnsMessage, Transport};
use saker_process_state::Process;
use std::net::SocketAddr;
use std::sync::Arc;

/// Names a flow while the host runs: the cookie of its socket, and for datagram sockets the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId {
    /// Cookie of the socket.
    pub cookie: u64,
    /// The peer of a datagram socket; `None` for streams.
    pub peer: Option<SocketAddr>,
}

/// Which end of a connection this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It opened the connection.
    Client,
    /// It accepted the connection.
    Server,
    /// The kernel did not say.
    #[default]
    Unknown,
}

impl Role {
    /// The value of `flow.role`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Unknown => "unknown",
        }
    }
}

/// What went over a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Payload bytes that this end sent.
    pub sent_bytes: u64,
    /// Payload bytes that this end received.
    pub received_bytes: u64,
}

/// The client's end of a connection whose server's end is on the same host.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose it is; `None` where that is not known.
    pub process: Option<Arc<Process>>,
    /// What it connected to, as its socket has it: a redirection on the way may have led elsewhere.
    pub target: SocketAddr,
}

/// A connection as one of its ends sees it.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its name.
    pub id: FlowId,
    /// What carries it.
    pub transport: Transport,
    /// Which end this is.
    pub role: Role,
    /// The address of this end, as its socket has it.
    pub local: SocketAddr,
    /// The address of the other end, as this socket has it.
    pub remote: SocketAddr,
    /// The addresses as packets carry them (this end, other end), where they differ: after a redirection
    /// or address translation.
    pub on_wire: Option<(SocketAddr, SocketAddr)>,
    /// Index of the interface that packets took, in its network namespace; 1 is the loopback interface.
    pub interface: Option<u32>,
    /// Inode number of the network namespace; 0 where it is not known.
    pub network_namespace: u32,
    /// When it was opened, nanoseconds since boot.
    pub opened_boot_ns: u64,
    /// What it is.
    pub classification: Classification,
    /// What went over it so far.
    pub traffic: Traffic,
    /// Names by which DNS gave this host the other end's address, the latest first.
    pub remote_names: Box<[Arc<str>]>,
    /// Of a server's end, who opened the connection, where that is somebody of this host.
    pub caller: Option<Caller>,
}

impl Flow {
    /// Whether it stays on the loopback interface.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.interface == Some(1)
    }

    /// The client's address and the server's, as the socket has them. An unknown role counts as the
    /// client's.
    #[must_use]
    pub const fn ends(&self) -> (SocketAddr, SocketAddr) {
        match self.role {
            Role::Server => (self.remote, self.local),
            Role::Client | Role::Unknown => (self.local, self.remote),
        }
    }
}

/// What happened to a flow.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowEventKind {
    /// What it is became known, or will not become known (`evt.type` is `flow_classified`).
    Classified,
    /// It ended after so many nanoseconds (`flow_closed`).
    Closed {
        /// How long it was open, nanoseconds.
        duration_ns: u64,
    },
    /// A DNS message was sent or received over it (`dns_query`, `dns_answer`).
    Dns(DnsMessage),
}

impl FlowEventKind {
    /// The value of `evt.type`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Classified => "flow_classified",
            Self::Closed { .. } => "flow_closed",
            Self::Dns(message) => {
                if message.is_response {
                    "dns_answer"
                } else {
                    "dns_query"
                }
            }
        }
    }
}

/// What rules of the source `flow` see.
#[derive(Clone, Debug)]
pub struct FlowEvent {
    /// What happened.
    pub kind: FlowEventKind,
    /// When, nanoseconds since boot.
    pub time_boot_ns: u64,
    /// To which flow, as it was then.
    pub flow: Arc<Flow>,
}
