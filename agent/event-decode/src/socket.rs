//! Sockets and socket addresses.

use saker_event_schema::SocketTuple;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use zerocopy::FromBytes;

/// `AF_UNIX`.
pub const AF_UNIX: u16 = 1;
/// `AF_INET`.
pub const AF_INET: u16 = 2;
/// `AF_INET6`.
pub const AF_INET6: u16 = 10;

/// `IPPROTO_ICMP`.
pub const IPPROTO_ICMP: u16 = 1;
/// `IPPROTO_TCP`.
pub const IPPROTO_TCP: u16 = 6;
/// `IPPROTO_UDP`.
pub const IPPROTO_UDP: u16 = 17;
/// `IPPROTO_ICMPV6`.
pub const IPPROTO_ICMPV6: u16 = 58;

/// `SOCK_STREAM`.
pub const SOCK_STREAM: u16 = 1;
/// `SOCK_DGRAM`.
pub const SOCK_DGRAM: u16 = 2;
/// `SOCK_RAW`.
pub const SOCK_RAW: u16 = 3;

/// State `TCP_ESTABLISHED`.
pub const TCP_ESTABLISHED: u8 = 1;
/// State `TCP_LISTEN`.
pub const TCP_LISTEN: u8 = 10;

/// Transport of a socket, as `fd.l4proto` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum L4Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP and ICMPv6.
    Icmp,
    /// Any other protocol through a raw socket.
    Raw,
}

impl L4Protocol {
    /// Falco's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Raw => "raw",
        }
    }
}

/// A socket as the kernel has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketView<'a> {
    /// The fixed part.
    pub tuple: SocketTuple,
    /// Path of the bound or peer address of a unix socket, without a terminating NUL; an abstract
    /// name keeps its leading NUL. Empty when there is none.
    pub unix_path: &'a [u8],
}

impl<'a> SocketView<'a> {
    /// Reads a socket, `None` when the bytes are shorter than its fixed part.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (tuple, rest) = SocketTuple::read_from_prefix(bytes).ok()?;
        Some(Self {
            tuple,
            unix_path: unix_name(rest),
        })
    }

    /// Address family (`AF_…`).
    #[must_use]
    pub const fn family(&self) -> u16 {
        self.tuple.family
    }

    /// State of the connection (`TCP_…`); 1 is established.
    #[must_use]
    pub const fn state(&self) -> u8 {
        self.tuple.state
    }

    /// Local address and port of an IPv4 or IPv6 socket; `0.0.0.0:0` when not bound.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        address(
            self.tuple.family,
            self.tuple.local_address,
            self.tuple.local_port,
        )
    }

    /// Remote address and port of an IPv4 or IPv6 socket; `0.0.0.0:0` when not connected.
    #[must_use]
    pub fn remote(&self) -> Option<SocketAddr> {
        address(
            self.tuple.family,
            self.tuple.remote_address,
            self.tuple.remote_port,
        )
    }

    /// Whether the socket has a peer.
    #[must_use]
    pub fn has_remote(&self) -> bool {
        self.tuple.remote_port != 0 || self.tuple.remote_address != [0; 16]
    }

    /// Transport of an IPv4 or IPv6 socket.
    #[must_use]
    pub const fn l4_protocol(&self) -> Option<L4Protocol> {
        if !matches!(self.tuple.family, AF_INET | AF_INET6) {
            return None;
        }
        match (self.tuple.protocol, self.tuple.socket_type) {
            (IPPROTO_TCP, _) | (0, SOCK_STREAM) => Some(L4Protocol::Tcp),
            (IPPROTO_UDP, _) | (0, SOCK_DGRAM) => Some(L4Protocol::Udp),
            (IPPROTO_ICMP | IPPROTO_ICMPV6, _) => Some(L4Protocol::Icmp),
            (_, SOCK_RAW) => Some(L4Protocol::Raw),
            _ => None,
        }
    }
}

fn address(family: u16, bytes: [u8; 16], port: u16) -> Option<SocketAddr> {
    let ip = match family {
        AF_INET => {
            let [a, b, c, d, ..] = bytes;
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        AF_INET6 => IpAddr::V6(Ipv6Addr::from(bytes)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The name of a unix socket: up to the first NUL, except that an abstract name (it begins with
/// one) goes to the end, without the padding that callers who pass the whole struct leave there.
fn unix_name(bytes: &[u8]) -> &[u8] {
    match bytes.split_first() {
        None => bytes,
        Some((0, name)) => {
            let used = name
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last.saturating_add(2));
            bytes.get(..used).unwrap_or_default()
        }
        Some(_) => bytes.split(|byte| *byte == 0).next().unwrap_or_default(),
    }
}

/// A socket address as the caller passed it: `struct sockaddr`, of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketAddressView<'a> {
    /// `AF_INET` and `AF_INET6`.
    Ip(SocketAddr),
    /// `AF_UNIX`: a path, an abstract name with its leading NUL, or empty when unnamed.
    Unix(&'a [u8]),
    /// Another family, or too few bytes for its own.
    Other {
        /// Address family (`AF_…`); `None` with less than two bytes.
        family: Option<u16>,
        /// All the bytes.
        bytes: &'a [u8],
    },
}

impl<'a> SocketAddressView<'a> {
    /// Reads an address. Every length and content is accepted.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Self {
        Self::known(bytes).unwrap_or(Self::Other {
            family: bytes
                .first_chunk::<2>()
                .map(|family| u16::from_ne_bytes(*family)),
            bytes,
        })
    }

    fn known(bytes: &'a [u8]) -> Option<Self> {
        let (family, rest) = bytes.split_first_chunk::<2>()?;
        match u16::from_ne_bytes(*family) {
            AF_UNIX => Some(Self::Unix(unix_name(rest))),
            AF_INET => {
                let (port, rest) = rest.split_first_chunk::<2>()?;
                let ip = Ipv4Addr::from(*rest.first_chunk::<4>()?);
                Some(Self::Ip(SocketAddr::from((ip, u16::from_be_bytes(*port)))))
            }
            AF_INET6 => {
                let (port, rest) = rest.split_first_chunk::<2>()?;
                let (_flow, rest) = rest.split_first_chunk::<4>()?;
                let ip = Ipv6Addr::from(*rest.first_chunk::<16>()?);
                Some(Self::Ip(SocketAddr::from((ip, u16::from_be_bytes(*port)))))
            }
            _ => None,
        }
    }

    /// Address family (`AF_…`).
    #[must_use]
    pub const fn family(&self) -> Option<u16> {
        match self {
            Self::Ip(SocketAddr::V4(_)) => Some(AF_INET),
            Self::Ip(SocketAddr::V6(_)) => Some(AF_INET6),
            Self::Unix(_) => Some(AF_UNIX),
            Self::Other { family, .. } => *family,
        }
    }
}
