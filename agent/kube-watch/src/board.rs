//! How each watch is doing, for who wants to know.

use crate::counters::KindCounters;
use crate::trouble::{Trouble, TroubleKind};
use saker_kube_metadata::Kind;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How far the watch of a kind of objects is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Not all objects were listed yet.
    #[default]
    Listing,
    /// All were listed, and changes follow.
    Watching,
}

/// How the watch of a kind of objects is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindStatus {
    /// How far it is.
    pub progress: Progress,
    /// What is wrong now.
    pub trouble: Option<Trouble>,
    /// What was counted.
    pub counters: KindCounters,
}

impl KindStatus {
    /// Whether there is no use in waiting for the first list.
    fn is_settled(&self) -> bool {
        let is_refused = |trouble: &Trouble| trouble.kind.is_lasting();
        self.progress == Progress::Watching || self.trouble.as_ref().is_some_and(is_refused)
    }
}

/// The state of all watches.
pub(crate) struct Board {
    kinds: Mutex<BTreeMap<Kind, KindStatus>>,
    is_settled: watch::Sender<bool>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            kinds: Mutex::default(),
            is_settled: watch::Sender::new(false),
        }
    }

    /// These kinds are watched from now on, those that are new or watched in another way from their
    /// beginning.
    pub(crate) fn begin(&self, kinds: &[Kind], is_new: impl Fn(&Kind) -> bool) {
        let mut statuses = self.lock();
        statuses.retain(|kind, _| kinds.contains(kind));
        for kind in kinds {
            let status = statuses.entry(*kind).or_default();
            if is_new(kind) {
                status.progress = Progress::Listing;
                status.trouble = None;
            }
        }
        self.settle(&statuses);
    }

    pub(crate) fn count(&self, kind: Kind, count: impl FnOnce(&mut KindCounters)) {
        if let Some(status) = self.lock().get_mut(&kind) {
            count(&mut status.counters);
        }
    }

    /// Something is wrong. It is said once, and once for all watches where it is the same for all.
    pub(crate) fn trouble(&self, kind: Kind, trouble: Trouble) {
        let mut statuses = self.lock();
        let is_new = !statuses.iter().any(|(other, status)| {
            let same = status.trouble.as_ref().map(|known| known.kind) == Some(trouble.kind);
            same && (*other == kind || is_of_the_server(trouble.kind))
        });
        if is_new {
            tracing::warn!(resource = kind.name(), %trouble, "cannot watch Kubernetes");
        } else {
            tracing::debug!(resource = kind.name(), %trouble, "cannot watch Kubernetes");
        }
        if let Some(status) = statuses.get_mut(&kind) {
            let counter = status.counters.troubles.entry(trouble.kind).or_default();
            *counter = counter.saturating_add(1);
            status.trouble = Some(trouble);
        }
        self.settle(&statuses);
    }

    pub(crate) fn count_trouble(&self, kind: Kind, trouble: TroubleKind) {
        self.count(kind, |counters| {
            let counter = counters.troubles.entry(trouble).or_default();
            *counter = counter.saturating_add(1);
        });
    }

    /// All objects were listed, and the watch works.
    pub(crate) fn works(&self, kind: Kind) {
        let mut statuses = self.lock();
        let Some(status) = statuses.get_mut(&kind) else {
            return;
        };
        if status.trouble.take().is_some() {
            tracing::info!(resource = kind.name(), "Kubernetes is watched again");
        }
        status.progress = Progress::Watching;
        self.settle(&statuses);
    }

    /// The server has no such objects, and need not have any.
    pub(crate) fn lacks(&self, kind: Kind) {
        let mut statuses = self.lock();
        if let Some(status) = statuses.get_mut(&kind) {
            status.trouble = None;
            status.progress = Progress::Watching;
        }
        self.settle(&statuses);
    }

    pub(crate) fn statuses(&self) -> BTreeMap<Kind, KindStatus> {
        self.lock().clone()
    }

    pub(crate) fn settled(&self) -> watch::Receiver<bool> {
        self.is_settled.subscribe()
    }

    fn settle(&self, statuses: &BTreeMap<Kind, KindStatus>) {
        let is_settled = statuses.values().all(KindStatus::is_settled);
        self.is_settled.send_if_modified(|known| {
            let is_change = *known != is_settled;
            *known = is_settled;
            is_change
        });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Kind, KindStatus>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a trouble is with the server, and not with one kind of objects.
fn is_of_the_server(trouble: TroubleKind) -> bool {
    matches!(
        trouble,
        TroubleKind::Unreachable
            | TroubleKind::Unauthorized
            | TroubleKind::Busy
            | TroubleKind::Refused
            | TroubleKind::Silent
    )
}
