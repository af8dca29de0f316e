//! The table of processes.

mod cgroups;
mod credentials;
mod effects;
mod header;
mod images;
mod owner;
mod sweep;
mod table;

use crate::container::ContainerChange;
use crate::container::placement::Placements;
use crate::identity::{BootTime, CgroupId, Pid, ProcessKey};
use crate::process::{Placement, Process};
use crate::source::{CgroupResolver, ProcessSource, Snapshot};
use crate::stats::Stats;
use foldhash::{HashMap, HashMapExt};
use saker_event_decode::EventView;
use saker_event_schema::{Ring, event};
use std::sync::Arc;
use sweep::Suspect;
use table::Table;

/// Longest line of ancestors: a broken parent link must not make a loop endless.
const ANCESTORS_MAX: usize = 256;

/// Bounds of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most processes, ended ones included. When the table is full, the process that ended first
    /// makes room; when none has ended, a new process is not kept and counted as `table_full`.
    pub processes_max: usize,
    /// How long an ended process is kept for late events, nanoseconds.
    pub exited_kept_ns: u64,
    /// Most cgroups whose container is remembered; when there are more, all are looked up again.
    pub cgroups_max: usize,
    /// Most bytes of arguments and environments of all programs together. Over it, ended processes
    /// lose their arguments, then running ones their environment and all but 1 KiB of their
    /// arguments, then the rest; the oldest first, counted as `images_trimmed`.
    pub images_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processes_max: 65_536,
            exited_kept_ns: 30_000_000_000,
            cgroups_max: 16_384,
            images_bytes_max: 16 << 20,
        }
    }
}

/// Every process of the host, by what events and `/proc` say.
///
/// ```
/// use saker_event_decode::{EventBuilder, EventView};
/// use saker_event_schema::{EventHeader, event};
/// use saker_process_state::{Limits, NoSource, ProcessState};
///
/// let mut state = ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(NoSource));
/// let exec = EventBuilder::new(event::EXECVE)
///     .pid(7)
///     .comm("cat")
///     .set("args", ["cat", "/etc/shadow"])
///     .set("trusted_exepath", "/usr/bin/cat")
///     .build();
/// let process = state.apply(&EventView::parse(&exec)?);
/// assert_eq!(process.exe_path(), Some(&b"/usr/bin/cat"[..]));
/// # Ok::<(), saker_event_decode::DecodeError>(())
/// ```
pub struct ProcessState {
    table: Table,
    source: Box<dyn ProcessSource + Send>,
    placements: Placements,
    /// Live processes that were gone at the last look.
    suspects: HashMap<Pid, Suspect>,
    stats: Stats,
}

impl ProcessState {
    /// An empty table.
    #[must_use]
    pub fn new(
        limits: Limits,
        source: Box<dyn ProcessSource + Send>,
        cgroups: Box<dyn CgroupResolver + Send>,
    ) -> Self {
        Self {
            table: Table::new(&limits),
            source,
            placements: Placements::new(cgroups, limits.cgroups_max),
            suspects: HashMap::new(),
            stats: Stats::default(),
        }
    }

    /// Adds processes that were read from `/proc`; those that events already announced stay.
    pub fn bootstrap(&mut self, snapshots: impl IntoIterator<Item = Snapshot>) {
        let mut added = Vec::new();
        for snapshot in snapshots {
            let key = snapshot.process.key;
            if self.table.find(&key).is_some() {
                continue;
            }
            let process = self.placed(snapshot);
            if self.table.insert(Arc::new(process), &mut self.stats) {
                added.push(key.pid);
                self.table.keep_budget(&mut self.stats);
            }
        }
        for pid in added {
            self.link_parent(pid);
        }
    }

    /// Takes in one event and returns the process that acted, as it is after the event.
    ///
    /// Events are to come in the order of their times within a ring; an event that comes after a
    /// newer one of its process changes nothing, and one that comes after the end of its process
    /// gets the record that the process had. Of an event about a socket it is the [`owner`](Self::owner).
    pub fn apply(&mut self, event: &EventView<'_>) -> Arc<Process> {
        if is_about_socket(event) {
            let owner = self.owner(event);
            return owner.unwrap_or_else(|| Arc::new(header::minimal(event)));
        }
        let header = event.header();
        let now = BootTime(header.time_boot_ns);
        self.table.purge(now, &mut self.stats);
        let key = header::key_of(header);
        if let Some(process) = self.unchanged(&key, event) {
            return process;
        }
        let is_live = self
            .table
            .live(key.pid)
            .is_some_and(|process| process.key.is_same(&key));
        if is_live && !self.suspects.is_empty() {
            self.suspects.remove(&key.pid);
        }
        if !is_live && !self.revive(&key, event) {
            if let Some(ended) = self.table.find(&key) {
                self.stats.late_events += 1;
                return Arc::clone(ended);
            }
            if let Some(detached) = self.add_unannounced(event) {
                return detached;
            }
        } else if self.missed_exec(event) {
            self.repair_image(event);
        }
        self.refresh(event);
        let process = self.apply_effects(event);
        self.table.keep_budget(&mut self.stats);
        process
    }

    /// Whether an event that comes next may change the table. One that does not can be left out, and
    /// all others mean the same.
    #[must_use]
    pub fn may_be_changed_by(&self, event: &EventView<'_>) -> bool {
        let is_unchanged = || {
            self.unchanged(&header::key_of(event.header()), event)
                .is_some()
        };
        !is_about_socket(event) && !is_unchanged()
    }

    /// The process of an event that changes nothing about it: most events, so this is one look.
    fn unchanged(&self, key: &ProcessKey, event: &EventView<'_>) -> Option<Arc<Process>> {
        if !self.suspects.is_empty() || effects::may_change(event.id()) {
            return None;
        }
        let header = event.header();
        let process = self.table.live(key.pid)?;
        let is_known = process.key.is_same(key)
            && process.exec_id.is_some_and(|known| header.exec_id <= known)
            && header::is_current(process, header);
        is_known.then(|| Arc::clone(process))
    }

    /// Adds the process of an event that came before its record. Returns the record instead if the
    /// table cannot keep it.
    fn add_unannounced(&mut self, event: &EventView<'_>) -> Option<Arc<Process>> {
        let header = event.header();
        let key = header::key_of(header);
        let read = self
            .source
            .read(key.pid)
            .filter(|snapshot| snapshot.process.key.is_same(&key));
        let process = match read {
            Some(snapshot) => {
                self.stats.repaired += 1;
                let mut process = self.placed(snapshot);
                process.exec_id = Some(header.exec_id);
                process
            }
            None => {
                self.stats.unknown += 1;
                header::minimal(event)
            }
        };
        let process = Arc::new(process);
        // A pid that another process has since: an event of one that ended before it was known.
        let is_past = self
            .table
            .live(key.pid)
            .is_some_and(|current| current.key.start_boot_ns > key.start_boot_ns);
        if is_past || !self.table.insert(Arc::clone(&process), &mut self.stats) {
            return Some(process);
        }
        None
    }

    /// Whether the process has run an image that no event announced.
    fn missed_exec(&self, event: &EventView<'_>) -> bool {
        let header = event.header();
        let is_exec = matches!(event.id(), event::EXECVE | event::EXECVEAT) && header.result >= 0;
        !is_exec
            && self
                .table
                .live(Pid(header.pid))
                .and_then(|process| process.exec_id)
                .is_some_and(|known| header.exec_id > known)
    }

    /// Takes the image from `/proc`; the event that announced it was lost.
    fn repair_image(&mut self, event: &EventView<'_>) {
        let header = event.header();
        let key = header::key_of(header);
        let read = self
            .source
            .read(key.pid)
            .filter(|snapshot| snapshot.process.key.is_same(&key));
        let Some(process) = self.table.live_mut(key.pid) else {
            return;
        };
        let record = Arc::make_mut(process);
        record.exec_id = Some(header.exec_id);
        let image = match read {
            Some(snapshot) => {
                self.stats.repaired += 1;
                record.comm = snapshot.process.comm;
                record.capabilities = snapshot.process.capabilities;
                snapshot.process.image
            }
            None => {
                // What was known is another program's.
                self.stats.unknown += 1;
                record.comm = crate::identity::Comm::new(event.comm());
                Arc::default()
            }
        };
        self.table.set_image(key.pid, image);
    }

    /// Brings the live record of the process up to the head of the event.
    fn refresh(&mut self, event: &EventView<'_>) {
        let header = event.header();
        let pid = Pid(header.pid);
        let Some(process) = self.table.live_mut(pid) else {
            return;
        };
        let changes = header::refresh(process, header);
        if changes.cgroup {
            self.place(
                pid,
                CgroupId(header.cgroup_id),
                BootTime(header.time_boot_ns),
            );
        }
        if changes.parent {
            self.link_parent(pid);
        }
    }

    /// Sets the placement of a running process by its cgroup. A cgroup that cannot be resolved
    /// leaves what is known: the parent's placement, or what a path in `/proc` said.
    fn place(&mut self, pid: Pid, id: CgroupId, now: BootTime) {
        let placement = self
            .placements
            .of(id, pid, self.source.as_ref(), now, &mut self.stats);
        let Some(process) = self.table.live_mut(pid) else {
            return;
        };
        let placement = match (placement, &process.placement) {
            // With cgroup v2 no process of a container is at the root, so one of which nothing
            // else is known counts as one of the host's.
            (Placement::Unknown, Placement::Unknown) if id.is_root() => Placement::Host,
            (Placement::Unknown, _) => return,
            (placement, _) => placement,
        };
        if process.placement != placement {
            Arc::make_mut(process).placement = placement;
        }
    }

    /// Sets the key of the parent of a running process by its parent's pid.
    fn link_parent(&mut self, pid: Pid) {
        let parent = self
            .table
            .live(pid)
            .and_then(|process| self.table.live(process.ppid))
            .map(|parent| parent.key);
        if let Some(process) = self.table.live_mut(pid)
            && process.parent != parent
        {
            Arc::make_mut(process).parent = parent;
        }
    }

    /// The record of a snapshot with its placement.
    fn placed(&mut self, snapshot: Snapshot) -> Process {
        let mut process = snapshot.process;
        if let Some(path) = &snapshot.cgroup_path {
            process.placement = match process.cgroup_id {
                Some(id) => self.placements.learn(id, path, &mut self.stats),
                None => self.placements.at(path, None, &mut self.stats),
            };
        }
        process
    }

    /// The containers that appeared or ended since the last call, in their order: most times none,
    /// and nothing is allocated then.
    ///
    /// At most 16,384 wait to be taken; what is beyond is counted as `container_changes_lost`.
    pub fn take_container_changes(&mut self) -> Vec<ContainerChange> {
        self.placements.take_changes()
    }

    /// A process by identity, also one that ended and is still kept.
    #[must_use]
    pub fn get(&self, key: &ProcessKey) -> Option<&Arc<Process>> {
        self.table.find(key)
    }

    /// The process that has this pid now.
    #[must_use]
    pub fn by_pid(&self, pid: Pid) -> Option<&Arc<Process>> {
        self.table.live(pid)
    }

    /// The parent of a process.
    #[must_use]
    pub fn parent(&self, process: &Process) -> Option<&Arc<Process>> {
        self.table.find(process.parent.as_ref()?)
    }

    /// Parent, its parent, and so on, as far as they are known.
    #[must_use]
    pub fn ancestors(&self, process: &Process) -> Ancestors<'_> {
        Ancestors {
            state: self,
            next: self.parent(process),
            left: ANCESTORS_MAX,
        }
    }

    /// How many processes the table holds, ended ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Bytes of the arguments and environments of all programs; see [`Limits::images_bytes_max`].
    #[must_use]
    pub const fn image_bytes(&self) -> usize {
        self.table.image_bytes()
    }

    /// Whether the table holds no process.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What happened so far.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

/// See [`ProcessState::ancestors`].
pub struct Ancestors<'a> {
    state: &'a ProcessState,
    next: Option<&'a Arc<Process>>,
    left: usize,
}

impl<'a> Iterator for Ancestors<'a> {
    type Item = &'a Arc<Process>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let current = self.next?;
        self.next = self.state.parent(current);
        Some(current)
    }
}

/// Whether the head of an event has the owner of a socket, as it was when it bound or connected.
fn is_about_socket(event: &EventView<'_>) -> bool {
    event.row().ring == Ring::Network
}

#[cfg(test)]
mod tests;
