//! The host that the agent runs on, as its events need it.

use crate::journal::Journal;
use saker_alert::Node;
use saker_kernel_source::{CgroupPaths, host};
use saker_process_state::{CgroupId, CgroupResolver, Limits, Pid, ProcFs, ProcessState, Users};
use saker_rule_fields::Host;
use std::fs;
use std::path::Path;

/// Where the kernel names this boot.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The processes that run now. To be read after the programs are attached: what begins in between is
/// seen twice then, not missed. A journal gets them, and all that is read of processes later.
pub(crate) fn processes(journal: Option<&Journal>) -> ProcessState {
    let mut proc_fs = ProcFs::new("/proc");
    for (hierarchy, mount) in host::cgroup_mounts() {
        if let Some(hierarchy) = CgroupId(hierarchy).hierarchy() {
            proc_fs = proc_fs.with_cgroup_mount(hierarchy, mount);
        }
    }
    let cgroups = Cgroups(CgroupPaths::find());
    let snapshots = proc_fs.scan();
    let limits = Limits::default();
    let mut processes = match journal {
        None => ProcessState::new(limits, Box::new(proc_fs), Box::new(cgroups)),
        Some(journal) => {
            journal.add_processes(&snapshots);
            let (source, cgroups) = (journal.noting(proc_fs), journal.noting(cgroups));
            ProcessState::new(limits, Box::new(source), Box::new(cgroups))
        }
    };
    processes.bootstrap(snapshots);
    processes
}

/// Joins the kernel's answer to what the process table asks.
struct Cgroups(CgroupPaths);

impl CgroupResolver for Cgroups {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        self.0.path(id.0)
    }
}

/// Name of the host, unless the environment gives it another.
fn hostname() -> String {
    match std::env::var("SAKER_HOSTNAME") {
        Ok(name) if !name.is_empty() => name,
        _ => rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned(),
    }
}

/// Name, users and times of the host.
pub(crate) fn facts() -> Host {
    let mut users = Users::new(Path::new("/"));
    users.refresh(0);
    let mut host = Host::new(&hostname(), users);
    let now = jiff::Zoned::now();
    host.utc_offset_s = now.offset().seconds();
    host.began_wall_ns = u64::try_from(now.timestamp().as_nanosecond()).unwrap_or(0);
    host
}

/// The host as alerts name it.
pub(crate) fn node() -> Node {
    let boot_id = fs::read_to_string(BOOT_ID).unwrap_or_default();
    Node {
        hostname: hostname().into(),
        boot_id: boot_id.trim().into(),
    }
}

/// Nanoseconds that the wall clock is ahead of the time since boot.
pub(crate) fn wall_offset_ns() -> i64 {
    let wall = nanoseconds(rustix::time::ClockId::Realtime);
    i64::try_from(i128::from(wall) - i128::from(boot_time_ns())).unwrap_or(0)
}

/// Nanoseconds since boot, suspended time included.
pub(crate) fn boot_time_ns() -> u64 {
    nanoseconds(rustix::time::ClockId::Boottime)
}

fn nanoseconds(clock: rustix::time::ClockId) -> u64 {
    let now = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// Whether a process is there now.
pub(crate) fn is_alive(pid: Pid) -> bool {
    rustix::process::Pid::from_raw(i32::try_from(pid.0).unwrap_or(0))
        .is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}
