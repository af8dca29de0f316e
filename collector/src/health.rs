//! Whether queue and store can be reached, asked from time to time.

use crate::metrics::Metrics;
use saker_alert_queue::AlertQueue;
use saker_alert_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How often they are asked.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Names of the services whose health is told; the empty one stands for all.
const SERVICES: [&str; 3] = ["", "saker.v1.AlertIngest", "saker.v1.AlertFeed"];

/// Asks queue and store from time to time.
pub(crate) struct HealthCheck {
    /// The queue, if this process needs it.
    pub(crate) queue: Option<Arc<dyn AlertQueue>>,
    /// The store, if this process needs it.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// Tells gRPC clients.
    pub(crate) reporter: HealthReporter,
    /// Tells /readyz.
    pub(crate) ready: watch::Sender<bool>,
    /// The numbers that they say of themselves.
    pub(crate) metrics: Arc<Metrics>,
    /// Says when to end.
    pub(crate) stop: CancellationToken,
}

impl HealthCheck {
    /// Works until it is to stop.
    pub(crate) async fn run(self) {
        // The library says that all is well unless it is told otherwise.
        self.report(ServingStatus::NotServing).await;
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = ticks.tick() => {
                    let is_ready = self.queue_answers().await & self.store_answers().await;
                    self.tell(is_ready).await;
                }
            }
        }
        self.tell(false).await;
    }

    async fn queue_answers(&self) -> bool {
        let Some(queue) = &self.queue else {
            return true;
        };
        match timeout(ANSWER_TIME, queue.stats()).await {
            Ok(Ok(stats)) => {
                self.metrics.state.set_queue(&stats);
                true
            }
            _ => false,
        }
    }

    async fn store_answers(&self) -> bool {
        let Some(store) = &self.store else {
            return true;
        };
        let answers = matches!(timeout(ANSWER_TIME, store.ping()).await, Ok(Ok(())));
        if let (true, Ok(Ok(stats))) = (answers, timeout(ANSWER_TIME, store.stats()).await) {
            self.metrics.state.set_store(&stats);
        }
        answers
    }

    async fn tell(&self, is_ready: bool) {
        let changed = self
            .ready
            .send_if_modified(|ready| std::mem::replace(ready, is_ready) != is_ready);
        self.metrics.state.set_ready(is_ready);
        if !changed {
            return;
        }
        tracing::info!(is_ready, "whether queue and store answer has changed");
        self.report(if is_ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        })
        .await;
    }

    async fn report(&self, status: ServingStatus) {
        for service in SERVICES {
            self.reporter.set_service_status(service, status).await;
        }
    }
}
