//! What a descriptor refers to.

use std::net::{IpAddr, SocketAddr};

/// One open descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// What it refers to.
    pub kind: DescriptorKind,
    /// `fd.name`: the path, or both ends of a connection as text.
    pub name: Box<[u8]>,
    /// `fd.nameraw`: the path as the caller passed it; empty when the capture does not tell.
    pub name_raw: Box<[u8]>,
    /// How it was opened: Falco's `PPM_O_*` bits.
    pub open_flags: u32,
    /// Device; 0 when not known.
    pub device: u32,
    /// Inode; 0 when not known.
    pub inode: u64,
    /// Client or server, for sockets.
    pub role: Role,
    /// Whether it is connected, for sockets.
    pub state: SocketState,
    /// Whether the file lies in the upper layer of an overlay.
    pub is_overlay_upper: bool,
    /// Whether the file lies in the lower layer of an overlay.
    pub is_overlay_lower: bool,
    /// Process that a pidfd refers to; 0 for others.
    pub pid: i64,
}

/// One end of a connection, as the capture has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

/// What a descriptor refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DescriptorKind {
    /// Not known.
    #[default]
    Unknown,
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A connection over IPv4: client (source) and server (destination) as Falco has them.
    Ipv4 {
        /// Source.
        source: Endpoint,
        /// Destination.
        destination: Endpoint,
        /// Protocol.
        protocol: L4Protocol,
    },
    /// A connection over IPv6.
    Ipv6 {
        /// Source.
        source: Endpoint,
        /// Destination.
        destination: Endpoint,
        /// Protocol.
        protocol: L4Protocol,
    },
    /// A listening socket of IPv4.
    Ipv4Server {
        /// Where it listens.
        local: Endpoint,
        /// Protocol.
        protocol: L4Protocol,
    },
    /// A listening socket of IPv6.
    Ipv6Server {
        /// Where it listens.
        local: Endpoint,
        /// Protocol.
        protocol: L4Protocol,
    },
    /// A unix socket; the addresses are those of kernel objects.
    Unix {
        /// Source.
        source: u64,
        /// Destination.
        destination: u64,
    },
    /// A pipe.
    Fifo,
    /// An eventfd.
    Event,
    /// A signalfd.
    SignalFd,
    /// An epoll instance.
    EventPoll,
    /// An inotify instance.
    Inotify,
    /// A timerfd.
    TimerFd,
    /// A netlink socket.
    Netlink,
    /// An object of BPF.
    Bpf,
    /// A userfaultfd.
    UserFaultFd,
    /// An io_uring.
    IoUring,
    /// A file in memory.
    MemFd,
    /// A process.
    PidFd,
    /// A kind that Falco does not support.
    Unsupported,
}

/// A protocol on top of IP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum L4Protocol {
    /// Not known.
    #[default]
    Unknown,
    /// None that applies.
    NotApplicable,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// Raw IP.
    Raw,
}

/// Which end of a connection a process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Not known.
    #[default]
    None,
    /// It connected.
    Client,
    /// It listens or accepted.
    Server,
    /// It was taken for both, one after the other; Falco's `fd.is_server` is true then.
    Both,
}

/// Whether a socket is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SocketState {
    /// Not known, or never asked to be.
    #[default]
    None,
    /// Connected.
    Connected,
    /// Still connecting.
    Pending,
    /// The attempt failed.
    Failed,
}

impl Role {
    /// Whether it was taken for a server.
    #[must_use]
    pub const fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::Both)
    }

    /// Whether it was taken for a client.
    #[must_use]
    pub const fn is_client(self) -> bool {
        matches!(self, Self::Client | Self::Both)
    }
}

impl From<Endpoint> for SocketAddr {
    fn from(endpoint: Endpoint) -> Self {
        Self::new(endpoint.ip, endpoint.port)
    }
}
