//! Events are made up, and the machine is asked what it knows after each.

mod credentials;
mod files;
mod hostile;
mod processes;
mod sockets;
mod texts;
mod threads;

use super::*;
use crate::snapshot::{DescriptorSnapshot, ThreadSnapshot};
use saker_falco_events::{EventBuilder, EventCode};

/// A value of a parameter.
#[derive(Clone, Debug)]
enum V<'a> {
    N(i64),
    T(&'a str),
    B(Vec<u8>),
}

use V::{B, N, T};

const AT_FDCWD: i64 = -100;

/// A machine on which init (1) and a shell (10) run, the shell in `/home/u/` with an open file 3.
struct World {
    machine: Machine,
    time_ns: u64,
}

impl World {
    fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    fn with_limits(limits: Limits) -> Self {
        let info = MachineInfo {
            boot_time_ns: 5,
            ..MachineInfo::default()
        };
        let mut machine = Machine::new(info, limits);
        machine.add_thread(snapshot(1, 1, 0, "init"));
        machine.add_thread(snapshot(10, 10, 1, "sh"));
        machine.add_descriptor(
            10,
            DescriptorSnapshot {
                number: 3,
                descriptor: Descriptor {
                    kind: DescriptorKind::File,
                    name: (*b"/etc/motd").into(),
                    ..Descriptor::default()
                },
            },
        );
        machine.start();
        Self {
            machine,
            time_ns: 1_000,
        }
    }

    fn apply(&mut self, tid: i64, code: u16, values: &[(&str, V<'_>)]) -> Subject {
        self.time_ns += 1;
        let mut event = EventBuilder::new(EventCode(code))
            .unwrap()
            .tid(tid)
            .time_ns(self.time_ns);
        for (name, value) in values {
            event = match value {
                N(number) => event.number(name, *number),
                T(text) => event.text(name, text.as_bytes()),
                B(bytes) => event.bytes(name, bytes),
            }
            .unwrap_or_else(|| panic!("{name} of {code}"));
        }
        event.look(|event| self.machine.apply(event))
    }

    /// A process that thread 10 forked: the caller's event, then the child's.
    fn fork(&mut self, child: i64) {
        self.apply(10, code::CLONE, &cloned(child, 10, 10, 1, 0));
        self.apply(child, code::CLONE, &cloned(0, child, child, 10, 0));
    }

    /// A thread that thread 10 made in its process.
    fn spawn(&mut self, thread: i64) {
        let flags = (clone_flag::THREAD | clone_flag::FILES | clone_flag::FS).into();
        self.apply(10, code::CLONE, &cloned(thread, 10, 10, 1, flags));
    }

    fn open(&mut self, tid: i64, fd: i64, name: &str) -> Subject {
        let values = [("fd", N(fd)), ("name", T(name)), ("flags", N(1))];
        self.apply(tid, code::OPEN, &values)
    }

    fn exit(&mut self, tid: i64, reaper: i64) -> Subject {
        self.apply(tid, code::PROCEXIT, &[("reaper_tid", N(reaper))])
    }

    /// An event that changes nothing, so that what ended is gone.
    fn tick(&mut self) -> Subject {
        self.apply(1, code::LSEEK, &[("res", N(0))])
    }

    fn thread(&self, tid: i64) -> &Thread {
        self.machine.thread(tid).unwrap()
    }

    fn name_of(&self, tid: i64, number: i64) -> Option<String> {
        let thread = self.machine.thread(tid)?;
        let descriptor = self.machine.descriptor(thread, number)?;
        Some(text(&descriptor.name))
    }

    fn environment(&self, thread: &Thread) -> &[u8] {
        let main = self.machine.main_thread(thread).unwrap();
        &main.process.image.environment.as_ref().unwrap().bytes
    }

    fn cwd(&self, tid: i64) -> String {
        text(self.thread(tid).process.cwd().unwrap())
    }
}

use crate::thread::clone_flag;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn name(subject: &Subject) -> String {
    text(&subject.descriptor.as_ref().unwrap().name)
}

fn snapshot(tid: i64, pid: i64, ptid: i64, comm: &str) -> ThreadSnapshot {
    ThreadSnapshot {
        tid,
        pid,
        ptid,
        vtid: tid,
        vpid: pid,
        comm: comm.as_bytes().into(),
        exe: format!("-{comm}").into_bytes().into(),
        exe_path: format!("/bin/{comm}").into_bytes().into(),
        arguments: (*b"-a\0b c\0").into(),
        cwd: (*b"/home/u").into(),
        environment: (*b"HOME=/home/u\0").into(),
        root: (*b"/").into(),
        uid: 1000,
        gid: 1000,
        loginuid: 1000,
        ..ThreadSnapshot::default()
    }
}

/// Parameters of a clone that returned.
fn cloned(res: i64, tid: i64, pid: i64, ptid: i64, flags: i64) -> Vec<(&'static str, V<'static>)> {
    vec![
        ("res", N(res)),
        ("exe", T("-sh")),
        ("args", B(b"-a\0b c\0".to_vec())),
        ("tid", N(tid)),
        ("pid", N(pid)),
        ("ptid", N(ptid)),
        ("fdlimit", N(1024)),
        ("comm", T("sh")),
        ("cgroups", B(b"cpu=/user.slice\0".to_vec())),
        ("flags", N(flags)),
        ("uid", N(1000)),
        ("gid", N(1000)),
        ("vtid", N(tid)),
        ("vpid", N(pid)),
    ]
}

/// Parameters of an exec that returned.
fn executed(pid: i64, path: &'static str) -> Vec<(&'static str, V<'static>)> {
    vec![
        ("res", N(0)),
        ("exe", T("cat")),
        ("args", B(b"/etc/passwd\0-n\0".to_vec())),
        ("tid", N(pid)),
        ("pid", N(pid)),
        ("ptid", N(1)),
        ("fdlimit", N(64)),
        ("comm", T("cat")),
        ("env", B(b"A=1\0B=2\0".to_vec())),
        ("tty", N(34816)),
        ("loginuid", N(1001)),
        ("uid", N(0)),
        ("gid", N(0)),
        ("trusted_exepath", T(path)),
    ]
}
