//! Sockets: who is client and who is server.

use super::DescriptorKind;
use saker_event_decode::socket::{AF_INET, AF_INET6, AF_UNIX, TCP_ESTABLISHED, TCP_LISTEN};
use saker_event_decode::{L4Protocol, SocketAddressView, SocketView};
use saker_event_schema::{EventId, event, socket_role};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};

/// `AF_NETLINK`.
const AF_NETLINK: u16 = 16;
/// `-EINPROGRESS`: a connection has begun.
const IN_PROGRESS: i64 = -115;

/// Which end of a connection the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It connected.
    Client,
    /// It accepted.
    Server,
    /// It takes connections: bound or listening.
    Listener,
    /// Neither is known.
    None,
}

impl Role {
    /// The role that an event with this result gives a socket.
    pub(crate) fn of(id: EventId, result: i64, socket: &SocketView<'_>) -> Self {
        if id == event::CONNECT {
            return Self::Client;
        }
        if id == event::ACCEPT || id == event::ACCEPT4 {
            return Self::Server;
        }
        if id == event::BIND && result < 0 {
            return Self::None;
        }
        if id == event::BIND || id == event::LISTEN || socket.state() == TCP_LISTEN {
            return Self::Listener;
        }
        if !socket.has_remote() {
            return Self::None;
        }
        // A descriptor that was duplicated: the kernel knows a client by its port, else the
        // well-known port is the lower one.
        match socket.tuple.role {
            socket_role::CLIENT => Self::Client,
            socket_role::BOUND | socket_role::ACCEPTED => Self::Server,
            _ if socket.tuple.local_port < socket.tuple.remote_port => Self::Server,
            _ => Self::Client,
        }
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Who connected.
    Client,
    /// Who takes connections.
    Server,
    /// The process's own.
    Local,
    /// The other.
    Remote,
}

/// A socket as an event shows it.
#[derive(Clone, Copy)]
pub(crate) struct Connection<'a> {
    socket: SocketView<'a>,
    address: Option<SocketAddressView<'a>>,
    role: Role,
    result: i64,
}

impl<'a> Connection<'a> {
    /// `address` is what the caller passed, `result` what the call returned.
    pub(crate) const fn new(
        socket: SocketView<'a>,
        address: Option<SocketAddressView<'a>>,
        role: Role,
        result: i64,
    ) -> Self {
        Self {
            socket,
            address,
            role,
            result,
        }
    }

    /// Kind of the descriptor. An IPv6 socket with IPv4 addresses counts as IPv4.
    pub(crate) fn kind(&self) -> DescriptorKind {
        match self.socket.family() {
            AF_INET => DescriptorKind::Ipv4,
            AF_INET6 => match self.remote().or_else(|| self.local()) {
                Some(end) if end.is_ipv4() => DescriptorKind::Ipv4,
                _ => DescriptorKind::Ipv6,
            },
            AF_UNIX => DescriptorKind::Unix,
            AF_NETLINK => DescriptorKind::Netlink,
            _ => DescriptorKind::Unknown,
        }
    }

    /// Transport; `None` for other than IP sockets, and before the socket has an address.
    pub(crate) fn l4_protocol(&self) -> Option<L4Protocol> {
        match self.role {
            Role::None => None,
            _ => self.socket.l4_protocol(),
        }
    }

    /// One end; a listener has a server and no other end.
    pub(crate) fn end(&self, end: End) -> Option<SocketAddr> {
        match end {
            End::Client => self.client(),
            End::Server => self.server(),
            End::Local => self.remote().and_then(|_| self.local()),
            End::Remote => self.remote(),
        }
    }

    fn local(&self) -> Option<SocketAddr> {
        self.socket.local().map(canonical)
    }

    /// When a connection failed, the kernel has forgotten it and the caller's words
    /// are all there is.
    fn remote(&self) -> Option<SocketAddr> {
        match self.role {
            Role::Client if !self.socket.has_remote() => match self.address {
                Some(SocketAddressView::Ip(address)) => Some(canonical(address)),
                _ => None,
            },
            Role::Client | Role::Server => self.socket.remote().map(canonical),
            Role::Listener | Role::None => None,
        }
    }

    fn client(&self) -> Option<SocketAddr> {
        match self.role {
            Role::Client => self.remote().and_then(|_| self.local()),
            Role::Server => self.remote(),
            _ => None,
        }
    }

    fn server(&self) -> Option<SocketAddr> {
        match self.role {
            Role::Client => self.remote(),
            Role::Server | Role::Listener => self.local(),
            Role::None => None,
        }
    }

    /// Both ends, client first; a listener has one.
    pub(crate) fn ends(&self) -> impl Iterator<Item = SocketAddr> + use<> {
        self.client().into_iter().chain(self.server())
    }

    /// Whether the process is the server, or takes connections.
    pub(crate) const fn is_server(&self) -> bool {
        matches!(self.role, Role::Server | Role::Listener)
    }

    /// Whether data can flow: a connection that is merely under way cannot.
    pub(crate) fn is_connected(&self) -> bool {
        match self.role {
            Role::Client => self.result >= 0,
            Role::Server => self.socket.state() == TCP_ESTABLISHED || self.socket.has_remote(),
            Role::Listener | Role::None => false,
        }
    }

    /// Whether the event gave the socket another name than it had: it passed an address.
    pub(crate) const fn is_renamed(&self) -> bool {
        self.address.is_some() && (self.result >= 0 || self.result == IN_PROGRESS)
    }

    /// `ip` or `unix`.
    pub(crate) fn family_name(&self) -> Option<&'static str> {
        match self.socket.family() {
            AF_INET | AF_INET6 => Some("ip"),
            AF_UNIX => Some("unix"),
            _ => None,
        }
    }

    /// Path of a unix socket: what the kernel has, else what the caller passed.
    fn unix_path(&self) -> &'a [u8] {
        match self.address {
            Some(SocketAddressView::Unix(path)) if self.socket.unix_path.is_empty() => path,
            _ => self.socket.unix_path,
        }
    }

    /// Appends `fd.name`: `client->server`, the address of a listener, the path of a unix socket;
    /// nothing for a socket without addresses.
    pub(crate) fn append_name(&self, out: &mut Vec<u8>) {
        if self.socket.family() == AF_UNIX {
            out.extend_from_slice(self.unix_path());
            return;
        }
        let mut separator: &[u8] = b"";
        for end in self.ends() {
            out.extend_from_slice(separator);
            append_address(end, out);
            separator = b"->";
        }
    }
}

/// An IPv4 address in IPv6 clothing becomes an IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Appends `address:port`; Falco puts no brackets around an IPv6 address.
pub(crate) fn append_address(address: SocketAddr, out: &mut Vec<u8>) {
    let port = address.port();
    let written = match address.ip() {
        IpAddr::V4(ip) => write!(out, "{ip}:{port}"),
        IpAddr::V6(ip) => write!(out, "{ip}:{port}"),
    };
    debug_assert!(written.is_ok(), "a vector takes every byte");
}
