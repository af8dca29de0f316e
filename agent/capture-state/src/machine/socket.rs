//! The addresses of a socket in the layout in which Falco keeps them.
//!
//! Falco lays all kinds of addresses over one another and does not clear them when the kind of a
//! socket changes, so what one kind left behind shows in the next, and it looks for the ports of any
//! socket where those of IPv4 are to guess who is the server. Whoever wants the same values must keep
//! the same bytes.

use super::parameter::low;
use crate::descriptor::{DescriptorKind, Endpoint, L4Protocol};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Falco's numbers of protocols.
pub(super) mod protocol {
    pub(crate) const UNKNOWN: u8 = 0;
    pub(crate) const TCP: u8 = 2;
    pub(crate) const UDP: u8 = 3;
    pub(crate) const ICMP: u8 = 4;
    pub(crate) const RAW: u8 = 5;
}

/// Bytes of the largest kind: two addresses of IPv6, two ports, the protocol.
const BYTES: usize = 37;

/// What kind of addresses the bytes are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Ipv4,
    Ipv6,
    Ipv4Server,
    Ipv6Server,
    Unix,
}

/// Addresses of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Addresses([u8; BYTES]);

/// Where a number of a layout stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<const N: usize>(usize);

pub(super) const SOURCE_IPV4: Place<4> = Place(0);
pub(super) const DESTINATION_IPV4: Place<4> = Place(4);
pub(super) const SOURCE_PORT_IPV4: Place<2> = Place(8);
pub(super) const DESTINATION_PORT_IPV4: Place<2> = Place(10);
pub(super) const PROTOCOL_IPV4: Place<1> = Place(12);
pub(super) const SOURCE_IPV6: Place<16> = Place(0);
pub(super) const DESTINATION_IPV6: Place<16> = Place(16);
pub(super) const SOURCE_PORT_IPV6: Place<2> = Place(32);
pub(super) const DESTINATION_PORT_IPV6: Place<2> = Place(34);
pub(super) const PROTOCOL_IPV6: Place<1> = Place(36);
pub(super) const SERVER_IPV4: Place<4> = Place(0);
pub(super) const SERVER_PORT_IPV4: Place<2> = Place(4);
pub(super) const SERVER_PROTOCOL_IPV4: Place<1> = Place(6);
pub(super) const SERVER_IPV6: Place<16> = Place(0);
pub(super) const SERVER_PORT_IPV6: Place<2> = Place(16);
pub(super) const SERVER_PROTOCOL_IPV6: Place<1> = Place(18);
pub(super) const SOURCE_UNIX: Place<8> = Place(0);
pub(super) const DESTINATION_UNIX: Place<8> = Place(8);

impl Default for Addresses {
    fn default() -> Self {
        Self([0; BYTES])
    }
}

impl Addresses {
    pub(super) fn get<const N: usize>(&self, place: Place<N>) -> [u8; N] {
        let bytes = self.0.get(place.0..).and_then(<[u8]>::first_chunk::<N>);
        bytes.copied().unwrap_or([0; N])
    }

    pub(super) fn set<const N: usize>(&mut self, place: Place<N>, value: [u8; N]) {
        let bytes = self.0.get_mut(place.0..);
        if let Some(bytes) = bytes.and_then(<[u8]>::first_chunk_mut::<N>) {
            *bytes = value;
        }
    }

    pub(super) fn protocol(&self, place: Place<1>) -> u8 {
        let [protocol] = self.get(place);
        protocol
    }

    /// The bytes that a kind stands for.
    pub(super) fn of(kind: &DescriptorKind) -> Self {
        let mut bytes = Self::default();
        match *kind {
            DescriptorKind::Ipv4 {
                source,
                destination,
                protocol,
            } => {
                bytes.set(SOURCE_IPV4, ipv4(source.ip));
                bytes.set(DESTINATION_IPV4, ipv4(destination.ip));
                bytes.set(SOURCE_PORT_IPV4, source.port.to_le_bytes());
                bytes.set(DESTINATION_PORT_IPV4, destination.port.to_le_bytes());
                bytes.set(PROTOCOL_IPV4, [number_of(protocol)]);
            }
            DescriptorKind::Ipv6 {
                source,
                destination,
                protocol,
            } => {
                bytes.set(SOURCE_IPV6, ipv6(source.ip));
                bytes.set(DESTINATION_IPV6, ipv6(destination.ip));
                bytes.set(SOURCE_PORT_IPV6, source.port.to_le_bytes());
                bytes.set(DESTINATION_PORT_IPV6, destination.port.to_le_bytes());
                bytes.set(PROTOCOL_IPV6, [number_of(protocol)]);
            }
            DescriptorKind::Ipv4Server { local, protocol } => {
                bytes.set(SERVER_IPV4, ipv4(local.ip));
                bytes.set(SERVER_PORT_IPV4, local.port.to_le_bytes());
                bytes.set(SERVER_PROTOCOL_IPV4, [number_of(protocol)]);
            }
            DescriptorKind::Ipv6Server { local, protocol } => {
                bytes.set(SERVER_IPV6, ipv6(local.ip));
                bytes.set(SERVER_PORT_IPV6, local.port.to_le_bytes());
                bytes.set(SERVER_PROTOCOL_IPV6, [number_of(protocol)]);
            }
            DescriptorKind::Unix {
                source,
                destination,
            } => {
                bytes.set(SOURCE_UNIX, source.to_le_bytes());
                bytes.set(DESTINATION_UNIX, destination.to_le_bytes());
            }
            _ => {}
        }
        bytes
    }

    /// What the bytes mean in a layout.
    pub(super) fn kind(&self, layout: Layout) -> DescriptorKind {
        match layout {
            Layout::Ipv4 => DescriptorKind::Ipv4 {
                source: endpoint4(self.get(SOURCE_IPV4), self.get(SOURCE_PORT_IPV4)),
                destination: endpoint4(self.get(DESTINATION_IPV4), self.get(DESTINATION_PORT_IPV4)),
                protocol: protocol_of(self.protocol(PROTOCOL_IPV4)),
            },
            Layout::Ipv6 => DescriptorKind::Ipv6 {
                source: endpoint6(self.get(SOURCE_IPV6), self.get(SOURCE_PORT_IPV6)),
                destination: endpoint6(self.get(DESTINATION_IPV6), self.get(DESTINATION_PORT_IPV6)),
                protocol: protocol_of(self.protocol(PROTOCOL_IPV6)),
            },
            Layout::Ipv4Server => DescriptorKind::Ipv4Server {
                local: endpoint4(self.get(SERVER_IPV4), self.get(SERVER_PORT_IPV4)),
                protocol: protocol_of(self.protocol(SERVER_PROTOCOL_IPV4)),
            },
            Layout::Ipv6Server => DescriptorKind::Ipv6Server {
                local: endpoint6(self.get(SERVER_IPV6), self.get(SERVER_PORT_IPV6)),
                protocol: protocol_of(self.protocol(SERVER_PROTOCOL_IPV6)),
            },
            Layout::Unix => DescriptorKind::Unix {
                source: u64::from_le_bytes(self.get(SOURCE_UNIX)),
                destination: u64::from_le_bytes(self.get(DESTINATION_UNIX)),
            },
        }
    }

    /// Exchanges source and destination of a connection.
    pub(super) fn swap(&mut self, layout: Layout) {
        if layout == Layout::Ipv4 {
            self.exchange(SOURCE_IPV4, DESTINATION_IPV4);
            self.exchange(SOURCE_PORT_IPV4, DESTINATION_PORT_IPV4);
        } else {
            self.exchange(SOURCE_IPV6, DESTINATION_IPV6);
            self.exchange(SOURCE_PORT_IPV6, DESTINATION_PORT_IPV6);
        }
    }

    fn exchange<const N: usize>(&mut self, one: Place<N>, other: Place<N>) {
        let value = self.get(one);
        self.set(one, self.get(other));
        self.set(other, value);
    }

    /// Writes the name of a connection: both ends, without ports where the protocol has none.
    pub(super) fn write_name(&self, layout: Layout, out: &mut String) {
        match layout {
            Layout::Ipv4 => {
                let ends = (self.get(SOURCE_IPV4), self.get(DESTINATION_IPV4));
                match self.protocol(PROTOCOL_IPV4) {
                    protocol::TCP | protocol::UDP => write_tuple4(
                        (ends.0, self.get(SOURCE_PORT_IPV4)),
                        (ends.1, self.get(DESTINATION_PORT_IPV4)),
                        out,
                    ),
                    protocol::ICMP | protocol::RAW => write_addresses4(ends.0, ends.1, out),
                    _ => out.push_str("<unknown>"),
                }
            }
            Layout::Ipv6 => self.write_name6(out),
            Layout::Ipv4Server | Layout::Ipv6Server | Layout::Unix => {}
        }
    }

    /// Writes the addresses with their ports.
    pub(super) fn write_ends(&self, layout: Layout, out: &mut String) {
        match layout {
            Layout::Ipv4 => write_tuple4(
                (self.get(SOURCE_IPV4), self.get(SOURCE_PORT_IPV4)),
                (self.get(DESTINATION_IPV4), self.get(DESTINATION_PORT_IPV4)),
                out,
            ),
            Layout::Ipv6 => write_tuple6(
                (self.get(SOURCE_IPV6), self.get(SOURCE_PORT_IPV6)),
                (self.get(DESTINATION_IPV6), self.get(DESTINATION_PORT_IPV6)),
                out,
            ),
            Layout::Ipv4Server => {
                write_endpoint4((self.get(SERVER_IPV4), self.get(SERVER_PORT_IPV4)), out);
            }
            Layout::Ipv6Server => {
                write_endpoint6((self.get(SERVER_IPV6), self.get(SERVER_PORT_IPV6)), out);
            }
            Layout::Unix => {}
        }
    }

    fn write_name6(&self, out: &mut String) {
        let source = self.get(SOURCE_IPV6);
        let destination = self.get(DESTINATION_IPV6);
        let mapped = mapped_ipv4(source).zip(mapped_ipv4(destination));
        match (self.protocol(PROTOCOL_IPV6), mapped) {
            // The ports are those that the layout of IPv4 has.
            (protocol::TCP | protocol::UDP, Some((source, destination))) => write_tuple4(
                (source, self.get(SOURCE_PORT_IPV4)),
                (destination, self.get(DESTINATION_PORT_IPV4)),
                out,
            ),
            (protocol::TCP | protocol::UDP, None) => write_tuple6(
                (source, self.get(SOURCE_PORT_IPV6)),
                (destination, self.get(DESTINATION_PORT_IPV6)),
                out,
            ),
            (protocol::ICMP, Some((source, destination))) => {
                write_addresses4(source, destination, out);
            }
            (protocol::ICMP, None) => {
                write_ipv6(source, out);
                out.push_str("->");
                write_ipv6(destination, out);
            }
            _ => out.push_str("<unknown>"),
        }
    }
}

fn write_addresses4(source: [u8; 4], destination: [u8; 4], out: &mut String) {
    write(
        out,
        format_args!(
            "{}->{}",
            Ipv4Addr::from(source),
            Ipv4Addr::from(destination)
        ),
    );
}

/// Writes both ends of a connection over IPv4.
pub(super) fn write_tuple4(
    source: ([u8; 4], [u8; 2]),
    destination: ([u8; 4], [u8; 2]),
    out: &mut String,
) {
    write_endpoint4(source, out);
    out.push_str("->");
    write_endpoint4(destination, out);
}

/// Writes both ends of a connection over IPv6.
pub(super) fn write_tuple6(
    source: ([u8; 16], [u8; 2]),
    destination: ([u8; 16], [u8; 2]),
    out: &mut String,
) {
    write_endpoint6(source, out);
    out.push_str("->");
    write_endpoint6(destination, out);
}

pub(super) fn write_endpoint4((ip, port): ([u8; 4], [u8; 2]), out: &mut String) {
    let port = u16::from_le_bytes(port);
    write(out, format_args!("{}:{port}", Ipv4Addr::from(ip)));
}

pub(super) fn write_endpoint6((ip, port): ([u8; 16], [u8; 2]), out: &mut String) {
    write_ipv6(ip, out);
    write(out, format_args!(":{}", u16::from_le_bytes(port)));
}

/// Writes both ends of a unix socket and the path.
pub(super) fn write_unix_ends(source: [u8; 8], destination: [u8; 8], out: &mut String) {
    let (source, destination) = (u64::from_le_bytes(source), u64::from_le_bytes(destination));
    write(out, format_args!("{source:x}->{destination:x} "));
}

/// Writes an address as the C library does: where it ends in one of IPv4, with dots.
pub(super) fn write_ipv6(ip: [u8; 16], out: &mut String) {
    let address = Ipv6Addr::from(ip);
    let tail = Ipv4Addr::from(low_ipv4(ip));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => write(out, format_args!("::{tail}")),
        _ => write(out, format_args!("{address}")),
    }
}

pub(super) fn write(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    out.write_fmt(arguments).unwrap_or_default();
}

/// The address of IPv4 that one of IPv6 stands for: mapped, or all zeros.
pub(super) fn mapped_ipv4(ip: [u8; 16]) -> Option<[u8; 4]> {
    let is_mapped = ip.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    (is_mapped || ip == [0; 16]).then(|| low_ipv4(ip))
}

fn low_ipv4(ip: [u8; 16]) -> [u8; 4] {
    low(u128_low(ip)).to_be_bytes()
}

fn u128_low(ip: [u8; 16]) -> u64 {
    u64::try_from(u128::from_be_bytes(ip) & u128::from(u64::MAX)).unwrap_or_default()
}

fn ipv4(ip: IpAddr) -> [u8; 4] {
    match ip {
        IpAddr::V4(ip) => ip.octets(),
        IpAddr::V6(ip) => low_ipv4(ip.octets()),
    }
}

fn ipv6(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}

fn endpoint4(ip: [u8; 4], port: [u8; 2]) -> Endpoint {
    Endpoint {
        ip: IpAddr::V4(ip.into()),
        port: u16::from_le_bytes(port),
    }
}

fn endpoint6(ip: [u8; 16], port: [u8; 2]) -> Endpoint {
    Endpoint {
        ip: IpAddr::V6(ip.into()),
        port: u16::from_le_bytes(port),
    }
}

const fn number_of(protocol: L4Protocol) -> u8 {
    match protocol {
        L4Protocol::Unknown => protocol::UNKNOWN,
        L4Protocol::NotApplicable => 1,
        L4Protocol::Tcp => protocol::TCP,
        L4Protocol::Udp => protocol::UDP,
        L4Protocol::Icmp => protocol::ICMP,
        L4Protocol::Raw => protocol::RAW,
    }
}

const fn protocol_of(number: u8) -> L4Protocol {
    match number {
        1 => L4Protocol::NotApplicable,
        protocol::TCP => L4Protocol::Tcp,
        protocol::UDP => L4Protocol::Udp,
        protocol::ICMP => L4Protocol::Icmp,
        protocol::RAW => L4Protocol::Raw,
        _ => L4Protocol::Unknown,
    }
}
