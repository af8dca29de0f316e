//! From a cgroup id to its path.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// `FILEID_KERNFS`: a handle of this type is the eight bytes of a kernfs id (Linux 5.6).
const FILEID_KERNFS: libc::c_int = 0xfe;

/// Finds a cgroup's path by opening its directory by id: one call, no search, and no process of
/// the cgroup has to be alive. Needs CAP_DAC_READ_SEARCH.
#[derive(Debug)]
pub struct CgroupPaths {
    mount: PathBuf,
    root: File,
}

/// `struct file_handle` with room for a kernfs id.
#[repr(C)]
struct KernfsHandle {
    bytes: libc::c_uint,
    kind: libc::c_int,
    id: [u8; 8],
}

impl CgroupPaths {
    /// Uses the cgroup v2 file system of this host; `None` where it is not mounted.
    #[must_use]
    pub fn find() -> Option<Self> {
        let mounts = std::fs::read("/proc/self/mounts").ok()?;
        let mount = mounts.split(|byte| *byte == b'\n').find_map(|line| {
            let mut fields = line.split(|byte| *byte == b' ');
            let (_, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
            (kind == b"cgroup2").then(|| PathBuf::from(OsStr::from_bytes(place)))
        })?;
        Self::at(&mount)
    }

    /// Uses the cgroup v2 file system mounted at `mount`.
    #[must_use]
    pub fn at(mount: &Path) -> Option<Self> {
        let root = File::open(mount).ok()?;
        Some(Self {
            mount: mount.to_owned(),
            root,
        })
    }

    /// The path of a cgroup below the root of the hierarchy, `/` for the root itself; `None` if it
    /// does not exist any more.
    #[must_use]
    pub fn path(&self, id: u64) -> Option<Vec<u8>> {
        let directory = self.open(id)?;
        let link = CString::new(format!("/proc/self/fd/{}", directory.as_raw_fd())).ok()?;
        let path = std::fs::read_link(OsStr::from_bytes(link.as_bytes())).ok()?;
        let below = path
            .strip_prefix(&self.mount)
            .ok()?
            .to_owned()
            .into_os_string()
            .into_vec();
        Some([b"/", below.as_slice()].concat())
    }

    fn open(&self, id: u64) -> Option<OwnedFd> {
        let mut handle = KernfsHandle {
            bytes: 8,
            kind: FILEID_KERNFS,
            id: id.to_ne_bytes(),
        };
        // SAFETY: the handle is as `open_by_handle_at` wants it: a length, a type and as many bytes
        // as the length says. The descriptor that it returns is owned by nobody else.
        unsafe {
            let descriptor = libc::open_by_handle_at(
                self.root.as_raw_fd(),
                (&raw mut handle).cast(),
                libc::O_PATH | libc::O_CLOEXEC | libc::O_DIRECTORY,
            );
            (descriptor >= 0).then(|| OwnedFd::from_raw_fd(descriptor))
        }
    }
}
