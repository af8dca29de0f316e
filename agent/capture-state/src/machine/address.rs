//! Addresses as events carry them.

use super::socket::{write, write_endpoint4, write_endpoint6, write_unix_ends};
use super::tuple::{Tuple4, Tuple6};
use saker_falco_events::append_printable;

/// Families of sockets.
pub(super) mod family {
    pub(crate) const UNIX: u8 = 1;
    pub(crate) const INET: u8 = 2;
    pub(crate) const INET6: u8 = 10;
    pub(crate) const NETLINK: u8 = 16;
}

/// One address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address<'a> {
    Unix { path: &'a [u8] },
    Ipv4([u8; 4], [u8; 2]),
    Ipv6([u8; 16], [u8; 2]),
    Other(u8),
}

/// Both ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tuple<'a> {
    Unix {
        source: [u8; 8],
        destination: [u8; 8],
        path: &'a [u8],
    },
    Ipv4(Tuple4),
    Ipv6(Tuple6),
    Other(u8),
}

impl<'a> Address<'a> {
    /// The address of a parameter; `None` where it has none or breaks off.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (family, mut rest) = bytes.split_first()?;
        Some(match *family {
            family::INET => Self::Ipv4(take(&mut rest)?, take(&mut rest)?),
            family::INET6 => Self::Ipv6(take(&mut rest)?, take(&mut rest)?),
            family::UNIX => Self::Unix { path: path(rest)? },
            family => Self::Other(family),
        })
    }

    /// Writes the address as `evt.arg` does; `length` is that of the parameter.
    pub(super) fn write(&self, length: usize, out: &mut String) {
        match *self {
            Self::Ipv4(ip, port) if length == 7 => write_endpoint4((ip, port), out),
            Self::Ipv4(..) => out.push_str("INVALID IPv4"),
            Self::Ipv6(ip, port) if length == 19 => write_endpoint6((ip, port), out),
            Self::Ipv6(..) => out.push_str("INVALID IPv6"),
            Self::Unix { path } => write_shown(path, out),
            Self::Other(family) => write(out, format_args!("family {family}")),
        }
    }
}

impl<'a> Tuple<'a> {
    /// The ends that a parameter has; `None` where it has none or breaks off.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (family, mut rest) = bytes.split_first()?;
        Some(match *family {
            family::INET => Self::Ipv4(Tuple4 {
                source: take(&mut rest)?,
                source_port: take(&mut rest)?,
                destination: take(&mut rest)?,
                destination_port: take(&mut rest)?,
            }),
            family::INET6 => Self::Ipv6(Tuple6 {
                source: take(&mut rest)?,
                source_port: take(&mut rest)?,
                destination: take(&mut rest)?,
                destination_port: take(&mut rest)?,
            }),
            family::UNIX => Self::Unix {
                source: take(&mut rest)?,
                destination: take(&mut rest)?,
                path: path(rest)?,
            },
            family => Self::Other(family),
        })
    }

    /// Writes the ends as `evt.arg` does; `length` is that of the parameter.
    pub(super) fn write(&self, length: usize, out: &mut String) {
        match *self {
            Self::Ipv4(tuple) if length == 13 => tuple.write(out),
            Self::Ipv4(_) => out.push_str("INVALID IPv4"),
            Self::Ipv6(tuple) if length == 37 => match tuple.mapped() {
                Some(tuple) => tuple.write(out),
                None => tuple.write(out),
            },
            Self::Ipv6(_) => out.push_str("INVALID IPv6"),
            Self::Unix {
                source,
                destination,
                path,
            } => {
                write_unix_ends(source, destination, out);
                write_shown(path, out);
            }
            Self::Other(family) => write(out, format_args!("family {family}")),
        }
    }
}

/// Writes a path as it is shown.
pub(super) fn write_shown(path: &[u8], out: &mut String) {
    let mut shown = Vec::with_capacity(path.len());
    append_printable(path, &mut shown);
    out.push_str(&String::from_utf8_lossy(&shown));
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

/// A path that ends with a NUL.
fn path(rest: &[u8]) -> Option<&[u8]> {
    if rest.last() != Some(&0) {
        return None;
    }
    rest.split(|byte| *byte == 0).next()
}
