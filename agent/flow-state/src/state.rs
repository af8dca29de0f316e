//! The table of flows.

mod bootstrap;
mod dns;
mod ending;
mod sweep;

use crate::agenda::{Agenda, Appointment, Matter};
use crate::entry::{Announcement, Entry, Owner, Phase};
use crate::flow::{Flow, FlowEvent, FlowEventKind, FlowId, Role};
use crate::listeners::Listeners;
use crate::names::{Names, Queries};
use crate::record::{self, Ends, Packet, Record, Tuple};
use crate::stats::Stats;
use crate::table::Table;
use bootstrap::Preexisting;
use foldhash::{HashMap, HashMapExt};
use saker_event_decode::EventView;
use saker_event_schema::{DATAGRAM_IDLE_S, DNS_IDLE_S, EventId, event, record_flag};
use saker_flow_inspection::{Progress, Transport};
use saker_process_state::Process;
use std::sync::Arc;

/// For how long bytes are awaited that could change a verdict, from the last of them on.
const VERDICT_WAIT_NS: u64 = 2_000_000_000;

/// For how long they are awaited from the first of them on: who sends slowly does not put it off for ever.
const VERDICT_WAIT_MAX_NS: u64 = 20_000_000_000;

/// For how long the call is awaited that accepts a connection, once the verdict is there.
const OWNER_WAIT_NS: u64 = 200_000_000;

/// Calls that say whose a connection is where its socket does not.
pub const OWNER_EVENTS: [EventId; 3] = [event::CONNECT, event::ACCEPT, event::ACCEPT4];

/// Bounds of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most flows. When there are more, the one that is open for longest is classified and closed with what
    /// is known of it, and counted as `evicted`: one of a datagram socket for another of those, or where those
    /// are the half.
    pub flows_max: usize,
    /// Most flows whose first bytes are kept, which takes up to about 9 KiB each. When there are more, the
    /// one that has been looked at for longest is classified with what is there, and counted as
    /// `inspections_cut`.
    pub inspected_max: usize,
    /// How many flows that ended are remembered, so that late records do not make them begin again.
    pub departed_max: usize,
    /// Most listening sockets; the one that was added first leaves, and is counted.
    pub listeners_max: usize,
    /// Most connections that were there before the agent; others are counted but not told apart.
    pub preexisting_max: usize,
    /// Most addresses that have names; the one that was named longest ago leaves, and is counted.
    pub names_max: usize,
    /// Most DNS queries that are awaited; the answer to one that leaves names nothing.
    pub queries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows_max: 65_536,
            inspected_max: 4_096,
            departed_max: 16_384,
            listeners_max: 8_192,
            preexisting_max: 65_536,
            names_max: 16_384,
            queries_max: 4_096,
        }
    }
}

/// What came of records and of time.
#[derive(Debug, Default)]
pub struct Outputs {
    /// Events, in their order.
    pub events: Vec<FlowOutput>,
    /// Connections of whose bytes no more are wanted.
    pub satisfied: Vec<Satisfied>,
}

/// Of a connection no more bytes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Satisfied {
    /// Cookie of its socket.
    pub cookie: u64,
    /// Time of a record of it, nanoseconds since boot: tells it from others of the same socket.
    pub seen_boot_ns: u64,
}

/// An event with the process that owns the socket.
#[derive(Clone, Debug)]
pub struct FlowOutput {
    /// What happened.
    pub event: FlowEvent,
    /// Whose socket it is, as it was when that was seen; `None` where it is not known.
    pub process: Option<Arc<Process>>,
}

/// Every flow of the host, by what the kernel says.
///
/// Records are to come in the order of their times, and [`tick`](Self::tick) with a time before which no
/// record will come any more. Other orders cost certainty, never a flow: each that begins is classified once
/// and closed once.
#[derive(Debug)]
pub struct FlowState {
    limits: Limits,
    table: Table,
    agenda: Agenda,
    listeners: Listeners,
    /// Connections that were there before the agent.
    preexisting: HashMap<Tuple, Preexisting>,
    names: Names,
    queries: Queries,
    stats: Stats,
}

impl FlowState {
    /// An empty table.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            table: Table::new(limits.departed_max),
            agenda: Agenda::default(),
            listeners: Listeners::new(limits.listeners_max),
            preexisting: HashMap::new(),
            names: Names::new(limits.names_max),
            queries: Queries::new(limits.queries_max),
            stats: Stats::default(),
        }
    }

    /// Takes in a record: of a flow (see [`is_flow_record`](crate::is_flow_record)), or of one of
    /// [`OWNER_EVENTS`]. All others change nothing.
    ///
    /// `process` is the process that the header names: the owner of the socket, or the one that called.
    pub fn apply(
        &mut self,
        event: &EventView<'_>,
        process: Option<&Arc<Process>>,
        outputs: &mut Outputs,
    ) {
        let time = event.header().time_boot_ns;
        if OWNER_EVENTS.contains(&event.id()) {
            if !self.is_empty()
                && let (Some(ends), Some(process)) = (record::of_call(event), process)
            {
                self.learn_owner(&ends, process, time, outputs);
            }
            return;
        }
        let owner = owner_of(event, process);
        match Record::read(event) {
            None => {}
            Some(Record::Listening { ends }) => {
                if let Some(process) = owner.process() {
                    let forgotten = self.listeners.add(&ends, process);
                    let count = &mut self.stats.listeners_forgotten;
                    *count = count.saturating_add(forgotten);
                }
            }
            Some(Record::Opened {
                cookie,
                ends,
                interface,
            }) => {
                let id = ends.id(cookie);
                self.open(id, ends, interface, owner, time, outputs);
            }
            Some(Record::Payload(packet)) => self.payload(&packet, owner, time, outputs),
            Some(Record::Closed {
                cookie,
                ends,
                opened_boot_ns,
                traffic,
                was_established,
            }) => {
                let ending = ending::Ending {
                    cookie,
                    ends,
                    opened_boot_ns,
                    traffic,
                    was_established,
                };
                self.ended(&ending, owner, time, outputs);
            }
        }
    }

    fn open(
        &mut self,
        id: FlowId,
        ends: Ends,
        interface: Option<u32>,
        owner: Owner,
        time: u64,
        outputs: &mut Outputs,
    ) {
        // It was opened after the programs were attached, and before `/proc` was read.
        self.preexisting.remove(&ends.tuple());
        let is_late = self.table.departure(&id).is_some_and(|ended| time <= ended);
        if is_late {
            Stats::add(&mut self.stats.late);
            return;
        }
        if let Some(known) = self.table.get_mut(&id) {
            // A datagram socket and its peer are one flow, whatever the kernel has forgotten of them.
            let is_expected = known.announcement == Announcement::Missed || id.peer.is_some();
            if is_expected && known.ends.is_same(&ends) {
                known.announcement = Announcement::Seen;
                known.note(&ends, interface, time);
                self.learn(&id, owner, time, outputs);
                return;
            }
            if time < known.opened_boot_ns {
                Stats::add(&mut self.stats.late);
                return;
            }
            // The socket was connected again; the end of its first connection was not seen.
            self.close(&id, time, outputs);
        }
        self.begin(id, ends, Announcement::Seen, owner, time, outputs);
        if let Some(entry) = self.table.get_mut(&id) {
            entry.interface = interface;
        }
    }

    /// Adds a flow; the table makes room.
    fn begin(
        &mut self,
        id: FlowId,
        mut ends: Ends,
        announcement: Announcement,
        owner: Owner,
        time: u64,
        outputs: &mut Outputs,
    ) {
        while self.table.len() >= self.limits.flows_max
            && let Some(oldest) = self.dispensable(ends.transport)
        {
            Stats::add(&mut self.stats.evicted);
            self.close(&oldest, time, outputs);
        }
        Stats::add(&mut self.stats.opened);
        if announcement == Announcement::Missed {
            Stats::add(&mut self.stats.unannounced);
        }
        if ends.role == Role::Unknown
            && ends.transport == Transport::Tcp
            && self.listeners.has(&ends)
        {
            ends.role = Role::Server;
        }
        let generation = self.table.next_generation();
        let mut entry = Entry::new(id, generation, ends, time);
        entry.announcement = announcement;
        entry.owner = match owner {
            Owner::Unknown if ends.role == Role::Server => {
                let listener = self.listeners.find(&ends);
                listener.map_or(Owner::Unknown, |owner| Owner::Binder(Arc::clone(owner)))
            }
            owner => owner,
        };
        self.table.insert(entry);
        self.table.find_caller(&id);
        if ends.transport == Transport::Udp {
            self.appoint(
                time.saturating_add(idle_ns(&ends)),
                generation,
                id,
                Matter::Idle,
            );
        }
    }

    /// The flow that makes room for another. Anybody can begin one with a datagram, under any name, so those do
    /// not push out connections.
    fn dispensable(&mut self, transport: Transport) -> Option<FlowId> {
        let are_many = self.table.datagrams() >= self.limits.flows_max.div_ceil(2);
        if transport == Transport::Udp || are_many {
            let datagrams = self.table.longest_open_datagrams();
            datagrams.or_else(|| self.table.longest_open_stream())
        } else {
            let stream = self.table.longest_open_stream();
            stream.or_else(|| self.table.longest_open_datagrams())
        }
    }

    fn payload(&mut self, packet: &Packet<'_>, owner: Owner, time: u64, outputs: &mut Outputs) {
        let id = packet.ends.id(packet.cookie);
        if self.table.get(&id).is_none() {
            if self.is_over(&id, time) {
                Stats::add(&mut self.stats.late);
                return;
            }
            // It began before the agent's eyes, whoever had its ends before: others have no records.
            self.preexisting.remove(&packet.ends.tuple());
            let owner = owner.clone();
            self.begin(id, packet.ends, Announcement::Missed, owner, time, outputs);
        }
        self.learn(&id, owner, time, outputs);
        let Some(entry) = self.table.get_mut(&id) else {
            return;
        };
        entry.note(&packet.ends, packet.interface, time);
        let was_silent = matches!(entry.phase, Phase::Silent);
        let was_carried = entry.on_wire.is_some();
        let progress = entry.inspect(packet);
        let is_carried = entry.on_wire.is_some();
        let (generation, is_inspected) = (entry.generation, entry.is_inspected());
        if is_carried && !was_carried {
            self.table.carried(&id);
        }
        if was_silent {
            self.begin_inspection((generation, id), time, outputs);
        }
        if is_inspected && progress == Progress::Decided {
            self.conclude(&id, time, outputs);
        }
        self.dns(&id, packet, time, outputs);
    }

    /// Whether a record is one of a flow that ended. A datagram socket may turn to a peer again.
    fn is_over(&self, id: &FlowId, time: u64) -> bool {
        let ended = self.table.departure(id);
        ended.is_some_and(|ended| id.peer.is_none() || time <= ended)
    }

    fn begin_inspection(&mut self, place: (u64, FlowId), time: u64, outputs: &mut Outputs) {
        let (generation, id) = place;
        self.table.begin_inspection(place);
        let quiet = time.saturating_add(VERDICT_WAIT_NS);
        self.appoint(quiet, generation, id, Matter::QuietVerdict);
        let last = time.saturating_add(VERDICT_WAIT_MAX_NS);
        self.appoint(last, generation, id, Matter::LastVerdict);
        while self.table.inspected() > self.limits.inspected_max
            && let Some(oldest) = self.table.longest_inspected()
        {
            Stats::add(&mut self.stats.inspections_cut);
            self.conclude(&oldest, time, outputs);
        }
    }

    /// The call that made or accepted a connection tells whose it is.
    fn learn_owner(
        &mut self,
        ends: &Ends,
        process: &Arc<Process>,
        time: u64,
        outputs: &mut Outputs,
    ) {
        if let Some(id) = self.table.ownerless(&ends.tuple()) {
            self.learn(&id, Owner::Known(Arc::clone(process)), time, outputs);
        }
    }

    fn learn(&mut self, id: &FlowId, owner: Owner, time: u64, outputs: &mut Outputs) {
        let Some(entry) = self.table.get_mut(id) else {
            return;
        };
        entry.owner.learn(owner);
        if !entry.owner.is_known() {
            return;
        }
        let tuple = entry.ends.tuple();
        let is_awaited = matches!(entry.phase, Phase::Unowned(_));
        self.table.owned(&tuple, id);
        if is_awaited {
            self.report(id, time, outputs);
        }
    }

    /// Does what is due. No record with a time before `now_boot_ns` (nanoseconds since boot) is to come.
    pub fn tick(&mut self, now_boot_ns: u64, outputs: &mut Outputs) {
        while let Some(due) = self.agenda.take_due(now_boot_ns) {
            if !self.table.is_current(&(due.generation, due.id)) {
                continue;
            }
            let Some(entry) = self.table.get(&due.id) else {
                continue;
            };
            match (due.matter, &entry.phase) {
                (Matter::QuietVerdict, Phase::Inspected(_)) => {
                    let quiet = entry.last_boot_ns.saturating_add(VERDICT_WAIT_NS);
                    if quiet > due.due_boot_ns {
                        self.appoint(quiet, due.generation, due.id, Matter::QuietVerdict);
                    } else {
                        self.conclude(&due.id, due.due_boot_ns, outputs);
                    }
                }
                (Matter::LastVerdict, Phase::Inspected(_)) => {
                    self.conclude(&due.id, due.due_boot_ns, outputs);
                }
                (Matter::Owner, Phase::Unowned(_)) => {
                    self.report(&due.id, due.due_boot_ns, outputs);
                }
                (Matter::Idle, _) => self.end_if_idle(&due, outputs),
                (Matter::QuietVerdict | Matter::LastVerdict | Matter::Owner, _) => {}
            }
        }
    }

    fn appoint(&mut self, due_boot_ns: u64, generation: u64, id: FlowId, matter: Matter) {
        self.agenda.add(Appointment {
            due_boot_ns,
            generation,
            id,
            matter,
        });
        let table = &self.table;
        self.agenda.compact(table.len(), |appointment| {
            let entry = table.get(&appointment.id);
            entry.is_some_and(|entry| {
                entry.generation == appointment.generation
                    && match appointment.matter {
                        Matter::QuietVerdict | Matter::LastVerdict => entry.is_inspected(),
                        Matter::Owner => matches!(entry.phase, Phase::Unowned(_)),
                        Matter::Idle => true,
                    }
            })
        });
    }

    fn emit(&self, entry: &Entry, kind: FlowEventKind, time_boot_ns: u64, outputs: &mut Outputs) {
        outputs.events.push(FlowOutput {
            event: FlowEvent {
                kind,
                time_boot_ns,
                flow: Arc::new(self.flow_of(entry, time_boot_ns)),
            },
            process: entry.owner.process().cloned(),
        });
    }

    fn flow_of(&self, entry: &Entry, now_boot_ns: u64) -> Flow {
        let (namespace, remote) = (entry.ends.network_namespace, entry.ends.remote.ip());
        entry.flow(self.names.of(namespace, remote, now_boot_ns))
    }

    /// The flows that are open, as they are now, each with its owner.
    pub fn open_flows(
        &self,
        now_boot_ns: u64,
    ) -> impl Iterator<Item = (Flow, Option<&Arc<Process>>)> {
        let entries = self.table.entries();
        entries.map(move |entry| (self.flow_of(entry, now_boot_ns), entry.owner.process()))
    }

    /// How many flows are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether no flow is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    /// What happened so far.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

/// Whose socket a record of a flow says that it is.
fn owner_of(event: &EventView<'_>, process: Option<&Arc<Process>>) -> Owner {
    let flags = event.header().flags;
    match process {
        Some(process) if flags & record_flag::OWNER_UNKNOWN == 0 => {
            if flags & record_flag::INHERITED != 0 {
                Owner::Binder(Arc::clone(process))
            } else {
                Owner::Known(Arc::clone(process))
            }
        }
        _ => Owner::Unknown,
    }
}

/// Whether a flow is one with a name server.
const fn is_dns(ends: &Ends) -> bool {
    ends.local.port() == dns::PORT || ends.remote.port() == dns::PORT
}

fn idle_ns(ends: &Ends) -> u64 {
    let seconds = if is_dns(ends) {
        DNS_IDLE_S
    } else {
        DATAGRAM_IDLE_S
    };
    u64::from(seconds).saturating_mul(1_000_000_000)
}

#[cfg(test)]
mod tests;
