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
use std::collections::HashMap;
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

/// Leaves notes about connections for the keeper.
pub(crate) struct LedgerObserver {
    facts: Facts,
    notes: Notes,
    /// Those of which something was entered while they were open; no more than the table of connections has.
    entered: HashMap<OpenFlow, Entered>,
    round: u64,
}

impl LedgerObserver {
    pub(super) fn new(facts: Facts, notes: Notes) -> Self {
        Self {
            facts,
            notes,
            entered: HashMap::new(),
            round: 0,
        }
    }

    /// Says what is new of a connection; `before` is what was entered of it, if anything was.
    fn note(&self, event: &FlowEvent, seen: Seen<'_>, before: Option<Entered>) {
        let flow = &*event.flow;
        let ends = Ends::of(flow, seen.process, &self.facts);
        if ends.is_unnamed
            && !ends.is_excused
            && flow.transport == Transport::Tcp
            && before.is_none()
        {
            // It may be of any namespace, so nobody may say that a namespace was seen whole.
            self.notes.lost.fetch_add(1, Relaxed);
        }
        let clock = seen.clock;
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
        self.round = round.wrapping_add(1);
        self.leave(Note::WentOn(milliseconds(clock.wall_ns(now_boot_ns))));
    }
}

impl LedgerObserver {
    pub(super) fn see_closed(&mut self, event: &FlowEvent, seen: Seen<'_>) {
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
