//! From a case to records: the processes that are there, then the event.

use std::collections::HashMap;

use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::{EventId, Kind, ROWS, event};
use saker_process_state::{CgroupId, CgroupResolver};

use crate::argument;
use crate::case::{ArgumentValue, Case, Placement, ProcessFacts};
use crate::error::CaseError;

/// Process id of the process that acts; its ancestors count down from there.
const ACTOR_PID: u32 = 1000;
/// The parent of the oldest ancestor.
const INIT_PID: u32 = 1;
/// cgroup of everything outside of containers.
const HOST_CGROUP: u64 = 100;
/// When the first process of a case starts, nanoseconds since boot.
const FIRST_START_NS: u64 = 1_000_000_000_000;
/// Time between two records.
const STEP_NS: u64 = 60_000_000_000;
/// A regular file with ordinary permissions.
const REGULAR_FILE: u64 = 0o100_644;
/// Characters of a container's id.
const CONTAINER_ID_LENGTH: usize = 64;

/// The records of a case, in order; the last is the event.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) before: Vec<Vec<u8>>,
    pub(crate) event: Vec<u8>,
    pub(crate) cgroups: Cgroups,
}

/// Which container each cgroup of a case belongs to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cgroups {
    paths: HashMap<u64, Vec<u8>>,
}

impl Cgroups {
    /// The cgroup for a placement.
    fn id(&mut self, placement: &Placement) -> u64 {
        let path = match placement {
            Placement::Host => b"/user.slice/user-0.slice/session-1.scope".to_vec(),
            Placement::Container(id) => {
                format!("/system.slice/docker-{id:0<CONTAINER_ID_LENGTH$}.scope").into_bytes()
            }
        };
        if let Some((id, _)) = self.paths.iter().find(|(_, known)| **known == path) {
            return *id;
        }
        let id = (HOST_CGROUP..)
            .find(|id| !self.paths.contains_key(id))
            .unwrap_or(HOST_CGROUP);
        self.paths.insert(id, path);
        id
    }
}

impl CgroupResolver for Cgroups {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        self.paths.get(&id.0).cloned()
    }
}

/// A process with everything filled in that the case leaves out.
struct Actor<'a> {
    facts: &'a ProcessFacts,
    name: &'a str,
    pid: u32,
    ppid: u32,
    cgroup: u64,
    start_ns: u64,
}

impl Actor<'_> {
    fn exe(&self) -> String {
        let usual = || format!("/usr/bin/{}", self.name);
        self.facts.exe.clone().unwrap_or_else(usual)
    }

    fn arguments(&self) -> Value {
        match &self.facts.args {
            Some(arguments) => Value::strings(arguments),
            None => Value::strings([self.name]),
        }
    }

    /// A record of this process.
    fn record(&self, case: &Case, id: EventId) -> Result<EventBuilder, CaseError> {
        let mut builder = EventBuilder::try_new(id)
            .map_err(|source| build_error(case, "", source))?
            .pid(self.pid)
            .ppid(self.ppid)
            .comm(self.name)
            .uid(self.facts.uid)
            .loginuid(self.facts.loginuid.unwrap_or(u32::MAX))
            .tty(self.facts.tty)
            .session(self.pid)
            .start_boot_ns(self.start_ns)
            .time_boot_ns(self.start_ns)
            .cgroup_id(self.cgroup);
        if id == event::EXECVE || id == event::EXECVEAT {
            self.fill_exec(case, &mut builder)?;
        }
        Ok(builder)
    }

    fn fill_exec(&self, case: &Case, builder: &mut EventBuilder) -> Result<(), CaseError> {
        let exe = self.exe();
        let flags = match &self.facts.exe_flags {
            Some(text) => {
                argument::flags(Kind::ExecFlags, text).ok_or_else(|| CaseError::Value {
                    case: case.name.clone(),
                    argument: "exe_flags".to_owned(),
                    kind: Kind::ExecFlags.name(),
                    value: text.clone(),
                })?
            }
            None => 0,
        };
        let cwd = self.facts.cwd.as_deref().unwrap_or("/");
        let values = [
            ("args", self.arguments()),
            ("trusted_exepath", Value::from(exe.as_str())),
            ("filename", Value::from(exe.as_str())),
            ("cwd", Value::from(cwd)),
            ("tty", Value::from(self.facts.tty)),
            ("uid", Value::from(self.facts.uid)),
            ("flags", Value::from(flags)),
        ];
        for (name, value) in values {
            set(case, builder, name, value)?;
        }
        Ok(())
    }
}

/// The process that acts, its parent, and so on.
fn actors<'c>(case: &'c Case, cgroups: &mut Cgroups) -> Vec<Actor<'c>> {
    let mut placement = case.process.container.clone().unwrap_or(Placement::Host);
    let lineage = std::iter::once(&case.process).chain(&case.ancestors);
    let oldest = u64::try_from(case.ancestors.len()).unwrap_or(u64::MAX);
    lineage
        .zip((2..=ACTOR_PID).rev())
        .zip((0..=oldest).rev())
        .map(|((facts, pid), order)| {
            placement = facts.container.clone().unwrap_or(placement.clone());
            Actor {
                facts,
                name: facts.name.as_deref().unwrap_or("test"),
                pid,
                ppid: if order == 0 {
                    INIT_PID
                } else {
                    pid.saturating_sub(1)
                },
                cgroup: cgroups.id(&placement),
                start_ns: FIRST_START_NS.saturating_add(order.saturating_mul(STEP_NS)),
            }
        })
        .collect()
}

fn event_id(case: &Case) -> Result<EventId, CaseError> {
    ROWS.iter()
        .find(|row| row.name == case.event.event_type)
        .map(|row| row.id)
        .ok_or_else(|| CaseError::UnknownEvent {
            case: case.name.clone(),
            event: case.event.event_type.clone(),
        })
}

pub(crate) fn build(case: &Case) -> Result<Scene, CaseError> {
    let mut cgroups = Cgroups::default();
    let actors = actors(case, &mut cgroups);
    let before = actors
        .iter()
        .rev()
        .map(|actor| finished(case, &actor.record(case, event::EXECVE)?))
        .collect::<Result<_, _>>()?;
    let event = match actors.first() {
        Some(actor) => finished(case, &event_record(case, actor)?)?,
        None => Vec::new(),
    };
    Ok(Scene {
        before,
        event,
        cgroups,
    })
}

fn event_record(case: &Case, actor: &Actor<'_>) -> Result<EventBuilder, CaseError> {
    let id = event_id(case)?;
    let is_exec = id == event::EXECVE || id == event::EXECVEAT;
    let mut record = actor
        .record(case, id)?
        .result(case.event.result)
        .time_boot_ns(actor.start_ns.saturating_add(STEP_NS))
        .exec_id(if is_exec { 2 } else { 1 });
    fill_opened_file(case, &mut record)?;
    for (name, written) in &case.event.args {
        let value = written_value(case, &record, name, written.as_ref())?;
        set(case, &mut record, name, value)?;
    }
    Ok(record)
}

/// An open that worked leads to the file that was asked for, a regular one.
fn fill_opened_file(case: &Case, record: &mut EventBuilder) -> Result<(), CaseError> {
    let opens = ["open", "openat", "openat2", "creat"];
    if !opens.contains(&record.row().name) || case.event.result < 0 {
        return Ok(());
    }
    if let Some(Some(ArgumentValue::Text(name))) = case.event.args.get("name")
        && name.starts_with('/')
    {
        set(case, record, "file_path", Value::from(name.as_str()))?;
    }
    set(case, record, "file_mode", Value::from(REGULAR_FILE))
}

fn written_value(
    case: &Case,
    record: &EventBuilder,
    name: &str,
    written: Option<&ArgumentValue>,
) -> Result<Value, CaseError> {
    let Some(written) = written else {
        return Ok(Value::Missing);
    };
    let kind = record
        .row()
        .slot(name)
        .and_then(|slot| record.row().arguments.get(slot))
        .map(|argument| argument.kind);
    match kind {
        // The builder says that there is no such argument.
        None => Ok(Value::Missing),
        Some(kind) => argument::value(kind, written).ok_or_else(|| CaseError::Value {
            case: case.name.clone(),
            argument: name.to_owned(),
            kind: kind.name(),
            value: format!("{written:?}"),
        }),
    }
}

fn set(case: &Case, record: &mut EventBuilder, name: &str, value: Value) -> Result<(), CaseError> {
    record
        .try_set(name, value)
        .map_err(|source| build_error(case, name, source))
}

fn finished(case: &Case, record: &EventBuilder) -> Result<Vec<u8>, CaseError> {
    record
        .try_build()
        .map_err(|source| build_error(case, "", source))
}

fn build_error(case: &Case, argument: &str, source: saker_event_decode::BuildError) -> CaseError {
    CaseError::Build {
        case: case.name.clone(),
        argument: argument.to_owned(),
        source,
    }
}
