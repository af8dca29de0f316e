//! Bytes that go through sockets, and what they tell of both ends.

use super::address::{Tuple, family};
use super::connections::Wanted;
use super::interfaces;
use super::socket::{
    Addresses, DESTINATION_PORT_IPV4, DESTINATION_UNIX, Layout, PROTOCOL_IPV4, PROTOCOL_IPV6,
    SERVER_PORT_IPV4, SERVER_PROTOCOL_IPV4, SOURCE_PORT_IPV4, SOURCE_UNIX, protocol,
};
use super::step::{Step, success};
use super::table::Slot;
use super::{Machine, code, parameter};
use crate::descriptor::Role;
use saker_falco_events::Event;

/// Slot of the addresses among the parameters of calls that send.
const SENT_TUPLE: usize = 4;

/// Slot of the descriptor among the parameters of calls that send.
const SENT_DESCRIPTOR: usize = 2;

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Machine {
    /// A call that reads returned.
    pub(super) fn read(&mut self, event: &Event<'_>, step: &Step) {
        let tuple = match event.event_type.code.0 {
            code::RECVMMSG if parameter::bytes(event, 0).is_none() => return,
            code::RECVFROM => Some(2),
            code::RECVMSG => Some(3),
            code::RECVMMSG | code::RECV => Some(4),
            _ => None,
        };
        self.transferred(event, step, tuple, Way::In);
    }

    /// A call that writes returned.
    pub(super) fn written(&mut self, event: &Event<'_>, step: &mut Step) {
        let code = event.event_type.code.0;
        let is_single = matches!(code, code::SEND | code::SENDTO | code::SENDMSG);
        if code == code::SENDMMSG && parameter::bytes(event, 0).is_none() {
            return;
        }
        if is_single && step.descriptor.is_none() && self.record(step).is_some() {
            self.guess_socket(event, step);
        }
        let tuple = (is_single || code == code::SENDMMSG).then_some(SENT_TUPLE);
        self.transferred(event, step, tuple, Way::Out);
    }

    /// A socket that was not seen to be made but sends: most likely one of UDP.
    fn guess_socket(&mut self, event: &Event<'_>, step: &mut Step) {
        let bytes = parameter::bytes(event, SENT_TUPLE).and_then(<[u8]>::first);
        let family = bytes.copied().filter(|family| is_ip(*family));
        let number = parameter::signed(event, SENT_DESCRIPTOR);
        if let (Some(_), Some(family), Some(number)) = (success(event), family, number) {
            self.add_socket(step, number, Wanted::datagram(family));
        }
    }

    fn transferred(&mut self, event: &Event<'_>, step: &Step, tuple: Option<usize>, way: Way) {
        if step.descriptor.is_none() || success(event).is_none() {
            return;
        }
        // Most calls read from or write to files.
        let Some(slot) = self
            .used_slot(step)
            .filter(|slot| tuple.is_some() || slot.is_connection())
        else {
            return;
        };
        let is_tcp = slot.layout() == Some(Layout::Ipv4)
            && slot.addresses().protocol(PROTOCOL_IPV4) == protocol::TCP;
        let is_complete = is_tcp && !slot.descriptor.name.is_empty();
        if slot.is_connection()
            && slot.descriptor.state != crate::descriptor::SocketState::Connected
            && let Some(slot) = self.used_slot_mut(step)
        {
            slot.set_connected();
        }
        let bytes = tuple.and_then(|tuple| parameter::bytes(event, tuple));
        if let Some(bytes) = bytes.filter(|_| !is_complete) {
            self.meet(step, bytes, way);
        }
    }

    /// Takes over both ends of a transfer.
    fn meet(&mut self, step: &Step, bytes: &[u8], way: Way) {
        let Some(tuple) = Tuple::of(bytes) else {
            return;
        };
        let Some(slot) = self.used_slot(step) else {
            return;
        };
        let (mut layout, mut addresses) = (slot.layout(), *slot.addresses());
        let is_updated = update(&mut layout, &mut addresses, &tuple);
        if is_updated && !matches!(tuple, Tuple::Unix { .. }) {
            assume_udp(layout, &mut addresses);
            if let Some(layout) = layout {
                interfaces::complete(&self.interfaces, layout, &mut addresses);
            }
        }
        if let Some(slot) = self.used_slot_mut_if(step, layout, &addresses) {
            match layout {
                Some(layout) => slot.set_socket(layout, addresses),
                None => slot.set_addresses(addresses),
            }
        }
        if !is_updated {
            return;
        }
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        match layout.filter(|layout| matches!(layout, Layout::Ipv4 | Layout::Ipv6)) {
            Some(layout) => self.orient(step, layout, way, &mut name),
            None => tuple.write(bytes.len(), &mut name),
        }
        let is_renamed = self
            .used_slot(step)
            .is_some_and(|slot| *slot.descriptor.name != *name.as_bytes());
        if is_renamed && let Some(slot) = self.used_slot_mut(step) {
            slot.set_name(name.as_bytes());
        }
        self.scratch = name;
    }

    /// The descriptor of the event, if it does not have these addresses yet.
    fn used_slot_mut_if(
        &mut self,
        step: &Step,
        layout: Option<Layout>,
        addresses: &Addresses,
    ) -> Option<&mut Slot> {
        let slot = self.used_slot(step)?;
        if slot.layout() == layout && slot.addresses() == addresses {
            return None;
        }
        self.used_slot_mut(step)
    }

    /// Puts client and server where they belong, and writes the name that follows.
    fn orient(&mut self, step: &Step, layout: Layout, way: Way, name: &mut String) {
        let Some(slot) = self.used_slot(step) else {
            return;
        };
        let role = match slot.descriptor.role {
            Role::None => self.guess_role(step, way),
            _ => Role::None,
        };
        let Some(slot) = self.used_slot_mut(step) else {
            return;
        };
        slot.add_role(role);
        let role = slot.descriptor.role;
        let is_reversed = match way {
            Way::In => role.is_client(),
            Way::Out => role.is_server(),
        };
        if is_reversed {
            slot.swap();
        }
        slot.addresses().write_name(layout, name);
    }

    /// Whoever owns the port of the destination serves. Else a server begins by reading, a client by
    /// writing.
    fn guess_role(&self, step: &Step, way: Way) -> Role {
        let Some(slot) = self.used_slot(step) else {
            return Role::None;
        };
        // The places of IPv4, whatever the socket is.
        let destination = slot.addresses().get(DESTINATION_PORT_IPV4);
        let source = slot.addresses().get(SOURCE_PORT_IPV4);
        let owner = self.threads.table_owner(step.tid);
        let Some(owner) = owner.and_then(|owner| self.threads.records.get(&owner)) else {
            return Role::Client;
        };
        let is_bound = owner.descriptors.slots().any(|slot| {
            let addresses = slot.addresses();
            match slot.layout() {
                Some(Layout::Ipv4) => addresses.get(DESTINATION_PORT_IPV4) == destination,
                Some(Layout::Ipv4Server) => addresses.get(SERVER_PORT_IPV4) == destination,
                _ => false,
            }
        });
        if !is_bound {
            return Role::Client;
        }
        let is_client = owner.descriptors.slots().any(|slot| {
            slot.layout() == Some(Layout::Ipv4) && slot.addresses().get(SOURCE_PORT_IPV4) == source
        });
        match way {
            _ if !is_client => Role::Server,
            Way::In => Role::Server,
            Way::Out => Role::Client,
        }
    }
}

/// Sets both ends of a socket; `false` where they were known.
fn update(layout: &mut Option<Layout>, addresses: &mut Addresses, tuple: &Tuple<'_>) -> bool {
    match tuple {
        Tuple::Ipv4(tuple) => {
            if *layout == Some(Layout::Ipv4Server) {
                addresses.set(PROTOCOL_IPV4, addresses.get(SERVER_PROTOCOL_IPV4));
            }
            *layout = Some(Layout::Ipv4);
            tuple.set(addresses, *layout)
        }
        Tuple::Ipv6(tuple) => match tuple.mapped() {
            Some(tuple) => {
                *layout = Some(Layout::Ipv4);
                tuple.set(addresses, *layout)
            }
            None => tuple.set(addresses, *layout),
        },
        Tuple::Unix {
            source,
            destination,
            ..
        } => {
            *layout = Some(Layout::Unix);
            addresses.set(SOURCE_UNIX, *source);
            addresses.set(DESTINATION_UNIX, *destination);
            true
        }
        Tuple::Other(_) => true,
    }
}

/// The ends of a connection of TCP do not change, so what changes is UDP.
fn assume_udp(layout: Option<Layout>, addresses: &mut Addresses) {
    let place = match layout {
        Some(Layout::Ipv4) => PROTOCOL_IPV4,
        Some(Layout::Ipv6) => PROTOCOL_IPV6,
        _ => return,
    };
    if addresses.protocol(place) == protocol::UNKNOWN {
        addresses.set(place, [protocol::UDP]);
    }
}

const fn is_ip(family: u8) -> bool {
    matches!(family, family::INET | family::INET6)
}
