//! Which pods are behind which services.

use crate::objects::{EndpointSlice, ObjectName};
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;
use std::time::Instant;

/// Most slices that a pod is remembered to be in: a slice can be written by whoever may make one.
const MEMBERSHIPS_MAX: usize = 128;

/// Most slices of a service that are remembered. Kubernetes puts a hundred pods into each.
pub(crate) const SLICES_MAX: usize = 1_024;

/// The slices of each pod, by its uid, and of each service.
pub(crate) struct Members {
    slices: HashMap<Arc<str>, Vec<Membership>>,
    /// Those that are there.
    of_services: HashMap<ObjectName, Vec<Arc<EndpointSlice>>>,
    cut: u64,
}

struct Membership {
    slice: Arc<EndpointSlice>,
    /// Since when the pod is not in it any more.
    left: Option<Instant>,
}

/// Whether services that a pod was behind count too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
    /// They do: a pod that ended is not behind any now.
    Counts,
    /// They do not.
    IsOver,
}

impl Members {
    pub(crate) fn new() -> Self {
        Self {
            slices: HashMap::new(),
            of_services: HashMap::new(),
            cut: 0,
        }
    }

    pub(crate) fn learned(
        &mut self,
        old: Option<&Arc<EndpointSlice>>,
        new: &Arc<EndpointSlice>,
        now: Instant,
    ) {
        if let Some(old) = old {
            self.left(old, now);
        }
        let of_service = self.of_services.entry(new.service_name()).or_default();
        if !new.service.is_empty() && of_service.len() < SLICES_MAX {
            of_service.push(Arc::clone(new));
        }
        for uid in &new.pods {
            let slices = self.slices.entry(Arc::clone(uid)).or_default();
            let membership = Membership {
                slice: Arc::clone(new),
                left: None,
            };
            if let Some(known) = slices.iter_mut().find(|known| known.slice.name == new.name) {
                *known = membership;
            } else if slices.len() < MEMBERSHIPS_MAX {
                slices.push(membership);
            } else {
                self.cut = self.cut.saturating_add(1);
            }
        }
    }

    /// The pods of a slice are in it no more.
    pub(crate) fn left(&mut self, slice: &EndpointSlice, now: Instant) {
        let service = slice.service_name();
        if let Some(of_service) = self.of_services.get_mut(&service) {
            of_service.retain(|known| known.name != slice.name);
            if of_service.is_empty() {
                self.of_services.remove(&service);
            }
        }
        for uid in &slice.pods {
            let slices = self.slices.get_mut(uid).into_iter().flatten();
            for known in slices.filter(|known| known.slice.name == slice.name) {
                known.left.get_or_insert(now);
            }
        }
    }

    /// The slices that a pod is in, or was in.
    pub(crate) fn of(&self, uid: &str, past: Past) -> impl Iterator<Item = &EndpointSlice> {
        let slices = self.slices.get(uid).into_iter().flatten();
        slices
            .filter(move |known| past == Past::Counts || known.left.is_none())
            .map(|known| &*known.slice)
    }

    /// The slices of a service; [`SLICES_MAX`] of them may not be all.
    pub(crate) fn of_service(&self, service: &ObjectName) -> &[Arc<EndpointSlice>] {
        self.of_services.get(service).map_or(&[], Vec::as_slice)
    }

    /// Forgets what is past since a time that `is_over` accepts.
    pub(crate) fn forget_left(&mut self, is_over: impl Fn(Instant) -> bool) {
        self.slices.retain(|_, slices| {
            slices.retain(|known| known.left.is_none_or(|left| !is_over(left)));
            !slices.is_empty()
        });
        self.slices.shrink_to(self.slices.len().saturating_mul(2));
    }

    pub(crate) fn clear(&mut self) {
        self.slices = HashMap::new();
        self.of_services = HashMap::new();
    }

    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }
}
