//! Sockets that are made, bound, connected and accepted.

use super::address::{Address, Tuple, family, write_shown};
use super::exec::O_CLOEXEC;
use super::socket::{
    Addresses, DESTINATION_IPV4, DESTINATION_IPV6, DESTINATION_PORT_IPV4, DESTINATION_PORT_IPV6,
    DESTINATION_UNIX, Layout, PROTOCOL_IPV4, PROTOCOL_IPV6, SERVER_IPV4, SERVER_IPV6,
    SERVER_PORT_IPV4, SERVER_PORT_IPV6, SERVER_PROTOCOL_IPV4, SERVER_PROTOCOL_IPV6, SOURCE_UNIX,
    mapped_ipv4, protocol, write_unix_ends,
};
use super::step::{Step, result, success};
use super::table::Slot;
use super::tuple::{Tuple4, Tuple6};
use super::{Machine, code, parameter};
use crate::descriptor::{Descriptor, DescriptorKind, Role, SocketState};
use saker_falco_events::Event;

/// `EINPROGRESS`.
const IN_PROGRESS: i64 = 115;

/// Longest path of a unix socket, bytes.
const UNIX_PATH_MAX: usize = 108;

/// Kinds of sockets.
const SOCK_STREAM: u32 = 1;
const SOCK_DGRAM: u32 = 2;
const SOCK_RAW: u32 = 3;

/// Protocols on top of IP.
const IPPROTO_IP: u32 = 0;
const IPPROTO_ICMP: u32 = 1;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const IPPROTO_RAW: u32 = 255;

/// What `socket` was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    domain: u32,
    kind: u32,
    protocol: u32,
    flags: u32,
}

impl Wanted {
    /// A socket of which only the family is known: one that sends single messages.
    pub(super) fn datagram(family: u8) -> Self {
        Self {
            domain: family.into(),
            kind: SOCK_DGRAM,
            protocol: IPPROTO_UDP,
            flags: 0,
        }
    }

    const fn l4_protocol(self) -> u8 {
        let is_raw = self.kind == SOCK_RAW;
        match (self.protocol, self.kind & 0xff) {
            (IPPROTO_TCP | IPPROTO_UDP | IPPROTO_ICMP, _) if is_raw => protocol::RAW,
            (IPPROTO_TCP, _) | (IPPROTO_IP, SOCK_STREAM) => protocol::TCP,
            (IPPROTO_UDP, _) | (IPPROTO_IP, SOCK_DGRAM) => protocol::UDP,
            (IPPROTO_ICMP, _) => protocol::ICMP,
            (IPPROTO_RAW, _) => protocol::RAW,
            _ => protocol::UNKNOWN,
        }
    }
}

impl Machine {
    /// `socket` returned.
    pub(super) fn made_socket(&mut self, event: &Event<'_>, step: &mut Step) {
        let Some(number) = success(event) else {
            return;
        };
        let value = |slot| parameter::unsigned32(event, slot).unwrap_or_default();
        let wanted = Wanted {
            domain: value(1),
            kind: value(2),
            protocol: value(3),
            flags: value(4),
        };
        self.add_socket(step, number, wanted);
    }

    pub(super) fn add_socket(&mut self, step: &mut Step, number: i64, wanted: Wanted) {
        let descriptor = Descriptor {
            open_flags: wanted.flags,
            ..Descriptor::default()
        };
        let mut addresses = Addresses::default();
        let slot = match u8::try_from(wanted.domain).unwrap_or_default() {
            family::UNIX => Slot::socket(Layout::Unix, addresses, descriptor),
            family::INET => {
                addresses.set(PROTOCOL_IPV4, [wanted.l4_protocol()]);
                Slot::socket(Layout::Ipv4, addresses, descriptor)
            }
            family::INET6 => {
                addresses.set(PROTOCOL_IPV6, [wanted.l4_protocol()]);
                Slot::socket(Layout::Ipv6, addresses, descriptor)
            }
            family::NETLINK => Slot::new(Descriptor {
                kind: DescriptorKind::Netlink,
                ..descriptor
            }),
            _ => Slot::new(descriptor),
        };
        self.open(step, number, slot);
    }

    /// `socketpair` returned: two descriptors, of which the event is about the first.
    pub(super) fn made_pair(&mut self, event: &Event<'_>, step: &mut Step) {
        if success(event).is_none() || self.record(step).is_none() {
            return;
        }
        let number = |slot| parameter::signed(event, slot).unwrap_or(-1);
        let (one, other) = (number(1), number(2));
        if one == other {
            step.descriptor = None;
            return;
        }
        let address = |slot| parameter::unsigned(event, slot).unwrap_or_default();
        let mut addresses = Addresses::default();
        addresses.set(SOURCE_UNIX, address(3).to_le_bytes());
        addresses.set(DESTINATION_UNIX, address(4).to_le_bytes());
        let slot = Slot::socket(Layout::Unix, addresses, Descriptor::default());
        self.open(step, one, slot.clone());
        self.put(step, other, slot);
    }

    /// `bind` returned: a port makes a server.
    pub(super) fn bound(&mut self, event: &Event<'_>, step: &Step) {
        let bytes = parameter::bytes(event, 1);
        let Some(bytes) = bytes.filter(|_| success(event).is_some()) else {
            return;
        };
        let Some(address) = Address::of(bytes) else {
            return;
        };
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        address.write(bytes.len(), &mut name);
        if let Some(slot) = self.used_slot_mut(step) {
            bind(slot, address);
            slot.set_name(name.as_bytes());
        }
        self.scratch = name;
    }

    /// `connect` returned.
    pub(super) fn connected(&mut self, event: &Event<'_>, step: &mut Step) {
        let is_connected =
            result(event).is_some_and(|result| result >= 0 || result == -IN_PROGRESS);
        let Some(slot) = self.used_slot_mut(step).filter(|_| is_connected) else {
            return;
        };
        slot.set_connected();
        let entered = self.with_enter(event, step, |_, enter, _| {
            parameter::bytes(enter, 1).map(<[u8]>::to_vec)
        });
        let entered = entered.flatten();
        let entered = entered.as_deref().and_then(Address::of);
        let Some(tuple) = parameter::bytes(event, 1) else {
            // With TCP fast open nothing was sent yet: only the caller knows.
            if let (Some(entered), Some(slot)) = (entered, self.used_slot_mut(step)) {
                point_at(slot, entered);
                // The name of what is no IP is the text of the parameter, which has no value.
                if let Address::Unix { .. } | Address::Other(_) = entered {
                    slot.set_name(b"NULL");
                }
            }
            return;
        };
        let passed = parameter::bytes(event, 3).and_then(Address::of);
        if let Some(tuple) = Tuple::of(tuple) {
            let tuple = as_entered(tuple, passed, entered);
            self.set_client(step, tuple);
        }
    }

    fn set_client(&mut self, step: &Step, tuple: Tuple<'_>) {
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        if let Some(slot) = self.used_slot_mut(step) {
            connect(slot, tuple, &mut name);
        }
        self.scratch = name;
    }

    /// `accept` returned.
    pub(super) fn accepted(&mut self, event: &Event<'_>, step: &mut Step) {
        let Some(number) = success(event) else {
            return;
        };
        let Some(record) = self.record_mut(step) else {
            return;
        };
        record.last_fd = number;
        let Some(bytes) = parameter::bytes(event, 1) else {
            return;
        };
        let Some(tuple) = Tuple::of(bytes) else {
            return;
        };
        let mut addresses = Addresses::default();
        let layout = match tuple {
            Tuple::Ipv4(tuple) => set_accepted4(&mut addresses, tuple),
            Tuple::Ipv6(tuple) => match tuple.mapped() {
                Some(tuple) => set_accepted4(&mut addresses, tuple),
                None => {
                    tuple.set(&mut addresses, None);
                    addresses.set(PROTOCOL_IPV6, [protocol::TCP]);
                    Layout::Ipv6
                }
            },
            Tuple::Unix {
                source,
                destination,
                ..
            } => {
                addresses.set(SOURCE_UNIX, source);
                addresses.set(DESTINATION_UNIX, destination);
                Layout::Unix
            }
            Tuple::Other(_) => return,
        };
        let mut name = String::new();
        tuple.write(bytes.len(), &mut name);
        let open_flags = if event.event_type.code.0 == code::ACCEPT4 {
            parameter::unsigned32(event, 5).unwrap_or_default() & O_CLOEXEC
        } else {
            0
        };
        let descriptor = Descriptor {
            name: name.into_bytes().into(),
            open_flags,
            role: Role::Server,
            state: SocketState::Connected,
            ..Descriptor::default()
        };
        self.open(step, number, Slot::socket(layout, addresses, descriptor));
    }
}

fn set_accepted4(addresses: &mut Addresses, tuple: Tuple4) -> Layout {
    tuple.set(addresses, None);
    addresses.set(PROTOCOL_IPV4, [protocol::TCP]);
    Layout::Ipv4
}

/// Makes a socket the server of an address, if that has a port.
fn bind(slot: &mut Slot, address: Address<'_>) {
    let mut addresses = *slot.addresses();
    let layout = match address {
        Address::Ipv4(ip, port) if port != [0; 2] => {
            addresses.set(SERVER_IPV4, ip);
            addresses.set(SERVER_PORT_IPV4, port);
            addresses.set(SERVER_PROTOCOL_IPV4, addresses.get(PROTOCOL_IPV4));
            Layout::Ipv4Server
        }
        Address::Ipv6(ip, port) if port != [0; 2] => match mapped_ipv4(ip) {
            Some(ip) => {
                addresses.set(SERVER_PROTOCOL_IPV4, addresses.get(PROTOCOL_IPV6));
                addresses.set(SERVER_IPV4, ip);
                addresses.set(SERVER_PORT_IPV4, port);
                Layout::Ipv4Server
            }
            None => {
                addresses.set(SERVER_PORT_IPV6, port);
                addresses.set(SERVER_IPV6, ip);
                addresses.set(SERVER_PROTOCOL_IPV6, addresses.get(PROTOCOL_IPV6));
                Layout::Ipv6Server
            }
        },
        _ => return,
    };
    slot.set_socket(layout, addresses);
    slot.add_role(Role::Server);
}

/// Sets the destination of a socket.
fn point_at(slot: &mut Slot, address: Address<'_>) {
    let mut addresses = *slot.addresses();
    let layout = match address {
        Address::Ipv4(ip, port) => {
            addresses.set(DESTINATION_IPV4, ip);
            addresses.set(DESTINATION_PORT_IPV4, port);
            Layout::Ipv4
        }
        Address::Ipv6(ip, port) => match mapped_ipv4(ip) {
            Some(ip) => {
                addresses.set(DESTINATION_IPV4, ip);
                addresses.set(DESTINATION_PORT_IPV4, port);
                Layout::Ipv4
            }
            None => {
                addresses.set(DESTINATION_PORT_IPV6, port);
                addresses.set(DESTINATION_IPV6, ip);
                Layout::Ipv6
            }
        },
        Address::Unix { .. } | Address::Other(_) => return,
    };
    slot.set_socket(layout, addresses);
}

/// The ends of a connection with the destination that the caller asked for at first, unless the kernel
/// connected to another than memory held when the call returned: then what the kernel did counts.
fn as_entered<'a>(
    tuple: Tuple<'a>,
    passed: Option<Address<'a>>,
    entered: Option<Address<'a>>,
) -> Tuple<'a> {
    match (tuple, passed, entered) {
        (
            Tuple::Ipv4(tuple),
            Some(Address::Ipv4(ip, port)),
            Some(Address::Ipv4(entered, entered_port)),
        ) if (tuple.destination, tuple.destination_port) == (ip, port) => Tuple::Ipv4(Tuple4 {
            destination: entered,
            destination_port: entered_port,
            ..tuple
        }),
        (
            Tuple::Ipv6(tuple),
            Some(Address::Ipv6(ip, port)),
            Some(Address::Ipv6(entered, entered_port)),
        ) if (tuple.destination, tuple.destination_port) == (ip, port) => Tuple::Ipv6(Tuple6 {
            destination: entered,
            destination_port: entered_port,
            ..tuple
        }),
        (
            Tuple::Unix {
                source,
                destination,
                path,
            },
            Some(Address::Unix { path: passed }),
            Some(Address::Unix { path: entered }),
        ) if begin(path) == begin(passed) => Tuple::Unix {
            source,
            destination,
            path: entered,
        },
        (tuple, ..) => tuple,
    }
}

fn begin(path: &[u8]) -> &[u8] {
    path.get(..UNIX_PATH_MAX).unwrap_or(path)
}

/// Makes a socket the client of a connection.
fn connect(slot: &mut Slot, tuple: Tuple<'_>, name: &mut String) {
    let mut addresses = *slot.addresses();
    let layout = slot.layout();
    let (layout, is_changed) = match tuple {
        Tuple::Ipv4(tuple) => (Layout::Ipv4, tuple.set(&mut addresses, Some(Layout::Ipv4))),
        Tuple::Ipv6(tuple) => match tuple.mapped() {
            Some(tuple) => (Layout::Ipv4, tuple.set(&mut addresses, Some(Layout::Ipv4))),
            None => (Layout::Ipv6, tuple.set(&mut addresses, Some(Layout::Ipv6))),
        },
        Tuple::Unix {
            source,
            destination,
            path,
        } if layout == Some(Layout::Unix) => {
            addresses.set(SOURCE_UNIX, source);
            addresses.set(DESTINATION_UNIX, destination);
            write_unix_ends(source, destination, name);
            write_shown(path, name);
            (Layout::Unix, false)
        }
        Tuple::Unix { .. } | Tuple::Other(_) => return,
    };
    let is_udp_server = slot.descriptor.role.is_server()
        && layout == Layout::Ipv4
        && addresses.protocol(PROTOCOL_IPV4) == protocol::UDP;
    if is_changed && is_udp_server {
        addresses.swap(layout);
    }
    slot.set_socket(layout, addresses);
    addresses.write_name(layout, name);
    slot.set_name(name.as_bytes());
    if slot.descriptor.role == Role::None {
        slot.add_role(Role::Client);
    }
}
