//! From a cgroup id to its path.

use crate::host;
use saker_event_schema::cgroup_key;
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// `FILEID_KERNFS`: a handle of this type is the eight bytes of a kernfs id (Linux 5.6).
const FILEID_KERNFS: libc::c_int = 0xfe;

/// Finds a cgroup's path by opening its directory by id: one call, no search, and no process of
/// the cgroup has to be alive. Needs CAP_DAC_READ_SEARCH.
#[derive(Debug)]
pub struct CgroupPaths {
    mounts: Vec<Mount>,
}

/// One mounted hierarchy.
#[derive(Debug)]
struct Mount {
    /// The bits of [`cgroup_key`] that stand for it.
    hierarchy: u64,
    place: PathBuf,
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
    /// Uses the hierarchies of this host that records name.
    #[must_use]
    pub fn find() -> Self {
        let mounts = host::cgroup_mounts().into_iter();
        let mounts = mounts.filter_map(|(hierarchy, place)| {
            let root = File::open(&place).ok()?;
            Some(Mount {
                hierarchy,
                place,
                root,
            })
        });
        Self {
            mounts: mounts.collect(),
        }
    }

    /// The path of the cgroup with this key ([`cgroup_key`]) below the root of its hierarchy, `/`
    /// for the root itself; `None` if it does not exist any more.
    #[must_use]
    pub fn path(&self, key: u64) -> Option<Vec<u8>> {
        let hierarchy = key & !cgroup_key::KERNFS_ID;
        let mut mounts = self.mounts.iter();
        mounts
            .find(|mount| mount.hierarchy == hierarchy)?
            .path(key & cgroup_key::KERNFS_ID)
    }
}

impl Mount {
    fn path(&self, id: u64) -> Option<Vec<u8>> {
        let directory = self.open(id)?;
        let link = CString::new(format!("/proc/self/fd/{}", directory.as_raw_fd())).ok()?;
        let path = std::fs::read_link(OsStr::from_bytes(link.as_bytes())).ok()?;
        let below = path
            .strip_prefix(&self.place)
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
