//! Which container a cgroup belongs to, found once for each cgroup.

use crate::container::container_of;
use crate::identity::{BootTime, CgroupId, Pid};
use crate::process::Placement;
use crate::source::{CgroupResolver, ProcessSource};
use crate::stats::Stats;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// How long a cgroup that could not be resolved is not tried again.
const RETRY_NS: u64 = 1_000_000_000;

/// The cgroups that were seen. When it is full it starts again from nothing: ids are never used
/// twice, so entries of cgroups that are gone are of no use and those in use come back at once.
pub(crate) struct Placements {
    resolver: Box<dyn CgroupResolver + Send>,
    known: HashMap<CgroupId, Known>,
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
        if id == CgroupId::ROOT {
            // With cgroup v1 every process is here, and only its own file tells.
            let path = source.cgroup_path(pid);
            return path.map_or(Placement::Unknown, |path| placement_of(&path));
        }
        if let Some(known) = self.known.get(&id)
            && known.retry.is_none_or(|retry| now < retry)
        {
            return known.placement.clone();
        }
        let path = self.resolver.path(id).or_else(|| source.cgroup_path(pid));
        let placement = path.as_deref().map_or(Placement::Unknown, placement_of);
        if placement == Placement::Unknown {
            stats.cgroups_unresolved += 1;
        } else {
            stats.cgroups_resolved += 1;
        }
        self.learn(id, &placement, now);
        placement
    }

    /// Remembers what is known from elsewhere.
    pub(crate) fn learn(&mut self, id: CgroupId, placement: &Placement, now: BootTime) {
        if id == CgroupId::ROOT {
            return;
        }
        if self.known.len() >= self.cgroups_max && !self.known.contains_key(&id) {
            self.known.clear();
        }
        let retry =
            (*placement == Placement::Unknown).then_some(BootTime(now.0.saturating_add(RETRY_NS)));
        let known = Known {
            placement: placement.clone(),
            retry,
        };
        self.known.insert(id, known);
    }
}

/// Host or container, by the path of a cgroup.
pub(crate) fn placement_of(path: &[u8]) -> Placement {
    container_of(path).map_or(Placement::Host, |container| {
        Placement::Container(Arc::new(container))
    })
}
