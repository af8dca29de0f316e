//! Who gets the children of a thread that ends.

use super::threads::{Threads, is_current};
use crate::thread::Thread;

/// Most ancestors that are looked at.
const ANCESTORS_MAX: usize = 4096;

impl Threads {
    /// Gives the children of a thread that ends to whom the kernel named, else to whom it would choose.
    pub(super) fn hand_over_children(&mut self, tid: i64) {
        let Some(record) = self.records.get(&tid) else {
            return;
        };
        if record.children.is_empty() {
            return;
        }
        let pid = record.thread.pid;
        let named = record.reaper_tid;
        let named = Some(named).filter(|named| *named > 0 && *named != tid);
        let named = named.filter(|named| self.is_valid(*named));
        let reaper = named.or_else(|| self.find_reaper(tid));
        let reaper_is_other = reaper
            .and_then(|reaper| self.records.get(&reaper))
            .is_some_and(|reaper| reaper.thread.pid != pid);
        if reaper_is_other && let Some(group) = reaper.and_then(|reaper| self.group_mut(reaper)) {
            group.is_reaper = true;
        }
        let Some(record) = self.records.get_mut(&tid) else {
            return;
        };
        record.children_alive = 0;
        let children = std::mem::take(&mut record.children);
        for child in children {
            if !is_current(&self.records, child) {
                continue;
            }
            self.set_parent(child.tid, reaper.unwrap_or(0));
            if let Some(reaper) = reaper {
                self.add_child(reaper, child);
            }
        }
    }

    fn is_valid(&self, tid: i64) -> bool {
        let record = self.records.get(&tid);
        record.is_some_and(|record| !record.thread.is_invalid())
    }

    /// Who gets the children of a thread, as the kernel decides it: another thread of the process,
    /// else the next ancestor that is a reaper.
    fn find_reaper(&self, tid: i64) -> Option<i64> {
        let record = self.records.get(&tid)?;
        if let Some(sibling) = self.living_member(tid, Some(tid)) {
            return Some(sibling);
        }
        let is_nested = record.thread.is_in_pid_namespace();
        let mut ancestor = self.records.get(&record.thread.ptid);
        // What hostile events made may go in circles.
        for _ in 0..ANCESTORS_MAX {
            let thread: &Thread = &ancestor?.thread;
            if thread.tid == tid || thread.is_in_pid_namespace() != is_nested {
                return None;
            }
            if self.group(thread.tid).is_some_and(|group| group.is_reaper)
                && let Some(reaper) = self.living_member(thread.tid, None)
            {
                return Some(reaper);
            }
            ancestor = self.records.get(&thread.ptid);
        }
        None
    }

    fn living_member(&self, tid: i64, except: Option<i64>) -> Option<i64> {
        let group = self.group(tid).filter(|group| group.alive > 0)?;
        let mut members = group.members.iter().filter_map(|link| self.linked(*link));
        let member =
            members.find(|member| !member.thread.is_dead() && Some(member.thread.tid) != except)?;
        Some(member.thread.tid)
    }
}
