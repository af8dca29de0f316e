//! Running processes by pid, and those that ended, for a while.

use super::Limits;
use super::images::{Images, TRIMMED_ARGUMENT_BYTES_MAX, address, bytes_of, trimmed};
use crate::identity::{BootTime, Pid, ProcessKey};
use crate::process::{Image, Process};
use crate::stats::Stats;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::collections::VecDeque;
use std::sync::Arc;

/// Room for records that is not given back.
const ROOM_KEPT: usize = 1_024;

/// Room for so many times as many records as there are is given back.
const SPARSE: usize = 8;

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
    /// Those of `past` whose end no event told.
    presumed: HashSet<PastKey>,
    /// The order in which processes ended. An entry may outlive its record.
    ended: VecDeque<(BootTime, PastKey)>,
    images: Images,
    processes_max: usize,
    exited_kept_ns: u64,
    images_bytes_max: usize,
}

impl Table {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            live: HashMap::new(),
            past: HashMap::new(),
            presumed: HashSet::new(),
            ended: VecDeque::new(),
            images: Images::default(),
            processes_max: limits.processes_max,
            exited_kept_ns: limits.exited_kept_ns,
            images_bytes_max: limits.images_bytes_max,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.live.len() + self.past.len()
    }

    pub(crate) fn live(&self, pid: Pid) -> Option<&Arc<Process>> {
        self.live.get(&pid)
    }

    /// A record to change; its image changes by [`set_image`](Self::set_image) only.
    pub(crate) fn live_mut(&mut self, pid: Pid) -> Option<&mut Arc<Process>> {
        self.live.get_mut(&pid)
    }

    pub(crate) fn live_processes(&self) -> impl Iterator<Item = &Arc<Process>> {
        self.live.values()
    }

    /// An ended process by identity.
    pub(crate) fn past_mut(&mut self, key: &ProcessKey) -> Option<&mut Arc<Process>> {
        self.past.get_mut(&past_key(key))
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
        self.images.hold(&process.image);
        if let Some(before) = self.live.insert(pid, process) {
            self.images.release(&before.image);
        }
        true
    }

    /// Replaces the image of a running process.
    pub(crate) fn set_image(&mut self, pid: Pid, image: Arc<Image>) {
        if let Some(process) = self.live.get_mut(&pid) {
            replace_image(&mut self.images, process, image);
        }
    }

    pub(crate) const fn image_bytes(&self) -> usize {
        self.images.bytes()
    }

    /// Moves a process to those that ended and returns its record, whole; the table keeps it without
    /// environment and with the beginning of its arguments.
    pub(crate) fn end(&mut self, pid: Pid, time: BootTime) -> Option<Arc<Process>> {
        let mut process = self.live.remove(&pid)?;
        Arc::make_mut(&mut process).exit_time = Some(time);
        let key = past_key(&process.key);
        self.ended.push_back((time, key));
        let mut kept = Arc::clone(&process);
        if let Some(image) = trimmed(&process.image, TRIMMED_ARGUMENT_BYTES_MAX) {
            replace_image(&mut self.images, &mut kept, image);
        }
        if let Some(before) = self.past.insert(key, kept) {
            self.images.release(&before.image);
        }
        Some(process)
    }

    /// As [`end`](Self::end), for a process that may be taken back.
    pub(crate) fn presume_ended(&mut self, pid: Pid, time: BootTime) {
        if let Some(process) = self.end(pid, time) {
            self.presumed.insert(past_key(&process.key));
        }
    }

    /// Takes back a process whose end was presumed, unless another one has its pid by now.
    pub(crate) fn revive(&mut self, key: &ProcessKey) -> bool {
        let past = past_key(key);
        if self.live.contains_key(&key.pid) || !self.presumed.remove(&past) {
            return false;
        }
        self.ended.retain(|(_, ended)| *ended != past);
        let Some(mut process) = self.past.remove(&past) else {
            return false;
        };
        Arc::make_mut(&mut process).exit_time = None;
        self.live.insert(key.pid, process);
        true
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
        self.shrink();
    }

    /// Gives room back that a wave of processes needed, when little of it is still in use.
    fn shrink(&mut self) {
        let most = self.past.len() * SPARSE;
        if self.past.capacity() > most.max(ROOM_KEPT) {
            self.past.shrink_to(2 * self.past.len());
            self.ended.shrink_to(2 * self.ended.len());
        }
        let most = self.live.len() * SPARSE;
        if self.live.capacity() > most.max(ROOM_KEPT) {
            self.live.shrink_to(2 * self.live.len());
        }
    }

    /// Cuts images while all together are over their budget, the oldest first and some more than
    /// needed, so that not every exec has to.
    pub(crate) fn keep_budget(&mut self, stats: &mut Stats) {
        if self.images.bytes() <= self.images_bytes_max {
            return;
        }
        let target = self.images_bytes_max - self.images_bytes_max / 4;
        for (_, key) in &self.ended {
            if self.images.bytes() <= target {
                return;
            }
            if let Some(process) = self.past.get_mut(key)
                && let Some(image) = trimmed(&process.image, 0)
            {
                stats.images_trimmed += 1;
                replace_image(&mut self.images, process, image);
            }
        }
        for argument_bytes_max in [TRIMMED_ARGUMENT_BYTES_MAX, 0] {
            self.trim_live(argument_bytes_max, target, stats);
        }
    }

    fn trim_live(&mut self, argument_bytes_max: usize, target: usize, stats: &mut Stats) {
        // Records that share an image lie side by side, because it has one time.
        let mut oldest: Vec<_> = self
            .live
            .values()
            .filter(|process| bytes_of(&process.image) > 0)
            .map(|process| {
                let image = &process.image;
                (image.exec_time, address(image), process.key.pid)
            })
            .collect();
        oldest.sort_unstable();
        let mut last: Option<(usize, Option<Arc<Image>>)> = None;
        for (_, address, pid) in oldest {
            if self.images.bytes() <= target {
                return;
            }
            let Some(process) = self.live.get_mut(&pid) else {
                continue;
            };
            let cut = match &last {
                Some((same, cut)) if *same == address => cut.clone(),
                _ => {
                    let cut = trimmed(&process.image, argument_bytes_max);
                    stats.images_trimmed += u64::from(cut.is_some());
                    last = Some((address, cut.clone()));
                    cut
                }
            };
            if let Some(image) = cut {
                replace_image(&mut self.images, process, image);
            }
        }
    }

    fn forget_first(&mut self) -> bool {
        let Some((_, key)) = self.ended.pop_front() else {
            return false;
        };
        if let Some(process) = self.past.remove(&key) {
            self.images.release(&process.image);
        }
        self.presumed.remove(&key);
        true
    }
}

/// The only way in which a record of the table gets another image: the count must follow.
fn replace_image(images: &mut Images, process: &mut Arc<Process>, image: Arc<Image>) {
    images.hold(&image);
    let before = std::mem::replace(&mut Arc::make_mut(process).image, image);
    images.release(&before);
}
