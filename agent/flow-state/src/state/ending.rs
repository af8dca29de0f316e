//! From the verdict to the end of a flow.

use super::{FlowState, OWNER_WAIT_NS, Outputs, Satisfied, idle_ns};
use crate::agenda::{Appointment, Matter};
use crate::entry::{Announcement, Entry, Owner, Phase};
use crate::flow::{FlowEventKind, FlowId, Traffic};
use crate::record::Ends;
use crate::stats::Stats;
use saker_flow_inspection::Transport;

/// The end of a connection, as the kernel tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) cookie: u64,
    pub(super) ends: Ends,
    pub(super) opened_boot_ns: u64,
    pub(super) traffic: Traffic,
    pub(super) was_established: bool,
}

impl FlowState {
    /// A connection ended, or a datagram socket was closed.
    pub(super) fn ended(
        &mut self,
        ending: &Ending,
        owner: Owner,
        time: u64,
        outputs: &mut Outputs,
    ) {
        if ending.ends.transport == Transport::Udp {
            self.socket_closed(ending, owner, time, outputs);
            return;
        }
        let id = ending.ends.id(ending.cookie);
        if self.table.get(&id).is_none() {
            if self.is_over(&id, time) {
                Stats::add(&mut self.stats.late);
                return;
            }
            self.preexisting.remove(&ending.ends.tuple());
            if !ending.was_established {
                Stats::add(&mut self.stats.never_established);
                return;
            }
            let owner = owner.clone();
            self.begin(id, ending.ends, Announcement::Missed, owner, time, outputs);
        }
        self.learn(&id, owner, time, outputs);
        if let Some(entry) = self.table.get_mut(&id) {
            entry.note(&ending.ends, None, time);
            entry.know_traffic(&ending.traffic);
            if ending.opened_boot_ns != 0 {
                entry.opened_boot_ns = entry.opened_boot_ns.min(ending.opened_boot_ns);
            }
        }
        self.close(&id, time, outputs);
    }

    /// All flows of a datagram socket end with it.
    fn socket_closed(&mut self, ending: &Ending, owner: Owner, time: u64, outputs: &mut Outputs) {
        let ids = self.table.of_socket(ending.cookie);
        for id in &ids {
            self.learn(id, owner.clone(), time, outputs);
            if let Some(entry) = self.table.get_mut(id) {
                entry.last_boot_ns = entry.last_boot_ns.max(time);
                // Of several peers the kernel gives the sum, or nothing.
                if ids.len() == 1 {
                    entry.know_traffic(&ending.traffic);
                }
            }
            self.close(id, time, outputs);
        }
    }

    /// Nothing that comes will change what a flow is: its bytes are forgotten, and it is reported as soon as
    /// its owner is known for sure.
    pub(super) fn conclude(&mut self, id: &FlowId, time: u64, outputs: &mut Outputs) {
        let Some(entry) = self.table.get_mut(id) else {
            return;
        };
        let is_stream = entry.ends.transport == Transport::Tcp;
        let is_awaited = is_stream && !entry.owner.is_known();
        let (generation, seen_boot_ns) = (entry.generation, entry.last_boot_ns);
        if let Some(was_inspected) = entry.decide() {
            if was_inspected {
                self.table.end_inspection();
            }
            // A datagram socket has other peers.
            if is_stream {
                outputs.satisfied.push(Satisfied {
                    cookie: id.cookie,
                    seen_boot_ns,
                });
            }
        }
        if is_awaited {
            let due = time.saturating_add(OWNER_WAIT_NS);
            self.appoint(due, generation, *id, Matter::Owner);
        } else {
            self.report(id, time, outputs);
        }
    }

    /// Says what a flow is. Once.
    pub(super) fn report(&mut self, id: &FlowId, time: u64, outputs: &mut Outputs) {
        self.table.find_caller(id);
        let Some(entry) = self.table.get_mut(id) else {
            return;
        };
        let Some(class) = entry.mark_reported() else {
            return;
        };
        self.stats.count_class(class, entry.ends.role);
        if entry.owner.process().is_none() {
            Stats::add(&mut self.stats.ownerless);
        }
        if let Some(entry) = self.table.get(id) {
            self.emit(entry, FlowEventKind::Classified, time, outputs);
        }
    }

    /// Ends a flow: it is classified by now, and closed.
    pub(super) fn close(&mut self, id: &FlowId, time: u64, outputs: &mut Outputs) {
        let Some(entry) = self.table.get_mut(id) else {
            return;
        };
        if entry.decide() == Some(true) {
            self.table.end_inspection();
        }
        self.report(id, time, outputs);
        let Some(entry) = self.table.remove(id, time) else {
            return;
        };
        Stats::add(&mut self.stats.closed);
        let duration_ns = entry.last_boot_ns.saturating_sub(entry.opened_boot_ns);
        self.emit(&entry, FlowEventKind::Closed { duration_ns }, time, outputs);
    }

    /// Ends the flow of a datagram socket if nothing went over it for long enough.
    pub(super) fn end_if_idle(&mut self, due: &Appointment, outputs: &mut Outputs) {
        let Some(entry) = self.table.get(&due.id) else {
            return;
        };
        let ends_at = entry.last_boot_ns.saturating_add(idle_ns(&entry.ends));
        if ends_at <= due.due_boot_ns {
            self.close(&due.id, due.due_boot_ns, outputs);
        } else {
            self.appoint(ends_at, due.generation, due.id, Matter::Idle);
        }
    }

    /// The agent ends: flows that are being looked at are classified with what is known. They stay open.
    pub fn conclude_all(&mut self, now_boot_ns: u64, outputs: &mut Outputs) {
        let entries = self.table.entries();
        let undecided: Vec<FlowId> = entries
            .filter(|entry| !matches!(entry.phase, Phase::Silent | Phase::Reported(_)))
            .map(|entry| entry.id)
            .collect();
        for id in undecided {
            self.conclude(&id, now_boot_ns, outputs);
            self.report(&id, now_boot_ns, outputs);
        }
    }
}

impl Entry {
    /// Takes the kernel's counts, which are exact.
    fn know_traffic(&mut self, traffic: &Traffic) {
        let Traffic {
            sent_bytes,
            received_bytes,
        } = &mut self.traffic;
        *sent_bytes = (*sent_bytes).max(traffic.sent_bytes);
        *received_bytes = (*received_bytes).max(traffic.received_bytes);
    }
}
