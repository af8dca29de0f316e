//! `saker-collector serve`: puts everything together, and ends it in order.
//!
//! Nothing is kept in this process: what was acknowledged to an agent lies in the queue, what a sink has yet to be told
//! in the store. So it may end at any time, and replicas need not know of each other.

mod grpc;
mod parts;

use crate::config::Config;
use crate::dispatcher::Dispatcher;
use crate::health::HealthCheck;
use crate::housekeeping::Housekeeping;
use crate::http;
use crate::metrics::{Metrics, Sampled};
use crate::wake::Wake;
use crate::worker::Worker;
use crate::worker::undecodable::UndecodableFile;
use anyhow::Context;
use grpc::GrpcServer;
pub(crate) use parts::{NamedSink, Parts, build_sinks, open_parts, open_queue, open_store};
use saker_alert_queue::AlertQueue;
use saker_alert_store::Store;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long streams may take to end, and then workers, when the collector ends.
const STREAMS_END_TIME: Duration = Duration::from_secs(10);
const WORK_END_TIME: Duration = Duration::from_secs(15);

/// A collector that runs.
pub(crate) struct Collector {
    /// Where agents and subscribers connect.
    pub(crate) grpc_address: Option<SocketAddr>,
    /// Where the metrics are served.
    pub(crate) metrics_address: Option<SocketAddr>,
    streams: JoinSet<anyhow::Result<()>>,
    work: JoinSet<anyhow::Result<()>>,
    stop: Stop,
}

/// What ends what.
#[derive(Clone, Debug, Default)]
struct Stop {
    /// Those who read from clients.
    streams: CancellationToken,
    /// Those who store and pass on.
    work: CancellationToken,
    /// What tells of the others: the metrics.
    all: CancellationToken,
}

/// Runs until a signal comes.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let signal = stop_signal()?;
    tokio::pin!(signal);
    let parts = tokio::select! {
        () = &mut signal => return Ok(()),
        parts = open_parts(&config) => parts?,
    };
    let mut collector = Collector::start(&config, parts).await?;
    for (what, address) in [
        ("agents and subscribers", collector.grpc_address),
        ("metrics", collector.metrics_address),
    ] {
        if let Some(address) = address {
            eprintln!("saker-collector: {what}: {address}");
        }
    }
    let failure = tokio::select! {
        () = &mut signal => None,
        failure = collector.failure() => Some(failure),
    };
    collector.end().await;
    failure.map_or(Ok(()), Err)
}

impl Collector {
    /// Starts what the roles ask for.
    pub(crate) async fn start(config: &Config, parts: Parts) -> anyhow::Result<Self> {
        let stop = Stop::default();
        let metrics = Arc::new(Metrics::default());
        let wake = Wake::new();
        let mut collector = Self {
            grpc_address: None,
            metrics_address: None,
            streams: JoinSet::new(),
            work: JoinSet::new(),
            stop: stop.clone(),
        };
        let (reporter, health_service) = tonic_health::server::health_reporter();
        let mut sampled = Sampled::default();
        if config.roles.need_listener() {
            let server = GrpcServer::bind(config, &parts, &metrics, &wake, &stop.streams).await?;
            collector.grpc_address = Some(server.address());
            server.sample(&mut sampled);
            collector
                .streams
                .spawn(server.run(health_service, stop.streams.clone()));
        }
        if config.roles.worker {
            let store = parts.store.as_ref().context("a worker needs the store")?;
            let queue = parts.queue.as_ref().context("a worker needs the queue")?;
            collector.start_workers(config, queue, store, &metrics, &wake);
            collector.start_dispatchers(config, parts.sinks, store, &metrics, &wake);
        }
        sampled.queue = parts
            .queue
            .clone()
            .map(|queue| -> Box<dyn Fn() -> _ + Send + Sync> {
                Box::new(move || queue.counters())
            });
        let (ready, readiness) = watch::channel(false);
        let health = HealthCheck {
            queue: parts.queue,
            store: parts.store,
            reporter,
            ready,
            metrics: Arc::clone(&metrics),
            stop: stop.streams.clone(),
        };
        collector.work.spawn(async {
            health.run().await;
            Ok(())
        });
        if let Some(address) = config.metrics {
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot serve metrics on {address}"))?;
            collector.metrics_address = Some(listener.local_addr()?);
            let routes = http::routes(metrics.registry(sampled), readiness);
            let server = axum::serve(listener, routes)
                .with_graceful_shutdown(stop.all.clone().cancelled_owned());
            collector
                .work
                .spawn(async { server.await.context("serving metrics failed") });
        }
        Ok(collector)
    }

    fn start_workers(
        &mut self,
        config: &Config,
        queue: &Arc<dyn AlertQueue>,
        store: &Arc<dyn Store>,
        metrics: &Arc<Metrics>,
        wake: &Wake,
    ) {
        let sinks: Arc<[String]> = config.sink_names().into();
        let worker = Worker {
            queue: Arc::clone(queue),
            store: Arc::clone(store),
            sinks: Arc::clone(&sinks),
            aggregation: config.aggregation,
            settings: config.workers,
            undecodable: Arc::new(UndecodableFile::new(&config.data_dir)),
            wake: wake.clone(),
            metrics: Arc::clone(metrics),
            stop: self.stop.work.clone(),
        };
        for _ in 0..config.workers.count {
            let worker = worker.clone();
            self.work.spawn(async {
                worker.run().await;
                Ok(())
            });
        }
        let housekeeping = Housekeeping {
            store: Arc::clone(store),
            sinks,
            retention: config.retention,
            wake: wake.clone(),
            metrics: Arc::clone(metrics),
            stop: self.stop.work.clone(),
        };
        self.work.spawn(async {
            housekeeping.run().await;
            Ok(())
        });
    }

    fn start_dispatchers(
        &mut self,
        config: &Config,
        sinks: Vec<NamedSink>,
        store: &Arc<dyn Store>,
        metrics: &Arc<Metrics>,
        wake: &Wake,
    ) {
        for sink in sinks {
            for _ in 0..config.delivery.concurrency {
                let dispatcher = Dispatcher {
                    name: Arc::clone(&sink.name),
                    sink: Arc::clone(&sink.sink),
                    store: Arc::clone(store),
                    settings: config.delivery,
                    waiter: wake.waiter(),
                    metrics: Arc::clone(metrics),
                    stop: self.stop.work.clone(),
                };
                self.work.spawn(async {
                    dispatcher.run().await;
                    Ok(())
                });
            }
        }
    }

    /// Returns when something ended that should not have.
    pub(crate) async fn failure(&mut self) -> anyhow::Error {
        let ended = tokio::select! {
            Some(ended) = self.streams.join_next() => ended,
            Some(ended) = self.work.join_next() => ended,
            else => return anyhow::anyhow!("there is nothing to do"),
        };
        match ended {
            Ok(Ok(())) => anyhow::anyhow!("a part of the collector ended by itself"),
            Ok(Err(error)) => error,
            Err(error) => anyhow::Error::new(error).context("a part of the collector failed"),
        }
    }

    /// Ends it in order: reads no more, finishes what was read, then stops to store and to pass on.
    pub(crate) async fn end(mut self) {
        self.stop.streams.cancel();
        if timeout(STREAMS_END_TIME, drain(&mut self.streams))
            .await
            .is_err()
        {
            tracing::warn!(
                "streams did not end in time; their clients send again what was not acknowledged"
            );
        }
        self.stop.work.cancel();
        self.stop.all.cancel();
        if timeout(WORK_END_TIME, drain(&mut self.work)).await.is_err() {
            tracing::warn!("work did not end in time; what is not done stays queued");
        }
    }
}

/// Waits until all have ended. How they ended is of no interest any more.
async fn drain(tasks: &mut JoinSet<anyhow::Result<()>>) {
    while tasks.join_next().await.is_some() {}
}

/// Returns when SIGINT or SIGTERM comes.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests;
