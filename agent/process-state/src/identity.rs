//! Names of processes, threads, times and cgroups, kept apart by their types.

use saker_event_schema::cgroup_key;
use std::fmt;

/// Nanoseconds of one tick of `/proc/<pid>/stat`, the coarsest start time that is matched.
const TICK_NS: u64 = 10_000_000;

/// Process id (thread group) in the host's pid namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid(pub u32);

/// Thread id in the host's pid namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tid(pub u32);

/// Nanoseconds since boot, suspended time included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BootTime(pub u64);

/// A cgroup, as records name it: the kernfs id of its directory, and in the upper bits the
/// hierarchy ([`cgroup_key`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CgroupId(pub u64);

/// A hierarchy of cgroups that may tell the container of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hierarchy {
    /// cgroup v1 with the controller `pids`.
    Pids,
    /// cgroup v2.
    Unified,
    /// cgroup v1 with the controller `memory`.
    Memory,
}

impl Hierarchy {
    /// All, in the order in which they are asked for the container of a process: the first in which
    /// it is not in the root. On a host with both versions a runtime may leave its containers
    /// where it runs itself in v2; and v2 comes before a v1 hierarchy that only limits memory.
    pub const ALL: [Self; 3] = [Self::Pids, Self::Unified, Self::Memory];
}

impl CgroupId {
    /// The root of cgroup v2, where every process is on hosts that use cgroup v1 alone.
    pub const ROOT: Self = Self(cgroup_key::ROOT);

    /// Names a directory of a hierarchy by its kernfs id.
    #[must_use]
    pub const fn new(hierarchy: Hierarchy, kernfs_id: u64) -> Self {
        let hierarchy = match hierarchy {
            Hierarchy::Unified => cgroup_key::UNIFIED,
            Hierarchy::Pids => cgroup_key::PIDS,
            Hierarchy::Memory => cgroup_key::MEMORY,
        };
        Self(kernfs_id & cgroup_key::KERNFS_ID | hierarchy)
    }

    /// The hierarchy; `None` for one that records do not have.
    #[must_use]
    pub const fn hierarchy(self) -> Option<Hierarchy> {
        match self.0 & !cgroup_key::KERNFS_ID {
            cgroup_key::UNIFIED => Some(Hierarchy::Unified),
            cgroup_key::PIDS => Some(Hierarchy::Pids),
            cgroup_key::MEMORY => Some(Hierarchy::Memory),
            _ => None,
        }
    }

    /// kernfs id of the directory: its inode number.
    #[must_use]
    pub const fn kernfs_id(self) -> u64 {
        self.0 & cgroup_key::KERNFS_ID
    }

    /// Whether it is the root of its hierarchy.
    #[must_use]
    pub const fn is_root(self) -> bool {
        self.kernfs_id() == cgroup_key::ROOT
    }
}

impl BootTime {
    /// The 10 ms tick of `/proc/<pid>/stat` in which this time lies.
    #[must_use]
    pub const fn tick(self) -> u64 {
        self.0 / TICK_NS
    }

    /// The begin of a tick.
    #[must_use]
    pub const fn from_tick(tick: u64) -> Self {
        Self(tick.saturating_mul(TICK_NS))
    }
}

/// Identity of a process: a pid is used again, a pid with its start time is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessKey {
    /// Process id in the host's namespace.
    pub pid: Pid,
    /// When the process started. Read from `/proc`, it is exact to 10 ms only.
    pub start_boot_ns: BootTime,
}

impl ProcessKey {
    /// Names a process.
    #[must_use]
    pub const fn new(pid: Pid, start_boot_ns: BootTime) -> Self {
        Self { pid, start_boot_ns }
    }

    /// Whether both name one process, although one of the start times may come from `/proc`.
    ///
    /// Within one tick a pid cannot be used twice: all others would have to be used between.
    #[must_use]
    pub const fn is_same(&self, other: &Self) -> bool {
        self.pid.0 == other.pid.0 && self.start_boot_ns.tick() == other.start_boot_ns.tick()
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Name of a thread, at most 16 bytes and not always text.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Comm {
    bytes: [u8; 16],
}

impl Comm {
    /// Takes the bytes up to the first NUL, at most 16.
    #[must_use]
    pub fn new(name: &[u8]) -> Self {
        let mut bytes = [0; 16];
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        for (to, from) in bytes.iter_mut().zip(name) {
            *to = *from;
        }
        Self { bytes }
    }

    /// The name without padding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default()
    }
}

impl fmt::Debug for Comm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.as_bytes().escape_ascii())
    }
}
