//! Processes as `/proc` has them.
//!
//! Everything is bytes: names, paths and arguments need not be text. A process that ends while it
//! is read is not there; a file that may not be read leaves its fields missing.

mod cgroup;
mod stat;
mod status;

use crate::identity::{BootTime, CgroupId, Comm, Hierarchy, Pid, ProcessKey};
use crate::process::{Capabilities, Credentials, Image, Origin, Placement, Process, StringVector};
use crate::source::{ProcessSource, Snapshot};
use saker_event_decode::names::exec_flags::EXE_FROM_MEMFD;
use saker_event_schema::{EXEC_VECTOR_BYTES_MAX, data_flag};
use stat::Stat;
use status::Status;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most bytes of a file whose content the kernel makes.
const FILE_BYTES_MAX: usize = 64 << 10;

/// What `readlink` appends to the path of a file without a name.
const DELETED: &[u8] = b" (deleted)";

/// Reads processes from `/proc`, or from a directory that looks like it.
///
/// Paths are as the reader sees them, without the root of a process that has another one (chroot);
/// a process in another mount namespace has paths of its own.
#[derive(Clone, Debug)]
pub struct ProcFs {
    root: PathBuf,
    cgroup_mounts: Vec<(Hierarchy, PathBuf)>,
}

impl ProcFs {
    /// Reads below `root`, usually `/proc` of the host's pid namespace.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            cgroup_mounts: Vec::new(),
        }
    }

    /// Also finds the ids of the cgroups of a hierarchy, below its mount (of cgroup v2 usually
    /// `/sys/fs/cgroup`).
    #[must_use]
    pub fn with_cgroup_mount(mut self, hierarchy: Hierarchy, mount: impl Into<PathBuf>) -> Self {
        self.cgroup_mounts.push((hierarchy, mount.into()));
        self
    }

    /// Every process that can be read and runs, by ascending pid. No event will tell the end of one
    /// that only waits for its parent.
    #[must_use]
    pub fn scan(&self) -> Vec<Snapshot> {
        self.pids()
            .into_iter()
            .filter(|pid| self.stat(*pid).is_some_and(|stat| !stat.is_zombie))
            .filter_map(|pid| self.read(pid))
            .collect()
    }

    /// The pids that are there, ascending; none when the directory cannot be read.
    #[must_use]
    pub fn pids(&self) -> Vec<Pid> {
        let Ok(entries) = std::fs::read_dir(&self.root) else {
            return Vec::new();
        };
        let mut pids: Vec<Pid> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .map(Pid)
            .collect();
        pids.sort_unstable();
        pids
    }

    fn directory(&self, pid: Pid) -> PathBuf {
        self.root.join(pid.to_string())
    }

    fn stat(&self, pid: Pid) -> Option<Stat> {
        Stat::parse(&content(&self.directory(pid), "stat", FILE_BYTES_MAX)?)
    }

    /// The cgroup by which records name a process. The kernfs id is the directory's inode number.
    fn cgroup_id(&self, cgroups: &[u8], stat: &Stat) -> Option<CgroupId> {
        use std::os::unix::ffi::OsStrExt;
        let Some((hierarchy, path)) = cgroup::named(cgroups) else {
            return (!stat.is_exiting && !cgroups.is_empty()).then_some(CgroupId::ROOT);
        };
        let mut mounts = self.cgroup_mounts.iter();
        let (_, mount) = mounts.find(|(mounted, _)| *mounted == hierarchy)?;
        let relative = std::ffi::OsStr::from_bytes(path.strip_prefix(b"/")?);
        let metadata = std::fs::metadata(mount.join(relative)).ok()?;
        Some(CgroupId::new(hierarchy, metadata.ino()))
    }
}

impl ProcessSource for ProcFs {
    fn read(&self, pid: Pid) -> Option<Snapshot> {
        let directory = self.directory(pid);
        let stat = self.stat(pid)?;
        let status = content(&directory, "status", FILE_BYTES_MAX)
            .map(|text| Status::parse(&text))
            .unwrap_or_default();
        let cgroups = content(&directory, "cgroup", FILE_BYTES_MAX).unwrap_or_default();
        let root = root_of(&directory);
        let image = image(&directory, &stat, root.as_deref());
        let root = root.unwrap_or_default();
        // Between the first line and the last another process may have taken the pid.
        if self.stat(pid)?.start_ticks != stat.start_ticks {
            return None;
        }
        let process = Process {
            key: ProcessKey::new(pid, BootTime::from_tick(stat.start_ticks)),
            parent: None,
            ppid: Pid(stat.ppid),
            vpid: status.vpid.unwrap_or(pid.0),
            exec_id: None,
            comm: Comm::new(&stat.comm),
            image: Arc::new(image),
            cwd: working_directory(&directory, &root),
            clone_time: None,
            exit_time: None,
            tty: stat.tty,
            session: Pid(stat.session),
            pgid: Some(Pid(stat.pgid)),
            vpgid: status.vpgid.or(Some(stat.pgid)),
            credentials: credentials(&directory, &status),
            capabilities: capabilities(&status),
            pid_namespace: namespace(&directory, "ns/pid"),
            mount_namespace: namespace(&directory, "ns/mnt"),
            cgroup_id: self.cgroup_id(&cgroups, &stat),
            placement: Placement::Unknown,
            origin: Origin::ProcFs,
            updated: BootTime(0),
        };
        Some(Snapshot {
            process,
            cgroup_path: telling(&cgroups, &stat).map(Into::into),
        })
    }

    fn cgroup_path(&self, pid: Pid) -> Option<Vec<u8>> {
        let cgroups = content(&self.directory(pid), "cgroup", FILE_BYTES_MAX)?;
        telling(&cgroups, &self.stat(pid)?).map(<[u8]>::to_vec)
    }
}

/// The cgroup path that says most about a container. With cgroup v1 a thread that ends is at the
/// root already, which says nothing of where it ran.
fn telling<'a>(cgroups: &'a [u8], stat: &Stat) -> Option<&'a [u8]> {
    cgroup::telling(cgroups).filter(|path| *path != b"/" || !stat.is_exiting)
}

fn credentials(directory: &Path, status: &Status) -> Credentials {
    let loginuid = content(directory, "loginuid", FILE_BYTES_MAX)
        .and_then(|text| std::str::from_utf8(&text).ok()?.trim().parse::<u32>().ok())
        .filter(|uid| *uid != u32::MAX);
    Credentials {
        uid: status.uids.map_or(0, |[_, effective, _]| effective),
        gid: status.gids.map_or(0, |[_, effective, _]| effective),
        ruid: status.uids.map(|[real, ..]| real),
        suid: status.uids.map(|[_, _, saved]| saved),
        rgid: status.gids.map(|[real, ..]| real),
        loginuid,
    }
}

fn capabilities(status: &Status) -> Option<Capabilities> {
    Some(Capabilities {
        permitted: status.cap_permitted?,
        effective: status.cap_effective?,
        inheritable: status.cap_inheritable?,
    })
}

fn image(directory: &Path, stat: &Stat, root: Option<&[u8]>) -> Image {
    if stat.is_kernel_thread {
        return Image {
            arguments: Some(StringVector::default()),
            environment: Some(StringVector::default()),
            ..Image::default()
        };
    }
    let exe = link(directory, "exe");
    let file = std::fs::metadata(directory.join("exe"))
        .ok()
        .filter(|_| exe.is_some());
    let (path, is_deleted) = exe
        .as_deref()
        .map(|path| named(path, file.as_ref()))
        .unzip();
    // Only what lies in memory is certain; the layers of a file are known to the kernel alone.
    let flags = path
        .filter(|path| path.starts_with(b"/memfd:") && is_deleted == Some(true))
        .map(|_| EXE_FROM_MEMFD);
    Image {
        exe_path: path.map(|path| below(root.unwrap_or_default(), path).into()),
        exe_root: root.filter(|_| exe.is_some()).map(Into::into),
        arguments: vector(directory, "cmdline"),
        environment: vector(directory, "environ"),
        flags,
        path_flags: if is_deleted == Some(true) {
            data_flag::DELETED
        } else {
            0
        },
        inode: file.as_ref().map(MetadataExt::ino),
        device: file.as_ref().map(kernel_device),
        ctime_wall_ns: file
            .as_ref()
            .and_then(|file| wall_ns(file.ctime(), file.ctime_nsec())),
        mtime_wall_ns: file
            .as_ref()
            .and_then(|file| wall_ns(file.mtime(), file.mtime_nsec())),
        interpreter: None,
        user_namespace: Some(namespace(directory, "ns/user")).filter(|inode| *inode != 0),
        exec_time: None,
    }
}

/// The device number in the kernel's own encoding, from the C library's.
fn kernel_device(file: &Metadata) -> u64 {
    let device = file.dev();
    let major = ((device >> 8) & 0xFFF) | ((device >> 32) & !0xFFF);
    let minor = (device & 0xFF) | ((device >> 12) & 0xFFFF_FF00);
    (major << 20) | minor
}

fn wall_ns(seconds: i64, nanoseconds: i64) -> Option<u64> {
    let seconds = u64::try_from(seconds).ok()?;
    seconds
        .checked_mul(1_000_000_000)?
        .checked_add(nanoseconds.try_into().ok()?)
}

/// At most `bytes_max` bytes of a file.
fn content(directory: &Path, name: &str, bytes_max: usize) -> Option<Vec<u8>> {
    let file = File::open(directory.join(name)).ok()?;
    let mut content = Vec::new();
    let limit = u64::try_from(bytes_max).ok()?;
    file.take(limit).read_to_end(&mut content).ok()?;
    Some(content)
}

fn vector(directory: &Path, name: &str) -> Option<StringVector> {
    let mut bytes = content(directory, name, EXEC_VECTOR_BYTES_MAX.saturating_add(1))?;
    let is_truncated = bytes.len() > EXEC_VECTOR_BYTES_MAX;
    bytes.truncate(EXEC_VECTOR_BYTES_MAX);
    Some(StringVector {
        bytes: bytes.into(),
        is_truncated,
    })
}

fn link(directory: &Path, name: &str) -> Option<Vec<u8>> {
    let target = std::fs::read_link(directory.join(name)).ok()?;
    Some(target.into_os_string().into_vec())
}

fn working_directory(directory: &Path, root: &[u8]) -> Option<Arc<[u8]>> {
    let path = link(directory, "cwd")?;
    let file = std::fs::metadata(directory.join("cwd")).ok();
    let (path, _) = named(&path, file.as_ref());
    Some(below(root, path).into())
}

/// The process's own root, as the reader sees it; empty for the reader's own, `None` when it may
/// not be read.
fn root_of(directory: &Path) -> Option<Vec<u8>> {
    let mut root = link(directory, "root")?;
    while root.last() == Some(&b'/') {
        root.pop();
    }
    Some(root)
}

/// A path below the process's own root.
fn below<'a>(root: &[u8], path: &'a [u8]) -> &'a [u8] {
    match path.strip_prefix(root) {
        Some([]) => b"/",
        Some(rest) if rest.starts_with(b"/") => rest,
        _ => path,
    }
}

/// A path without the remark that its file has no name any more, and whether that is so: a name
/// may end in the same words, and the count of links tells.
fn named<'a>(path: &'a [u8], file: Option<&Metadata>) -> (&'a [u8], bool) {
    match path.strip_suffix(DELETED) {
        Some(name) if file.is_none_or(|file| file.nlink() == 0) => (name, true),
        _ => (path, false),
    }
}

/// `pid:[4026531836]`; 0 when it may not be read.
fn namespace(directory: &Path, name: &str) -> u32 {
    link(directory, name)
        .and_then(|target| {
            let text = std::str::from_utf8(&target).ok()?;
            text.split_once('[')?.1.strip_suffix(']')?.parse().ok()
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
