//! Prometheus metrics. What is counted stands here; what others count is read when it is asked for.

mod delivery;
mod feed;
mod ingest;
mod reference;
mod sampled;

pub(crate) use delivery::{SinkMetrics, WorkerMetrics};
pub(crate) use feed::FeedMetrics;
pub(crate) use ingest::IngestMetrics;
pub(crate) use reference::markdown;
pub(crate) use sampled::{Sampled, StateMetrics};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;

/// Labels with their values.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// A counter for each set of labels.
pub(crate) type Counters = Family<Labels, Counter>;

/// A gauge for each set of labels.
pub(crate) type Gauges = Family<Labels, Gauge>;

/// A histogram for each set of labels.
pub(crate) type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// All numbers of the collector.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Of what agents deliver.
    pub(crate) ingest: IngestMetrics,
    /// Of what workers do.
    pub(crate) worker: WorkerMetrics,
    /// Of what sinks are told.
    pub(crate) sinks: SinkMetrics,
    /// Of subscribers.
    pub(crate) feed: FeedMetrics,
    /// Of queue, store and certificates.
    pub(crate) state: StateMetrics,
}

impl Metrics {
    /// The registry with everything in it.
    pub(crate) fn registry(&self, sampled: Sampled) -> Registry {
        let mut registry = Registry::with_prefix("saker_collector");
        let build = Gauges::default();
        build
            .get_or_create(&labels([("version", env!("CARGO_PKG_VERSION"))]))
            .set(1);
        registry.register("build_info", "Version of the collector", build);
        self.ingest.register(&mut registry);
        self.worker.register(&mut registry);
        self.sinks.register(&mut registry);
        self.feed.register(&mut registry);
        self.state.register(&mut registry);
        registry.register_collector(Box::new(sampled));
        registry
    }
}

/// A registry as text.
pub(crate) fn text(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    encode(&mut text, registry)?;
    Ok(text)
}

/// Labels of these names and values.
pub(crate) fn labels<const N: usize>(pairs: [(&'static str, &str); N]) -> Labels {
    pairs
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

/// A number of things as a gauge has it.
pub(crate) fn gauge_of(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How long something takes that should take milliseconds.
fn short_times() -> Histogram {
    Histogram::new([
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    ])
}

/// How long something takes that may take hours when things are down.
fn long_times() -> Histogram {
    Histogram::new([
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
        7200.0, 43_200.0,
    ])
}
