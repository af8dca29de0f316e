//! The end of processes whose exits were lost.
//!
//! A process may be gone while the events that tell of it still wait in a queue. So one that is
//! missed is a suspect first, and is presumed to have ended only when it is missed again and no
//! event of it came between. Should its exec or fork come later still, it is taken back.

use super::ProcessState;
use crate::identity::{BootTime, Pid, ProcessKey};
use saker_event_decode::EventView;
use saker_event_schema::event;

/// A process that was not there when it was looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspect {
    key: ProcessKey,
    since: BootTime,
}

impl ProcessState {
    /// Marks as ended every process that `is_alive` did not know at two calls in a row, with no
    /// event of it between; for exits whose events were lost. `is_alive` has to look at the time of
    /// the call: a list made earlier lacks processes that are younger than it.
    ///
    /// Containers without a process at two calls in a row have ended.
    pub fn retain_alive(&mut self, now: BootTime, is_alive: impl Fn(Pid) -> bool) {
        let before = std::mem::take(&mut self.suspects);
        let mut gone = Vec::new();
        for process in self.table.live_processes() {
            let key = process.key;
            if is_alive(key.pid) {
                continue;
            }
            let since = before
                .get(&key.pid)
                .filter(|suspect| suspect.key.is_same(&key))
                .map(|suspect| suspect.since);
            if since.is_some_and(|since| since < now) {
                gone.push(key.pid);
            } else {
                let since = since.unwrap_or(now);
                self.suspects.insert(key.pid, Suspect { key, since });
            }
        }
        for pid in gone {
            self.stats.exits_missed += 1;
            self.table.presume_ended(pid, now);
        }
        self.table.keep_budget(&mut self.stats);
        let inhabited = self
            .table
            .live_processes()
            .filter_map(|process| process.container());
        self.placements.retain_inhabited(inhabited, &mut self.stats);
    }

    /// Takes back a process that was presumed to have ended, if the event shows that its story was
    /// not over. `false` when nothing is to be taken back.
    pub(super) fn revive(&mut self, key: &ProcessKey, event: &EventView<'_>) -> bool {
        let tells = match event.id() {
            event::SCHED_PROCESS_FORK => true,
            event::EXECVE | event::EXECVEAT => event.header().result >= 0,
            _ => false,
        };
        let is_revived = tells && self.table.revive(key);
        if is_revived {
            self.stats.revived += 1;
        }
        is_revived
    }
}
