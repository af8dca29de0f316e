//! Numbers of subscribers.

use super::{Counters, labels};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Numbers of subscribers.
#[derive(Debug, Default)]
pub(crate) struct FeedMetrics {
    /// Subscriptions that are open.
    pub(crate) subscriptions: Gauge,
    /// Alerts that were sent.
    pub(crate) alerts: Counter,
    /// Subscribers that were turned away, by `reason`.
    pub(crate) refused: Counters,
}

impl FeedMetrics {
    /// Counts a subscriber that was turned away.
    pub(crate) fn refuse(&self, reason: &str) {
        self.refused
            .get_or_create(&labels([("reason", reason)]))
            .inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("feed");
        registry.register(
            "subscriptions",
            "Subscriptions that are open",
            self.subscriptions.clone(),
        );
        registry.register(
            "alerts",
            "Alerts that subscribers were sent",
            self.alerts.clone(),
        );
        registry.register(
            "refused",
            "Subscriptions that were turned away",
            self.refused.clone(),
        );
    }

    /// Makes every metric show.
    pub(super) fn exemplify(&self) {
        drop(self.refused.get_or_create(&labels([("reason", "")])));
    }
}
