//! The containers that are there, and what changed about them.

use super::{ContainerId, ContainerRef};
use crate::identity::CgroupId;
use crate::stats::Stats;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// Most changes that wait to be taken; further ones are counted and lost.
const CHANGES_MAX: usize = 16_384;

/// A container that began or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerChange {
    /// Its cgroup was made, or a process in it was seen for the first time. May be told again.
    Appeared(Arc<ContainerRef>),
    /// Its cgroup was removed, or its processes are gone for long. Its id may appear again, when
    /// its runtime starts it again.
    Ended(ContainerId),
}

/// See the module's text. Bounded by who fills it ([`len`](Self::len)).
#[derive(Default)]
pub(crate) struct Register {
    present: HashMap<ContainerId, Present>,
    changes: Vec<ContainerChange>,
}

struct Present {
    container: Arc<ContainerRef>,
    /// Its own cgroups that are known to be there: one for each hierarchy at most.
    cgroups: Vec<CgroupId>,
    /// Whether it had no process at the last look.
    is_empty: bool,
}

impl Register {
    pub(crate) fn len(&self) -> usize {
        self.present.len()
    }

    /// Forgets everything but the changes; what is still there will appear again.
    pub(crate) fn clear(&mut self) {
        self.present.clear();
    }

    /// Takes note of a container and returns the record that all its processes share. `own` is a
    /// cgroup of its own that is there.
    pub(crate) fn seen(
        &mut self,
        container: ContainerRef,
        own: Option<CgroupId>,
        stats: &mut Stats,
    ) -> Arc<ContainerRef> {
        let known = self.present.get_mut(&container.id);
        let is_new = known.is_none();
        let present = match known {
            Some(present) => present,
            None => {
                let present = Present {
                    container: Arc::new(container),
                    cgroups: Vec::new(),
                    is_empty: false,
                };
                let id = present.container.id.clone();
                self.present.entry(id).or_insert(present)
            }
        };
        present
            .cgroups
            .extend(own.filter(|own| !present.cgroups.contains(own)));
        let container = Arc::clone(&present.container);
        if is_new {
            self.tell(ContainerChange::Appeared(Arc::clone(&container)), stats);
        }
        container
    }

    /// A cgroup of the container's own was removed: with the last one the container has ended.
    pub(crate) fn removed(&mut self, id: &ContainerId, own: CgroupId, stats: &mut Stats) {
        let Some(present) = self.present.get_mut(id) else {
            return;
        };
        present.cgroups.retain(|cgroup| *cgroup != own);
        if present.cgroups.is_empty() {
            self.present.remove(id);
            self.tell(ContainerChange::Ended(id.clone()), stats);
        }
    }

    /// Ends the containers that had no process at two calls in a row, for ends that no event told.
    /// Returns them.
    pub(crate) fn retain_inhabited<'a>(
        &mut self,
        inhabited: impl Iterator<Item = &'a Arc<ContainerRef>>,
        stats: &mut Stats,
    ) -> Vec<ContainerId> {
        let mut gone = Vec::new();
        let inhabited: HashSet<&ContainerId> = inhabited.map(|container| &container.id).collect();
        for (id, present) in &mut self.present {
            let is_empty = !inhabited.contains(id);
            if is_empty && present.is_empty {
                gone.push(id.clone());
            }
            present.is_empty = is_empty;
        }
        gone.sort_unstable();
        for id in &gone {
            self.present.remove(id);
            self.tell(ContainerChange::Ended(id.clone()), stats);
        }
        gone
    }

    /// The changes since the last call, in their order.
    pub(crate) fn take_changes(&mut self) -> Vec<ContainerChange> {
        std::mem::take(&mut self.changes)
    }

    fn tell(&mut self, change: ContainerChange, stats: &mut Stats) {
        if self.changes.len() < CHANGES_MAX {
            self.changes.push(change);
        } else {
            stats.container_changes_lost += 1;
        }
    }
}
