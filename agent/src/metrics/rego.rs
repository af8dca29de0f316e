//! The numbers of policies in Rego.

use super::{AgentMetrics, counters};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use std::fmt;
use std::time::Duration;

impl AgentMetrics {
    pub(super) fn encode_rego(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let numbers = self.facts.rego.statistics();
        counters(
            encoder,
            "saker_rego_evaluations",
            "Rules of policies in Rego that were evaluated for an event",
            &[(Vec::new(), numbers.evaluations())],
        )?;
        let took = Duration::from_nanos(numbers.nanoseconds());
        let took = ConstCounter::new(took.as_secs_f64());
        let descriptor = encoder.encode_descriptor(
            "saker_rego_evaluation_seconds",
            "Time that these evaluations took together",
            None,
            took.metric_type(),
        )?;
        took.encode(descriptor)?;
        let unfinished = [
            ("over_time", numbers.over_time()),
            ("failed", numbers.failed()),
            ("rested", numbers.rested()),
        ];
        let unfinished: Vec<_> = unfinished
            .into_iter()
            .map(|(reason, count)| (vec![("reason", reason.to_owned())], count))
            .collect();
        counters(
            encoder,
            "saker_rego_unfinished",
            "Evaluations that gave no verdict: stopped after the time limit, failed, or left out after that",
            &unfinished,
        )?;
        counters(
            encoder,
            "saker_rego_inputs_cut",
            "Inputs of policies in Rego of which something was left out because they were too large",
            &[(Vec::new(), numbers.inputs_cut())],
        )
    }
}
