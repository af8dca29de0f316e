//! A host with some processes, and one event on it.

use crate::{
    Enrichment, EventContext, Facts, FieldValue, Fields, Host, PathView, Patience, Payload,
    Scratch, Surroundings,
};
use saker_audit_source::AuditEvent;
use saker_event_decode::{EventBuilder, EventView, WallClock};
use saker_event_schema::{EventId, event};
use saker_flow_state::FlowEvent;
use saker_process_state::{
    CgroupId, CgroupResolver, Limits, NoSource, Process, ProcessState, Users,
};
use saker_rule_language::FieldArgument;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// 2018-08-17 17:35:48 UTC, less one second: events happen a second after boot.
pub(super) const BOOT_WALL_NS: i64 = 1_534_527_347_000_000_000;
/// The cgroup of a container.
pub(super) const POD_CGROUP: u64 = 77;
/// The cgroup of a container outside of pods.
pub(super) const DOCKER_CGROUP: u64 = 78;
/// The id of the container of the pod, and of the other one.
pub(super) const CONTAINER_ID: &str =
    "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

pub(super) const POD_UID: &str = "f1a8f0e4-0b6f-4e6c-8b38-6a1c6b8a6a5d";

struct OneContainer;

impl CgroupResolver for OneContainer {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        let slice = POD_UID.replace('-', "_");
        let path = match id.0 {
            POD_CGROUP => format!(
                "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{slice}.slice/\
                 cri-containerd-{CONTAINER_ID}.scope"
            ),
            DOCKER_CGROUP => format!("/system.slice/docker-{CONTAINER_ID}.scope"),
            1 => "/".to_owned(),
            _ => "/user.slice".to_owned(),
        };
        Some(path.into_bytes())
    }
}

/// Everything that a context borrows.
pub(super) struct Scene {
    fields: Fields,
    processes: ProcessState,
    process: Arc<Process>,
    record: Vec<u8>,
    clock: WallClock,
    host: Host,
    scratch: Scratch,
    facts: Option<Facts>,
    patience: Patience,
}

impl Scene {
    /// One event on an empty host.
    pub(super) fn new(event: EventBuilder) -> Self {
        Self::after(&[], event)
    }

    /// One event after others.
    pub(super) fn after(history: &[EventBuilder], event: EventBuilder) -> Self {
        let mut processes = ProcessState::new(
            Limits::default(),
            Box::new(NoSource),
            Box::new(OneContainer),
        );
        for event in history {
            let record = event.build();
            processes.apply(&EventView::parse(&record).unwrap());
        }
        let record = event.build();
        let process = processes.apply(&EventView::parse(&record).unwrap());
        let mut host = Host::new("sparrow", Users::new(&users_root()));
        host.utc_offset_s = 2 * 3600;
        host.began_wall_ns = BOOT_WALL_NS.unsigned_abs();
        Self {
            fields: Fields::new(),
            processes,
            process,
            record,
            clock: WallClock::new(BOOT_WALL_NS),
            host,
            scratch: Scratch::new(),
            facts: None,
            patience: Patience::MayWait,
        }
    }

    /// The same, with somebody who is asked.
    pub(super) fn with_facts(mut self, facts: &Facts) -> Self {
        self.facts = Some(facts.clone());
        self
    }

    /// From now on nothing is waited for.
    pub(super) const fn end_patience(&mut self) {
        self.patience = Patience::Ended;
    }

    /// The process that acted.
    pub(super) fn process(&self) -> &Process {
        &self.process
    }

    /// What reading a field says about what is known.
    pub(super) fn enrichment_by(&self, field: &str) -> Enrichment {
        self.with(PathView::Requested, |context, fields| {
            let (id, argument) = find(fields, field);
            drop(fields.extract(id, argument.as_ref(), context));
            context.enrichment()
        })
    }

    /// Calls `look` with the event in a view.
    pub(super) fn with<T>(
        &self,
        view: PathView,
        look: impl FnOnce(&EventContext<'_>, &Fields) -> T,
    ) -> T {
        let event = EventView::parse(&self.record).unwrap();
        self.with_event(&event, view, look)
    }

    /// Calls `look` with another event of the same process.
    pub(super) fn with_event<T>(
        &self,
        event: &EventView<'_>,
        view: PathView,
        look: impl FnOnce(&EventContext<'_>, &Fields) -> T,
    ) -> T {
        self.with_payload(Payload::Syscall(event), view, look)
    }

    /// The value of a field for what happens to a connection of the same process.
    pub(super) fn of_flow(&self, event: &FlowEvent, text: &str) -> FieldValue<'static> {
        self.with_payload(
            Payload::Flow(event),
            PathView::Requested,
            |context, fields| {
                let (id, argument) = find(fields, text);
                fields.extract(id, argument.as_ref(), context).into_owned()
            },
        )
    }

    /// Calls `look` with a connection that nobody is known to own.
    pub(super) fn without_process<T>(
        &self,
        event: &FlowEvent,
        facts: &Facts,
        look: impl FnOnce(&EventContext<'_>, &Fields) -> T,
    ) -> T {
        let surroundings = Surroundings {
            processes: Some(&self.processes),
            clock: &self.clock,
            host: &self.host,
            scratch: &self.scratch,
        };
        let context = EventContext::new(Payload::Flow(event), None, surroundings, 7);
        look(&context.with_facts(facts, Patience::MayWait), &self.fields)
    }

    /// Calls `look` with any event of the same process.
    pub(super) fn with_payload<T>(
        &self,
        payload: Payload<'_>,
        view: PathView,
        look: impl FnOnce(&EventContext<'_>, &Fields) -> T,
    ) -> T {
        let surroundings = Surroundings {
            processes: Some(&self.processes),
            clock: &self.clock,
            host: &self.host,
            scratch: &self.scratch,
        };
        let mut context = EventContext::new(payload, Some(&self.process), surroundings, 7);
        if let Some(facts) = &self.facts {
            context = context.with_facts(facts, self.patience);
        }
        look(&context.with_path_view(view), &self.fields)
    }

    /// The value of a field as a rule writes it, in a view.
    pub(super) fn value_in(&self, view: PathView, text: &str) -> FieldValue<'static> {
        self.with(view, |context, fields| {
            let (id, argument) = find(fields, text);
            fields.extract(id, argument.as_ref(), context).into_owned()
        })
    }

    /// The value of a field in the requested view.
    pub(super) fn value(&self, text: &str) -> FieldValue<'static> {
        self.value_in(PathView::Requested, text)
    }

    /// Whether the views differ.
    pub(super) fn views_differ(&self) -> bool {
        self.with(PathView::Requested, |context, _| context.views_differ())
    }

    /// Checks a text in the requested view.
    #[track_caller]
    pub(super) fn text(&self, field: &str, expected: &str) {
        assert_eq!(self.value(field), text(expected), "{field}");
    }

    /// Checks a text in the resolved view.
    #[track_caller]
    pub(super) fn resolved(&self, field: &str, expected: &str) {
        let value = self.value_in(PathView::Resolved, field);
        assert_eq!(value, text(expected), "{field} resolved");
    }

    /// Checks that fields have no value.
    #[track_caller]
    pub(super) fn missing(&self, fields: &[&str]) {
        for field in fields {
            assert_eq!(self.value(field), FieldValue::Missing, "{field}");
        }
    }
}

/// A text value.
pub(super) fn text(text: &str) -> FieldValue<'static> {
    FieldValue::owned(text)
}

/// An exec that worked.
pub(super) fn exec(pid: u32, arguments: &[&str], path: &str) -> EventBuilder {
    let name = path.rsplit('/').next().unwrap();
    EventBuilder::new(event::EXECVE)
        .pid(pid)
        .comm(name)
        .exec_id(2)
        .set("args", arguments)
        .set("trusted_exepath", path)
        .set("filename", path)
        .set("cwd", "/home/ann")
        .set("env", ["PATH=/usr/bin:/bin", "HOME=/home/ann"])
}

/// An event of the same process that [`exec`] made.
pub(super) fn call(id: EventId, pid: u32, comm: &str) -> EventBuilder {
    EventBuilder::new(id).pid(pid).comm(comm).exec_id(2)
}

/// Calls `look` with an audit event.
pub(super) fn audit<T>(
    event: &AuditEvent,
    look: impl FnOnce(&EventContext<'_>, &Fields) -> T,
) -> T {
    audit_under(event, &Facts::none(), look)
}

/// The same, with somebody who is asked.
pub(super) fn audit_under<T>(
    event: &AuditEvent,
    facts: &Facts,
    look: impl FnOnce(&EventContext<'_>, &Fields) -> T,
) -> T {
    let nothing = Scene::new(EventBuilder::new(event::FORK));
    let surroundings = Surroundings {
        processes: None,
        clock: &nothing.clock,
        host: &nothing.host,
        scratch: &nothing.scratch,
    };
    let context = EventContext::new(Payload::K8sAudit(event), None, surroundings, 7)
        .with_facts(facts, Patience::MayWait);
    assert!(!context.views_differ());
    look(&context, &nothing.fields)
}

/// A field as a rule writes it.
pub(super) fn find(
    fields: &Fields,
    text: &str,
) -> (saker_rule_language::FieldId, Option<FieldArgument>) {
    if let Some(id) = fields.id(text) {
        return (id, None);
    }
    let (name, argument) = match text.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']')),
        None => text.rsplit_once('.').unwrap(),
    };
    let argument = match argument.parse() {
        Ok(index) => FieldArgument::Index(index),
        Err(_) => FieldArgument::Key(argument.into()),
    };
    let id = fields.id(name);
    (
        id.unwrap_or_else(|| panic!("no field {name}")),
        Some(argument),
    )
}

/// A root directory with users and groups.
fn users_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/root")
}
