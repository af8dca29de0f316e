//! What the agent has of a world: processes, a record, and the event that the engine sees.

use std::sync::Arc;

use saker_event_decode::{EventView, WallClock};
use saker_process_state::{
    BootTime, Comm, Credentials, Image, Limits, NoSource, Origin, Pid, Placement, Process,
    ProcessKey, ProcessState, Snapshot, StringVector, Users,
};
use saker_rule_engine::{ContextEvent, Event, EventKind, FieldValue, PathView};
use saker_rule_fields::{Availability, EventContext, Fields, Host, Payload, Scratch, Surroundings};
use saker_rule_language::FieldRef;

use super::foreign::{self, Foreign};
use super::record;
use super::threads::Thread;
use super::{FalcoEvent, World};

/// What stands for the ends of a connection by their place on a host without network interfaces:
/// Falco then finds the server's address local, and the client's remote.
const ENDS_WITHOUT_INTERFACES: &[(&str, &str)] = &[
    ("fd.lip", "fd.sip"),
    ("fd.rip", "fd.cip"),
    ("fd.lport", "fd.sport"),
    ("fd.rport", "fd.cport"),
    ("fd.lnet", "fd.snet"),
    ("fd.rnet", "fd.cnet"),
    ("fd.lproto", "fd.sproto"),
    ("fd.rproto", "fd.cproto"),
];

/// When the processes of a world started, nanoseconds since boot.
const START_NS: u64 = 1_000_000;

/// Everything that the event of a case borrows.
pub(crate) struct Stage<'w> {
    world: &'w World<'w>,
    event: &'w FalcoEvent,
    processes: ProcessState,
    process: Arc<Process>,
    record: Vec<u8>,
    is_foreign: bool,
    clock: WallClock,
    host: Host,
    scratch: Scratch,
}

impl<'w> Stage<'w> {
    /// Runs the events of a world through the process table.
    pub(crate) fn new(world: &'w World<'w>) -> Result<Self, String> {
        let mut processes =
            ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(NoSource));
        let leaders = world.threads.values().filter(|it| it.tid == it.pid);
        processes.bootstrap(leaders.map(|thread| snapshot(world, thread)));
        let mut last = None;
        for event in &world.events {
            let row = record::row_of(event);
            let bytes = match row {
                Some(id) => record::record(world, event, id)?,
                None => record::carrier(world, event)?,
            };
            let view = EventView::parse(&bytes).map_err(|error| error.to_string())?;
            let process = processes.apply(&view);
            last = Some((event, row.is_none(), bytes, process));
        }
        let (event, is_foreign, record, process) = last.ok_or("no event")?;
        // The users of the machine that runs the suite are no part of a case.
        let users = Users::new(std::path::Path::new("/nonexistent"));
        Ok(Self {
            world,
            event,
            processes,
            process,
            record,
            is_foreign,
            clock: WallClock::new(0),
            host: Host::new("host", users),
            scratch: Scratch::new(),
        })
    }

    /// Calls `look` with the event.
    pub(crate) fn with<T>(
        &self,
        fields: &Fields,
        look: impl FnOnce(&StagedEvent<'_>) -> Result<T, crate::data::Mismatch>,
    ) -> Result<T, crate::data::Mismatch> {
        let view = EventView::parse(&self.record)
            .map_err(|error| crate::data::Mismatch::new("a record", error))?;
        let surroundings = Surroundings {
            processes: Some(&self.processes),
            clock: &self.clock,
            host: &self.host,
            scratch: &self.scratch,
        };
        let number = u64::try_from(self.world.events.len()).unwrap_or(u64::MAX);
        let payload = Payload::Syscall(&view);
        let context = EventContext::new(payload, Some(&self.process), surroundings, number);
        look(&StagedEvent {
            own: ContextEvent::new(fields, &context),
            fields,
            foreign: Foreign {
                event: self.event,
                descriptors: &self.world.descriptors,
                pid: self.world.pid_of(self.event.tid),
                comm: self.process.comm.as_bytes(),
            },
            is_foreign: self.is_foreign,
        })
    }
}

/// The process of a thread, as `/proc` would show it.
fn snapshot(world: &World<'_>, thread: &Thread) -> Snapshot {
    let pid = |number: i64| Pid(u32::try_from(number).unwrap_or(0));
    let vector = |strings: &[Vec<u8>]| StringVector {
        bytes: strings
            .iter()
            .flat_map(|string| [string, &b"\0"[..]].concat())
            .collect(),
        is_truncated: false,
    };
    let own_name = std::slice::from_ref(&thread.exe);
    let image = Image {
        exe_path: Some(thread.exe_path.clone().into()),
        arguments: Some(vector(&[own_name, &thread.arguments].concat())),
        environment: Some(vector(&thread.environment)),
        ..Image::default()
    };
    let process = Process {
        key: ProcessKey {
            pid: pid(thread.pid),
            start_boot_ns: BootTime(START_NS),
        },
        parent: None,
        ppid: pid(world.pid_of(thread.ptid)),
        vpid: pid(thread.pid).0,
        exec_id: None,
        comm: Comm::new(&thread.comm),
        image: Arc::new(image),
        cwd: Some(thread.cwd.clone().into()),
        clone_time: None,
        exit_time: None,
        tty: 0,
        session: Pid(0),
        pgid: None,
        vpgid: None,
        credentials: Credentials::default(),
        capabilities: None,
        pid_namespace: 0,
        mount_namespace: 0,
        cgroup_id: None,
        placement: Placement::Host,
        origin: Origin::ProcFs,
        updated: BootTime(START_NS),
    };
    Snapshot {
        process,
        cgroup_path: None,
    }
}

/// The event of a case: the agent's own, and beside it what only Falco has.
pub(crate) struct StagedEvent<'c> {
    own: ContextEvent<'c>,
    fields: &'c Fields,
    foreign: Foreign<'c>,
    is_foreign: bool,
}

impl Event for StagedEvent<'_> {
    fn kind(&self) -> EventKind {
        if self.is_foreign {
            EventKind::Unlisted
        } else {
            self.own.kind()
        }
    }

    fn views_differ(&self) -> bool {
        self.own.views_differ()
    }

    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_> {
        let row = self.fields.row(field.id);
        let name = row.map_or(&*field.name, |row| row.name);
        let other_end = ENDS_WITHOUT_INTERFACES.iter().find(|(end, _)| *end == name);
        if let Some(id) = other_end.and_then(|(_, end)| self.fields.id(end)) {
            let end = FieldRef {
                id,
                ..field.clone()
            };
            return self.own.field(&end, view);
        }
        let is_filled = row.is_some_and(|row| row.availability == Availability::Filled);
        let unfilled = (!is_filled).then(|| self.foreign.unfilled(name)).flatten();
        let supplied = unfilled.or_else(|| match self.is_foreign {
            true => foreign::is_of_the_event(name).then(|| self.foreign.field(name, field)),
            false => self.foreign.empty_parameter(name, field),
        });
        supplied.unwrap_or_else(|| self.own.field(field, view))
    }
}
