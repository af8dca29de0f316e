//! The record of one process.

use crate::container::ContainerRef;
use crate::identity::{BootTime, CgroupId, Comm, Pid, ProcessKey};
use saker_event_decode::names::exec_flags::{EXE_FROM_MEMFD, EXE_UPPER_LAYER};
use saker_event_decode::strings;
use saker_event_schema::data_flag;
use std::sync::Arc;

/// Inode number of the initial user namespace (`PROC_USER_INIT_INO`).
const INITIAL_USER_NAMESPACE: u32 = 0xEFFF_FFFD;

/// Bits of [`data_flag`] of a path that is not the name of the file.
const UNTRUSTED_PATH: u16 = data_flag::UNREACHABLE | data_flag::TRUNCATED | data_flag::DELETED;

/// What is known about a process at one moment.
///
/// A record never changes under an event that holds it: the table clones it when it must change
/// and is shared. What only an exec changes lies in [`Image`], which a forked child shares.
#[derive(Clone, Debug)]
pub struct Process {
    /// Identity.
    pub key: ProcessKey,
    /// The current parent (a reaper, once the first one ended); `None` until it is known.
    pub parent: Option<ProcessKey>,
    /// Process id of the current parent; 0 where there is none.
    pub ppid: Pid,
    /// Process id in the process's own pid namespace.
    pub vpid: u32,
    /// How many images the process has run, as the kernel counts; `None` if read from `/proc`.
    pub exec_id: Option<u64>,
    /// Name at the last exec.
    pub comm: Comm,
    /// The program that the process runs.
    pub image: Arc<Image>,
    /// Working directory, as the process's own root sees it.
    pub cwd: Option<Arc<[u8]>>,
    /// When the process was forked; `None` if it was not seen.
    pub clone_time: Option<BootTime>,
    /// When the last thread ended; `None` while the process runs.
    pub exit_time: Option<BootTime>,
    /// Device number of the controlling terminal (`new_encode_dev`); 0 without one.
    pub tty: u32,
    /// Process id of the session leader.
    pub session: Pid,
    /// Process group, in the host's pid namespace.
    pub pgid: Option<Pid>,
    /// Process group, in the process's own pid namespace.
    pub vpgid: Option<u32>,
    /// User and group ids.
    pub credentials: Credentials,
    /// Capability sets.
    pub capabilities: Option<Capabilities>,
    /// Inode number of the pid namespace; 0 when not known.
    pub pid_namespace: u32,
    /// Inode number of the mount namespace; 0 when not known.
    pub mount_namespace: u32,
    /// The cgroup by which records name the process; `None` when not known.
    pub cgroup_id: Option<CgroupId>,
    /// Host or container.
    pub placement: Placement,
    /// Where the record comes from.
    pub origin: Origin,
    /// Time of the newest event that the record reflects.
    pub updated: BootTime,
}

/// What an exec sets, and only an exec changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Resolved path of the program, as the process's own root sees it; missing for kernel threads.
    pub exe_path: Option<Box<[u8]>>,
    /// What lies between the host's root and the process's: the host path is this and `exe_path`.
    pub exe_root: Option<Box<[u8]>>,
    /// Argument vector: NUL-terminated strings. Empty for kernel threads.
    pub arguments: Option<StringVector>,
    /// Environment: NUL-terminated strings.
    pub environment: Option<StringVector>,
    /// What is special about the file: bits of
    /// [`exec_flags`](saker_event_decode::names::exec_flags).
    pub flags: Option<u64>,
    /// Bits of [`data_flag`](saker_event_schema::data_flag) of `exe_path`: deleted, truncated, ….
    pub path_flags: u16,
    /// Inode number of the file.
    pub inode: Option<u64>,
    /// Device of the file (`MKDEV`).
    pub device: Option<u64>,
    /// Status change time of the file, wall-clock nanoseconds.
    pub ctime_wall_ns: Option<u64>,
    /// Modification time of the file, wall-clock nanoseconds.
    pub mtime_wall_ns: Option<u64>,
    /// Interpreter of a script.
    pub interpreter: Option<Box<[u8]>>,
    /// Inode number of the user namespace at the exec, or when `/proc` was read; 0 where the event
    /// does not tell.
    pub user_namespace: Option<u32>,
    /// When the image began to run; `None` if it was not seen.
    pub exec_time: Option<BootTime>,
}

/// NUL-terminated strings in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringVector {
    /// The bytes with their NULs.
    pub bytes: Box<[u8]>,
    /// Whether strings were cut off at the end.
    pub is_truncated: bool,
}

impl StringVector {
    /// The strings, without their NULs.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        strings(&self.bytes)
    }
}

/// User and group ids, in the initial user namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Real user id.
    pub ruid: Option<u32>,
    /// Saved user id.
    pub suid: Option<u32>,
    /// Real group id.
    pub rgid: Option<u32>,
    /// Audit login uid; `None` when unset.
    pub loginuid: Option<u32>,
}

/// Capability sets, one bit for each capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Permitted.
    pub permitted: u64,
    /// Effective.
    pub effective: u64,
    /// Inheritable.
    pub inheritable: u64,
}

/// Where a process runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// Its cgroup could not be resolved.
    #[default]
    Unknown,
    /// Outside of containers.
    Host,
    /// In this container.
    Container(Arc<ContainerRef>),
}

/// Where the record of a process comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A fork that was seen.
    Fork,
    /// `/proc`, at the start or when an event came before its record.
    ProcFs,
    /// The head of an event only: nothing else was to be had.
    Header,
}

impl Process {
    /// Process id in the host's namespace.
    #[must_use]
    pub const fn pid(&self) -> Pid {
        self.key.pid
    }

    /// Container of the process; `None` on the host and when it is not known.
    #[must_use]
    pub const fn container(&self) -> Option<&Arc<ContainerRef>> {
        match &self.placement {
            Placement::Container(container) => Some(container),
            Placement::Unknown | Placement::Host => None,
        }
    }

    /// Whether the last thread ended.
    #[must_use]
    pub const fn has_exited(&self) -> bool {
        self.exit_time.is_some()
    }

    /// Resolved path of the program.
    #[must_use]
    pub fn exe_path(&self) -> Option<&[u8]> {
        self.image.exe_path.as_deref()
    }

    /// The first argument, `argv[0]`; `None` for kernel threads.
    #[must_use]
    pub fn exe(&self) -> Option<&[u8]> {
        self.image.arguments.as_ref()?.iter().next()
    }

    /// The arguments after `argv[0]`; none when they are not known.
    pub fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        self.image
            .arguments
            .iter()
            .flat_map(StringVector::iter)
            .skip(1)
    }

    /// The value of an environment variable.
    #[must_use]
    pub fn environment_variable(&self, name: &[u8]) -> Option<&[u8]> {
        self.image
            .environment
            .as_ref()?
            .iter()
            .find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="))
    }

    /// Working directory.
    #[must_use]
    pub fn cwd(&self) -> Option<&[u8]> {
        self.cwd.as_deref()
    }

    /// When the process started, nanoseconds since boot.
    #[must_use]
    pub const fn start_time(&self) -> BootTime {
        self.key.start_boot_ns
    }

    /// When the present image began to run: its exec, else the start of the process.
    #[must_use]
    pub fn image_start_time(&self) -> BootTime {
        self.image.exec_time.unwrap_or(self.key.start_boot_ns)
    }

    /// Whether any of these bits of [`exec_flags`](saker_event_decode::names::exec_flags) is set;
    /// `None` when the flags are not known.
    #[must_use]
    pub fn has_exec_flag(&self, flag: u64) -> Option<bool> {
        self.image.flags.map(|flags| flags & flag != 0)
    }

    /// Whether the path of the program names the file that runs, so that no user could have put
    /// another file under that name for this process alone: by a root, mounts or a user namespace
    /// of his own, in a layer that only a container sees, in memory, or by removing it.
    ///
    /// `None` when the program is not known. Where the layer is not known (read from `/proc`), only
    /// a process of the host is trusted. A file that came with a container's image is trusted under
    /// the name it has there.
    #[must_use]
    pub fn has_trusted_executable(&self) -> Option<bool> {
        let image = &self.image;
        if image.exe_path.is_none() {
            // The file was reached, but its name was not.
            return image.inode.map(|_| false);
        }
        let is_in_initial_namespace = matches!(image.user_namespace?, 0 | INITIAL_USER_NAMESPACE);
        let is_below_root = image.exe_root.as_deref() == Some(b"");
        let is_own_file = match image.flags {
            Some(flags) => flags & (EXE_UPPER_LAYER | EXE_FROM_MEMFD) == 0,
            None => self.placement == Placement::Host,
        };
        let is_named = image.path_flags & UNTRUSTED_PATH == 0;
        Some(is_in_initial_namespace && is_below_root && is_own_file && is_named)
    }

    /// Whether the process leads its session.
    #[must_use]
    pub fn is_session_leader(&self) -> bool {
        self.session == self.key.pid
    }
}
