//! What the table asks of its host, injected so that tests need none.

use crate::identity::{CgroupId, Pid};
use crate::process::Process;

/// A process as it was read at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The record; its placement is not yet resolved.
    pub process: Process,
    /// Path of the cgroup that [`Process::cgroup_id`] names; where that is a root, of any that says
    /// something about a container.
    pub cgroup_path: Option<Box<[u8]>>,
}

/// Reads processes that events did not announce.
pub trait ProcessSource {
    /// The process that has this pid now.
    fn read(&self, pid: Pid) -> Option<Snapshot>;

    /// The cgroup path of the process that has this pid now.
    fn cgroup_path(&self, pid: Pid) -> Option<Vec<u8>>;
}

/// Finds the directory of a cgroup.
pub trait CgroupResolver {
    /// Path below the mount of the hierarchy, beginning with `/`.
    fn path(&self, id: CgroupId) -> Option<Vec<u8>>;
}

/// Knows no processes and no cgroups: for recordings of another host, and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSource;

impl ProcessSource for NoSource {
    fn read(&self, _pid: Pid) -> Option<Snapshot> {
        None
    }

    fn cgroup_path(&self, _pid: Pid) -> Option<Vec<u8>> {
        None
    }
}

impl CgroupResolver for NoSource {
    fn path(&self, _id: CgroupId) -> Option<Vec<u8>> {
        None
    }
}
