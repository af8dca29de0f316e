//! Which pods are behind which services.

use crate::objects::EndpointSlice;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;
use std::time::Instant;

/// Most slices that a pod is remembered to be in: a slice can be written by whoever may make one.
const MEMBERSHIPS_MAX: usize = 128;

/// The slices of each pod, by its uid.
pub(crate) struct Members {
    slices: HashMap<Arc<str>, Vec<Membership>>,
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
    }

    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }
}
