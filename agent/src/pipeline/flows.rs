//! Connections on the matching thread: from their records to events that are judged.

mod lookout;

use crate::pipeline::judge::{Arrival, Happening, Judge};
use crate::this_host;
use lookout::Lookout;
use saker_event_decode::{EventView, WallClock};
use saker_flow_state::{
    FlowEvent, FlowEventKind, FlowOutput, FlowState, Limits, Outputs, Satisfied, SocketTable,
    is_flow_record,
};
use saker_kernel_source::{KernelSource, KernelSourceError};
use saker_process_state::{Process, ProcessState};
use saker_rule_engine::RuleSet;
use saker_rule_fields::EventContext;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the open connections are shown to who observes them.
const OPEN_SHOWN: Duration = Duration::from_secs(60);

/// How much later than a record another one may come that happened before it: the reader hands them over in
/// the order of their times, but for some that are still being written.
const RECORDS_LATE_NS: u64 = 100_000_000;

/// Sees every connection, whatever the rules say. Called on the matching thread, so it must not block.
pub(crate) trait FlowObserver: Send {
    /// A connection ended; the event says how much went over it.
    fn closed(&mut self, event: &FlowEvent, context: &EventContext<'_>);

    /// A connection is open: called for each about once a minute and at the end, with what went over it so
    /// far as far as that is known. One that is older than the agent has the class `preexisting`.
    fn open(&mut self, event: &FlowEvent, context: &EventContext<'_>);

    /// All open connections were shown.
    fn shown(&mut self, clock: WallClock, now_boot_ns: u64);
}

/// Says that no more bytes of a connection are wanted.
pub(crate) type TellSatisfied = Box<dyn FnMut(Satisfied) + Send>;

/// Tells the kernel side of which connections enough is known; nobody where it sees none.
pub(crate) fn satisfied_by(source: &mut KernelSource) -> Result<TellSatisfied, KernelSourceError> {
    let Some(mut satisfaction) = source.flow_satisfaction()? else {
        return Ok(Box::new(|_| {}));
    };
    Ok(Box::new(move |of| {
        if let Err(error) = satisfaction.satisfied(of.cookie, of.seen_boot_ns) {
            // Its payload goes on to come until the kernel's own bound.
            tracing::debug!(%error, "cannot tell that enough is known of a connection");
        }
    }))
}

/// The connections of the host.
pub(crate) struct Flows {
    state: FlowState,
    outputs: Outputs,
    satisfied: TellSatisfied,
    observer: Option<Box<dyn FlowObserver>>,
    next_shown: Instant,
    lookout: Option<Lookout>,
}

/// What events of connections are judged with.
pub(crate) struct Bench<'a> {
    pub(crate) judge: &'a mut Judge,
    pub(crate) rules: &'a Arc<RuleSet>,
    pub(crate) processes: &'a ProcessState,
    pub(crate) clock: WallClock,
    pub(crate) number: &'a mut u64,
    pub(crate) now: Instant,
}

impl Flows {
    /// Nothing is known of connections yet.
    pub(crate) fn new(satisfied: TellSatisfied, observer: Option<Box<dyn FlowObserver>>) -> Self {
        Self {
            state: FlowState::new(Limits::default()),
            outputs: Outputs::default(),
            satisfied,
            observer,
            next_shown: Instant::now() + OPEN_SHOWN,
            lookout: None,
        }
    }

    /// Takes the sockets that are there, to be called after the programs are attached.
    pub(crate) fn bootstrap(&mut self, processes: &ProcessState) {
        let sockets = SocketTable::read(Path::new("/proc"));
        self.state.bootstrap(&sockets, |pid| processes.by_pid(pid));
        match Lookout::spawn() {
            Ok(lookout) => self.lookout = Some(lookout),
            Err(error) => tracing::warn!(
                %error,
                "cannot look for connections whose end was not seen: they count as open"
            ),
        }
    }

    /// Ends connections that the host no longer has, by what the last look showed, and has another one taken.
    pub(crate) fn sweep(&mut self) {
        let Some(lookout) = &self.lookout else { return };
        if let Some(found) = lookout.found() {
            self.state.sweep(&found, &mut self.outputs);
        }
        if self.state.has_connections() {
            lookout.look();
        }
    }

    /// The table.
    pub(crate) const fn state(&self) -> &FlowState {
        &self.state
    }

    /// Takes a record in.
    pub(crate) fn apply(&mut self, event: &EventView<'_>, process: Option<&Arc<Process>>) {
        self.state.apply(event, process, &mut self.outputs);
    }

    /// It is that late; records that are a little older may still come.
    pub(crate) fn tick(&mut self, now_boot_ns: u64) {
        let settled = now_boot_ns.saturating_sub(RECORDS_LATE_NS);
        self.state.tick(settled, &mut self.outputs);
    }

    /// The agent ends: what is known of connections that are being looked at has to do.
    pub(crate) fn conclude_all(&mut self, now_boot_ns: u64) {
        self.state.conclude_all(now_boot_ns, &mut self.outputs);
    }

    /// Takes what came of records and time.
    pub(crate) fn take(&mut self) -> Option<Vec<FlowOutput>> {
        for satisfied in self.outputs.satisfied.drain(..) {
            (self.satisfied)(satisfied);
        }
        if self.outputs.events.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut self.outputs.events))
    }

    /// Has judged what came of records and time.
    pub(crate) fn judge(&mut self, bench: &mut Bench<'_>) {
        let Some(outputs) = self.take() else { return };
        for FlowOutput { event, process } in outputs {
            *bench.number += 1;
            let arrival = bench.arrival(&event, process.as_ref());
            if let Some(observer) = &mut self.observer
                && matches!(event.kind, FlowEventKind::Closed { .. })
            {
                bench
                    .judge
                    .show(arrival, |context| observer.closed(&event, context));
            }
            bench.judge.judge(arrival, bench.rules, bench.now);
        }
    }

    /// Shows the open connections, if it is time to, and ends those that are no longer there.
    pub(crate) fn show_open_if_due(&mut self, bench: &Bench<'_>) {
        if bench.now >= self.next_shown {
            self.next_shown = bench.now + OPEN_SHOWN;
            self.sweep();
            self.show_open(bench);
        }
    }

    /// Shows the open connections.
    pub(crate) fn show_open(&mut self, bench: &Bench<'_>) {
        let Some(observer) = &mut self.observer else {
            return;
        };
        let now = this_host::boot_time_ns();
        let flows = self.state.open_flows(now);
        for (flow, process) in flows.chain(self.state.preexisting()) {
            let event = FlowEvent {
                kind: FlowEventKind::Classified,
                time_boot_ns: now,
                flow: Arc::new(flow),
            };
            let arrival = bench.arrival(&event, process);
            bench
                .judge
                .show(arrival, |context| observer.open(&event, context));
        }
        observer.shown(bench.clock, now);
    }
}

impl<'a> Bench<'a> {
    fn arrival<'e>(&self, event: &'e FlowEvent, process: Option<&'e Arc<Process>>) -> Arrival<'e>
    where
        'a: 'e,
    {
        Arrival {
            what: Happening::Flow(event),
            process,
            processes: self.processes,
            clock: self.clock,
            number: *self.number,
        }
    }
}

/// The process that a record is about. One about a socket has its owner, if anybody.
pub(crate) fn process_of(
    processes: &mut ProcessState,
    event: &EventView<'_>,
) -> Option<Arc<Process>> {
    if is_flow_record(event) {
        processes.owner(event)
    } else {
        Some(processes.apply(event))
    }
}

#[cfg(test)]
mod tests;
