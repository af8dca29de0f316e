//! The metrics as a page, made from what the registry would serve: it cannot tell of others.

use super::{Metrics, Sampled, text};
use saker_alert_queue::QueueCounters;
use saker_tls::{CertificateState, IncomingCounts};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What stands before the table.
const HEAD: &str = "\
## saker-collector

Served on http://127.0.0.1:9378/metrics, unless `metrics.listen` of its configuration says otherwise.

";

/// A metric, as the text format tells it.
#[derive(Debug, Default)]
struct Described {
    name: String,
    kind: String,
    help: String,
    labels: BTreeSet<String>,
}

/// The collector's metrics as a section of a page.
pub(crate) fn markdown() -> Result<String, fmt::Error> {
    let mut page = String::from(HEAD);
    page.push_str("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for metric in described(&example()?) {
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            metric.name,
            metric.kind,
            labels.join(", "),
            metric.help
        ));
    }
    Ok(page)
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

/// Reads the text format: `# HELP name text`, `# TYPE name kind`, samples.
fn described(text: &str) -> Vec<Described> {
    let mut metrics: Vec<Described> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or((rest, ""));
            metrics.push(Described {
                name: name.to_owned(),
                // The library ends each with a full stop.
                help: help.trim_end_matches('.').to_owned(),
                ..Described::default()
            });
            continue;
        }
        let Some(metric) = metrics.last_mut() else {
            continue;
        };
        if let Some((_, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        {
            kind.clone_into(&mut metric.kind);
            if kind == "counter" {
                metric.name.push_str("_total");
            }
        } else if let Some((_, labels)) = line.split_once('{') {
            let names = labels
                .split('}')
                .next()
                .unwrap_or_default()
                .split(',')
                .filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
            metric.labels.extend(names.filter(|name| name != "le"));
        }
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;

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
