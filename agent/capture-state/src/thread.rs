//! One thread.

use saker_process_state::{BootTime, Comm, Pid, Process, ProcessKey};
use std::sync::Arc;

/// A thread as it is after an event.
///
/// [`Process`] holds what rules ask of processes, so that they read captures as they read a live
/// host. As in Falco most of it is kept for each thread: threads of one process may have names,
/// users and arguments of their own. The working directory and the environment are those of the
/// process's main thread.
///
/// # Times
///
/// A capture knows the wall clock only, so every [`BootTime`](saker_process_state::BootTime) in
/// [`Self::process`] holds nanoseconds since the epoch. `key.start_boot_ns` is when the thread was
/// cloned (Falco's `proc.pid.ts`), 0 when the capture does not tell; `clone_time` is the same, but
/// `None` then.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Thread id, as the host counts.
    pub tid: i64,
    /// Process id; -1 when not known.
    pub pid: i64,
    /// Thread id of the parent; 0 when it has none, -1 when not known.
    pub ptid: i64,
    /// Thread id in the process's own namespace; -1 when not known.
    pub vtid: i64,
    /// Process id in the process's own namespace; -1 when not known.
    pub vpid: i64,
    /// Session; -1 when not known.
    pub sid: i64,
    /// Process group; -1 when not known.
    pub pgid: i64,
    /// Process group in the process's own namespace; -1 when not known.
    pub vpgid: i64,
    /// Most descriptors that it may have; -1 when not known.
    pub fd_limit: i64,
    /// Bits of Falco's `PPM_CL_*`; see [`clone_flag`](crate::clone_flag).
    pub flags: u32,
    /// Name of the thread: `proc.name`. Not bounded to the 16 bytes of `process.comm`, because old
    /// captures have the program's whole path here.
    pub name: Arc<[u8]>,
    /// Virtual, resident and swapped memory, KiB.
    pub memory_kb: [u32; 3],
    /// Major and minor page faults.
    pub page_faults: [u64; 2],
    /// `subsystem=path` of each cgroup hierarchy, each ended by a NUL, subsystems named as
    /// `thread.cgroup` has them.
    pub cgroups: Arc<[u8]>,
    /// Container that it runs in, as `container.id` has it; `None` on the host, and where a thread is
    /// known only from the call that made it.
    pub container: Option<Arc<str>>,
    /// Root directory.
    pub root: Arc<[u8]>,
    /// When the thread was cloned, nanoseconds since the epoch; 0 when not known.
    pub clone_time_ns: u64,
    /// When the thread's image began to run, nanoseconds since the epoch; 0 when not seen.
    pub exec_time_ns: u64,
    /// When its pid namespace began, nanoseconds since the epoch; 0 when not known.
    pub pid_namespace_start_ns: u64,
    /// How long before the clone the program last changed (`proc.exe_ino.ctime_duration_clone_ts`),
    /// nanoseconds; 0 when not known.
    pub exe_ctime_to_clone_ns: u64,
    /// How long after the begin of the pid namespace the program last changed
    /// (`proc.exe_ino.ctime_duration_pidns_start`), nanoseconds; 0 when not known.
    pub exe_ctime_to_pid_namespace_ns: u64,
    /// What rules ask of it.
    pub process: Process,
}

/// Bits of [`Thread::flags`], numbered as Falco's `PPM_CL_*`.
pub mod clone_flag {
    /// Shares its descriptors with the caller.
    pub const FILES: u32 = 1;
    /// Shares its working directory with the caller.
    pub const FS: u32 = 1 << 1;
    /// Begins a user namespace.
    pub const NEWUSER: u32 = 1 << 20;
    /// Begins a pid namespace.
    pub const NEWPID: u32 = 1 << 6;
    /// Has the caller's parent as parent.
    pub const PARENT: u32 = 1 << 8;
    /// Is a thread of the caller's process.
    pub const THREAD: u32 = 1 << 13;
    /// The child was heard of before the caller.
    pub const INVERTED: u32 = 1 << 16;
    /// The name changed.
    pub const NAME_CHANGED: u32 = 1 << 17;
    /// It ended.
    pub const CLOSED: u32 = 1 << 18;
    /// Events of it were seen, or the capture lists it.
    pub const ACTIVE: u32 = 1 << 19;
    /// It writes into a pipe of a shell.
    pub const PIPE_SOURCE: u32 = 1 << 21;
    /// It reads from a pipe of a shell.
    pub const PIPE_DESTINATION: u32 = 1 << 22;
    /// The caller waits for the exec.
    pub const VFORK: u32 = 1 << 27;
    /// The child lies in a pid namespace.
    pub const CHILD_IN_PIDNS: u32 = 1 << 29;
    /// It is the main thread although its ids differ.
    pub const IS_MAIN_THREAD: u32 = 1 << 30;
}

impl Thread {
    /// Whether only the number of the thread is known.
    #[must_use]
    pub const fn is_invalid(&self) -> bool {
        self.tid < 0 || self.pid < 0 || self.ptid < 0
    }

    /// Whether this is the main thread of its process.
    #[must_use]
    pub const fn is_main(&self) -> bool {
        self.tid == self.pid || self.flags & clone_flag::IS_MAIN_THREAD != 0
    }

    /// Whether the thread ended; its record stays until the next event.
    #[must_use]
    pub const fn is_dead(&self) -> bool {
        self.flags & clone_flag::CLOSED != 0
    }

    /// Whether the thread lies in a pid namespace of its own.
    #[must_use]
    pub const fn is_in_pid_namespace(&self) -> bool {
        self.flags & clone_flag::CHILD_IN_PIDNS != 0 || (self.vtid >= 0 && self.tid != self.vtid)
    }

    /// Takes the ids over into [`Self::process`]; those that are not known are 0 there.
    pub(crate) fn follow_ids(&mut self) {
        let start = BootTime(self.clone_time_ns);
        let process = &mut self.process;
        process.key = ProcessKey::new(pid(self.pid), start);
        process.clone_time = (start.0 != 0).then_some(start);
        process.ppid = pid(self.ptid);
        process.vpid = pid(self.vpid).0;
        process.session = pid(self.sid);
        process.pgid = u32::try_from(self.pgid).ok().map(Pid);
        process.vpgid = u32::try_from(self.vpgid).ok();
    }

    pub(crate) fn set_name(&mut self, name: &[u8]) {
        if *self.name != *name {
            self.name = name.into();
            self.process.comm = Comm::new(name);
        }
    }
}

fn pid(id: i64) -> Pid {
    Pid(u32::try_from(id).unwrap_or_default())
}
