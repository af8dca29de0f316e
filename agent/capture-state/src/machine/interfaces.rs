//! The host's own addresses, which stand for those that a socket did not say.

use super::socket::{
    Addresses, DESTINATION_IPV4, DESTINATION_IPV6, DESTINATION_PORT_IPV4, DESTINATION_PORT_IPV6,
    Layout, Place, SOURCE_IPV4, SOURCE_IPV6, SOURCE_PORT_IPV4, SOURCE_PORT_IPV6,
};
use crate::snapshot::Interface;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of an address of IPv6 that name its network.
const NETWORK_BYTES: usize = 8;

/// Puts the host's address in the place of an end of a connection that is all zeros.
pub(super) fn complete(interfaces: &[Interface], layout: Layout, addresses: &mut Addresses) {
    match layout {
        Layout::Ipv4 => complete_ends(
            addresses,
            (SOURCE_IPV4, DESTINATION_IPV4),
            (SOURCE_PORT_IPV4, DESTINATION_PORT_IPV4),
            |other| own_ipv4(interfaces, other),
        ),
        Layout::Ipv6 => complete_ends(
            addresses,
            (SOURCE_IPV6, DESTINATION_IPV6),
            (SOURCE_PORT_IPV6, DESTINATION_PORT_IPV6),
            |other| own_ipv6(interfaces, other),
        ),
        Layout::Ipv4Server | Layout::Ipv6Server | Layout::Unix => {}
    }
}

fn complete_ends<const N: usize>(
    addresses: &mut Addresses,
    (source, destination): (Place<N>, Place<N>),
    (source_port, destination_port): (Place<2>, Place<2>),
    own: impl Fn([u8; N]) -> [u8; N],
) {
    let (missing, present) = if addresses.get(source) == [0; N] {
        (source, destination)
    } else if addresses.get(destination) == [0; N] {
        (destination, source)
    } else {
        return;
    };
    let present = addresses.get(present);
    let address = own(present);
    // Both ends would be the same.
    let is_same_port = addresses.get(source_port) == addresses.get(destination_port);
    if address != present || !is_same_port {
        addresses.set(missing, address);
    }
}

/// The address of the host that a peer sees: the same, one of its network, or any.
fn own_ipv4(interfaces: &[Interface], peer: [u8; 4]) -> [u8; 4] {
    let addresses = || {
        interfaces
            .iter()
            .filter_map(|interface| match interface.address {
                IpAddr::V4(address) => Some((address, mask(interface))),
                IpAddr::V6(_) => None,
            })
    };
    let peer = Ipv4Addr::from(peer);
    let found = addresses()
        .find(|(address, _)| *address == peer)
        .or_else(|| addresses().find(|(address, mask)| *address & *mask == peer & *mask))
        .or_else(|| addresses().find(|(address, _)| *address != Ipv4Addr::LOCALHOST));
    found.map_or([0; 4], |(address, _)| address.octets())
}

fn mask(interface: &Interface) -> Ipv4Addr {
    match interface.netmask {
        Some(IpAddr::V4(mask)) => mask,
        _ => Ipv4Addr::UNSPECIFIED,
    }
}

fn own_ipv6(interfaces: &[Interface], peer: [u8; 16]) -> [u8; 16] {
    let addresses = || {
        interfaces
            .iter()
            .filter_map(|interface| match interface.address {
                IpAddr::V6(address) => Some(address.octets()),
                IpAddr::V4(_) => None,
            })
    };
    let network = |address: [u8; 16]| address.first_chunk::<NETWORK_BYTES>().copied();
    let found = addresses()
        .find(|address| *address == peer)
        .or_else(|| addresses().find(|address| network(*address) == network(peer)))
        .or_else(|| addresses().find(|address| *address != Ipv6Addr::LOCALHOST.octets()));
    found.unwrap_or([0; 16])
}
