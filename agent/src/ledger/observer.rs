//! The matcher's end: from connections to observations.

use super::ends::Ends;
use super::{Note, Notes};
use crate::pipeline::flows::FlowObserver;
use saker_encryption_ledger::{Evidence, Observation, Transport as LedgerTransport};
use saker_event_decode::WallClock;
use saker_flow_inspection::{Protocol, SecurityClass, Transport};
use saker_flow_state::{Flow, FlowEvent, FlowId, Role};
use saker_process_state::Process;
use saker_rule_fields::{EventContext, Facts};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

/// A connection that was opened less than this ago, nanoseconds, and is not recognised may yet be.
const UNDECIDED_NS: u64 = 60_000_000_000;

/// Tells a connection from others while it is open. Those that are older than the agent have no number.
type OpenFlow = (FlowId, SocketAddr, SocketAddr);

/// What was entered of an open connection.
#[derive(Clone, Copy, Default)]
struct Entered {
    bytes: u64,
    /// Of which round it was last told.
    round: u64,
}

/// How long it is waited until the cluster tells of the pod that a connection belongs to, nanoseconds.
const NAME_WAIT_NS: u64 = 60_000_000_000;

/// How often it is asked, nanoseconds.
const NAME_RETRY_NS: u64 = 2_000_000_000;

/// Most connections that wait. When there are more, the one that waits for longest is counted as lost.
const UNNAMED_MAX: usize = 1_024;

/// What was seen of a connection of a pod that the cluster has not told of.
struct Unnamed {
    event: FlowEvent,
    process: Option<Box<Process>>,
    clock: WallClock,
    before: Option<Entered>,
}

/// Leaves notes about connections for the keeper.
pub(crate) struct LedgerObserver {
    facts: Facts,
    notes: Notes,
    /// Those of which something was entered while they were open; no more than the table of connections has.
    entered: HashMap<OpenFlow, Entered>,
    round: u64,
    /// The one that waits for longest first.
    unnamed: VecDeque<Unnamed>,
    /// When those are looked at next, nanoseconds since boot.
    retry_boot_ns: u64,
}

impl LedgerObserver {
    pub(super) fn new(facts: Facts, notes: Notes) -> Self {
        Self {
            facts,
            notes,
            entered: HashMap::new(),
            round: 0,
            unnamed: VecDeque::new(),
            retry_boot_ns: 0,
        }
    }

    /// Says what is new of a connection, as soon as it is known whose it is; `before` is what was entered of it,
    /// if anything was.
    fn note(&mut self, event: &FlowEvent, seen: Seen<'_>, before: Option<Entered>) {
        let ends = Ends::of(&event.flow, seen.process, &self.facts);
        // Datagrams are not judged, whosever they are.
        let is_awaited =
            ends.is_unnamed && !ends.is_excused && event.flow.transport == Transport::Tcp;
        if !is_awaited {
            self.enter(event, seen.clock, before, ends);
            return;
        }
        if self.unnamed.len() >= UNNAMED_MAX
            && let Some(oldest) = self.unnamed.pop_front()
        {
            self.give_up(&oldest);
        }
        self.unnamed.push_back(Unnamed {
            event: event.clone(),
            process: seen.process.cloned().map(Box::new),
            clock: *seen.clock,
            before,
        });
    }

    /// Looks whether it is known by now whose connections are that wait.
    fn retry(&mut self, now_boot_ns: u64) {
        if self.unnamed.is_empty() || now_boot_ns < self.retry_boot_ns {
            return;
        }
        self.retry_boot_ns = now_boot_ns.saturating_add(NAME_RETRY_NS);
        for waiting in std::mem::take(&mut self.unnamed) {
            let ends = waiting.ends(&self.facts);
            let waited_ns = now_boot_ns.saturating_sub(waiting.event.time_boot_ns);
            if !ends.is_unnamed {
                self.enter(&waiting.event, &waiting.clock, waiting.before, ends);
            } else if waited_ns < NAME_WAIT_NS {
                self.unnamed.push_back(waiting);
            } else {
                self.give_up(&waiting);
            }
        }
    }

    /// It may be of any namespace, so nobody may say that a namespace was seen whole.
    fn give_up(&self, waiting: &Unnamed) {
        if waiting.before.is_none() {
            self.notes.lost.fetch_add(1, Relaxed);
        }
        let ends = waiting.ends(&self.facts);
        self.enter(&waiting.event, &waiting.clock, waiting.before, ends);
    }

    fn enter(&self, event: &FlowEvent, clock: &WallClock, before: Option<Entered>, ends: Ends) {
        let flow = &*event.flow;
        let class = flow.classification.class;
        let observation = Observation {
            client: ends.client,
            server: ends.server,
            server_port: ends.server_port,
            transport: match flow.transport {
                Transport::Tcp => LedgerTransport::Tcp,
                Transport::Udp => LedgerTransport::Udp,
            },
            protection: (!ends.is_excused).then_some(class),
            protocol: protocol(flow),
            evidence: match flow.role {
                Role::Server => Evidence::Server,
                Role::Client | Role::Unknown => Evidence::Client,
            },
            opened_wall_ms: milliseconds(clock.wall_ns(match class {
                // Older than the agent; how old is not known.
                SecurityClass::Preexisting => event.time_boot_ns,
                _ => flow.opened_boot_ns,
            })),
            seen_wall_ms: milliseconds(clock.wall_ns(event.time_boot_ns)),
            connections: u64::from(before.is_none()),
            bytes: bytes(flow).saturating_sub(before.unwrap_or_default().bytes),
        };
        self.leave(Note::Seen(Box::new(observation)));
    }

    fn leave(&self, note: Note) {
        if self.notes.sender.try_send(note).is_err() {
            self.notes.lost.fetch_add(1, Relaxed);
        }
    }
}

/// With what a connection was seen.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Whose it is.
    pub(super) process: Option<&'a Process>,
    /// From time since boot to the wall clock.
    pub(super) clock: &'a WallClock,
}

impl<'a> Seen<'a> {
    fn of(context: &EventContext<'a>) -> Self {
        Self {
            process: context.process(),
            clock: context.clock(),
        }
    }
}

impl Unnamed {
    fn ends(&self, facts: &Facts) -> Ends {
        Ends::of(&self.event.flow, self.process.as_deref(), facts)
    }
}

impl Drop for LedgerObserver {
    /// Nobody asks any more.
    fn drop(&mut self) {
        for waiting in std::mem::take(&mut self.unnamed) {
            self.give_up(&waiting);
        }
    }
}

impl FlowObserver for LedgerObserver {
    fn closed(&mut self, event: &FlowEvent, context: &EventContext<'_>) {
        self.see_closed(event, Seen::of(context));
    }

    fn open(&mut self, event: &FlowEvent, context: &EventContext<'_>) {
        self.see_open(event, Seen::of(context));
    }

    fn shown(&mut self, clock: WallClock, now_boot_ns: u64) {
        let round = self.round;
        self.entered.retain(|_, entered| entered.round == round);
        self.retry(now_boot_ns);
        self.round = round.wrapping_add(1);
        self.leave(Note::WentOn(milliseconds(clock.wall_ns(now_boot_ns))));
    }
}

impl LedgerObserver {
    pub(super) fn see_closed(&mut self, event: &FlowEvent, seen: Seen<'_>) {
        self.retry(event.time_boot_ns);
        let before = self.entered.remove(&key(&event.flow));
        self.note(event, seen, before);
    }

    pub(super) fn see_open(&mut self, event: &FlowEvent, seen: Seen<'_>) {
        let flow = &*event.flow;
        let age_ns = event.time_boot_ns.saturating_sub(flow.opened_boot_ns);
        if flow.classification.class == SecurityClass::Opaque && age_ns < UNDECIDED_NS {
            return;
        }
        let now = Entered {
            bytes: bytes(flow),
            round: self.round,
        };
        let before = self.entered.insert(key(flow), now);
        self.note(event, seen, before);
    }
}

fn key(flow: &Flow) -> OpenFlow {
    (flow.id, flow.local, flow.remote)
}

fn bytes(flow: &Flow) -> u64 {
    let traffic = flow.traffic;
    traffic.sent_bytes.saturating_add(traffic.received_bytes)
}

fn protocol(flow: &Flow) -> Option<&'static str> {
    match flow.classification.protocol {
        Protocol::Unknown => None,
        protocol => Some(protocol.name()),
    }
}

fn milliseconds(ns: u64) -> u64 {
    ns / 1_000_000
}
