//! Names that DNS gave to addresses.
//!
//! Only an answer to a query that was seen counts: same socket, same peer, same id, same name and type. An
//! answer is as true as the resolver that gave it, and as the process that chose to ask there, so names are
//! kept apart by network namespace: one pod does not name another's addresses.

use crate::flow::FlowId;
use foldhash::{HashMap, HashMapExt};
use saker_flow_inspection::{DnsMessage, DnsRecord};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// For how long a name holds at least: connections are opened after the record's time is over.
const LIFETIME_MIN_NS: u64 = 60_000_000_000;

/// For how long a name holds at most.
const LIFETIME_MAX_NS: u64 = 86_400_000_000_000;

/// For how long an answer is awaited.
const ANSWER_WAIT_NS: u64 = 10_000_000_000;

/// Names of one address, the latest; others are left out.
const NAMES_MAX: usize = 8;

const NS_PER_SECOND: u64 = 1_000_000_000;

/// Queries that are not answered yet. When there are too many, the oldest is forgotten, and its answer
/// names nothing.
#[derive(Debug)]
pub(crate) struct Queries {
    asked: HashMap<(FlowId, u16), Query>,
    order: VecDeque<(FlowId, u16)>,
    max: usize,
}

#[derive(Debug)]
struct Query {
    name: Box<str>,
    query_type: u16,
    asked_boot_ns: u64,
}

impl Queries {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            asked: HashMap::new(),
            order: VecDeque::new(),
            max,
        }
    }

    /// This host asks.
    pub(crate) fn ask(&mut self, flow: FlowId, message: &DnsMessage, now_boot_ns: u64) {
        let key = (flow, message.id);
        let query = Query {
            name: message.name.clone(),
            query_type: message.query_type,
            asked_boot_ns: now_boot_ns,
        };
        if self.asked.insert(key, query).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.max {
            if let Some(oldest) = self.order.pop_front() {
                self.asked.remove(&oldest);
            }
        }
    }

    /// Whether an answer is one that this host waits for; each query has one.
    pub(crate) fn settle(&mut self, flow: FlowId, answer: &DnsMessage, now_boot_ns: u64) -> bool {
        let key = (flow, answer.id);
        let is_asked = self.asked.get(&key).is_some_and(|query| {
            query.name == answer.name
                && query.query_type == answer.query_type
                && now_boot_ns.saturating_sub(query.asked_boot_ns) <= ANSWER_WAIT_NS
        });
        if is_asked {
            self.asked.remove(&key);
            // Queries are answered in nearly the order in which they are asked.
            while let Some(first) = self.order.front()
                && !self.asked.contains_key(first)
            {
                self.order.pop_front();
            }
        }
        is_asked
    }
}

/// An address as one network namespace knows it.
type Place = (u32, IpAddr);

/// Names of addresses. When there are too many addresses, the one that was named longest ago is forgotten.
#[derive(Debug)]
pub(crate) struct Names {
    named: HashMap<Place, Named>,
    order: VecDeque<(u64, Place)>,
    max: usize,
    next_turn: u64,
}

#[derive(Debug)]
struct Named {
    /// Its last place in the order.
    turn: u64,
    /// The latest first.
    names: Vec<Name>,
}

#[derive(Debug)]
struct Name {
    text: Arc<str>,
    until_boot_ns: u64,
}

impl Names {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            named: HashMap::new(),
            order: VecDeque::new(),
            max,
            next_turn: 0,
        }
    }

    /// Takes the addresses of an answer. Returns how many addresses were forgotten.
    pub(crate) fn learn(&mut self, namespace: u32, answer: &DnsMessage, now_boot_ns: u64) -> u64 {
        if answer.name.is_empty() {
            return 0;
        }
        let text: Arc<str> = Arc::from(&*answer.name);
        for record in &answer.answers {
            if let DnsRecord::Address(address, lifetime_s) = record {
                let lifetime = u64::from(*lifetime_s).saturating_mul(NS_PER_SECOND);
                let lifetime = lifetime.clamp(LIFETIME_MIN_NS, LIFETIME_MAX_NS);
                let name = Name {
                    text: Arc::clone(&text),
                    until_boot_ns: now_boot_ns.saturating_add(lifetime),
                };
                self.add((namespace, address.to_canonical()), name);
            }
        }
        self.make_room()
    }

    fn add(&mut self, place: Place, name: Name) {
        self.next_turn = self.next_turn.wrapping_add(1);
        let named = self.named.entry(place).or_insert_with(|| Named {
            turn: 0,
            names: Vec::new(),
        });
        named.turn = self.next_turn;
        named.names.retain(|known| known.text != name.text);
        named.names.insert(0, name);
        named.names.truncate(NAMES_MAX);
        self.order.push_back((self.next_turn, place));
    }

    fn make_room(&mut self) -> u64 {
        let mut forgotten: u64 = 0;
        // An address that was named again has a later place as well.
        while self.named.len() > self.max || self.order.len() > self.max.saturating_mul(2) {
            let Some((turn, place)) = self.order.pop_front() else {
                break;
            };
            if self
                .named
                .get(&place)
                .is_some_and(|named| named.turn == turn)
            {
                self.named.remove(&place);
                forgotten = forgotten.saturating_add(1);
            }
        }
        forgotten
    }

    /// The names of an address, the latest first.
    pub(crate) fn of(&self, namespace: u32, address: IpAddr, now_boot_ns: u64) -> Box<[Arc<str>]> {
        let Some(named) = self.named.get(&(namespace, address)) else {
            return Box::default();
        };
        let names = named.names.iter();
        names
            .filter(|name| name.until_boot_ns >= now_boot_ns)
            .map(|name| Arc::clone(&name.text))
            .collect()
    }
}
