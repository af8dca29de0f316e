//! One process on an empty host, and events of it.

use std::sync::{Arc, LazyLock};

use saker_event_decode::{EventBuilder, EventView, WallClock};
use saker_event_schema::event;
use saker_process_state::{Limits, NoSource, Process, ProcessState, Users};
use saker_rule_fields::{AuditEvent, EventContext, Fields, Host, Payload, Scratch, Surroundings};

/// The field table, made once.
pub static FIELDS: LazyLock<Fields> = LazyLock::new(Fields::new);

/// When the host was booted.
const BOOT_WALL_NS: i64 = 1_700_000_000_000_000_000;

/// A host with its processes.
pub struct Scene {
    processes: ProcessState,
    clock: WallClock,
    host: Host,
    scratch: Scratch,
}

impl Default for Scene {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            processes: ProcessState::new(limits, Box::new(NoSource), Box::new(NoSource)),
            clock: WallClock::new(BOOT_WALL_NS),
            // Users are read below a root folder; this one does not exist.
            host: Host::new("sparrow", Users::new("/nonexistent".as_ref())),
            scratch: Scratch::new(),
        }
    }
}

impl Scene {
    /// Takes an event in and gives the process that acted.
    pub fn apply(&mut self, event: &EventView<'_>) -> Arc<Process> {
        self.processes.apply(event)
    }

    /// Calls `look` with an event of a process.
    pub fn with<T>(
        &self,
        event: &EventView<'_>,
        process: &Process,
        look: impl FnOnce(&EventContext<'_>) -> T,
    ) -> T {
        self.look(Payload::Syscall(event), Some(process), look)
    }

    /// Calls `look` with an event of the audit log.
    pub fn with_request<T>(
        &self,
        request: &AuditEvent,
        look: impl FnOnce(&EventContext<'_>) -> T,
    ) -> T {
        self.look(Payload::K8sAudit(request), None, look)
    }

    fn look<T>(
        &self,
        payload: Payload<'_>,
        process: Option<&Process>,
        look: impl FnOnce(&EventContext<'_>) -> T,
    ) -> T {
        let surroundings = Surroundings {
            processes: Some(&self.processes),
            clock: &self.clock,
            host: &self.host,
            scratch: &self.scratch,
        };
        look(&EventContext::new(payload, process, surroundings, 7))
    }
}

/// Calls `look` with an open of `/etc/shadow` through a link, by a process that was seen to start.
pub fn with_open<T>(look: impl FnOnce(&EventContext<'_>) -> T) -> T {
    let exec = EventBuilder::new(event::EXECVE)
        .pid(42)
        .comm("cat")
        .exec_id(2)
        .set("args", ["cat", "-n", "--number", "/etc/shadow"])
        .set("trusted_exepath", "/usr/bin/cat")
        .set("filename", "/usr/bin/cat")
        .set("cwd", "/home/ann")
        .set("env", ["PATH=/usr/bin:/bin", "HOME=/home/ann"])
        .build();
    let open = EventBuilder::new(event::OPENAT)
        .pid(42)
        .comm("cat")
        .exec_id(2)
        .result(3)
        .set("name", &b"/tmp/../tmp/li\nk\xff"[..])
        .set("file_path", "/etc/shadow")
        .set("flags", 0o2_000_000_u64)
        .build();
    let mut scene = Scene::default();
    let mut process = None;
    for record in [&exec, &open] {
        let event = EventView::parse(record).expect("the builder makes whole records");
        process = Some(scene.apply(&event));
    }
    let event = EventView::parse(&open).expect("parsed above");
    let process = process.expect("two events");
    scene.with(&event, &process, look)
}
