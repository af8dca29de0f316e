//! What the store is asked for from time to time: to close windows and to forget.

use crate::metrics::Metrics;
use crate::wake::Wake;
use saker_alert_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often windows are closed.
const CLOSE_INTERVAL: Duration = Duration::from_secs(1);

/// How often old alerts are forgotten.
const EXPIRE_INTERVAL: Duration = Duration::from_secs(600);

/// Asks the store from time to time. Each collector does so: who comes second finds nothing to do.
pub(crate) struct Housekeeping {
    /// The store.
    pub(crate) store: Arc<dyn Store>,
    /// Names of the sinks that are to be told of repeats.
    pub(crate) sinks: Arc<[String]>,
    /// How long alerts are kept; for ever if not set.
    pub(crate) retention: Option<Duration>,
    /// Wakes those who pass on what is stored.
    pub(crate) wake: Wake,
    /// Its numbers.
    pub(crate) metrics: Arc<Metrics>,
    /// Says when to end.
    pub(crate) stop: CancellationToken,
}

impl Housekeeping {
    /// Works until it is to stop.
    pub(crate) async fn run(self) {
        let mut close = interval(CLOSE_INTERVAL);
        close.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expire = interval(EXPIRE_INTERVAL);
        expire.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = close.tick() => self.close_windows().await,
                _ = expire.tick() => self.expire().await,
            }
        }
    }

    async fn close_windows(&self) {
        let metrics = &self.metrics.worker;
        match self.store.close_windows(&self.sinks).await {
            Ok(closed) => {
                metrics.notifications.inc_by(closed.notifications);
                metrics.overflowed.inc_by(closed.overflowed);
                if closed.notifications > 0 {
                    self.wake.wake();
                }
            }
            Err(error) => {
                metrics.retried("close_windows");
                tracing::debug!(error = crate::chain(&error), "closing windows failed");
            }
        }
    }

    async fn expire(&self) {
        let Some(retention) = self.retention else {
            return;
        };
        match self.store.expire(retention).await {
            Ok(expired) => {
                self.metrics.worker.expired.inc_by(expired.alerts);
            }
            Err(error) => {
                self.metrics.worker.retried("expire");
                tracing::warn!(
                    error = crate::chain(&error),
                    "old alerts could not be forgotten"
                );
            }
        }
    }
}
