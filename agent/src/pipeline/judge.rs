//! What becomes of an event: nothing, alerts, or waiting for what is being looked up.
//!
//! An event waits only if a rule that could still match, or the output of one that matched, reads
//! something that somebody was asked for ([`FieldValue::Pending`](saker_rule_engine::FieldValue)). It
//! then owns everything that fields can read of it, so that it is judged as it would have been at its
//! time, by the rules of its time. What matches in the same container meanwhile waits behind it, what
//! matches nothing passes. When the answer comes, or the time is over, it is judged with what is known.

use crate::fact_sources::take_note;
use crate::pipeline::kin::Kin;
use crate::pipeline::raiser::Raiser;
use crate::pipeline::waiting_room::{Bounds, Decision, Departed, WaitingRoom};
use saker_container_metadata::{Answer, Reason};
use saker_event_decode::{EventView, WallClock};
use saker_flow_state::{Flow, FlowEvent};
use saker_kube_metadata::PodEvent;
use saker_process_state::{ContainerChange, ContainerId, Process};
use saker_rule_engine::{Evaluation, Match, RuleSet};
use saker_rule_fields::{
    Enrichment, EventContext, Facts, Host, Patience, Payload, Processes, Scratch, Surroundings,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Events of one container that may wait. When there are as many, the oldest is judged at once.
const OF_CONTAINER_MAX: usize = 512;

/// Events that may wait.
const EVENTS_MAX: usize = 4_096;

/// Memory that the waiting events may take.
const BYTES_MAX: usize = 16 << 20;

/// Events of pods that are judged without looking at anything else in between.
const POD_EVENTS_AT_ONCE: usize = 256;

/// About what is known of a connection takes beside its fixed parts, in bytes: names and certificates.
const FLOW_FACTS_BYTES: usize = 1_024;

/// Bounds on what waits.
pub(crate) const fn bounds(wait: Duration) -> Bounds {
    Bounds {
        wait,
        of_queue_max: OF_CONTAINER_MAX,
        all_max: EVENTS_MAX,
        bytes_max: BYTES_MAX,
    }
}

/// Judges events. Belongs to the matching thread and never blocks.
pub(crate) struct Judge {
    bench: Bench,
    /// By container; those outside of containers are one queue.
    held: WaitingRoom<Option<ContainerId>, HeldEvent>,
    /// What was known when those who wait were asked last: how often containers and cluster had changed.
    generations: (u64, u64),
    /// Whether somebody who waits has come first in a queue since.
    is_asking_due: bool,
}

/// An event as it comes.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    /// What happened.
    pub(crate) what: Happening<'a>,
    /// The process that acted, or owns the socket; `None` where that is not known.
    pub(crate) process: Option<&'a Arc<Process>>,
    /// The others.
    pub(crate) processes: &'a dyn Processes,
    /// From time since boot to the wall clock.
    pub(crate) clock: WallClock,
    /// Number of the event.
    pub(crate) number: u64,
}

/// What happened.
#[derive(Clone, Copy)]
pub(crate) enum Happening<'a> {
    /// A system call or tracepoint: its record, read.
    Call(&'a EventView<'a>),
    /// Something became known of a connection.
    Flow(&'a FlowEvent),
    /// Something happened to a pod of this node.
    Pod(&'a PodEvent),
}

/// What happened, kept.
enum KeptHappening {
    Call(Box<[u8]>),
    Flow(Box<FlowEvent>),
    Pod(PodEvent),
}

impl Happening<'_> {
    fn keep(self) -> KeptHappening {
        match self {
            Self::Call(event) => KeptHappening::Call(event.record().into()),
            Self::Flow(event) => KeptHappening::Flow(Box::new(event.clone())),
            // The cluster has the pod itself.
            Self::Pod(event) => KeptHappening::Pod(event.clone()),
        }
    }
}

impl KeptHappening {
    /// Memory that it takes, in bytes.
    fn bytes(&self) -> usize {
        match self {
            Self::Call(record) => record.len(),
            Self::Flow(_) => size_of::<FlowEvent>() + size_of::<Flow>() + FLOW_FACTS_BYTES,
            Self::Pod(_) => size_of::<PodEvent>(),
        }
    }
}

/// An event that waits, with everything that fields can read of its time.
struct HeldEvent {
    what: KeptHappening,
    process: Option<Arc<Process>>,
    kin: Kin,
    clock: WallClock,
    number: u64,
    rules: Arc<RuleSet>,
    /// What was known when it was judged last; `None` if it was not yet since it waits.
    seen: Option<Knowledge>,
}

/// What of the facts an event depends on, to see whether it changed.
struct Knowledge {
    container: Option<Answer>,
    cluster_generation: u64,
}

/// Why an event is looked at.
#[derive(Clone, Copy)]
enum Look {
    /// It came.
    Arrival,
    /// Something became known.
    News,
    /// It waited long enough.
    Deadline,
    /// Too many wait.
    NoRoom,
    /// The agent ends.
    Shutdown,
}

impl Look {
    const fn patience(self) -> Patience {
        match self {
            Self::Arrival | Self::News => Patience::MayWait,
            Self::Deadline | Self::NoRoom | Self::Shutdown => Patience::Ended,
        }
    }

    /// Why something is not known, as the label `reason` of metrics has it.
    const fn reason(self, reason: Reason) -> &'static str {
        match (self, reason) {
            (Self::NoRoom, Reason::TimedOut) => "no_room",
            (Self::Shutdown, Reason::TimedOut) => "shutdown",
            (_, reason) => reason.name(),
        }
    }
}

/// What came of a look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is judged.
    Judged,
    /// It has to wait.
    Waits,
}

impl Judge {
    pub(crate) fn new(facts: Facts, host: Host, raiser: Raiser, bounds: Bounds) -> Self {
        Self {
            bench: Bench {
                facts,
                host,
                raiser,
                scratch: Scratch::new(),
                evaluation: Evaluation::new(),
            },
            held: WaitingRoom::new(bounds),
            generations: (0, 0),
            is_asking_due: false,
        }
    }

    /// The host, to be brought up to date.
    pub(crate) const fn host(&mut self) -> &mut Host {
        &mut self.bench.host
    }

    /// What happened to pods of this node since it was asked last.
    pub(crate) fn pod_events(&self, now_wall_ns: u64) -> Vec<PodEvent> {
        let cluster = &self.bench.facts.cluster;
        cluster.take_pod_events(POD_EVENTS_AT_ONCE, now_wall_ns)
    }

    /// Takes note of containers that appeared or ended: somebody is asked about the former. To be told
    /// before the events that happen in them.
    pub(crate) fn take_note(&self, changes: Vec<ContainerChange>) {
        take_note(&self.bench.facts, changes);
    }

    /// Forgets containers that ended long ago.
    pub(crate) fn forget_ended(&self) {
        self.bench.facts.containers.forget_ended();
    }

    /// What makes alerts.
    pub(crate) const fn raiser(&self) -> &Raiser {
        &self.bench.raiser
    }

    /// How many events wait.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// When there is something to do again although no event came.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.held.deadline()
    }

    /// Judges an event, or holds it.
    pub(crate) fn judge(&mut self, arrival: Arrival<'_>, rules: &Arc<RuleSet>, now: Instant) {
        let held = &self.held;
        let is_behind = || !held.is_empty() && held.has(&queue_of(arrival.process));
        let sight = Sight {
            payload: arrival.what.into(),
            process: arrival.process.map(Arc::as_ref),
            processes: arrival.processes,
            clock: &arrival.clock,
            number: arrival.number,
        };
        let outcome = self.bench.look(sight, rules, Look::Arrival, is_behind);
        if outcome == Outcome::Waits {
            self.hold(arrival, Arc::clone(rules), now);
        }
    }

    fn hold(&mut self, arrival: Arrival<'_>, rules: Arc<RuleSet>, now: Instant) {
        let event = match arrival.what {
            Happening::Call(event) => Some(event),
            Happening::Flow(_) | Happening::Pod(_) => None,
        };
        let kin = arrival.process.map_or_else(Kin::default, |process| {
            Kin::of(process, event, arrival.processes)
        });
        let what = arrival.what.keep();
        let bytes = size_of::<HeldEvent>() + what.bytes() + kin.bytes();
        let event = HeldEvent {
            what,
            process: arrival.process.cloned(),
            kin,
            clock: arrival.clock,
            number: arrival.number,
            rules,
            seen: None,
        };
        self.held
            .enter(queue_of(arrival.process), event, bytes, now);
        while let Some(surplus) = self.held.surplus(now) {
            self.judge_at_last(surplus, Look::NoRoom);
        }
    }

    /// Shows a connection to somebody who judges nothing, with what is known now.
    pub(crate) fn show(&self, arrival: Arrival<'_>, show: impl FnOnce(&EventContext<'_>)) {
        let sight = Sight {
            payload: arrival.what.into(),
            process: arrival.process.map(Arc::as_ref),
            processes: arrival.processes,
            clock: &arrival.clock,
            number: arrival.number,
        };
        let Bench {
            facts,
            host,
            scratch,
            ..
        } = &self.bench;
        show(&sight.context(sight.surroundings(host, scratch), facts, Patience::Ended));
    }

    /// Judges those who waited long enough, and those for whom an answer came. Cheap when there are none.
    pub(crate) fn review(&mut self, now: Instant) {
        if self.held.is_empty() {
            return;
        }
        while let Some(expired) = self.held.expired(now) {
            self.judge_at_last(expired, Look::Deadline);
        }
        let facts = &self.bench.facts;
        let generations = (facts.containers.generation(), facts.cluster.generation());
        if self.generations == generations && !self.is_asking_due {
            return;
        }
        self.generations = generations;
        self.is_asking_due = false;
        let bench = &mut self.bench;
        self.held.ask(now, |queue, event, waited| {
            if !event.has_news(bench.knowledge(queue.as_ref())) {
                return Decision::Stay;
            }
            match bench.look_again(event, Look::News) {
                Outcome::Waits => Decision::Stay,
                Outcome::Judged => {
                    bench.raiser.statistics.enrichment.waited(waited);
                    Decision::Leave
                }
            }
        });
    }

    /// Judges all who wait with what is known.
    pub(crate) fn end(&mut self, now: Instant) {
        while let Some(first) = self.held.first(now) {
            self.judge_at_last(first, Look::Shutdown);
        }
    }

    fn judge_at_last(&mut self, departed: Departed<HeldEvent>, why: Look) {
        self.bench.look_again(&departed.guest, why);
        let statistics = &self.bench.raiser.statistics;
        statistics.enrichment.waited(departed.waited);
        self.is_asking_due = true;
    }
}

/// The queue in which events of a process wait.
fn queue_of(process: Option<&Arc<Process>>) -> Option<ContainerId> {
    process?.container().map(|container| container.id.clone())
}

impl<'a> From<Happening<'a>> for Payload<'a> {
    fn from(what: Happening<'a>) -> Self {
        match what {
            Happening::Call(event) => Self::Syscall(event),
            Happening::Flow(event) => Self::Flow(event),
            Happening::Pod(event) => Self::Pod(event),
        }
    }
}

impl HeldEvent {
    /// Whether what is known now is more than when it was judged last.
    fn has_news(&mut self, now: Knowledge) -> bool {
        let is_same = self.seen.as_ref().is_some_and(|seen| seen.is_same(&now));
        self.seen = Some(now);
        !is_same
    }
}

impl Knowledge {
    fn is_same(&self, other: &Self) -> bool {
        let containers = match (&self.container, &other.container) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                let infos = (&one.info, &other.info);
                let is_same_info = match infos {
                    (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                };
                is_same_info && one.expectation == other.expectation
            }
            _ => false,
        };
        containers && self.cluster_generation == other.cluster_generation
    }
}

/// An event with what it is looked at with.
struct Sight<'a> {
    payload: Payload<'a>,
    process: Option<&'a Process>,
    processes: &'a dyn Processes,
    clock: &'a WallClock,
    number: u64,
}

impl<'a> Sight<'a> {
    fn surroundings(&self, host: &'a Host, scratch: &'a Scratch) -> Surroundings<'a> {
        Surroundings {
            processes: Some(self.processes),
            clock: self.clock,
            host,
            scratch,
        }
    }

    fn context(
        &self,
        surroundings: Surroundings<'a>,
        facts: &'a Facts,
        patience: Patience,
    ) -> EventContext<'a> {
        EventContext::new(self.payload, self.process, surroundings, self.number)
            .with_facts(facts, patience)
    }
}

/// What events are looked at with.
struct Bench {
    facts: Facts,
    host: Host,
    raiser: Raiser,
    scratch: Scratch,
    evaluation: Evaluation,
}

impl Bench {
    fn knowledge(&self, container: Option<&ContainerId>) -> Knowledge {
        Knowledge {
            container: container.map(|id| self.facts.containers.get(id)),
            cluster_generation: self.facts.cluster.generation(),
        }
    }

    fn look_again(&mut self, held: &HeldEvent, why: Look) -> Outcome {
        let event;
        let payload = match &held.what {
            KeptHappening::Flow(flow) => Payload::Flow(flow),
            KeptHappening::Pod(event) => Payload::Pod(event),
            KeptHappening::Call(record) => {
                let Ok(parsed) = EventView::parse(record) else {
                    // It was parsed when it came.
                    return Outcome::Judged;
                };
                event = parsed;
                Payload::Syscall(&event)
            }
        };
        let sight = Sight {
            payload,
            process: held.process.as_deref(),
            processes: &held.kin,
            clock: &held.clock,
            number: held.number,
        };
        self.look(sight, &held.rules, why, || false)
    }

    /// Evaluates the rules and raises alerts, unless the event has to wait: because something is not
    /// known yet, or because it matched and others of its container wait before it.
    fn look(
        &mut self,
        sight: Sight<'_>,
        rules: &RuleSet,
        why: Look,
        is_behind: impl FnOnce() -> bool,
    ) -> Outcome {
        let surroundings = sight.surroundings(&self.host, &self.scratch);
        let context = sight.context(surroundings, &self.facts, why.patience());
        let event = rules.event(&context);
        rules.evaluate(&event, &mut self.evaluation);
        let matches: &[Match] = self.evaluation.matches();
        if self.evaluation.pending() > 0 {
            return Outcome::Waits;
        }
        if !matches.is_empty() {
            let is_output_pending = |found: &Match| rules.is_output_pending(*found, &event);
            if matches.iter().any(is_output_pending) || is_behind() {
                return Outcome::Waits;
            }
            for found in matches {
                self.raiser.raise(rules, &event, *found, &context);
            }
        }
        if let Enrichment::Partial(reason) = context.enrichment()
            && (!matches.is_empty() || why.patience() == Patience::Ended)
        {
            let statistics = &self.raiser.statistics;
            statistics.enrichment.lacked(why.reason(reason));
        }
        Outcome::Judged
    }
}

#[cfg(test)]
mod tests;
