//! One thread.

use saker_process_state::Process;

/// A thread as it is after an event.
///
/// [`Process`] holds what rules ask of processes, so that they read captures as they read a live
/// host. As in Falco most of it is kept for each thread: threads of one process may have names,
/// users and arguments of their own.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Thread id, as the host counts.
    pub tid: i64,
    /// Process id.
    pub pid: i64,
    /// Thread id of the parent.
    pub ptid: i64,
    /// Thread id in the process's own namespace.
    pub vtid: i64,
    /// Process id in the process's own namespace.
    pub vpid: i64,
    /// Session.
    pub sid: i64,
    /// Most descriptors that it may have.
    pub fd_limit: i64,
    /// Bits of Falco's `PPM_CL_*`.
    pub flags: u32,
    /// Virtual, resident and swapped memory, KiB.
    pub memory_kb: [u32; 3],
    /// Major and minor page faults.
    pub page_faults: [u64; 2],
    /// `subsystem=path` of each cgroup hierarchy, each ended by a NUL.
    pub cgroups: Box<[u8]>,
    /// Root directory.
    pub root: Box<[u8]>,
    /// What rules ask of it.
    pub process: Process,
}
