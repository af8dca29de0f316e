//! The descriptors of one process.

use super::Map;
use super::socket::{Addresses, Layout};
use crate::descriptor::{Descriptor, DescriptorKind, Role, SocketState};
use foldhash::fast::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Shards of a table that is not small.
const SHARDS: usize = 256;

/// Most descriptors of a small table, which is one shard.
const SMALL_MAX: usize = 128;

/// Descriptors by number. A clone shares them; what one of both changes is copied shard by shard, so
/// that a change after a fork costs little however many descriptors there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    shards: Arc<Vec<Arc<Shard>>>,
    length: usize,
    /// Puts numbers into shards, such that no capture can aim at one.
    hasher: RandomState,
}

type Shard = Map<i64, Slot>;

/// One descriptor.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What is handed out.
    pub(super) descriptor: Arc<Descriptor>,
    /// The addresses of a socket, whatever its kind.
    addresses: Addresses,
}

impl Table {
    pub(super) const fn len(&self) -> usize {
        self.length
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Descriptor>> {
        self.slots().map(|slot| &slot.descriptor)
    }

    pub(super) fn get(&self, number: i64) -> Option<&Slot> {
        self.shards.get(self.shard_of(number))?.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: i64) -> Option<&mut Slot> {
        // A table that is shared is not copied in vain.
        self.get(number)?;
        self.shard_mut(number)?.get_mut(&number)
    }

    /// Takes a descriptor and tells whether the number was free.
    pub(super) fn insert(&mut self, number: i64, slot: Slot) -> bool {
        let is_free = self.get(number).is_none();
        if is_free && (self.length == 0 || self.length == SMALL_MAX) {
            self.make_shards();
        }
        let Some(shard) = self.shard_mut(number) else {
            return false;
        };
        shard.insert(number, slot);
        if is_free {
            self.length = self.length.saturating_add(1);
        }
        is_free
    }

    /// Forgets a descriptor and tells whether there was one.
    pub(super) fn remove(&mut self, number: i64) -> bool {
        let is_known = self.get(number).is_some();
        if is_known && let Some(shard) = self.shard_mut(number) {
            shard.remove(&number);
            give_back(shard);
            self.length = self.length.saturating_sub(1);
            self.join_shards();
        }
        is_known
    }

    /// Forgets descriptors and tells how many.
    pub(super) fn remove_where(&mut self, goes: impl Fn(i64, &Descriptor) -> bool) -> usize {
        let goes = |number: &i64, slot: &Slot| goes(*number, &slot.descriptor);
        let changed: Vec<usize> = (0..)
            .zip(self.shards.iter())
            .filter(|(_, shard)| shard.iter().any(|(number, slot)| goes(number, slot)))
            .map(|(position, _)| position)
            .collect();
        let mut gone = 0_usize;
        for position in changed {
            if let Some(shard) = Arc::make_mut(&mut self.shards).get_mut(position) {
                let before = shard.len();
                let slots = Arc::make_mut(shard);
                slots.retain(|number, slot| !goes(number, slot));
                give_back(slots);
                gone = gone.saturating_add(before.saturating_sub(shard.len()));
            }
        }
        self.length = self.length.saturating_sub(gone);
        self.join_shards();
        gone
    }

    /// The numbers in use, in no order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.shards.iter().flat_map(|shard| shard.keys().copied())
    }

    /// The descriptors, in no order.
    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.shards.iter().flat_map(|shard| shard.values())
    }

    fn shard_of(&self, number: i64) -> usize {
        if self.shards.len() < SHARDS {
            return 0;
        }
        let hash = usize::try_from(self.hasher.hash_one(number) & u64::from(u32::MAX));
        hash.unwrap_or_default() % SHARDS
    }

    fn shard_mut(&mut self, number: i64) -> Option<&mut Shard> {
        let position = self.shard_of(number);
        let shard = Arc::make_mut(&mut self.shards).get_mut(position)?;
        Some(Arc::make_mut(shard))
    }

    /// Gives an empty table its one shard, and a small one that is full the shards of a large one.
    fn make_shards(&mut self) {
        if self.shards.is_empty() {
            self.shards = Arc::new(vec![Arc::default()]);
        } else if self.length == SMALL_MAX && self.shards.len() < SHARDS {
            let small = std::mem::take(&mut self.shards);
            // All are the same as long as they are empty.
            self.shards = Arc::new(vec![Arc::default(); SHARDS]);
            for (number, slot) in small.iter().flat_map(|shard| shard.iter()) {
                if let Some(shard) = self.shard_mut(*number) {
                    shard.insert(*number, slot.clone());
                }
            }
        }
    }

    /// Makes a large table that got few descriptors a small one.
    fn join_shards(&mut self) {
        if self.shards.len() < SHARDS || self.length >= SMALL_MAX / 4 {
            return;
        }
        let large = std::mem::take(&mut self.shards);
        let slots = large.iter().flat_map(|shard| shard.iter());
        let small: Shard = slots
            .map(|(number, slot)| (*number, slot.clone()))
            .collect();
        self.shards = Arc::new(vec![Arc::new(small)]);
    }
}

/// Gives memory back that a shard no longer needs.
fn give_back(shard: &mut Shard) {
    if shard.len() < shard.capacity() / 4 {
        shard.shrink_to(shard.len().saturating_mul(2));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(inode: i64) -> Slot {
        Slot::new(Descriptor {
            inode: inode.unsigned_abs(),
            ..Descriptor::default()
        })
    }

    fn table(length: i64) -> Table {
        let mut table = Table::default();
        for number in 0..length {
            assert!(table.insert(number, slot(number)));
        }
        table
    }

    /// Descriptors in shards that only one of two tables has.
    fn copied(one: &Table, other: &Table) -> usize {
        let own = one.shards.iter().filter(|shard| {
            let mut others = other.shards.iter();
            !others.any(|other| Arc::ptr_eq(shard, other))
        });
        own.map(|shard| shard.len()).sum()
    }

    #[test]
    fn tables_of_any_length_hold_what_was_put_in() {
        for length in [0, 1, 127, 128, 129, 1_000, 10_000] {
            let mut table = table(length);
            let expected = usize::try_from(length).unwrap();
            assert_eq!(table.len(), expected);
            assert_eq!(table.iter().count(), expected);
            let mut numbers: Vec<i64> = table.numbers().collect();
            numbers.sort_unstable();
            assert!(numbers.iter().copied().eq(0..length));
            for number in 0..length {
                let inode = table.get(number).unwrap().descriptor.inode;
                assert_eq!(inode, number.unsigned_abs());
            }
            assert!(table.get(length).is_none() && table.get_mut(-1).is_none());
            let even = table.remove_where(|number, _| number % 2 == 0);
            assert_eq!(even, expected.div_ceil(2));
            for number in 0..length {
                assert_eq!(table.remove(number), number % 2 == 1, "{number}");
            }
            assert_eq!((table.len(), table.iter().count()), (0, 0));
            assert!(table.shards.len() <= 1);
            let capacity = table.shards.iter().map(|shard| shard.capacity());
            assert!(capacity.sum::<usize>() <= SMALL_MAX);
        }
    }

    #[test]
    fn a_number_in_use_is_replaced() {
        let mut table = table(200);
        assert!(!table.insert(7, slot(70)));
        assert_eq!(table.len(), 200);
        assert_eq!(table.get(7).unwrap().descriptor.inode, 70);
    }

    #[test]
    fn a_change_of_a_clone_copies_little_and_leaves_the_first_as_it_is() {
        for length in [100, 128, 129, 60_000] {
            let first = table(length);
            let mut clone = first.clone();
            assert_eq!(copied(&clone, &first), 0);
            clone.insert(length, slot(length));
            clone.remove(3);
            clone.get_mut(4).unwrap().set_open_flags(1);
            // Three shards at most; twice what one holds on average is plenty for each.
            let most = if length < 1_000 {
                129
            } else {
                3 * 2 * 60_000 / SHARDS
            };
            assert!(copied(&clone, &first) <= most, "{length}");
            assert_eq!(first.len(), usize::try_from(length).unwrap());
            assert!(first.get(length).is_none() && first.get(3).is_some());
            assert_eq!(first.get(4).unwrap().descriptor.open_flags, 0);
            assert_eq!(clone.len(), first.len());
        }
    }

    #[test]
    fn what_removes_nothing_copies_nothing() {
        let first = table(1_000);
        let mut clone = first.clone();
        assert_eq!(clone.remove_where(|_, _| false), 0);
        assert!(!clone.remove(5_000) && clone.get_mut(5_000).is_none());
        assert!(Arc::ptr_eq(&clone.shards, &first.shards));
    }
}
