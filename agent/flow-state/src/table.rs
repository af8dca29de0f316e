//! Flows by their id, with bounds.

use crate::callers::{Callers, ends_of};
use crate::entry::Entry;
use crate::flow::{Caller, FlowId, Role};
use crate::record::Tuple;
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;

/// Places in a queue that are left over from flows that ended are removed when they are this many more
/// than there are flows.
const STALE_MAX: usize = 1_024;

/// The flows that have not ended, and those that did a short time ago.
#[derive(Debug)]
pub(crate) struct Table {
    flows: HashMap<FlowId, Entry>,
    /// Ids of the datagram flows among them: one socket has one for each peer.
    datagrams: BTreeSet<FlowId>,
    /// Connections whose owner is not known for sure.
    ownerless: HashMap<Tuple, FlowId>,
    /// Clients' ends.
    callers: Callers,
    /// Streams in the order of their beginning.
    streams: Queue,
    /// Flows of datagram sockets in the order of their beginning.
    exchanges: Queue,
    /// Those whose first bytes are kept, in the order in which the first of them came.
    inspected: Queue,
    inspected_count: usize,
    departed: Departed,
    next_generation: u64,
}

/// A flow and its generation.
type Place = (u64, FlowId);

/// Places in order; those of flows that ended may be among them.
type Queue = VecDeque<Place>;

impl Table {
    pub(crate) fn new(departed_max: usize) -> Self {
        Self {
            flows: HashMap::new(),
            datagrams: BTreeSet::new(),
            ownerless: HashMap::new(),
            callers: Callers::default(),
            streams: Queue::new(),
            exchanges: Queue::new(),
            inspected: Queue::new(),
            inspected_count: 0,
            departed: Departed::new(departed_max),
            next_generation: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.flows.len()
    }

    /// How many flows' first bytes are kept.
    pub(crate) const fn inspected(&self) -> usize {
        self.inspected_count
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.flows.values()
    }

    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.flows.values_mut()
    }

    /// How many of the flows are of datagram sockets.
    pub(crate) fn datagrams(&self) -> usize {
        self.datagrams.len()
    }

    pub(crate) fn get(&self, id: &FlowId) -> Option<&Entry> {
        self.flows.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &FlowId) -> Option<&mut Entry> {
        self.flows.get_mut(id)
    }

    pub(crate) fn is_current(&self, place: &Place) -> bool {
        is_current(&self.flows, place)
    }

    pub(crate) fn next_generation(&mut self) -> u64 {
        self.next_generation = self.next_generation.wrapping_add(1);
        self.next_generation
    }

    /// Adds a flow; there is none with its id.
    pub(crate) fn insert(&mut self, entry: Entry) {
        let id = entry.id;
        if id.peer.is_some() {
            self.datagrams.insert(id);
        } else if !entry.owner.is_known() {
            self.ownerless.insert(entry.ends.tuple(), id);
        }
        self.callers.add(&entry);
        self.departed.forget(&id);
        let opened = if id.peer.is_some() {
            &mut self.exchanges
        } else {
            &mut self.streams
        };
        opened.push_back((entry.generation, id));
        self.flows.insert(id, entry);
        self.compact();
    }

    /// Removes a flow, which ended at this time.
    pub(crate) fn remove(&mut self, id: &FlowId, time_boot_ns: u64) -> Option<Entry> {
        let entry = self.flows.remove(id)?;
        self.datagrams.remove(id);
        self.owned(&entry.ends.tuple(), id);
        self.callers.remove(&entry);
        if entry.is_inspected() {
            self.inspected_count = self.inspected_count.saturating_sub(1);
        }
        self.departed.note(*id, time_boot_ns);
        Some(entry)
    }

    /// Its owner is known.
    pub(crate) fn owned(&mut self, tuple: &Tuple, id: &FlowId) {
        // It may have been added before its namespace was known.
        for tuple in [*tuple, tuple.anywhere()] {
            if self.ownerless.get(&tuple) == Some(id) {
                self.ownerless.remove(&tuple);
            }
        }
    }

    /// A connection whose owner is not known for sure. A connection whose namespace is not known is found
    /// from any.
    pub(crate) fn ownerless(&self, tuple: &Tuple) -> Option<FlowId> {
        let found = self.ownerless.get(tuple);
        let anywhere = || self.ownerless.get(&tuple.anywhere());
        found.or_else(anywhere).copied()
    }

    /// What its packets carry is known.
    pub(crate) fn carried(&mut self, id: &FlowId) {
        if let Some(entry) = self.flows.get(id) {
            self.callers.add(entry);
        }
    }

    /// Looks for the client's end of a connection by its server's end. What may be of several is of none.
    pub(crate) fn find_caller(&mut self, id: &FlowId) {
        let Some(server) = self.flows.get(id) else {
            return;
        };
        let is_known = |caller: &Caller| caller.process.is_some();
        if server.ends.role != Role::Server || server.caller.as_ref().is_some_and(is_known) {
            return;
        }
        let caller = self.caller(server).map(|client| Caller {
            process: client.owner.process().cloned(),
            target: client.ends.remote,
        });
        if let Some(server) = self.flows.get_mut(id) {
            server.caller = caller.or(server.caller.take());
        }
    }

    fn caller(&self, server: &Entry) -> Option<&Entry> {
        let clients = |client, address: IpAddr| {
            let found = self.callers.of(client, address);
            let entries = found.filter_map(|id| self.flows.get(id));
            entries.filter(|entry| entry.ends.role != Role::Server)
        };
        // To that port above all, else to one that the server's network redirects.
        let exact = ends_of(server).find_map(|(local, remote)| {
            let is_to = |entry: &&Entry| ends_of(entry).any(|ends| ends == (remote, local));
            only(clients(remote, local.ip()).filter(is_to))
        });
        exact.or_else(|| only(clients(server.ends.remote, server.ends.local.ip())))
    }

    /// Its first bytes are kept from now on.
    pub(crate) fn begin_inspection(&mut self, place: Place) {
        self.inspected.push_back(place);
        self.inspected_count = self.inspected_count.saturating_add(1);
        self.compact();
    }

    /// Its first bytes are no longer kept.
    pub(crate) fn end_inspection(&mut self) {
        self.inspected_count = self.inspected_count.saturating_sub(1);
    }

    /// The flow whose first bytes are kept for longest.
    pub(crate) fn longest_inspected(&mut self) -> Option<FlowId> {
        while let Some(place) = self.inspected.pop_front() {
            let entry = self.flows.get(&place.1);
            if entry.is_some_and(|entry| entry.generation == place.0 && entry.is_inspected()) {
                return Some(place.1);
            }
        }
        None
    }

    /// The stream that is open for longest.
    pub(crate) fn longest_open_stream(&mut self) -> Option<FlowId> {
        first_current(&mut self.streams, &self.flows)
    }

    /// The flow of a datagram socket that is open for longest.
    pub(crate) fn longest_open_datagrams(&mut self) -> Option<FlowId> {
        first_current(&mut self.exchanges, &self.flows)
    }

    /// The flows of a datagram socket.
    pub(crate) fn of_socket(&self, cookie: u64) -> Vec<FlowId> {
        let first = FlowId { cookie, peer: None };
        let ids = self.datagrams.range(first..);
        ids.take_while(|id| id.cookie == cookie).copied().collect()
    }

    /// When a flow with this id ended, if that was a short time ago.
    pub(crate) fn departure(&self, id: &FlowId) -> Option<u64> {
        self.departed.times.get(id).copied()
    }

    /// Addresses by which callers are found.
    #[cfg(test)]
    pub(crate) fn callers(&self) -> usize {
        self.callers.len()
    }

    /// Places in all queues.
    #[cfg(test)]
    pub(crate) fn places(&self) -> usize {
        let opened = self.streams.len() + self.exchanges.len();
        opened + self.inspected.len() + self.departed.order.len()
    }

    /// Forgets places of flows that ended when most are.
    fn compact(&mut self) {
        let enough = self.flows.len().saturating_mul(2).saturating_add(STALE_MAX);
        for opened in [&mut self.streams, &mut self.exchanges] {
            if opened.len() > enough {
                opened.retain(|place| is_current(&self.flows, place));
            }
        }
        if self.inspected.len()
            > self
                .inspected_count
                .saturating_mul(2)
                .saturating_add(STALE_MAX)
        {
            let flows = &self.flows;
            self.inspected.retain(|(generation, id)| {
                let entry = flows.get(id);
                entry.is_some_and(|entry| entry.generation == *generation && entry.is_inspected())
            });
        }
    }
}

/// The one that there is, where there are not several.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn is_current(flows: &HashMap<FlowId, Entry>, (generation, id): &Place) -> bool {
    let entry = flows.get(id);
    entry.is_some_and(|entry| entry.generation == *generation)
}

/// Takes the first place of a flow that has not ended.
fn first_current(queue: &mut Queue, flows: &HashMap<FlowId, Entry>) -> Option<FlowId> {
    while let Some(place) = queue.pop_front() {
        if is_current(flows, &place) {
            return Some(place.1);
        }
    }
    None
}

/// Flows that ended a short time ago: late records must not make them begin again.
#[derive(Debug)]
struct Departed {
    times: HashMap<FlowId, u64>,
    order: VecDeque<FlowId>,
    max: usize,
}

impl Departed {
    fn new(max: usize) -> Self {
        Self {
            times: HashMap::new(),
            order: VecDeque::new(),
            max,
        }
    }

    fn note(&mut self, id: FlowId, time_boot_ns: u64) {
        if self.times.insert(id, time_boot_ns).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > self.max {
            if let Some(oldest) = self.order.pop_front() {
                self.times.remove(&oldest);
            }
        }
    }

    /// Leaves a place in the order behind, which goes its way: at worst a later end is forgotten early.
    fn forget(&mut self, id: &FlowId) {
        self.times.remove(id);
    }
}
