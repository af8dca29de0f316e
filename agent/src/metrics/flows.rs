//! The numbers of connections.

use super::{AgentMetrics, Label, counters, gauge};
use prometheus_client::encoding::DescriptorEncoder;
use saker_flow_state::Stats;
use std::fmt;

impl AgentMetrics {
    pub(super) fn encode_flows(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let flows = self.statistics.flows();
        let stats = &flows.stats;
        counters(
            encoder,
            "saker_flows",
            "Connections that were classified, by what protects them and by the end that is on this host",
            &by_class(stats),
        )?;
        gauge(
            encoder,
            "saker_flows_open",
            "Connections in the table",
            flows.open,
        )?;
        let single = [
            (
                "saker_flows_preexisting",
                "Connections that were there before the agent: nothing is known of them",
                stats.preexisting,
            ),
            (
                "saker_flow_table_evictions",
                "Connections that were closed early because the table was full",
                stats.evicted,
            ),
            (
                "saker_flow_inspections_cut",
                "Connections that were classified early because too many were being looked at",
                stats.inspections_cut,
            ),
        ];
        for (name, help, count) in single {
            counters(encoder, name, help, &[(Vec::new(), count)])?;
        }
        let changes = [
            ("opened", stats.opened),
            ("unannounced", stats.unannounced),
            ("closed", stats.closed),
            ("swept", stats.swept),
            ("late_records", stats.late),
            ("never_established", stats.never_established),
            ("ownerless", stats.ownerless),
            ("listeners_forgotten", stats.listeners_forgotten),
        ];
        counters(
            encoder,
            "saker_flow_changes",
            "What happened to the table of connections; the record of an unannounced one's opening was not \
             seen, nor that of a swept one's end",
            &changes.map(|(change, count)| (vec![("change", change.to_owned())], count)),
        )?;
        let messages = [
            ("seen", stats.dns_messages),
            ("unasked_answers", stats.dns_unasked),
            ("names_forgotten", stats.names_forgotten),
        ];
        counters(
            encoder,
            "saker_flow_dns_messages",
            "DNS messages that were seen, answers that nobody had asked for, and addresses whose names had \
             to leave",
            &messages.map(|(kind, count)| (vec![("kind", kind.to_owned())], count)),
        )
    }
}

fn by_class(stats: &Stats) -> Vec<(Vec<Label>, u64)> {
    let classified = stats.classified.iter();
    classified
        .map(|((class, role), count)| {
            let labels = vec![
                ("class", class.name().to_owned()),
                ("role", role.name().to_owned()),
            ];
            (labels, *count)
        })
        .collect()
}
