//! The fixed head of every record.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Identifies a row of the event table. Never reused.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(transparent)]
pub struct EventId(u16);

impl EventId {
    /// Names the row with this id, whether or not the table has one.
    #[must_use]
    pub const fn new(id: u16) -> Self {
        Self(id)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The number as an index of a table that has one entry for each id.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What every record says about the process that acted, read at the time of the event.
///
/// Rows about sockets (category `flow`) are made where packets come and go, often in no process at all. Their
/// header has the process that owns the socket, as it was when it connected or bound; only time, processor,
/// sequence, event, flags and length are of the event itself. See [`record_flag`].
///
/// Times are nanoseconds since boot, suspended time included (`CLOCK_BOOTTIME`); user space adds
/// the wall clock. Ids without a `v` are those of the host's namespaces.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct EventHeader {
    /// Time of the event, nanoseconds since boot.
    pub time_boot_ns: u64,
    /// When the process (its thread-group leader) started, nanoseconds since boot.
    pub start_boot_ns: u64,
    /// How many images the process has run: with pid and start time, the identity of an exec.
    pub exec_id: u64,
    /// The cgroup that tells the container; see [`cgroup_key`].
    pub cgroup_id: u64,
    /// What the call returned; 0 where nothing was called.
    pub result: i64,
    /// Length of the whole record in bytes.
    pub length: u32,
    /// Row of the event table.
    pub event: EventId,
    /// See [`record_flag`].
    pub flags: u16,
    /// Processor on which the event happened.
    pub cpu: u32,
    /// Counts the records of one processor, so that an alert's id can be derived from the event.
    pub sequence: u32,
    /// Process id (thread group).
    pub pid: u32,
    /// Thread id.
    pub tid: u32,
    /// Process id of the parent.
    pub ppid: u32,
    /// Process id in the process's own pid namespace.
    pub vpid: u32,
    /// Thread id in the process's own pid namespace.
    pub vtid: u32,
    /// Effective user id, in the initial user namespace.
    pub uid: u32,
    /// Effective group id, in the initial user namespace.
    pub gid: u32,
    /// Audit login uid; `u32::MAX` when unset.
    pub loginuid: u32,
    /// Process id of the session leader.
    pub session: u32,
    /// Device number of the controlling terminal as `new_encode_dev` gives it; 0 without one.
    pub tty: u32,
    /// Inode number of the pid namespace.
    pub pid_namespace: u32,
    /// Inode number of the mount namespace; 0 in a process that is exiting.
    pub mount_namespace: u32,
    /// Name of the thread, NUL-padded.
    pub comm: [u8; 16],
}

/// Bits of [`EventHeader::flags`].
pub mod record_flag {
    /// The system call came through the 32-bit entry (`int 0x80`, 32-bit `sysenter`).
    pub const COMPAT: u16 = 1;
    /// A row about a socket whose owner is not known: it is older than the agent, or the kernel's own. The
    /// process id is 0 and nothing in the header says anything about a process.
    pub const OWNER_UNKNOWN: u16 = 2;
    /// A row about an accepted socket: the header has the process that bound the listener, and the one that
    /// accepted may be another, such as a child of it.
    pub const INHERITED: u16 = 4;
}

/// How records name a cgroup: the kernfs id of its directory, which counts in each hierarchy for
/// itself, and in the upper two bits the hierarchy.
///
/// Of the cgroups of a task the record has that of the v1 hierarchy with the controller `pids`,
/// unless it is the root there or v1 has no such hierarchy; else that of cgroup v2; if that is the
/// root, that of the v1 hierarchy with the controller `memory`; else the root of v2. (On hosts with
/// both versions runtimes leave their containers in v2 where they run themselves.)
pub mod cgroup_key {
    /// The kernfs id: the kernel gives so many only after 2^62 directories.
    pub const KERNFS_ID: u64 = (1 << 62) - 1;
    /// kernfs id of the root of each hierarchy.
    pub const ROOT: u64 = 1;
    /// cgroup v2.
    pub const UNIFIED: u64 = 0;
    /// cgroup v1 with the controller `pids`.
    pub const PIDS: u64 = 1 << 62;
    /// cgroup v1 with the controller `memory`, where it is not the hierarchy of `pids`.
    pub const MEMORY: u64 = 2 << 62;
}

/// Which ring a row's records travel through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Ring {
    /// Fork, exec, exit, credentials, connections: a flood of opens cannot starve them. A call whose
    /// record can be made long at little cost (`chdir` in a deep folder) does not belong here.
    Lifecycle = 0,
    /// Everything else.
    Bulk = 1,
    /// Rows about connections and the bytes that they begin with: only there if flows are wanted.
    Network = 2,
}

/// Counters that the kernel side keeps for each event and processor.
///
/// The invariant that tests check: `emitted = delivered + no_slot + ring_full + walk_failed`.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CounterSlot {
    /// Events that a program decided to report, counted before anything can fail.
    pub emitted: u64,
    /// Lost because every scratch slot of the processor was taken by a preempted program; of a connection, because
    /// the kernel had no memory for what is remembered of its socket.
    pub no_slot: u64,
    /// Lost because the ring was full.
    pub ring_full: u64,
    /// Lost because the path walk could not be continued (tail call refused).
    pub walk_failed: u64,
}
