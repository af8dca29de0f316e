//! One record for each thing that a process does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use fastrand::Rng;
use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::{EventId, event};

use super::programs::{READ_FILES, WRITTEN_FILES};
use super::{Actor, choice};

const O_WRONLY: u64 = 0o1;
const O_RDWR: u64 = 0o2;
const O_CREAT: u64 = 0o100;
const O_TRUNC: u64 = 0o1000;
const O_CLOEXEC: u64 = 0o2_000_000;
const ENOENT: i64 = -2;
const EINPROGRESS: i64 = -115;
/// A regular file with ordinary permissions.
const REGULAR_FILE: u64 = 0o100_644;
/// Peers of connections: ports, the frequent ones more than once.
const PORTS: [u16; 10] = [443, 443, 443, 8080, 8080, 5432, 5432, 6379, 53, 9090];

fn record(actor: &Actor, id: EventId, now_ns: u64) -> EventBuilder {
    EventBuilder::new(id)
        .pid(actor.pid)
        .ppid(actor.ppid)
        .comm(actor.program.name)
        .uid(actor.program.uid)
        .gid(actor.program.uid)
        .session(actor.pid)
        .start_boot_ns(actor.start_ns)
        .exec_id(actor.exec_id)
        .time_boot_ns(now_ns)
        .cgroup_id(actor.cgroup)
}

pub(super) fn file(random: &mut Rng, files: &[&str]) -> String {
    let file = choice(random, files, &"/");
    file.replace("{}", &random.u32(1000..99999).to_string())
}

/// Most opens read, some write, one in eight looks for a file that is not there.
pub(super) fn open(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    let (flags, files) = match random.u32(0..100) {
        0..82 => (O_CLOEXEC, READ_FILES),
        82..92 => (O_RDWR | O_CLOEXEC, WRITTEN_FILES),
        _ => (O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, WRITTEN_FILES),
    };
    let name = file(random, files);
    let result = if random.u32(0..8) == 0 {
        ENOENT
    } else {
        random.i64(3..200)
    };
    let opened = record(actor, event::OPENAT, now_ns)
        .result(result)
        .set("dirfd", -100)
        .set("name", name.as_str())
        .set("flags", flags)
        .set("directory", "/");
    if result < 0 {
        return opened.build();
    }
    opened
        .set("mode", 0o644)
        .set("dev", 0x10_0003)
        .set("ino", random.u64(1000..10_000_000))
        .set("file_path", name.as_str())
        .set("file_mode", REGULAR_FILE)
        .build()
}

fn address(random: &mut Rng, port: u16) -> SocketAddr {
    let ip = Ipv4Addr::new(10, 244, random.u8(0..8), random.u8(1..255));
    SocketAddr::new(IpAddr::V4(ip), port)
}

pub(super) fn connect(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    let local_port = random.u16(32768..61000);
    let remote_port = *choice(random, &PORTS, &443);
    let (local, remote) = (address(random, local_port), address(random, remote_port));
    record(actor, event::CONNECT, now_ns)
        .result(if random.bool() { 0 } else { EINPROGRESS })
        .set("fd", random.i64(3..200))
        .set("tuple", Value::tcp(local, remote))
        .set("addr", Value::socket_address(remote))
        .build()
}

pub(super) fn accept(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    let (local, remote) = (address(random, 8080), address(random, 40_000));
    record(actor, event::ACCEPT4, now_ns)
        .result(random.i64(3..200))
        .set("tuple", Value::tcp(local, remote))
        .build()
}

pub(super) fn socket(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::SOCKET, now_ns)
        .result(random.i64(3..200))
        .set("domain", 2)
        .set("type", 1)
        .build()
}

pub(super) fn duplicate(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::DUP, now_ns)
        .result(random.i64(3..200))
        .build()
}

pub(super) fn unlink(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::UNLINK, now_ns)
        .set("path", file(random, WRITTEN_FILES).as_str())
        .set("directory", "/")
        .build()
}

pub(super) fn rename(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    let name = file(random, WRITTEN_FILES);
    record(actor, event::RENAME, now_ns)
        .set("oldpath", format!("{name}.new").as_str())
        .set("newpath", name.as_str())
        .build()
}

pub(super) fn mkdir(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::MKDIR, now_ns)
        .set("path", file(random, WRITTEN_FILES).as_str())
        .set("mode", 0o755)
        .build()
}

pub(super) fn chmod(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::CHMOD, now_ns)
        .set("filename", file(random, WRITTEN_FILES).as_str())
        .set("mode", 0o640)
        .build()
}

pub(super) fn kill(random: &mut Rng, actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::KILL, now_ns)
        .set("pid", random.i64(2..4000))
        .set("sig", 0)
        .build()
}

/// A process takes on the identity that it has already.
pub(super) fn identity(id: EventId, argument: &str, actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, id, now_ns)
        .set(argument, u64::from(actor.program.uid))
        .build()
}

pub(super) fn fork(parent: &Actor, child: &Actor, now_ns: u64) -> Vec<u8> {
    record(parent, event::SCHED_PROCESS_FORK, now_ns)
        .set("child_pid", i64::from(child.pid))
        .set("child_tid", i64::from(child.pid))
        .set("child_vpid", i64::from(child.pid))
        .set("child_vtid", i64::from(child.pid))
        .set("child_start", child.start_ns)
        .set("child_exec_id", child.exec_id)
        .set("child_cgroup", child.cgroup)
        .set("child_ppid", i64::from(parent.pid))
        .build()
}

pub(super) fn exec(actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::EXECVE, now_ns)
        .set("args", Value::strings(actor.program.arguments))
        .set(
            "env",
            Value::strings([
                "PATH=/usr/local/bin:/usr/bin:/bin",
                "HOME=/root",
                "LANG=C.UTF-8",
            ]),
        )
        .set("trusted_exepath", actor.program.exe)
        .set("filename", actor.program.exe)
        .set("cwd", "/")
        .set("uid", u64::from(actor.program.uid))
        .build()
}

pub(super) fn exit(actor: &Actor, now_ns: u64) -> Vec<u8> {
    record(actor, event::PROCEXIT, now_ns)
        .set("group_dead", 1_u64)
        .build()
}
