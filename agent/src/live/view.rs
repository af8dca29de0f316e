//! What events are looked at with.

use crate::fact_sources::take_note;
use crate::journal::{ContainerNotes, Journal};
use crate::live::Watcher;
use crate::pipeline::flows::{self, Flows};
use crate::this_host::{boot_time_ns, is_alive, wall_offset_ns};
use saker_capture_file::recording::Note;
use saker_event_decode::{EventView, WallClock};
use saker_flow_state::FlowOutput;
use saker_process_state::{BootTime, Process, ProcessState};
use saker_rule_fields::{EventContext, Facts, Host, Patience, Payload, Scratch, Surroundings};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Everything that is known beside an event.
pub(super) struct View {
    pub(super) processes: ProcessState,
    pub(super) host: Host,
    pub(super) facts: Facts,
    pub(super) journal: Option<Journal>,
    /// `None` unless connections are wanted.
    pub(super) flows: Option<Flows>,
    pub(super) scratch: Scratch,
    pub(super) clock: WallClock,
    /// Number of the last event.
    pub(super) number: u64,
}

impl View {
    /// An event as it is shown: with what is known now.
    pub(super) fn context<'a>(
        &'a self,
        payload: Payload<'a>,
        process: Option<&'a Process>,
    ) -> EventContext<'a> {
        let surroundings = Surroundings {
            processes: Some(&self.processes),
            clock: &self.clock,
            host: &self.host,
            scratch: &self.scratch,
        };
        EventContext::new(payload, process, surroundings, self.number)
            .with_facts(&self.facts, Patience::Ended)
    }

    /// Takes an event in; gives the process that it is about.
    pub(super) fn apply(&mut self, event: &EventView<'_>) -> Option<Arc<Process>> {
        let process = flows::process_of(&mut self.processes, event);
        self.take_note();
        if let Some(flows) = &mut self.flows {
            flows.apply(event, process.as_ref());
        }
        process
    }

    /// Shows what became known of connections until now.
    pub(super) fn show_flows(
        &mut self,
        now_boot_ns: u64,
        watcher: &mut impl Watcher,
    ) -> anyhow::Result<ControlFlow<()>> {
        let Some(flows) = &mut self.flows else {
            return Ok(ControlFlow::Continue(()));
        };
        flows.tick(now_boot_ns);
        for FlowOutput { event, process } in flows.take().into_iter().flatten() {
            self.number += 1;
            let context = self.context(Payload::Flow(&event), process.as_deref());
            if watcher.flow(&context)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes note of containers that appeared or ended.
    pub(super) fn take_note(&mut self) {
        take_note(&self.facts, self.processes.take_container_changes());
    }

    /// Records what is known of the container of a process.
    pub(super) fn note(&self, process: &Process, notes: &mut ContainerNotes) {
        if let (Some(journal), Some(container)) = (&self.journal, process.container()) {
            notes.note(&container.id, &self.facts.containers, journal);
        }
    }

    /// Looks at the clocks, at whether users changed, and at the offset of local time, which changes twice a
    /// year.
    pub(super) fn refresh(&mut self) {
        self.clock = WallClock::new(wall_offset_ns());
        self.host.utc_offset_s = jiff::Zoned::now().offset().seconds();
        let have_changed = self.host.users.refresh(boot_time_ns());
        if let Some(journal) = self.journal.as_ref().filter(|_| have_changed) {
            journal.add(Note::UsersChanged);
            journal.add_users(&self.host.users);
        }
        self.facts.containers.forget_ended();
    }

    /// Ends processes whose end was not seen.
    pub(super) fn sweep(&mut self) {
        let now = boot_time_ns();
        let gone = RefCell::new(Vec::new());
        self.processes.retain_alive(BootTime(now), |pid| {
            let is_alive = is_alive(pid);
            if !is_alive {
                gone.borrow_mut().push(pid.0);
            }
            is_alive
        });
        if let Some(journal) = &self.journal {
            journal.add(Note::Sweep {
                time_boot_ns: now,
                gone: gone.into_inner(),
            });
        }
        self.take_note();
        if let Some(flows) = &mut self.flows {
            flows.sweep();
        }
    }

    /// Shows what is known of connections that wait for more, which will not come.
    pub(super) fn show_last_flows(
        &mut self,
        watcher: &mut impl Watcher,
    ) -> anyhow::Result<ControlFlow<()>> {
        let now = boot_time_ns();
        if let Some(flows) = &mut self.flows {
            flows.conclude_all(now);
        }
        self.show_flows(now, watcher)
    }
}
