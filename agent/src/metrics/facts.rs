//! The numbers of containers, pods and what waits for them.

use super::{AgentMetrics, Label, counters, gauge, gauges};
use prometheus_client::encoding::DescriptorEncoder;
use saker_kube_watch::KubeWatch;
use saker_rule_fields::Facts;
use std::fmt;

/// What is known of a cluster.
#[derive(Debug, Default)]
pub(super) struct ClusterSample {
    pub(super) objects: Vec<(Vec<Label>, usize)>,
    pub(super) troubles: Vec<(Vec<Label>, u64)>,
}

impl ClusterSample {
    pub(super) fn of(facts: &Facts, kube: &KubeWatch) -> Self {
        let mut sample = Self::default();
        for (kind, numbers) in facts.cluster.stats().kinds {
            let labels = vec![("kind", kind.name().to_owned())];
            sample.objects.push((labels, numbers.objects));
        }
        for (kind, status) in kube.status() {
            for (trouble, count) in status.counters.troubles {
                let labels = vec![
                    ("kind", kind.name().to_owned()),
                    ("reason", trouble.name().to_owned()),
                ];
                sample.troubles.push((labels, count));
            }
        }
        sample
    }
}

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

    pub(super) fn encode_cluster(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(cluster) = &self.cluster else {
            return Ok(());
        };
        let ClusterSample { objects, troubles } = cluster();
        gauges(
            encoder,
            "saker_kubernetes_objects",
            "Objects of the cluster that are known, those that are gone for a short time included",
            &objects,
        )?;
        counters(
            encoder,
            "saker_kubernetes_troubles",
            "Requests to the API server that went wrong",
            &troubles,
        )
    }
}
