//! Prometheus metrics: gathered when they are asked for.

mod audit;
mod delivery;
mod facts;
mod flows;
mod reference;
mod rego;

pub(crate) use reference::markdown;

use crate::statistics::Statistics;
use audit::AuditSample;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use delivery::{DeliveryMetrics, DeliverySample};
use facts::ClusterSample;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use saker_alert_delivery::Delivery;
use saker_audit_intake::AuditCounters;
use saker_event_schema::{EventId, row};
use saker_kernel_source::{EventCounts, LossCounters};
use saker_kube_watch::KubeWatch;
use saker_rule_fields::Facts;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The agent's own numbers.
pub(crate) struct AgentMetrics {
    statistics: Arc<Statistics>,
    facts: Facts,
    cluster: Option<Sampler<ClusterSample>>,
    /// Nothing without programs in the kernel.
    kernel: Option<Sampler<Option<KernelSample>>>,
    /// Nothing where no audit log is taken.
    audit: Option<Sampler<AuditSample>>,
}

/// Tells numbers of now.
type Sampler<T> = Box<dyn Fn() -> T + Send + Sync>;

/// What the kernel side counts.
struct KernelSample {
    events: Vec<(EventId, EventCounts)>,
    recursion_misses: u64,
    malformed: u64,
}

impl KernelSample {
    /// Nothing where the kernel refuses to tell.
    fn of(losses: &LossCounters) -> Option<Self> {
        Some(Self {
            events: losses.all().ok()?,
            recursion_misses: losses.recursion_misses(),
            malformed: losses.malformed(),
        })
    }
}

impl fmt::Debug for AgentMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentMetrics").finish_non_exhaustive()
    }
}

type Label = (&'static str, String);

impl Collector for AgentMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.encode_events(&mut encoder)?;
        self.encode_alerts(&mut encoder)?;
        self.encode_processes(&mut encoder)?;
        self.encode_flows(&mut encoder)?;
        self.encode_facts(&mut encoder)?;
        self.encode_rego(&mut encoder)?;
        self.encode_cluster(&mut encoder)?;
        self.encode_audit(&mut encoder)?;
        let statistics = &self.statistics;
        gauge(
            &mut encoder,
            "saker_rules_enabled",
            "Rules that take part in matching",
            statistics.rules_enabled.load(Relaxed),
        )?;
        let reloads = [
            (
                vec![("result", "applied".to_owned())],
                statistics.reloads.load(Relaxed),
            ),
            (
                vec![("result", "rejected".to_owned())],
                statistics.reloads_rejected.load(Relaxed),
            ),
        ];
        counters(
            &mut encoder,
            "saker_rules_reloads",
            "Reloads of the rules",
            &reloads,
        )
    }
}

impl AgentMetrics {
    fn encode_events(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let (mut emitted, mut delivered, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        let Some(kernel) = &self.kernel else {
            return Ok(());
        };
        let kernel = kernel().ok_or(fmt::Error)?;
        for (id, counts) in kernel.events {
            let name = row(id).map_or("unknown", |row| row.name);
            let event = || vec![("event", name.to_owned())];
            emitted.push((event(), counts.emitted));
            delivered.push((event(), counts.delivered));
            let losses = [
                ("no_slot", counts.lost_no_slot),
                ("ring_full", counts.lost_ring_full),
                ("walk_failed", counts.lost_walk_failed),
            ];
            for (reason, count) in losses {
                let mut labels = vec![
                    ("stage", "kernel".to_owned()),
                    ("reason", reason.to_owned()),
                ];
                labels.extend(event());
                lost.push((labels, count));
            }
        }
        let recursion = [
            ("stage", "kernel"),
            ("reason", "recursion"),
            ("event", "unknown"),
        ];
        lost.push((recursion.map(owned).to_vec(), kernel.recursion_misses));
        let malformed = kernel.malformed + self.statistics.malformed.load(Relaxed);
        let labels = [
            ("stage", "decode"),
            ("reason", "malformed"),
            ("event", "unknown"),
        ]
        .map(owned);
        lost.push((labels.to_vec(), malformed));
        counters(
            encoder,
            "saker_events_emitted",
            "Events that a kernel program began to report",
            &emitted,
        )?;
        counters(
            encoder,
            "saker_events_delivered",
            "Events that reached the agent",
            &delivered,
        )?;
        counters(encoder, "saker_events_lost", "Events that were lost", &lost)
    }

    fn encode_alerts(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let alerts: Vec<(Vec<Label>, u64)> = self
            .statistics
            .alerts()
            .into_iter()
            .map(|((rule, priority, source), count)| {
                let labels = vec![
                    ("rule", rule.to_string()),
                    ("priority", priority.to_string().to_lowercase()),
                    ("source", source.to_string()),
                ];
                (labels, count)
            })
            .collect();
        counters(encoder, "saker_alerts_raised", "Alerts raised", &alerts)
    }

    fn encode_processes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let (processes, stats) = self.statistics.processes();
        gauge(
            encoder,
            "saker_processes",
            "Processes in the table, recently ended ones included",
            processes,
        )?;
        let changes = [
            ("forked", stats.forked),
            ("executed", stats.executed),
            ("exited", stats.exited),
            ("late_events", stats.late_events),
            ("purged", stats.purged),
            ("cgroups_resolved", stats.cgroups_resolved),
            ("cgroups_unresolved", stats.cgroups_unresolved),
            ("repaired", stats.repaired),
            ("unknown", stats.unknown),
            ("exits_missed", stats.exits_missed),
            ("revived", stats.revived),
            ("images_trimmed", stats.images_trimmed),
            ("purged_early", stats.purged_early),
            ("table_full", stats.table_full),
        ]
        .map(|(change, count)| (vec![("change", change.to_owned())], count));
        counters(
            encoder,
            "saker_process_changes",
            "What happened to the process table; repaired and unknown are events whose process was \
             not in it",
            &changes,
        )
    }
}

fn owned((name, value): (&'static str, &str)) -> Label {
    (name, value.to_owned())
}

fn count_of(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: usize) -> fmt::Result {
    let gauge = ConstGauge::new(count_of(value));
    let descriptor = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
    gauge.encode(descriptor)
}

fn gauges(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: &[(Vec<Label>, usize)],
) -> fmt::Result {
    let kind = ConstGauge::new(0i64).metric_type();
    let mut descriptor = encoder.encode_descriptor(name, help, None, kind)?;
    for (labels, value) in values {
        ConstGauge::new(count_of(*value)).encode(descriptor.encode_family(labels)?)?;
    }
    Ok(())
}

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: &[(Vec<Label>, u64)],
) -> fmt::Result {
    let kind = ConstCounter::new(0u64).metric_type();
    let mut descriptor = encoder.encode_descriptor(name, help, None, kind)?;
    for (labels, value) in values {
        ConstCounter::new(*value).encode(descriptor.encode_family(labels)?)?;
    }
    Ok(())
}

/// The registry with everything in it.
pub(crate) fn registry(
    statistics: Arc<Statistics>,
    losses: Option<Arc<LossCounters>>,
    audit: Option<Arc<AuditCounters>>,
    facts: Facts,
    kube: Option<KubeWatch>,
    delivery: &Delivery,
) -> Registry {
    let cluster = kube.map(|kube| -> Sampler<ClusterSample> {
        let facts = facts.clone();
        Box::new(move || ClusterSample::of(&facts, &kube))
    });
    let (counters, outputs) = (delivery.counters(), delivery.outputs());
    let sampler = Box::new(move || DeliverySample::of(&counters, &outputs));
    let latency = audit.as_ref().map(|audit| audit.latency());
    gathered(
        AgentMetrics {
            statistics,
            facts,
            cluster,
            kernel: losses
                .map(|losses| -> Sampler<_> { Box::new(move || KernelSample::of(&losses)) }),
            audit: audit.as_ref().map(|audit| -> Sampler<_> {
                let audit = Arc::clone(audit);
                Box::new(move || AuditSample::of(&audit))
            }),
        },
        DeliveryMetrics(sampler),
        latency,
    )
}

/// A registry of these.
fn gathered(
    agent: AgentMetrics,
    delivery: DeliveryMetrics,
    audit_latency: Option<Histogram>,
) -> Registry {
    let mut registry = Registry::default();
    let build = Family::<Vec<Label>, Gauge>::default();
    build
        .get_or_create(&vec![("version", env!("CARGO_PKG_VERSION").to_owned())])
        .set(1);
    registry.register("saker_build_info", "Version of the agent", build);
    registry.register(
        "saker_enrichment_wait_seconds",
        "How long events waited for what was not known of their container or pod",
        agent.statistics.enrichment.waits(),
    );
    if let Some(latency) = audit_latency {
        registry.register(
            "saker_audit_request_seconds",
            "From the end of a request to the webhook to its being acknowledged",
            latency,
        );
    }
    registry.register_collector(Box::new(delivery));
    registry.register_collector(Box::new(agent));
    registry
}

/// The routes of the metrics server.
///
/// `/readyz` answers with an error until `is_ready` says that everything is there that alerts need.
pub(crate) fn routes(registry: Registry, is_ready: Arc<AtomicBool>) -> Router {
    let registry = Arc::new(registry);
    let metrics = move |headers: HeaderMap| {
        let registry = Arc::clone(&registry);
        async move {
            let mut text = String::new();
            match prometheus_client::encoding::text::encode(&mut text, &registry) {
                Ok(()) => {
                    let accepted = headers.get_all(header::ACCEPT).iter();
                    let accepted = accepted.filter_map(|value| value.to_str().ok());
                    let (media_type, text) = saker_metrics_text::answer(accepted, text);
                    ([(header::CONTENT_TYPE, media_type)], text).into_response()
                }
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
    };
    let ready = move || {
        let is_ready = is_ready.load(Relaxed);
        async move {
            if is_ready {
                (StatusCode::OK, "ok\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
            }
        }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
}
