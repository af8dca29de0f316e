//! What became of alerts.

use super::{Label, Sampler, counters, gauges};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use saker_alert_delivery::{Loss, OutputView, RouterCounters};
use saker_alert_spool::{LOSS_REASONS, PRIORITIES, SpoolStats, priority_name};
use std::collections::BTreeMap;
use std::fmt;

/// The output that stands for all, where an alert was lost before it was routed.
const ALL: &str = "all";

/// The numbers of the outputs.
pub(super) struct DeliveryMetrics(pub(super) Sampler<DeliverySample>);

impl fmt::Debug for DeliveryMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryMetrics").finish_non_exhaustive()
    }
}

/// What became of alerts until now.
pub(super) struct DeliverySample {
    pub(super) lost: u64,
    pub(super) suppressed: BTreeMap<String, u64>,
    pub(super) outputs: Vec<OutputSample>,
}

/// The numbers of one output.
pub(super) struct OutputSample {
    pub(super) name: String,
    pub(super) delivered: u64,
    pub(super) filtered: u64,
    pub(super) retries: u64,
    pub(super) queue_depth: usize,
    /// By reason, what the spool lost included.
    pub(super) lost: BTreeMap<&'static str, u64>,
    pub(super) latency: Histogram,
    pub(super) spool: Option<SpoolStats>,
    pub(super) certificate_expiry_s: Option<i64>,
}

impl DeliverySample {
    pub(super) fn of(router: &RouterCounters, outputs: &[OutputView]) -> Self {
        Self {
            lost: router.lost(),
            suppressed: router.suppressed(),
            outputs: outputs.iter().map(OutputSample::of).collect(),
        }
    }
}

impl OutputSample {
    fn of(output: &OutputView) -> Self {
        let counters = output.counters();
        let spool = output.spool();
        // What has not happened yet is told as well: alerts of Prometheus see the first time then.
        let mut lost: BTreeMap<_, _> = Loss::ALL.map(|reason| (reason.as_str(), 0)).into();
        if spool.is_some() {
            lost.extend(LOSS_REASONS.map(|reason| (reason.as_str(), 0)));
        }
        lost.extend(output.lost());
        let certificate = output.certificate().and_then(|state| state.not_after);
        Self {
            name: counters.name().to_owned(),
            delivered: counters.delivered(),
            filtered: counters.filtered(),
            retries: counters.retries(),
            queue_depth: output.queue_depth(),
            lost,
            latency: counters.latency().clone(),
            spool,
            certificate_expiry_s: certificate.map(|expiry| expiry.as_second()),
        }
    }

    fn labels(&self) -> Vec<Label> {
        vec![("output", self.name.clone())]
    }

    /// Its labels with another one.
    fn labels_with(&self, name: &'static str, value: &str) -> Vec<Label> {
        vec![("output", self.name.clone()), (name, value.to_owned())]
    }
}

impl Collector for DeliveryMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let sample = (self.0)();
        sample.encode_router(&mut encoder)?;
        sample.encode_outputs(&mut encoder)?;
        sample.encode_histograms(&mut encoder)?;
        sample.encode_spools(&mut encoder)
    }
}

impl DeliverySample {
    fn each<T>(&self, value: impl Fn(&OutputSample) -> T) -> Vec<(Vec<Label>, T)> {
        let outputs = self.outputs.iter();
        outputs
            .map(|output| (output.labels(), value(output)))
            .collect()
    }

    fn encode_router(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let suppressed = self.suppressed.iter();
        let suppressed: Vec<_> = suppressed
            .map(|(rule, alerts)| (vec![("rule", rule.clone())], *alerts))
            .collect();
        counters(
            encoder,
            "saker_alerts_suppressed",
            "Alerts that were held back, and that another alert of the same rule told of",
            &suppressed,
        )?;
        let mut lost = vec![(
            vec![
                ("output", ALL.to_owned()),
                ("reason", "queue_full".to_owned()),
            ],
            self.lost,
        )];
        for output in &self.outputs {
            for (reason, alerts) in &output.lost {
                lost.push((output.labels_with("reason", reason), *alerts));
            }
        }
        counters(
            encoder,
            "saker_alerts_lost",
            "Alerts that did not arrive; those of the output `all` were lost for every output",
            &lost,
        )
    }

    fn encode_outputs(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        counters(
            encoder,
            "saker_alerts_delivered",
            "Alerts that the destination of the output has",
            &self.each(|output| output.delivered),
        )?;
        counters(
            encoder,
            "saker_alerts_filtered",
            "Alerts that were not for the output, by its filter or minimum priority",
            &self.each(|output| output.filtered),
        )?;
        counters(
            encoder,
            "saker_output_retries",
            "Attempts to deliver that failed and were made again",
            &self.each(|output| output.retries),
        )?;
        gauges(
            encoder,
            "saker_output_queue_depth",
            "Alerts that wait in memory for the output",
            &self.each(|output| output.queue_depth),
        )
    }

    fn encode_histograms(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut latency = encoder.encode_descriptor(
            "saker_output_latency_seconds",
            "How long alerts took from being raised, or spooled, to being delivered",
            None,
            MetricType::Histogram,
        )?;
        for output in &self.outputs {
            output
                .latency
                .encode(latency.encode_family(&output.labels())?)?;
        }
        let mut expiry = encoder.encode_descriptor(
            "saker_output_certificate_expiry_timestamp_seconds",
            "When the certificate that the output shows ceases to be valid, seconds since the epoch",
            None,
            MetricType::Gauge,
        )?;
        for output in &self.outputs {
            if let Some(seconds) = output.certificate_expiry_s {
                ConstGauge::new(seconds).encode(expiry.encode_family(&output.labels())?)?;
            }
        }
        Ok(())
    }

    fn encode_spools(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let spools: Vec<(&OutputSample, &SpoolStats)> = self
            .outputs
            .iter()
            .filter_map(|output| Some((output, output.spool.as_ref()?)))
            .collect();
        let each = |value: fn(&SpoolStats) -> u64| -> Vec<(Vec<Label>, usize)> {
            let spools = spools.iter();
            let size = |stats| usize::try_from(value(stats)).unwrap_or(usize::MAX);
            spools
                .map(|(output, stats)| (output.labels(), size(stats)))
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
            "Bytes that the spool of the output takes",
            &each(|stats| stats.bytes),
        )?;
        gauges(
            encoder,
            "saker_spool_oldest_seconds",
            "How long the oldest alert has waited in the spool of the output",
            &each(|stats| stats.oldest_age.map_or(0, |age| age.as_secs())),
        )?;
        let mut dropped = Vec::new();
        for (output, stats) in &spools {
            for priority in PRIORITIES {
                let of_priority = stats.lost.iter().filter(|(other, ..)| *other == priority);
                let alerts = of_priority.map(|(_, _, alerts)| alerts).sum::<u64>();
                let labels = output.labels_with("priority", priority_name(priority));
                dropped.push((labels, alerts));
            }
        }
        counters(
            encoder,
            "saker_spool_dropped",
            "Alerts that the spool of the output lost; saker_alerts_lost_total counts them, too",
            &dropped,
        )
    }
}
