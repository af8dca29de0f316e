//! Which container a cgroup belongs to, found once for each cgroup.

use super::register::Register;
use super::{ContainerChange, ContainerRef, locate};
use crate::identity::{BootTime, CgroupId, Pid};
use crate::process::Placement;
use crate::source::{CgroupResolver, ProcessSource};
use crate::stats::Stats;
use foldhash::{HashMap, HashMapExt};
use std::collections::VecDeque;
use std::sync::Arc;

/// How long a cgroup that could not be resolved is not tried again.
const RETRY_NS: u64 = 1_000_000_000;

/// How long a cgroup that was removed is remembered: events of its processes may be late.
const REMOVED_KEPT_NS: u64 = 30_000_000_000;

/// The cgroups that were seen. When it is full it starts again from nothing: ids are never used
/// twice, so entries of cgroups that are gone are of no use and those in use come back at once.
pub(crate) struct Placements {
    resolver: Box<dyn CgroupResolver + Send>,
    known: HashMap<CgroupId, Known>,
    /// Cgroups that were removed, in this order.
    removed: VecDeque<(BootTime, CgroupId)>,
    register: Register,
    cgroups_max: usize,
}

struct Known {
    placement: Placement,
    /// When to try again; only for cgroups that could not be resolved.
    retry: Option<BootTime>,
}

impl Placements {
    pub(crate) fn new(resolver: Box<dyn CgroupResolver + Send>, cgroups_max: usize) -> Self {
        Self {
            resolver,
            known: HashMap::new(),
            removed: VecDeque::new(),
            register: Register::default(),
            cgroups_max,
        }
    }

    /// Where the processes of a cgroup run. `pid` is one of them, for hosts on which the id alone
    /// does not tell; `Unknown` when it is gone.
    pub(crate) fn of(
        &mut self,
        id: CgroupId,
        pid: Pid,
        source: &dyn ProcessSource,
        now: BootTime,
        stats: &mut Stats,
    ) -> Placement {
        if id.is_root() {
            // Without cgroup v2 a runtime may use hierarchies that the id does not speak of.
            let path = source.cgroup_path(pid);
            return path.map_or(Placement::Unknown, |path| self.at(&path, None, stats));
        }
        if let Some(known) = self.known.get(&id)
            && known.retry.is_none_or(|retry| now < retry)
        {
            return known.placement.clone();
        }
        let path = self.resolver.path(id).or_else(|| source.cgroup_path(pid));
        if let Some(path) = path {
            stats.cgroups_resolved += 1;
            return self.learn(id, &path, stats);
        }
        stats.cgroups_unresolved += 1;
        let retry = Some(BootTime(now.0.saturating_add(RETRY_NS)));
        self.remember(id, Placement::Unknown, retry);
        Placement::Unknown
    }

    /// Takes in the path of a cgroup that is there.
    pub(crate) fn learn(&mut self, id: CgroupId, path: &[u8], stats: &mut Stats) -> Placement {
        if id.is_root() {
            return self.at(path, None, stats);
        }
        let placement = self.at(path, Some(id), stats);
        self.remember(id, placement.clone(), None);
        placement
    }

    /// Takes note that a cgroup was removed. It stays known for a while.
    pub(crate) fn removed(
        &mut self,
        id: CgroupId,
        path: Option<&[u8]>,
        now: BootTime,
        stats: &mut Stats,
    ) {
        while let Some((time, first)) = self.removed.front().copied()
            && now.0.saturating_sub(time.0) > REMOVED_KEPT_NS
        {
            self.removed.pop_front();
            self.known.remove(&first);
        }
        if self.known.contains_key(&id) {
            self.make_room(self.removed.len());
            self.removed.push_back((now, id));
        }
        if let Some(located) = path.and_then(locate)
            && located.is_own
        {
            self.register.removed(&located.container.id, id, stats);
        }
    }

    /// Host or container, by the path of a cgroup; see [`Register::seen`] for `id`.
    pub(crate) fn at(&mut self, path: &[u8], id: Option<CgroupId>, stats: &mut Stats) -> Placement {
        let Some(located) = locate(path) else {
            return Placement::Host;
        };
        let own = id.filter(|_| located.is_own);
        self.make_room(self.register.len());
        let container = self.register.seen(located.container, own, stats);
        Placement::Container(container)
    }

    /// See [`Register::retain_inhabited`].
    pub(crate) fn retain_inhabited<'a>(
        &mut self,
        inhabited: impl Iterator<Item = &'a Arc<ContainerRef>>,
        stats: &mut Stats,
    ) {
        let gone = self.register.retain_inhabited(inhabited, stats);
        if gone.is_empty() {
            return;
        }
        // Should a process appear in one after all, the container is to appear with it.
        self.known.retain(|_, known| match &known.placement {
            Placement::Container(container) => gone.binary_search(&container.id).is_err(),
            Placement::Unknown | Placement::Host => true,
        });
    }

    pub(crate) fn take_changes(&mut self) -> Vec<ContainerChange> {
        self.register.take_changes()
    }

    /// The most entries of what is kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let kept = [self.known.len(), self.removed.len(), self.register.len()];
        kept.into_iter().max().unwrap_or(0)
    }

    fn remember(&mut self, id: CgroupId, placement: Placement, retry: Option<BootTime>) {
        if !self.known.contains_key(&id) {
            self.make_room(self.known.len());
        }
        self.known.insert(id, Known { placement, retry });
    }

    fn make_room(&mut self, entries: usize) {
        if entries >= self.cgroups_max {
            self.known.clear();
            self.removed.clear();
            self.register.clear();
        }
    }
}
