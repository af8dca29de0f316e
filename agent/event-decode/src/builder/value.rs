//! Values that an argument can be set to.

use crate::socket::{
    AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM, TCP_ESTABLISHED,
};
use saker_event_schema::SocketTuple;
use std::net::{IpAddr, SocketAddr};
use zerocopy::IntoBytes;

/// The value of one argument of a record to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value (data only).
    Missing,
    /// A number with sign.
    Signed(i64),
    /// A number without sign.
    Unsigned(u64),
    /// Bytes.
    Data {
        /// The bytes as they go on the wire.
        bytes: Vec<u8>,
        /// Bits of [`data_flag`](saker_event_schema::data_flag).
        flags: u16,
    },
}

impl Value {
    /// Bytes with flags, for a path that was cut or whose file has no name any more.
    #[must_use]
    pub fn flagged(bytes: impl AsRef<[u8]>, flags: u16) -> Self {
        Self::Data {
            bytes: bytes.as_ref().to_vec(),
            flags,
        }
    }

    /// A socket, and for a unix socket its path.
    #[must_use]
    pub fn socket(tuple: SocketTuple, unix_path: &[u8]) -> Self {
        Self::flagged([tuple.as_bytes(), unix_path].concat(), 0)
    }

    /// A connected TCP socket.
    #[must_use]
    pub fn tcp(local: SocketAddr, remote: SocketAddr) -> Self {
        let mut tuple = tuple_of(local, remote);
        tuple.socket_type = SOCK_STREAM;
        tuple.protocol = IPPROTO_TCP;
        tuple.state = TCP_ESTABLISHED;
        Self::socket(tuple, b"")
    }

    /// A UDP socket.
    #[must_use]
    pub fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        let mut tuple = tuple_of(local, remote);
        tuple.socket_type = SOCK_DGRAM;
        tuple.protocol = IPPROTO_UDP;
        Self::socket(tuple, b"")
    }

    /// A unix stream socket with this path.
    #[must_use]
    pub fn unix(path: impl AsRef<[u8]>) -> Self {
        let tuple = SocketTuple {
            family: AF_UNIX,
            socket_type: SOCK_STREAM,
            ..SocketTuple::default()
        };
        Self::socket(tuple, path.as_ref())
    }

    /// A `struct sockaddr_in` or `sockaddr_in6`.
    #[must_use]
    pub fn socket_address(address: SocketAddr) -> Self {
        let port = address.port().to_be_bytes();
        let bytes = match address.ip() {
            IpAddr::V4(ip) => [&AF_INET.to_ne_bytes()[..], &port, &ip.octets(), &[0; 8]].concat(),
            IpAddr::V6(ip) => [
                &AF_INET6.to_ne_bytes()[..],
                &port,
                &[0; 4],
                &ip.octets(),
                &[0; 4],
            ]
            .concat(),
        };
        Self::flagged(bytes, 0)
    }

    /// A `struct sockaddr_un`.
    #[must_use]
    pub fn unix_address(path: impl AsRef<[u8]>) -> Self {
        Self::flagged(
            [&AF_UNIX.to_ne_bytes()[..], path.as_ref(), &[0]].concat(),
            0,
        )
    }

    /// NUL-terminated strings, one after the other.
    #[must_use]
    pub fn strings<T: AsRef<[u8]>>(strings: impl IntoIterator<Item = T>) -> Self {
        let mut bytes = Vec::new();
        for string in strings {
            bytes.extend_from_slice(string.as_ref());
            bytes.push(0);
        }
        Self::Data { bytes, flags: 0 }
    }
}

fn tuple_of(local: SocketAddr, remote: SocketAddr) -> SocketTuple {
    SocketTuple {
        family: if local.is_ipv4() { AF_INET } else { AF_INET6 },
        local_port: local.port(),
        remote_port: remote.port(),
        local_address: address_bytes(local.ip()),
        remote_address: address_bytes(remote.ip()),
        ..SocketTuple::default()
    }
}

fn address_bytes(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

macro_rules! from_numbers {
    ($($number:ty => $variant:ident),*) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::$variant(number.into())
            }
        }
    )*};
}

from_numbers!(i32 => Signed, i64 => Signed, u16 => Unsigned, u32 => Unsigned, u64 => Unsigned, bool => Unsigned);

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::flagged(bytes, 0)
    }
}

impl<const LENGTH: usize> From<&[u8; LENGTH]> for Value {
    fn from(bytes: &[u8; LENGTH]) -> Self {
        Self::flagged(bytes, 0)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Data { bytes, flags: 0 }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::flagged(text, 0)
    }
}

/// An argument vector or environment.
impl<const LENGTH: usize> From<[&str; LENGTH]> for Value {
    fn from(strings: [&str; LENGTH]) -> Self {
        Self::strings(strings)
    }
}

/// An argument vector or environment.
impl From<&[&str]> for Value {
    fn from(strings: &[&str]) -> Self {
        Self::strings(strings)
    }
}
