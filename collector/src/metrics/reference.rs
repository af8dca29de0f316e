//! The metrics as a page, made from what the registry would serve: it cannot tell of others.

use super::{Metrics, Sampled, text};
use saker_alert_queue::QueueCounters;
use saker_metrics_text::{described, table};
use saker_tls::{CertificateState, IncomingCounts};
use std::fmt;
use std::sync::Arc;

/// What stands before the table.
const HEAD: &str = "\
## saker-collector

Served on http://127.0.0.1:9378/metrics, unless `metrics.listen` of its configuration says otherwise.

";

/// The collector's metrics as a section of a page.
pub(crate) fn markdown() -> Result<String, fmt::Error> {
    Ok(format!("{HEAD}{}", table(&described(&example()?))))
}

/// What is served when everything has happened once.
fn example() -> Result<String, fmt::Error> {
    let metrics = Metrics::default();
    metrics.ingest.exemplify();
    metrics.worker.exemplify();
    metrics.sinks.exemplify();
    metrics.feed.exemplify();
    metrics.state.exemplify();
    let sampled = Sampled {
        queue: Some(Box::new(QueueCounters::default)),
        incoming: Some(Arc::new(IncomingCounts::default())),
        certificate: Some(Box::new(|| CertificateState {
            not_after: Some(jiff::Timestamp::UNIX_EPOCH),
            renewals: 0,
            failures: 0,
        })),
    };
    text(&metrics.registry(sampled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_metric_is_described() {
        let metrics = described(&example().unwrap());
        assert!(metrics.len() > 30, "{}", metrics.len());
        for metric in &metrics {
            assert!(metric.name.starts_with("saker_collector_"), "{metric:?}");
            assert!(
                !metric.name["saker_".len()..].contains("saker"),
                "{metric:?}"
            );
            assert!(
                !metric.kind.is_empty() && !metric.help.is_empty(),
                "{metric:?}"
            );
        }
        let names: BTreeSet<_> = metrics.iter().map(|metric| &metric.name).collect();
        assert_eq!(names.len(), metrics.len(), "a name stands twice");
    }

    #[test]
    fn kinds_and_labels_are_told() {
        let page = markdown().unwrap();
        for row in [
            "| `saker_collector_sink_dead_letters_total` | counter | `reason`, `sink` |",
            "| `saker_collector_sink_latency_seconds` | histogram | `sink` |",
            "| `saker_collector_queue_depth` | gauge |  |",
            "| `saker_collector_ingest_alert_bytes_total` | counter |  |",
            "| `saker_collector_certificate_expiry_timestamp_seconds` | gauge |  |",
        ] {
            assert!(page.contains(row), "{row} is not in\n{page}");
        }
    }
}
