//! The numbers of containers, pods and what waits for them.

use super::{AgentMetrics, counters, gauge};
use prometheus_client::encoding::DescriptorEncoder;
use std::fmt;

impl AgentMetrics {
    pub(super) fn encode_facts(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let enrichment = &self.statistics.enrichment;
        let lacking: Vec<_> = enrichment
            .lacking()
            .into_iter()
            .map(|(reason, count)| (vec![("reason", reason.to_owned())], count))
            .collect();
        counters(
            encoder,
            "saker_unenriched",
            "Events that raised an alert, or waited, and of whose container or pod something was not \
             known",
            &lacking,
        )?;
        gauge(
            encoder,
            "saker_events_held",
            "Events that wait for what is not known of their container or pod",
            enrichment.held(),
        )?;
        let containers = self.facts.containers.stats();
        gauge(
            encoder,
            "saker_containers",
            "Containers that are known, recently ended ones included",
            containers.containers,
        )?;
        let refused = [
            ("lookup_refused", containers.requests_refused),
            ("forgotten_early", containers.forgotten_early),
        ]
        .map(|(reason, count)| (vec![("reason", reason.to_owned())], count));
        counters(
            encoder,
            "saker_containers_refused",
            "Containers that were too many to be asked about or to be kept",
            &refused,
        )
    }
}
