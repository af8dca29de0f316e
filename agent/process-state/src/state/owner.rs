//! Owners of sockets.

use super::{ProcessState, header};
use crate::identity::{BootTime, CgroupId, Pid};
use crate::process::{Placement, Process};
use crate::source::NoSource;
use saker_event_decode::EventView;
use saker_event_schema::record_flag;
use std::sync::Arc;

impl ProcessState {
    /// The process that owns the socket of an event of the category `flow`; `None` where the kernel does not
    /// know it.
    ///
    /// The head of such an event is as old as the socket: it names the process, and says nothing about how
    /// the process is now. So the table learns nothing from it.
    pub fn owner(&mut self, event: &EventView<'_>) -> Option<Arc<Process>> {
        let header = event.header();
        if header.flags & record_flag::OWNER_UNKNOWN != 0 {
            return None;
        }
        let key = header::key_of(header);
        if let Some(known) = self.table.find(&key) {
            return Some(Arc::clone(known));
        }
        let read = self.source.read(key.pid);
        if let Some(snapshot) = read.filter(|snapshot| snapshot.process.key.is_same(&key)) {
            self.stats.repaired += 1;
            let process = Arc::new(self.placed(snapshot));
            if self.table.insert(Arc::clone(&process), &mut self.stats) {
                self.link_parent(key.pid);
                self.table.keep_budget(&mut self.stats);
            }
            return Some(self.table.live(key.pid).map_or(process, Arc::clone));
        }
        self.stats.unknown += 1;
        Some(Arc::new(self.of_header(event)))
    }

    /// A process that is gone: what the head says is all that there is.
    fn of_header(&mut self, event: &EventView<'_>) -> Process {
        let header = event.header();
        let mut process = header::minimal(event);
        let (id, pid) = (CgroupId(header.cgroup_id), Pid(header.pid));
        let now = BootTime(header.time_boot_ns);
        process.cgroup_id = Some(id);
        // By now `/proc` could show another process with this pid.
        let placement = self.placements.of(id, pid, &NoSource, now, &mut self.stats);
        process.placement = match placement {
            Placement::Unknown if id.is_root() => Placement::Host,
            placement => placement,
        };
        process
    }
}

#[cfg(test)]
mod tests;
