//! What extractors may look at.

mod authorization;
mod knowledge;
mod network_policies;
mod parties;
mod pod_security;
mod policies;
mod rego;

use crate::captured::CapturedEvent;
use crate::descriptor::{self, Descriptor, DescriptorKind};
use crate::facts::{Facts, Patience};
use crate::fields::{FLOW_SOURCE, K8S_AUDIT_SOURCE, POD_SOURCE, SYSCALL_SOURCE};
use crate::processes::Processes;
use crate::scratch::{Lent, Scratch, Texts};
pub(crate) use knowledge::Place;
use knowledge::SharedLookups;
pub(crate) use parties::{Party, Side};
use saker_audit_source::AuditEvent;
use saker_event_decode::{EventView, WallClock};
use saker_flow_state::FlowEvent;
use saker_kube_metadata::PodEvent;
use saker_process_state::{Pid, Process, Users};
use std::cell::OnceCell;
use std::sync::Arc;

/// An event by its source.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// From the kernel: a system call or a tracepoint. Source `syscall`.
    Syscall(&'a EventView<'a>),
    /// From a capture of Falco's. Source `syscall` as well.
    Capture(&'a CapturedEvent<'a>),
    /// A request to the API server, as its audit log tells. Source `k8s_audit`; no process belongs to
    /// it.
    K8sAudit(&'a AuditEvent),
    /// What happened to a connection. Source `flow`; the process is its owner.
    Flow(&'a FlowEvent),
    /// What happened to a pod of this node. Source `pod`; no process belongs to it.
    Pod(&'a PodEvent),
}

/// Which of an event's paths the path fields show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PathView {
    /// As the caller asked for it, made absolute and normalised by its text: Falco's meaning.
    #[default]
    Requested,
    /// As the kernel resolved it, links followed.
    Resolved,
}

impl PathView {
    /// The value of `saker.path_view`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Resolved => "resolved",
        }
    }
}

/// What is the same for all events of a host.
#[derive(Debug)]
pub struct Host {
    /// Name of the host (`evt.hostname`).
    pub hostname: Box<str>,
    /// Users and groups of the host.
    pub users: Users,
    /// Seconds that local time is ahead of UTC, for `evt.time` and its like.
    pub utc_offset_s: i32,
    /// When the agent or the recording began, nanoseconds since the epoch (`evt.reltime`).
    pub began_wall_ns: u64,
}

impl Host {
    /// A host whose local time is UTC and whose events began at the epoch.
    #[must_use]
    pub fn new(hostname: &str, users: Users) -> Self {
        Self {
            hostname: hostname.into(),
            users,
            utc_offset_s: 0,
            began_wall_ns: 0,
        }
    }
}

/// What an event is looked at with: the same for every event of one thread.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Processes as they were at the event's time; `None` for captured events, which bring their
    /// machine, and where there are none.
    pub processes: Option<&'a dyn Processes>,
    /// From time since boot to the wall clock. Captures know the wall clock only: for them both are
    /// the same, [`WallClock::default`].
    pub clock: &'a WallClock,
    /// The host.
    pub host: &'a Host,
    /// Buffers that are used again from event to event.
    pub scratch: &'a Scratch,
}

/// One event and everything known about it.
///
/// Texts that must be put together (a normalised path, a command line) are made at most once, in
/// buffers of a [`Scratch`] that go back to it with the context.
pub struct EventContext<'a> {
    payload: Payload<'a>,
    process: Option<&'a Process>,
    surroundings: Surroundings<'a>,
    number: u64,
    previous_time_ns: Option<u64>,
    facts: Option<&'a Facts>,
    patience: Patience,
    lookups: SharedLookups<'a>,
    path_view: PathView,
    descriptor_kind: OnceCell<Option<DescriptorKind>>,
    /// Whether the path that the caller asked for is as it should be already.
    is_path_normal: OnceCell<bool>,
    texts: Lent<'a, Texts>,
}

impl<'a> EventContext<'a> {
    /// An event in the requested view. `process` is the process that acted, as it was at the time of
    /// the event; `number` is `evt.num`.
    #[must_use]
    pub fn new(
        payload: Payload<'a>,
        process: Option<&'a Process>,
        surroundings: Surroundings<'a>,
        number: u64,
    ) -> Self {
        Self {
            payload,
            process,
            surroundings,
            number,
            previous_time_ns: None,
            facts: None,
            patience: Patience::MayWait,
            lookups: SharedLookups::Own(surroundings.scratch.lookups()),
            path_view: PathView::Requested,
            descriptor_kind: OnceCell::new(),
            is_path_normal: OnceCell::new(),
            texts: surroundings.scratch.texts(),
        }
    }

    /// An event of a capture. `number` is `evt.num`.
    #[must_use]
    pub fn of_capture(
        event: &'a CapturedEvent<'a>,
        surroundings: Surroundings<'a>,
        number: u64,
    ) -> Self {
        let process = event.thread().map(|thread| &thread.process);
        Self::new(Payload::Capture(event), process, surroundings, number)
    }

    /// The same event, with the time of the one before, nanoseconds since the epoch: what
    /// `evt.deltatime` counts from.
    #[must_use]
    #[inline]
    pub const fn after(mut self, previous_time_ns: u64) -> Self {
        self.previous_time_ns = Some(previous_time_ns);
        self
    }

    /// The same event, with what is known of containers and pods.
    #[must_use]
    #[inline]
    pub const fn with_facts(mut self, facts: &'a Facts, patience: Patience) -> Self {
        self.facts = Some(facts);
        self.patience = patience;
        self
    }

    /// The same event in another view. What one of them looks up the other knows.
    #[must_use]
    pub fn with_path_view(&self, path_view: PathView) -> EventContext<'_> {
        let mut other =
            EventContext::new(self.payload, self.process, self.surroundings, self.number);
        other.previous_time_ns = self.previous_time_ns;
        other.facts = self.facts;
        other.patience = self.patience;
        other.lookups = self.lookups.share();
        other.path_view = path_view;
        other
    }

    /// Whether any path field differs between the views. Where it does not, evaluating the resolved
    /// view again gives the same result.
    #[must_use]
    pub fn views_differ(&self) -> bool {
        let Some(event) = self.event() else {
            return false;
        };
        let layout = descriptor::layout(event);
        let (Some(requested), Some(resolved)) =
            (layout.requested, descriptor::resolved_path(event, layout))
        else {
            return false;
        };
        // What the kernel resolved is as it should be, and so is what was asked for in the same words.
        let as_passed = event.path(requested);
        if as_passed == Some(resolved) && !resolved.is_empty() {
            self.is_path_normal.get_or_init(|| true);
            return false;
        }
        self.requested_path() != Some(resolved)
    }

    /// The event.
    #[must_use]
    pub const fn payload(&self) -> Payload<'a> {
        self.payload
    }

    /// Name of the event's source.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        match self.payload {
            Payload::Syscall(_) | Payload::Capture(_) => SYSCALL_SOURCE,
            Payload::K8sAudit(_) => K8S_AUDIT_SOURCE,
            Payload::Flow(_) => FLOW_SOURCE,
            Payload::Pod(_) => POD_SOURCE,
        }
    }

    /// The event, if it comes from the kernel.
    #[must_use]
    pub const fn event(&self) -> Option<&'a EventView<'a>> {
        match self.payload {
            Payload::Syscall(event) => Some(event),
            Payload::Capture(_) | Payload::K8sAudit(_) | Payload::Flow(_) | Payload::Pod(_) => None,
        }
    }

    /// The event, if it comes from a capture.
    #[must_use]
    pub const fn captured(&self) -> Option<&'a CapturedEvent<'a>> {
        match self.payload {
            Payload::Capture(event) => Some(event),
            Payload::Syscall(_) | Payload::K8sAudit(_) | Payload::Flow(_) | Payload::Pod(_) => None,
        }
    }

    /// The event, if it comes from the audit log of Kubernetes.
    #[must_use]
    pub const fn audit_event(&self) -> Option<&'a AuditEvent> {
        match self.payload {
            Payload::K8sAudit(event) => Some(event),
            Payload::Syscall(_) | Payload::Capture(_) | Payload::Flow(_) | Payload::Pod(_) => None,
        }
    }

    /// The event, if it is about a connection.
    #[must_use]
    pub const fn flow_event(&self) -> Option<&'a FlowEvent> {
        match self.payload {
            Payload::Flow(event) => Some(event),
            Payload::Syscall(_) | Payload::Capture(_) | Payload::K8sAudit(_) | Payload::Pod(_) => {
                None
            }
        }
    }

    /// The event, if it is about a pod.
    #[must_use]
    pub const fn pod_event(&self) -> Option<&'a PodEvent> {
        match self.payload {
            Payload::Pod(event) => Some(event),
            Payload::Syscall(_) | Payload::Capture(_) | Payload::K8sAudit(_) | Payload::Flow(_) => {
                None
            }
        }
    }

    /// The process that acted.
    #[must_use]
    pub const fn process(&self) -> Option<&'a Process> {
        self.process
    }

    /// From time since boot to the wall clock.
    #[must_use]
    pub const fn clock(&self) -> &'a WallClock {
        self.surroundings.clock
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> &'a Host {
        self.surroundings.host
    }

    /// Number of the event.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Time of the event before, if it is known.
    pub(crate) const fn previous_time_ns(&self) -> Option<u64> {
        self.previous_time_ns
    }

    /// Which paths the path fields show.
    #[must_use]
    pub const fn path_view(&self) -> PathView {
        self.path_view
    }

    /// Time of the event, nanoseconds since the epoch.
    #[must_use]
    pub fn time_wall_ns(&self) -> u64 {
        match self.payload {
            Payload::Syscall(event) => self.clock().wall_ns(event.header().time_boot_ns),
            Payload::Capture(event) => event.event.header.time_ns,
            Payload::K8sAudit(event) => event.time_wall_ns(),
            Payload::Flow(event) => self.clock().wall_ns(event.time_boot_ns),
            Payload::Pod(event) => event.time_wall_ns,
        }
    }

    /// What is used again from event to event.
    pub(crate) const fn scratch(&self) -> &'a Scratch {
        self.surroundings.scratch
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The path that the caller passed, where it is known by now to be absolute and normalised: so it
    /// is for most opens, since the views are compared first.
    pub(crate) fn known_normal_path(&self) -> Option<&'a [u8]> {
        let is_normal = self.is_path_normal.get()?;
        let event = self.event().filter(|_| *is_normal)?;
        event.path(descriptor::layout(event).requested?)
    }

    /// The path that the call asked to open, absolute and normalised.
    pub(crate) fn requested_path(&self) -> Option<&[u8]> {
        let event = self.event()?;
        let slot = descriptor::layout(event).requested?;
        let is_normal = || event.path(slot).is_some_and(descriptor::is_normal);
        if *self.is_path_normal.get_or_init(is_normal) {
            return event.path(slot);
        }
        self.texts
            .requested
            .get_or_make(|out| event.requested_path(slot, out))
    }

    /// The file descriptor that the event is about.
    pub(crate) fn descriptor(&self) -> Option<Descriptor<'a>> {
        Descriptor::of(self.event()?)
    }

    /// What the descriptor refers to; `None` when the call that would have made it failed.
    pub(crate) fn descriptor_kind(&self) -> Option<DescriptorKind> {
        let make = || self.descriptor()?.kind();
        *self.descriptor_kind.get_or_init(make)
    }

    /// The parent of the process that acted.
    pub(crate) fn parent(&self) -> Option<&'a Process> {
        if let Payload::Capture(event) = self.payload {
            return event.ancestor(1).map(|thread| &thread.process);
        }
        let process = self.process?;
        let parent = self.surroundings.processes?.parent(process);
        parent.map(|parent| &**parent)
    }

    /// The process itself (0), its parent (1), and so on.
    pub(crate) fn ancestor(&self, level: u32) -> Option<&'a Process> {
        if let Payload::Capture(event) = self.payload {
            return event.ancestor(level).map(|thread| &thread.process);
        }
        let process = self.process?;
        let Some(above) = level.checked_sub(1) else {
            return Some(process);
        };
        let above = usize::try_from(above).ok()?;
        self.ancestors().nth(above)
    }

    /// The parent, its parent, and so on.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &'a Process> + use<'a> {
        let live = self.shared_ancestors().map(Arc::as_ref);
        let captured = self
            .captured()
            .into_iter()
            .flat_map(CapturedEvent::ancestors);
        live.chain(captured.map(|thread| &thread.process))
    }

    /// The parent, its parent, and so on, as the process table has them.
    pub(crate) fn shared_ancestors(&self) -> impl Iterator<Item = &'a Arc<Process>> + use<'a> {
        let processes = self.surroundings.processes;
        let above = move |process: &Process| processes?.parent(process);
        let first = self.process.and_then(above);
        std::iter::successors(first, move |process| above(process)).take(ANCESTORS_MAX)
    }

    /// The processes around the one that acted.
    pub(crate) const fn processes(&self) -> Option<&'a dyn Processes> {
        self.surroundings.processes
    }

    /// The process that has this pid now.
    pub(crate) fn process_by_pid(&self, pid: Pid) -> Option<&'a Process> {
        if let Payload::Capture(event) = self.payload {
            let thread = event.machine.thread(pid.0.into())?;
            return Some(&thread.process);
        }
        self.surroundings.processes?.by_pid(pid).map(Arc::as_ref)
    }
}

/// Most ancestors that are looked at: a chain that leads back to itself must end.
pub(crate) const ANCESTORS_MAX: usize = 1024;
