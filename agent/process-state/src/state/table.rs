//! Running processes by pid, and those that ended, for a while.

use crate::identity::{BootTime, Pid, ProcessKey};
use crate::process::Process;
use crate::stats::Stats;
use foldhash::{HashMap, HashMapExt};
use std::collections::VecDeque;
use std::sync::Arc;

/// The identity of an ended process: start times from `/proc` are exact to a tick only.
type PastKey = (Pid, u64);

fn past_key(key: &ProcessKey) -> PastKey {
    (key.pid, key.start_boot_ns.tick())
}

/// A bounded table. When it is full, the process that ended first makes room; when none has ended,
/// a new process is not kept (its events still get a record) and the caller counts it.
pub(crate) struct Table {
    live: HashMap<Pid, Arc<Process>>,
    past: HashMap<PastKey, Arc<Process>>,
    /// The order in which processes ended. An entry may outlive its record.
    ended: VecDeque<(BootTime, PastKey)>,
    processes_max: usize,
    exited_kept_ns: u64,
}

impl Table {
    pub(crate) fn new(processes_max: usize, exited_kept_ns: u64) -> Self {
        Self {
            live: HashMap::new(),
            past: HashMap::new(),
            ended: VecDeque::new(),
            processes_max,
            exited_kept_ns,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.live.len() + self.past.len()
    }

    pub(crate) fn live(&self, pid: Pid) -> Option<&Arc<Process>> {
        self.live.get(&pid)
    }

    pub(crate) fn live_mut(&mut self, pid: Pid) -> Option<&mut Arc<Process>> {
        self.live.get_mut(&pid)
    }

    pub(crate) fn live_pids(&self) -> impl Iterator<Item = Pid> {
        self.live.keys().copied()
    }

    /// A process by identity, running or ended.
    pub(crate) fn find(&self, key: &ProcessKey) -> Option<&Arc<Process>> {
        self.live
            .get(&key.pid)
            .filter(|process| process.key.is_same(key))
            .or_else(|| self.past.get(&past_key(key)))
    }

    /// Adds a running process; one that had the same pid has ended without an event. `false` when
    /// the table is full of running processes.
    pub(crate) fn insert(&mut self, process: Arc<Process>, stats: &mut Stats) -> bool {
        let pid = process.key.pid;
        if let Some(before) = self.live.get(&pid)
            && !before.key.is_same(&process.key)
        {
            stats.exits_missed += 1;
            self.end(pid, process.key.start_boot_ns);
        }
        if !self.live.contains_key(&pid) {
            while self.len() >= self.processes_max {
                if !self.forget_first() {
                    stats.table_full += 1;
                    return false;
                }
                stats.purged_early += 1;
            }
        }
        self.live.insert(pid, process);
        true
    }

    /// Moves a process to those that ended and returns its record.
    pub(crate) fn end(&mut self, pid: Pid, time: BootTime) -> Option<Arc<Process>> {
        let mut process = self.live.remove(&pid)?;
        Arc::make_mut(&mut process).exit_time = Some(time);
        let key = past_key(&process.key);
        self.ended.push_back((time, key));
        self.past.insert(key, Arc::clone(&process));
        Some(process)
    }

    /// Removes the processes that ended long enough ago.
    pub(crate) fn purge(&mut self, now: BootTime, stats: &mut Stats) {
        while let Some((time, _)) = self.ended.front()
            && now.0.saturating_sub(time.0) > self.exited_kept_ns
        {
            if !self.forget_first() {
                break;
            }
            stats.purged += 1;
        }
    }

    fn forget_first(&mut self) -> bool {
        let Some((_, key)) = self.ended.pop_front() else {
            return false;
        };
        self.past.remove(&key);
        true
    }
}
