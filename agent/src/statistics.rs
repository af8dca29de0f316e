//! What the agent counts on its way from records to alerts.

mod enrichment;

pub(crate) use enrichment::EnrichmentStatistics;

use saker_alert::Alert;
use saker_flow_state::FlowState;
use saker_process_state::Stats;
use saker_rule_language::Priority;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// Identifies a rule's counter: name, priority, source.
pub(crate) type RuleKey = (Arc<str>, Priority, Arc<str>);

/// Shared by matcher, outputs, metrics and the summary.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    /// Records that could not be decoded.
    pub(crate) malformed: AtomicU64,
    /// Rules that take part.
    pub(crate) rules_enabled: AtomicUsize,
    /// Reloads that took effect.
    pub(crate) reloads: AtomicU64,
    /// Reloads whose rules were rejected.
    pub(crate) reloads_rejected: AtomicU64,
    /// Waiting for what is looked up.
    pub(crate) enrichment: EnrichmentStatistics,
    processes: AtomicUsize,
    process_stats: Mutex<Stats>,
    alerts: Mutex<BTreeMap<RuleKey, u64>>,
    flows: Mutex<FlowNumbers>,
}

/// What the table of connections says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlowNumbers {
    /// Connections that are open.
    pub(crate) open: usize,
    /// What happened so far.
    pub(crate) stats: saker_flow_state::Stats,
}

impl Statistics {
    /// Counts an alert by its rule.
    pub(crate) fn count_alert(&self, alert: &Alert) {
        let key = (
            Arc::clone(&alert.rule),
            alert.priority,
            Arc::clone(&alert.source),
        );
        self.count(key);
    }

    /// Counts an alert of this rule.
    pub(crate) fn count(&self, key: RuleKey) {
        let mut alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        *alerts.entry(key).or_default() += 1;
    }

    /// Alerts by rule so far.
    pub(crate) fn alerts(&self) -> BTreeMap<RuleKey, u64> {
        self.alerts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps what the process table says of itself.
    pub(crate) fn store_processes(&self, processes: usize, stats: &Stats) {
        self.processes.store(processes, Relaxed);
        *self
            .process_stats
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = *stats;
    }

    /// Keeps what the table of connections says of itself.
    pub(crate) fn store_flows(&self, flows: &FlowState) {
        self.store_flow_numbers(FlowNumbers {
            open: flows.len(),
            stats: flows.stats().clone(),
        });
    }

    /// The same, once they were taken.
    pub(crate) fn store_flow_numbers(&self, numbers: FlowNumbers) {
        *self.flows.lock().unwrap_or_else(PoisonError::into_inner) = numbers;
    }

    /// What the table of connections says of itself.
    pub(crate) fn flows(&self) -> FlowNumbers {
        self.flows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Processes in the table, and its counters.
    pub(crate) fn processes(&self) -> (usize, Stats) {
        let stats = *self
            .process_stats
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (self.processes.load(Relaxed), stats)
    }
}
