//! What is to be collected.

use saker_event_schema::EventId;
use saker_flow_state::OWNER_EVENTS;
use saker_kernel_source::{NetworkOptions, SourceOptions};
use saker_kube_metadata::{Cluster, Scope};
use saker_rule_engine::RuleSet;
use saker_rule_fields::{Needs, POD_SOURCE};
use std::collections::BTreeSet;

/// Who tells what happens to pods, and that they are as their namespaces demand.
const PODS: Needs = Needs::cluster(Scope::NODE_PODS.with(Scope::NAMESPACES));

/// What has to be collected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Events of the kernel.
    pub(crate) events: BTreeSet<EventId>,
    /// Whether connections are seen.
    pub(crate) has_flows: bool,
    /// Whether what happens to pods is looked at.
    pub(crate) has_pods: bool,
    /// Whom to ask beside events.
    pub(crate) needs: Needs,
}

impl Wanted {
    /// What rules need.
    pub(crate) fn of(rules: &RuleSet) -> Self {
        let has_pods = rules.has_source(POD_SOURCE);
        Self {
            events: rules.event_ids().collect(),
            has_flows: rules.flow_events().next().is_some(),
            has_pods,
            needs: match has_pods {
                true => rules.needs().with(PODS),
                false => rules.needs(),
            },
        }
    }

    /// Both together.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        Self {
            has_flows: self.has_flows || other.has_flows,
            has_pods: self.has_pods || other.has_pods,
            needs: self.needs.with(other.needs),
            ..self
        }
    }

    /// Has the cluster tell what happens to pods, or not.
    pub(crate) fn tell(&self, cluster: &Cluster) {
        if self.has_pods {
            cluster.report_pods();
        } else {
            cluster.ignore_pods();
        }
    }

    /// How the kernel is asked for it.
    pub(crate) fn source_options(&self) -> SourceOptions {
        SourceOptions {
            events: self.reported(),
            network: self.has_flows.then(NetworkOptions::default),
            ..SourceOptions::default()
        }
    }

    /// The events that the kernel is to report: also those that say whose a connection is.
    pub(crate) fn reported(&self) -> BTreeSet<EventId> {
        let owners = OWNER_EVENTS.iter().filter(|_| self.has_flows);
        self.events.iter().chain(owners).copied().collect()
    }
}
