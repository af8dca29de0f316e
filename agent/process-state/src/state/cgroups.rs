//! What events of cgroups do to the table.

use super::ProcessState;
use super::effects::{id, unsigned};
use crate::identity::{BootTime, CgroupId, Hierarchy, Pid, ProcessKey};
use saker_event_decode::EventView;
use std::sync::Arc;

impl ProcessState {
    /// A cgroup was made: its container is known before a process is in it.
    pub(super) fn learn_cgroup(&mut self, event: &EventView<'_>) {
        if let (Some(cgroup), Some(path)) = (cgroup(event), cgroup_path(event)) {
            self.placements.learn(cgroup, path, &mut self.stats);
        }
    }

    /// A cgroup was removed. Nobody is in it, but events of its processes may come later.
    pub(super) fn forget_cgroup(&mut self, event: &EventView<'_>) {
        let Some(cgroup) = cgroup(event) else { return };
        let now = BootTime(event.header().time_boot_ns);
        let path = cgroup_path(event);
        self.placements.removed(cgroup, path, now, &mut self.stats);
    }

    /// A process was moved by somebody, in one of its hierarchies.
    pub(super) fn move_process(&mut self, event: &EventView<'_>) {
        let (Some(cgroup), Some(pid)) = (cgroup(event), id(event, "moved_pid").map(Pid)) else {
            return;
        };
        if unsigned(event, "whole_process") != Some(1) && id(event, "moved_tid") != Some(pid.0) {
            return;
        }
        if let Some(path) = cgroup_path(event) {
            self.placements.learn(cgroup, path, &mut self.stats);
        }
        let now = BootTime(event.header().time_boot_ns);
        let start = BootTime(unsigned(event, "moved_start").unwrap_or(0));
        let key = ProcessKey::new(pid, start);
        let Some(process) = self.table.live_mut(pid) else {
            return;
        };
        let is_older = !process.key.is_same(&key) || now < process.updated;
        if is_older || !names(cgroup, process.cgroup_id) {
            return;
        }
        let record = Arc::make_mut(process);
        record.cgroup_id = Some(cgroup);
        record.updated = now;
        self.place(pid, cgroup, now);
    }
}

/// Whether records name a process by a cgroup that it was moved into, and not by the one it has
/// in another hierarchy. In a root it is named by another hierarchy, which its next event tells.
fn names(moved_to: CgroupId, known: Option<CgroupId>) -> bool {
    let rank = |hierarchy: Hierarchy| Hierarchy::ALL.iter().position(|it| *it == hierarchy);
    let (Some(hierarchy), false) = (moved_to.hierarchy(), moved_to.is_root()) else {
        return false;
    };
    known
        .filter(|known| !known.is_root())
        .and_then(CgroupId::hierarchy)
        .is_none_or(|known| rank(hierarchy) <= rank(known))
}

fn cgroup(event: &EventView<'_>) -> Option<CgroupId> {
    unsigned(event, "cgroup").map(CgroupId)
}

/// The path, unless the kernel cut it: then the cgroup's id leads to it.
fn cgroup_path<'a>(event: &EventView<'a>) -> Option<&'a [u8]> {
    let data = event.data(event.row().slot("cgroup_path")?)?;
    (!data.is_truncated()).then_some(data.bytes)
}

#[cfg(test)]
mod tests;
