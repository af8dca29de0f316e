//! The policies in force, shared by who loads them and the fields that ask.

use super::input::{Input, input};
use super::plan::Plan;
use crate::context::EventContext;
use crate::facts::{Fact, Needs};
use crate::fields::Fields;
use arc_swap::ArcSwapOption;
use saker_kube_metadata::Cluster;
use saker_rego_policies::{Event, Judge, Judgment, LoadError, PolicySet, Statistics, documents};
use saker_rule_language::FieldCatalog as _;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Policies of which it is known what they read.
#[derive(Debug)]
pub struct RegoPolicies {
    set: Arc<PolicySet>,
    plan: Plan,
}

impl RegoPolicies {
    /// Looks up what policies read.
    ///
    /// # Errors
    ///
    /// [`LoadError::Refused`] where a policy reads a field that there is not.
    pub fn new(set: PolicySet, fields: &Fields) -> Result<Self, LoadError> {
        let plan = Plan::new(&set, fields)?;
        for name in set.event_names() {
            check_event(&name, fields)?;
        }
        Ok(Self {
            set: Arc::new(set),
            plan,
        })
    }

    /// Whom the policies ask beside the event.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        self.plan.needs()
    }

    /// The names of events that they want, whole sources among them.
    #[must_use]
    pub fn event_names(&self) -> BTreeSet<Arc<str>> {
        self.set.event_names()
    }

    /// The policies.
    #[must_use]
    pub const fn set(&self) -> &Arc<PolicySet> {
        &self.set
    }
}

impl std::fmt::Debug for RegoHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegoHandle").finish_non_exhaustive()
    }
}

fn check_event(name: &str, fields: &Fields) -> Result<(), LoadError> {
    let sources = fields.sources();
    let is_type = |source: &&str| fields.is_event_type(source, name);
    if sources.contains(&name) || sources.iter().any(is_type) {
        return Ok(());
    }
    Err(LoadError::Unusable {
        message: format!(
            "saker_events names `{name}`, which is no event; `saker events` lists them"
        ),
    })
}

/// A handle to the policies in force; its copies share them.
#[derive(Clone)]
pub struct RegoHandle {
    shared: Arc<Shared>,
}

struct Shared {
    cluster: Cluster,
    current: ArcSwapOption<InForce>,
    statistics: Arc<Statistics>,
}

struct InForce {
    policies: Arc<RegoPolicies>,
    judge: Mutex<Bench>,
}

/// A judge, and what the judge knows.
struct Bench {
    judge: Judge,
    /// The generation of the cluster that `data.kubernetes` is of; `None` before the first event.
    generation: Option<u64>,
}

impl InForce {
    fn lock(&self) -> MutexGuard<'_, Bench> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RegoHandle {
    /// No policies.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Cluster::unknown())
    }

    /// No policies yet, and who tells them about the cluster.
    #[must_use]
    pub fn new(cluster: Cluster) -> Self {
        let shared = Shared {
            cluster,
            current: ArcSwapOption::empty(),
            statistics: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The same policies for who knows another cluster.
    #[must_use]
    pub fn with_cluster(&self, cluster: Cluster) -> Self {
        let other = Self::new(cluster);
        let policies = self.shared.current.load();
        other.install(policies.as_ref().map(|now| Arc::clone(&now.policies)));
        other
    }

    /// From now on these policies are in force.
    pub fn install(&self, policies: Option<Arc<RegoPolicies>>) {
        let current = policies.map(|policies| {
            let judge =
                Judge::new(Arc::clone(&policies.set)).counting(Arc::clone(&self.shared.statistics));
            let bench = Bench {
                judge,
                generation: None,
            };
            Arc::new(InForce {
                policies,
                judge: Mutex::new(bench),
            })
        });
        self.shared.current.store(current);
    }

    /// What was counted.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.shared.statistics
    }

    /// Brings `data.kubernetes` up to date if the cluster changed. Takes long where the cluster is large, so not
    /// for threads that judge events; they go on meanwhile with what was known.
    pub fn refresh(&self) {
        let current = self.shared.current.load_full();
        let Some(current) = current.filter(|now| !now.policies.set.kubernetes().is_empty()) else {
            return;
        };
        let generation = self.shared.cluster.generation();
        if current.lock().generation == Some(generation) {
            return;
        }
        if let Some(judge) = self.informed(&current.policies) {
            *current.lock() = Bench {
                judge,
                generation: Some(generation),
            };
        }
    }

    /// A judge who knows the cluster as it is now.
    fn informed(&self, policies: &RegoPolicies) -> Option<Judge> {
        let objects = documents(&self.shared.cluster, policies.set.kubernetes());
        let judge = Judge::new(Arc::clone(&policies.set))
            .counting(Arc::clone(&self.shared.statistics))
            .with_kubernetes(objects);
        match judge {
            Ok(judge) => Some(judge),
            Err(error) => {
                tracing::warn!(%error, "policies do not get the objects of the cluster");
                None
            }
        }
    }

    /// Whether there are policies.
    pub(crate) fn has_policies(&self) -> bool {
        self.shared.current.load().is_some()
    }

    /// What the policies say about an event.
    pub(crate) fn judge(&self, context: &EventContext<'_>) -> Fact<Judgment> {
        let current = self.shared.current.load();
        let Some(current) = current.as_ref() else {
            return Fact::Unasked;
        };
        let policies = &current.policies;
        let named = policies.plan.event_type(context);
        let event = Event {
            source: context.source(),
            event_type: named.as_bytes().and_then(|name| str::from_utf8(name).ok()),
        };
        let mut bench = current.lock();
        if !bench.judge.wants(event) {
            return Fact::Known(Judgment::default());
        }
        let Some(plan) = policies.plan.of_source(event.source) else {
            return Fact::Known(Judgment::default());
        };
        let reads_cluster = !policies.set.kubernetes().is_empty();
        if reads_cluster && context.may_wait() && !self.shared.cluster.is_synced() {
            return Fact::Awaited;
        }
        let input = match input(plan, context) {
            Input::Pending => return Fact::Awaited,
            Input::Whole(input) => input,
            Input::Cut(input) => {
                self.shared.statistics.count_cut_input();
                input
            }
        };
        if reads_cluster && bench.generation.is_none() {
            let generation = self.shared.cluster.generation();
            if let Some(judge) = self.informed(policies) {
                bench.judge = judge;
            }
            bench.generation = Some(generation);
        }
        Fact::Known(bench.judge.evaluate(event, input))
    }
}
