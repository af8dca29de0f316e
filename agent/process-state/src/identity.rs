//! Names of processes, threads, times and cgroups, kept apart by their types.

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

/// kernfs id of a cgroup v2 directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CgroupId(pub u64);

impl CgroupId {
    /// The root of the hierarchy, where every process is on hosts that use cgroup v1 alone.
    pub const ROOT: Self = Self(1);
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
