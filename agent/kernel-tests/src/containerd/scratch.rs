//! A folder in memory for everything that a server writes.

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with a file system of its own; unmounted with all that was mounted below it.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// # Panics
    ///
    /// Without the right to mount.
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("saker-containerd-")
            .tempdir()
            .expect("a folder");
        // Memory, because a server that syncs a disk for each container takes minutes for hundreds.
        mount(
            "saker-containerd",
            folder.path(),
            "tmpfs",
            MountFlags::empty(),
            Some(c"mode=0755"),
        )
        .expect("the right to mount (these tests need root)");
        Self { folder }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let own = self.folder.path().to_owned();
        let mut below = mounts_below(&own);
        // Later mounts lie over or below earlier ones.
        below.reverse();
        for point in below {
            if let Err(error) = unmount(&point, UnmountFlags::DETACH) {
                eprintln!("{} stays mounted: {error}", point.display());
            }
        }
    }
}

/// Mount points in a folder and of the folder itself, in the order of mounting.
fn mounts_below(folder: &Path) -> Vec<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let points = points.map(PathBuf::from);
    points.filter(|point| point.starts_with(folder)).collect()
}
