//! The descriptors of one process.

use super::Map;
use super::socket::{Addresses, Layout};
use crate::descriptor::{Descriptor, DescriptorKind, Role, SocketState};
use std::sync::Arc;

/// Descriptors by number. A clone shares them until one of both changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    slots: Arc<Map<i64, Slot>>,
}

/// One descriptor.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What is handed out.
    pub(super) descriptor: Arc<Descriptor>,
    /// The addresses of a socket, whatever its kind.
    addresses: Addresses,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Descriptor>> {
        self.slots.values().map(|slot| &slot.descriptor)
    }

    pub(super) fn get(&self, number: i64) -> Option<&Slot> {
        self.slots.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: i64) -> Option<&mut Slot> {
        // A table that is shared is not copied in vain.
        if !self.slots.contains_key(&number) {
            return None;
        }
        Arc::make_mut(&mut self.slots).get_mut(&number)
    }

    /// Takes a descriptor and tells whether the number was free.
    pub(super) fn insert(&mut self, number: i64, slot: Slot) -> bool {
        let slots = Arc::make_mut(&mut self.slots);
        slots.insert(number, slot).is_none()
    }

    /// Forgets a descriptor and tells whether there was one.
    pub(super) fn remove(&mut self, number: i64) -> bool {
        self.slots.contains_key(&number) && Arc::make_mut(&mut self.slots).remove(&number).is_some()
    }

    /// Forgets descriptors and tells how many.
    pub(super) fn remove_where(&mut self, goes: impl Fn(i64, &Descriptor) -> bool) -> usize {
        let is_any = |(number, slot): (&i64, &Slot)| goes(*number, &slot.descriptor);
        if !self.slots.iter().any(is_any) {
            return 0;
        }
        let before = self.len();
        Arc::make_mut(&mut self.slots).retain(|number, slot| !goes(*number, &slot.descriptor));
        before.saturating_sub(self.len())
    }

    /// The numbers in use, in no order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.slots.keys().copied()
    }

    /// The descriptors, in no order.
    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.values()
    }
}

impl Slot {
    pub(super) fn new(descriptor: Descriptor) -> Self {
        Self {
            addresses: Addresses::of(&descriptor.kind),
            descriptor: Arc::new(descriptor),
        }
    }

    /// A socket whose kind follows from its addresses.
    pub(super) fn socket(layout: Layout, addresses: Addresses, descriptor: Descriptor) -> Self {
        Self {
            addresses,
            descriptor: Arc::new(Descriptor {
                kind: addresses.kind(layout),
                ..descriptor
            }),
        }
    }

    pub(super) const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What kind of socket it is.
    pub(super) fn layout(&self) -> Option<Layout> {
        Some(match self.descriptor.kind {
            DescriptorKind::Ipv4 { .. } => Layout::Ipv4,
            DescriptorKind::Ipv6 { .. } => Layout::Ipv6,
            DescriptorKind::Ipv4Server { .. } => Layout::Ipv4Server,
            DescriptorKind::Ipv6Server { .. } => Layout::Ipv6Server,
            DescriptorKind::Unix { .. } => Layout::Unix,
            _ => return None,
        })
    }

    /// Whether it is a connection over IP, or can become one.
    pub(super) fn is_connection(&self) -> bool {
        matches!(self.layout(), Some(Layout::Ipv4 | Layout::Ipv6))
    }

    /// Sets kind and addresses, if they differ.
    pub(super) fn set_socket(&mut self, layout: Layout, addresses: Addresses) {
        if self.layout() != Some(layout) || self.addresses != addresses {
            self.addresses = addresses;
            Arc::make_mut(&mut self.descriptor).kind = addresses.kind(layout);
        }
    }

    /// Sets the addresses and leaves the kind as it is.
    pub(super) fn set_addresses(&mut self, addresses: Addresses) {
        match self.layout() {
            Some(layout) => self.set_socket(layout, addresses),
            None => self.addresses = addresses,
        }
    }

    /// Exchanges the ends of a connection.
    pub(super) fn swap(&mut self) {
        if let Some(layout) = self.layout() {
            let mut addresses = self.addresses;
            addresses.swap(layout);
            self.set_socket(layout, addresses);
        }
    }

    pub(super) fn set_name(&mut self, name: &[u8]) {
        if *self.descriptor.name != *name {
            Arc::make_mut(&mut self.descriptor).name = name.into();
        }
    }

    pub(super) fn set_connected(&mut self) {
        if self.descriptor.state != SocketState::Connected {
            Arc::make_mut(&mut self.descriptor).state = SocketState::Connected;
        }
    }

    pub(super) fn set_open_flags(&mut self, flags: u32) {
        if self.descriptor.open_flags != flags {
            Arc::make_mut(&mut self.descriptor).open_flags = flags;
        }
    }

    /// Takes it for a client, or for a server, besides what it was taken for before.
    pub(super) fn add_role(&mut self, role: Role) {
        let present = self.descriptor.role;
        let both = match (present, role) {
            (Role::None, role) => role,
            (present, Role::None) => present,
            (present, role) if present == role => present,
            _ => Role::Both,
        };
        if both != present {
            Arc::make_mut(&mut self.descriptor).role = both;
        }
    }
}
