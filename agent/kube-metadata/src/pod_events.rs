//! What happens to the pods of this node, for who judges pods themselves.
//!
//! A pod is reported once its namespace can be told, or it is clear that it cannot. Each pod of the node
//! is remembered once, with what is due about it: nothing can pile up, and changes that come faster than
//! they are taken are one.

use crate::objects::{Namespace, Pod, PodPhase};
use crate::state::State;
use crate::table::Watch;
use foldhash::{HashMap, HashMapExt};
use std::collections::VecDeque;
use std::sync::Arc;

/// Something happened to a pod of this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodEvent {
    /// What.
    pub kind: PodEventKind,
    /// The pod, as it is now.
    pub pod: Arc<Pod>,
    /// When it was noticed, nanoseconds since the epoch.
    pub time_wall_ns: u64,
}

/// What happened to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PodEventKind {
    /// It is new, or the agent is.
    Seen,
    /// It, or its namespace's labels, are not as they were.
    Changed,
}

impl PodEventKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Seen, Self::Changed];

    /// The value of `evt.type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "pod_seen",
            Self::Changed => "pod_changed",
        }
    }

    /// What it is, in a sentence.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Seen => {
                "A pod of this node became known: when it is scheduled, or the agent starts."
            }
            Self::Changed => {
                "What a pod of this node may do, its labels, its service account, or the labels of its \
                 namespace changed."
            }
        }
    }
}

/// Whether somebody takes what happens to pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Audience {
    #[default]
    Nobody,
    Somebody,
}

/// What is to be told about the pods of this node.
#[derive(Default)]
pub(crate) struct PodNews {
    audience: Audience,
    /// Name of this node. Every pod is its own where nobody says.
    own_node: Option<Box<str>>,
    pods: HashMap<Arc<str>, OwnPod>,
    due: VecDeque<Arc<str>>,
}

struct OwnPod {
    namespace: Arc<str>,
    was_reported: bool,
    is_due: bool,
}

impl PodNews {
    pub(crate) fn new() -> Self {
        Self {
            pods: HashMap::new(),
            ..Self::default()
        }
    }

    fn is_own(&self, pod: &Pod) -> bool {
        let is_here = match &self.own_node {
            Some(node) => pod.node.as_deref() == Some(node),
            None => true,
        };
        is_here && pod.phase == PodPhase::Active
    }

    fn note(&mut self, uid: &Arc<str>) {
        if let Some(own) = self.pods.get_mut(uid)
            && !own.is_due
        {
            own.is_due = true;
            self.due.push_back(Arc::clone(uid));
        }
    }

    /// The pod is gone.
    pub(crate) fn forget(&mut self, uid: &str) {
        if self.pods.remove(uid).is_some() {
            self.due.retain(|due| **due != *uid);
        }
    }

    /// Nothing is known of pods any more.
    pub(crate) fn clear(&mut self) {
        self.pods = HashMap::new();
        self.due = VecDeque::new();
    }
}

impl State {
    /// From now on somebody takes what happens to pods, and is told of those that are there.
    pub(crate) fn report_pods(&mut self, audience: Audience) {
        if self.news.audience == audience {
            return;
        }
        self.news.audience = audience;
        self.begin_news();
    }

    /// This agent runs on the node with this name.
    pub(crate) fn set_own_node(&mut self, name: &str) {
        self.news.own_node = Some(name.into());
        self.begin_news();
    }

    fn begin_news(&mut self) {
        self.news.clear();
        let pods: Vec<Arc<Pod>> = match self.news.audience {
            Audience::Somebody => self.pods.present().cloned().collect(),
            Audience::Nobody => Vec::new(),
        };
        for pod in pods {
            self.pod_learned(None, &pod);
        }
    }

    /// A pod is there, in this state.
    pub(crate) fn pod_learned(&mut self, old: Option<&Pod>, new: &Pod) {
        if self.news.audience == Audience::Nobody {
            return;
        }
        if !self.news.is_own(new) {
            self.news.forget(&new.uid);
            return;
        }
        let own = OwnPod {
            namespace: Arc::clone(&new.name.namespace),
            was_reported: false,
            is_due: false,
        };
        let uid = Arc::clone(&new.uid);
        let own = self.news.pods.entry(uid).or_insert(own);
        let is_same = own.was_reported && old.is_some_and(|old| is_same_to_judges(old, new));
        if !is_same && self.knows_namespace(&new.name.namespace) {
            self.news.note(&new.uid);
        }
    }

    /// A namespace is there, in this state.
    pub(crate) fn namespace_learned(&mut self, old: Option<&Namespace>, new: &Namespace) {
        if old.is_none_or(|old| old.labels != new.labels) {
            self.note_where(|own| own.namespace == new.name);
        }
    }

    /// It is clear now which namespaces there are, or that nobody knows.
    pub(crate) fn namespaces_settled(&mut self) {
        self.note_where(|own| !own.was_reported);
    }

    fn note_where(&mut self, is_meant: impl Fn(&OwnPod) -> bool) {
        let pods = self.news.pods.iter();
        let meant = pods.filter(|(_, own)| is_meant(own));
        let meant: Vec<Arc<str>> = meant.map(|(uid, _)| Arc::clone(uid)).collect();
        for uid in meant {
            self.news.note(&uid);
        }
    }

    fn knows_namespace(&self, name: &str) -> bool {
        self.namespaces.get(name).is_some()
            || self.watch(crate::kind::Kind::Namespaces) != Watch::Syncing
    }

    /// What is to be told now, the oldest first.
    pub(crate) fn take_pod_events(&mut self, max: usize, time_wall_ns: u64) -> Vec<PodEvent> {
        let mut events = Vec::new();
        while events.len() < max
            && let Some(uid) = self.news.due.pop_front()
        {
            let Some(own) = self.news.pods.get_mut(&uid) else {
                continue;
            };
            own.is_due = false;
            let kind = match std::mem::replace(&mut own.was_reported, true) {
                false => PodEventKind::Seen,
                true => PodEventKind::Changed,
            };
            if let Some(pod) = self.pods.get(&*uid) {
                events.push(PodEvent {
                    kind,
                    pod: Arc::clone(pod),
                    time_wall_ns,
                });
            }
        }
        events
    }

    /// Whether anything is to be told.
    pub(crate) fn has_pod_events(&self) -> bool {
        !self.news.due.is_empty()
    }
}

/// Whether nobody who judges pods would see a difference: addresses and readiness change often.
fn is_same_to_judges(old: &Pod, new: &Pod) -> bool {
    old.security == new.security
        && old.labels == new.labels
        && old.service_account == new.service_account
        && old.owner == new.owner
}
