//! From a case to records: the processes that are there, then the event.

use std::collections::HashMap;

use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::{EventId, Kind, event};
use saker_policy_audit::pod_security::CapabilitySet;
use saker_process_state::{CgroupId, CgroupResolver};

use crate::argument;
use crate::case::{ArgumentValue, Happening, Placement, ProcessFacts};
use crate::error::Problem;
use crate::field_event::event_id;

/// Process id of the process that acts; its ancestors count down from there.
const ACTOR_PID: u32 = 1000;
/// The parent of the oldest ancestor.
const INIT_PID: u32 = 1;
/// cgroup of everything outside of containers.
const HOST_CGROUP: u64 = 100;
/// A cgroup that cannot be resolved.
const UNKNOWN_CGROUP: u64 = 99;
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
            Placement::Unknown => return UNKNOWN_CGROUP,
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
    fn record(&self, id: EventId) -> Result<EventBuilder, Problem> {
        let mut builder = EventBuilder::try_new(id)
            .map_err(|source| build_error("", source))?
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
            self.fill_exec(&mut builder)?;
        }
        Ok(builder)
    }

    fn fill_exec(&self, builder: &mut EventBuilder) -> Result<(), Problem> {
        let exe = self.exe();
        let flags = match &self.facts.exe_flags {
            Some(text) => argument::flags(Kind::ExecFlags, text).ok_or_else(|| Problem::Value {
                argument: "exe_flags".to_owned(),
                kind: Kind::ExecFlags.name(),
                value: text.clone(),
            })?,
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
        let root = self.facts.exe_root.as_deref();
        let root = root.map(|root| ("exe_root", Value::from(root)));
        let namespace = self.facts.user_namespace;
        let namespace = namespace.map(|inode| ("user_namespace", Value::from(inode)));
        let sets = self.facts.capabilities.as_deref();
        let sets = sets.map(capabilities).transpose()?;
        let sets = sets.into_iter().flat_map(|set| {
            ["cap_permitted", "cap_effective"].map(|name| (name, Value::from(set)))
        });
        for (name, value) in values.into_iter().chain(root).chain(namespace).chain(sets) {
            set(builder, name, value)?;
        }
        Ok(())
    }
}

fn capabilities(names: &[String]) -> Result<u64, Problem> {
    let mut all = CapabilitySet::default();
    for name in names {
        let named = CapabilitySet::named(name);
        if named.is_empty() {
            return Err(Problem::Value {
                argument: "capabilities".to_owned(),
                kind: Kind::Capabilities.name(),
                value: name.clone(),
            });
        }
        all = all.with(named);
    }
    Ok(all.0)
}

/// The process that acts, its parent, and so on.
fn actors<'c>(happening: &'c Happening, cgroups: &mut Cgroups) -> Vec<Actor<'c>> {
    let mut placement = happening
        .process
        .container
        .clone()
        .unwrap_or(Placement::Host);
    let lineage = std::iter::once(&happening.process).chain(&happening.ancestors);
    let oldest = u64::try_from(happening.ancestors.len()).unwrap_or(u64::MAX);
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

/// The processes of a connection: the last record makes its owner.
pub(crate) fn processes(happening: &Happening) -> Result<Scene, Problem> {
    let mut cgroups = Cgroups::default();
    let actors = actors(happening, &mut cgroups);
    let mut before = started(&actors)?;
    Ok(Scene {
        event: before.pop().unwrap_or_default(),
        before,
        cgroups,
    })
}

/// A process without ancestors.
pub(crate) fn one_process(facts: &ProcessFacts) -> Result<Scene, Problem> {
    let mut cgroups = Cgroups::default();
    let placement = facts.container.clone().unwrap_or(Placement::Host);
    let actor = Actor {
        facts,
        name: facts.name.as_deref().unwrap_or("test"),
        pid: ACTOR_PID,
        ppid: INIT_PID,
        cgroup: cgroups.id(&placement),
        start_ns: FIRST_START_NS,
    };
    Ok(Scene {
        before: Vec::new(),
        event: finished(&actor.record(event::EXECVE)?)?,
        cgroups,
    })
}

/// The processes start, the oldest first.
fn started(actors: &[Actor<'_>]) -> Result<Vec<Vec<u8>>, Problem> {
    let records = actors.iter().rev();
    records
        .map(|actor| finished(&actor.record(event::EXECVE)?))
        .collect()
}

pub(crate) fn build(happening: &Happening) -> Result<Scene, Problem> {
    let mut cgroups = Cgroups::default();
    let actors = actors(happening, &mut cgroups);
    let before = started(&actors)?;
    let event = match actors.first() {
        Some(actor) => finished(&event_record(happening, actor)?)?,
        None => Vec::new(),
    };
    Ok(Scene {
        before,
        event,
        cgroups,
    })
}

fn event_record(happening: &Happening, actor: &Actor<'_>) -> Result<EventBuilder, Problem> {
    let id = event_id(&happening.event.event_type)?;
    let is_exec = id == event::EXECVE || id == event::EXECVEAT;
    let mut record = actor
        .record(id)?
        .result(happening.event.result)
        .time_boot_ns(actor.start_ns.saturating_add(STEP_NS))
        .exec_id(if is_exec { 2 } else { 1 });
    fill_opened_file(happening, &mut record)?;
    for (name, written) in &happening.event.args {
        let value = written_value(&record, name, written.as_ref())?;
        set(&mut record, name, value)?;
    }
    Ok(record)
}

/// An open that worked leads to the file that was asked for, a regular one.
fn fill_opened_file(happening: &Happening, record: &mut EventBuilder) -> Result<(), Problem> {
    let opens = ["open", "openat", "openat2", "creat"];
    if !opens.contains(&record.row().name) || happening.event.result < 0 {
        return Ok(());
    }
    if let Some(Some(ArgumentValue::Text(name))) = happening.event.args.get("name")
        && name.starts_with('/')
    {
        set(record, "file_path", Value::from(name.as_str()))?;
    }
    set(record, "file_mode", Value::from(REGULAR_FILE))
}

fn written_value(
    record: &EventBuilder,
    name: &str,
    written: Option<&ArgumentValue>,
) -> Result<Value, Problem> {
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
        Some(kind) => argument::value(kind, written).ok_or_else(|| Problem::Value {
            argument: name.to_owned(),
            kind: kind.name(),
            value: format!("{written:?}"),
        }),
    }
}

fn set(record: &mut EventBuilder, name: &str, value: Value) -> Result<(), Problem> {
    record
        .try_set(name, value)
        .map_err(|source| build_error(name, source))
}

fn finished(record: &EventBuilder) -> Result<Vec<u8>, Problem> {
    record.try_build().map_err(|source| build_error("", source))
}

fn build_error(argument: &str, source: saker_event_decode::BuildError) -> Problem {
    Problem::Build {
        argument: argument.to_owned(),
        source,
    }
}
