//! Addresses of sockets as texts.

use super::append;
use crate::printable;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Families, in Falco's numbering.
const UNIX: u8 = 1;
const IPV4: u8 = 2;
const IPV6: u8 = 10;

/// Appends one address: family, then as the family has it.
pub(super) fn append_address(bytes: &[u8], out: &mut Vec<u8>) {
    let Some((family, rest)) = bytes.split_first() else {
        return;
    };
    match *family {
        UNIX => printable::append(until_nul(rest), out),
        IPV4 => match rest {
            [a, b, c, d, low, high] => {
                let ip = Ipv4Addr::new(*a, *b, *c, *d);
                append_end(ip.into(), [*low, *high], out);
            }
            _ => out.extend_from_slice(b"INVALID IPv4"),
        },
        IPV6 => match ipv6_end(rest) {
            Some((ip, port, [])) => append_end(ip, port, out),
            _ => out.extend_from_slice(b"INVALID IPv6"),
        },
        family => append(out, format_args!("family {family}")),
    }
}

/// Appends both ends of a connection: family, source, destination.
pub(super) fn append_tuple(bytes: &[u8], out: &mut Vec<u8>) {
    let Some((family, rest)) = bytes.split_first() else {
        return;
    };
    match *family {
        IPV4 => match *rest {
            [a, b, c, d, port0, port1, e, f, g, h, port2, port3] => {
                append_end(Ipv4Addr::new(a, b, c, d).into(), [port0, port1], out);
                out.extend_from_slice(b"->");
                append_end(Ipv4Addr::new(e, f, g, h).into(), [port2, port3], out);
            }
            _ => out.extend_from_slice(b"INVALID IPv4"),
        },
        IPV6 => append_ipv6_tuple(rest, out),
        UNIX => append_unix_tuple(rest, out),
        family => append(out, format_args!("family {family}")),
    }
}

fn append_ipv6_tuple(bytes: &[u8], out: &mut Vec<u8>) {
    let source = ipv6_end(bytes);
    let destination = source.and_then(|(_, _, rest)| ipv6_end(rest));
    let (Some((source, source_port, _)), Some((destination, destination_port, []))) =
        (source, destination)
    else {
        out.extend_from_slice(b"INVALID IPv6");
        return;
    };
    let (source, destination) = match (mapped(source), mapped(destination)) {
        (Some(from), Some(to)) => (from, to),
        _ => (source, destination),
    };
    append_end(source, source_port, out);
    out.extend_from_slice(b"->");
    append_end(destination, destination_port, out);
}

/// Appends the addresses of both ends of a unix socket and its path.
fn append_unix_tuple(bytes: &[u8], out: &mut Vec<u8>) {
    let source = bytes.split_first_chunk::<8>();
    let destination = source.and_then(|(_, rest)| rest.split_first_chunk::<8>());
    let (Some((source, _)), Some((destination, path))) = (source, destination) else {
        return;
    };
    let (source, destination) = (
        u64::from_le_bytes(*source),
        u64::from_le_bytes(*destination),
    );
    append(out, format_args!("{source:x}->{destination:x} "));
    printable::append(until_nul(path), out);
}

/// An address of IPv6 with its port, and what follows.
fn ipv6_end(bytes: &[u8]) -> Option<(IpAddr, [u8; 2], &[u8])> {
    let (address, rest) = bytes.split_first_chunk::<16>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some((Ipv6Addr::from(*address).into(), *port, rest))
}

/// The address of IPv4 that one of IPv6 stands for; the unspecified address counts as one.
fn mapped(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V6(address) if address.is_unspecified() => Some(Ipv4Addr::UNSPECIFIED.into()),
        IpAddr::V6(address) => address.to_ipv4_mapped().map(IpAddr::V4),
        IpAddr::V4(_) => Some(address),
    }
}

/// Appends `address:port`, without brackets also for IPv6.
fn append_end(ip: IpAddr, port: [u8; 2], out: &mut Vec<u8>) {
    let port = u16::from_le_bytes(port);
    match ip {
        IpAddr::V6(address) => match compatible(address) {
            Some(ipv4) => append(out, format_args!("::{ipv4}:{port}")),
            None => append(out, format_args!("{address}:{port}")),
        },
        IpAddr::V4(address) => append(out, format_args!("{address}:{port}")),
    }
}

/// The last four bytes where only they are set, which C prints as an address of IPv4.
fn compatible(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => address.to_ipv4(),
        _ => None,
    }
}

fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}
