//! What became of alerts.

use super::{Label, counters, gauges};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use saker_alert_delivery::{Delivery, OutputView, RouterCounters};
use saker_alert_spool::{SpoolStats, priority_name};
use std::fmt;
use std::sync::Arc;

/// The output that stands for all, where an alert was lost before it was routed.
const ALL: &str = "all";

/// The numbers of the outputs.
#[derive(Debug)]
pub(super) struct DeliveryMetrics {
    router: Arc<RouterCounters>,
    outputs: Vec<OutputView>,
}

impl DeliveryMetrics {
    pub(super) fn new(delivery: &Delivery) -> Self {
        Self {
            router: delivery.counters(),
            outputs: delivery.outputs(),
        }
    }

    fn each<T>(&self, value: impl Fn(&OutputView) -> T) -> Vec<(Vec<Label>, T)> {
        let outputs = self.outputs.iter();
        outputs.map(|output| (of(output), value(output))).collect()
    }
}

fn of(output: &OutputView) -> Vec<Label> {
    vec![("output", output.counters().name().to_owned())]
}

impl Collector for DeliveryMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let encoder = &mut encoder;
        let suppressed: Vec<_> = self
            .router
            .suppressed()
            .into_iter()
            .map(|(rule, alerts)| (vec![("rule", rule)], alerts))
            .collect();
        counters(
            encoder,
            "saker_alerts_suppressed",
            "Alerts that were held back, and that another alert of the same rule told of",
            &suppressed,
        )?;
        counters(
            encoder,
            "saker_alerts_delivered",
            "Alerts that the output's destination has",
            &self.each(|output| output.counters().delivered()),
        )?;
        counters(
            encoder,
            "saker_alerts_filtered",
            "Alerts that were not for the output, by its filter or minimum priority",
            &self.each(|output| output.counters().filtered()),
        )?;
        let spools = self.each(OutputView::spool);
        let spools: Vec<(Vec<Label>, SpoolStats)> = spools
            .into_iter()
            .filter_map(|(labels, stats)| Some((labels, stats?)))
            .collect();
        self.encode_lost(encoder, &spools)?;
        counters(
            encoder,
            "saker_output_retries",
            "Attempts to deliver that failed and were made again",
            &self.each(|output| output.counters().retries()),
        )?;
        gauges(
            encoder,
            "saker_output_queue_depth",
            "Alerts that wait in memory for the output",
            &self.each(OutputView::queue_depth),
        )?;
        self.encode_latency(encoder)?;
        encode_spools(encoder, &spools)?;
        self.encode_certificates(encoder)
    }
}

impl DeliveryMetrics {
    fn encode_lost(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        spools: &[(Vec<Label>, SpoolStats)],
    ) -> fmt::Result {
        let labels = |output: &str, reason: &str| {
            vec![("output", output.to_owned()), ("reason", reason.to_owned())]
        };
        let mut lost = vec![(labels(ALL, "queue_full"), self.router.lost())];
        for output in &self.outputs {
            let counters = output.counters();
            for (reason, alerts) in counters.lost() {
                lost.push((labels(counters.name(), reason.as_str()), alerts));
            }
        }
        for (output, stats) in spools {
            for reason in saker_alert_spool::LOSS_REASONS {
                let of_reason = stats.lost.iter().filter(|(_, other, _)| *other == reason);
                let alerts = of_reason.map(|(_, _, alerts)| alerts).sum::<u64>();
                let mut labels = output.clone();
                labels.push(("reason", reason.as_str().to_owned()));
                lost.push((labels, alerts));
            }
        }
        counters(
            encoder,
            "saker_alerts_lost",
            "Alerts that did not arrive; those of the output `all` were lost for every output",
            &lost,
        )
    }

    fn encode_latency(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut family = encoder.encode_descriptor(
            "saker_output_latency_seconds",
            "From an alert's being raised, or spooled, to its being delivered",
            None,
            MetricType::Histogram,
        )?;
        for output in &self.outputs {
            let latency = output.counters().latency();
            latency.encode(family.encode_family(&of(output))?)?;
        }
        Ok(())
    }

    fn encode_certificates(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut family = encoder.encode_descriptor(
            "saker_output_certificate_expiry_timestamp_seconds",
            "When the certificate that the output shows ceases to be valid, seconds since the epoch",
            None,
            MetricType::Gauge,
        )?;
        for output in &self.outputs {
            let expiry = output.certificate().and_then(|state| state.not_after);
            if let Some(expiry) = expiry {
                ConstGauge::new(expiry.as_second()).encode(family.encode_family(&of(output))?)?;
            }
        }
        Ok(())
    }
}

fn encode_spools(
    encoder: &mut DescriptorEncoder<'_>,
    spools: &[(Vec<Label>, SpoolStats)],
) -> fmt::Result {
    let each = |value: fn(&SpoolStats) -> u64| -> Vec<(Vec<Label>, usize)> {
        let spools = spools.iter();
        spools
            .map(|(labels, stats)| {
                let value = usize::try_from(value(stats)).unwrap_or(usize::MAX);
                (labels.clone(), value)
            })
            .collect()
    };
    gauges(
        encoder,
        "saker_spool_records",
        "Alerts that wait on disk for the output, those under way included",
        &each(|stats| stats.records),
    )?;
    gauges(
        encoder,
        "saker_spool_bytes",
        "Bytes of the output's spool",
        &each(|stats| stats.bytes),
    )?;
    gauges(
        encoder,
        "saker_spool_oldest_seconds",
        "How long the oldest alert has waited in the output's spool",
        &each(|stats| stats.oldest_age.map_or(0, |age| age.as_secs())),
    )?;
    let mut dropped = Vec::new();
    for (output, stats) in spools {
        for priority in saker_alert_spool::PRIORITIES {
            let of_priority = stats.lost.iter().filter(|(other, ..)| *other == priority);
            let alerts = of_priority.map(|(_, _, alerts)| alerts).sum::<u64>();
            let mut labels = output.clone();
            labels.push(("priority", priority_name(priority).to_owned()));
            dropped.push((labels, alerts));
        }
    }
    counters(
        encoder,
        "saker_spool_dropped",
        "Alerts that the output's spool lost; they are among saker_alerts_lost_total, too",
        &dropped,
    )
}
