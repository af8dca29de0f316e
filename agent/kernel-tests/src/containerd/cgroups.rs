//! The control groups of a test: found in every hierarchy, emptied and removed.

use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long killed processes may take to leave their groups.
const PATIENCE: Duration = Duration::from_secs(10);

/// Mount points of the hierarchies of this host.
#[derive(Clone, Debug)]
pub(super) struct Hierarchies {
    unified: PathBuf,
    /// Those of cgroup v1; none on most hosts.
    others: Vec<PathBuf>,
}

impl Hierarchies {
    /// Finds them.
    ///
    /// # Panics
    ///
    /// Where cgroup v2 is not mounted.
    pub(super) fn find() -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mounts").expect("the mounts");
        let of_kind = |kind: &str| -> Vec<PathBuf> {
            let fields = mounts.lines().map(|line| line.split(' '));
            fields
                .filter_map(|mut fields| Some((fields.nth(1)?, fields.next()?)))
                .filter(|(_, found)| *found == kind)
                .map(|(point, _)| PathBuf::from(point))
                .collect()
        };
        let mut unified = of_kind("cgroup2").into_iter();
        Self {
            unified: unified.next().expect("cgroup v2 is mounted"),
            others: of_kind("cgroup"),
        }
    }

    /// A new group of cgroup v2 for processes that are to be ended together.
    pub(super) fn make(&self, path: &str) {
        std::fs::create_dir(self.folder(path)).expect("a control group");
    }

    /// Folder of a group of cgroup v2.
    pub(super) fn folder(&self, path: &str) -> PathBuf {
        self.unified.join(path)
    }

    /// Folders of a group in the hierarchies that have it.
    pub(super) fn folders(&self, path: &str) -> Vec<PathBuf> {
        let folders = self.all().map(|hierarchy| hierarchy.join(path));
        folders.filter(|folder| folder.exists()).collect()
    }

    /// Processes in a group and below.
    pub(super) fn processes(&self, path: &str) -> Vec<Pid> {
        processes_below(&self.folder(path))
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.unified).chain(&self.others)
    }

    /// Kills every process below a path and removes the groups, and those above it that are empty then.
    pub(super) fn remove(&self, path: &str) {
        kill_all(&self.unified.join(path));
        for hierarchy in self.all() {
            remove_tree(&hierarchy.join(path));
            // Others may use the groups above; then they stay.
            let above = Path::new(path).ancestors().skip(1);
            for parent in above.take_while(|parent| !parent.as_os_str().is_empty()) {
                if std::fs::remove_dir(hierarchy.join(parent)).is_err() {
                    break;
                }
            }
        }
    }
}

fn kill_all(folder: &Path) {
    let limit = Instant::now() + PATIENCE;
    loop {
        let processes = processes_below(folder);
        if processes.is_empty() {
            return;
        }
        if Instant::now() > limit {
            eprintln!("processes stay in {}: {processes:?}", folder.display());
            return;
        }
        for process in processes {
            // It may have ended meanwhile.
            kill_process(process, Signal::KILL).ok();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn processes_below(folder: &Path) -> Vec<Pid> {
    let text = std::fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    let own = text.lines().filter_map(|line| line.parse().ok());
    let mut processes: Vec<Pid> = own.filter_map(Pid::from_raw).collect();
    for child in folders_in(folder) {
        processes.extend(processes_below(&child));
    }
    processes
}

fn remove_tree(folder: &Path) {
    for child in folders_in(folder) {
        remove_tree(&child);
    }
    // The last process may still be on its way out.
    for _ in 0..100 {
        if std::fs::remove_dir(folder).is_ok() || !folder.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    eprintln!("the control group {} stays", folder.display());
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let entries = entries.flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}
