//! Both ends of a connection.

use super::socket::{
    Addresses, DESTINATION_IPV4, DESTINATION_IPV6, DESTINATION_PORT_IPV4, DESTINATION_PORT_IPV6,
    Layout, SOURCE_IPV4, SOURCE_IPV6, SOURCE_PORT_IPV4, SOURCE_PORT_IPV6, mapped_ipv4,
    write_tuple4, write_tuple6,
};

/// Both ends of a connection over IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tuple4 {
    pub(super) source: [u8; 4],
    pub(super) source_port: [u8; 2],
    pub(super) destination: [u8; 4],
    pub(super) destination_port: [u8; 2],
}

/// Both ends of a connection over IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tuple6 {
    pub(super) source: [u8; 16],
    pub(super) source_port: [u8; 2],
    pub(super) destination: [u8; 16],
    pub(super) destination_port: [u8; 2],
}

impl Tuple4 {
    /// Takes over both ends and tells whether any changed. `layout` is what the socket is by now.
    pub(super) fn set(&self, addresses: &mut Addresses, layout: Option<Layout>) -> bool {
        let before = *addresses;
        let known_source = (addresses.get(SOURCE_IPV4), addresses.get(SOURCE_PORT_IPV4));
        let known_destination = (
            addresses.get(DESTINATION_IPV4),
            addresses.get(DESTINATION_PORT_IPV4),
        );
        let known = (known_source, known_destination);
        let source = (self.source, self.source_port);
        let destination = (self.destination, self.destination_port);
        let is_known = known == (source, destination) || known == (destination, source);
        if layout == Some(Layout::Ipv4) && is_known {
            return false;
        }
        addresses.set(SOURCE_IPV4, self.source);
        addresses.set(SOURCE_PORT_IPV4, self.source_port);
        addresses.set(DESTINATION_IPV4, self.destination);
        addresses.set(DESTINATION_PORT_IPV4, self.destination_port);
        // A destination of zeros counts as changed even where it is set to zeros again.
        let was_open = known_destination.0 == [0; 4] || known_destination.1 == [0; 2];
        was_open || *addresses != before
    }

    pub(super) fn write(&self, out: &mut String) {
        write_tuple4(
            (self.source, self.source_port),
            (self.destination, self.destination_port),
            out,
        );
    }
}

impl Tuple6 {
    /// Takes over both ends and tells whether any changed. `layout` is what the socket is by now.
    pub(super) fn set(&self, addresses: &mut Addresses, layout: Option<Layout>) -> bool {
        let before = *addresses;
        let known_source = (addresses.get(SOURCE_IPV6), addresses.get(SOURCE_PORT_IPV6));
        let known_destination = (
            addresses.get(DESTINATION_IPV6),
            addresses.get(DESTINATION_PORT_IPV6),
        );
        let known = (known_source, known_destination);
        let source = (self.source, self.source_port);
        let destination = (self.destination, self.destination_port);
        let is_known = known == (source, destination) || known == (destination, source);
        if layout == Some(Layout::Ipv6) && is_known {
            return false;
        }
        addresses.set(SOURCE_IPV6, self.source);
        addresses.set(SOURCE_PORT_IPV6, self.source_port);
        addresses.set(DESTINATION_IPV6, self.destination);
        addresses.set(DESTINATION_PORT_IPV6, self.destination_port);
        // A destination of zeros counts as changed even where it is set to zeros again.
        let was_open = known_destination.0 == [0; 16] || known_destination.1 == [0; 2];
        was_open || *addresses != before
    }

    pub(super) fn write(&self, out: &mut String) {
        write_tuple6(
            (self.source, self.source_port),
            (self.destination, self.destination_port),
            out,
        );
    }

    /// The connection over IPv4 that this one stands for.
    pub(super) fn mapped(&self) -> Option<Tuple4> {
        Some(Tuple4 {
            source: mapped_ipv4(self.source)?,
            source_port: self.source_port,
            destination: mapped_ipv4(self.destination)?,
            destination_port: self.destination_port,
        })
    }
}
