//! Telling one sink.
//!
//! What a sink has yet to be told lies in the store. A dispatcher claims some of it for a while, hands it over and says
//! what became of it: delivered, to be tried again later, or given up with the reason. Each sink has dispatchers of its
//! own, so none waits for another. What another process claimed and did not finish can be claimed again when its time
//! is over.

use crate::config::DeliverySettings;
use crate::metrics::{Metrics, SinkMetrics};
use crate::wake::Waiter;
use saker_alert_clients::Backoff;
use saker_alert_formats::Notification;
use saker_alert_sinks::{Outcome, Sink};
use saker_alert_store::{Claim, OutboxId, Settlement, Store, StoreError};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Part of the lease that is left for telling the store what became of the claims.
const SETTLE_TIME: Duration = Duration::from_secs(5);

/// A reason is kept with each notification that waits, and may come from the other side.
const REASON_CHARACTERS_MAX: usize = 500;

/// Tells one sink.
pub(crate) struct Dispatcher {
    /// Its name in the configuration.
    pub(crate) name: Arc<str>,
    /// The sink.
    pub(crate) sink: Arc<dyn Sink>,
    /// Where lies what it is to be told.
    pub(crate) store: Arc<dyn Store>,
    /// How often and how long it is tried.
    pub(crate) settings: DeliverySettings,
    /// Says that there is something new.
    pub(crate) waiter: Waiter,
    /// Its numbers.
    pub(crate) metrics: Arc<Metrics>,
    /// Says when to end.
    pub(crate) stop: CancellationToken,
}

/// What became of a look into the store.
enum Round {
    /// There was nothing.
    Empty,
    /// The sink took, or refused, something.
    Progress,
    /// Everything is to be tried again.
    Stuck {
        /// What the sink said last.
        reason: String,
    },
}

impl Dispatcher {
    /// Works until it is to stop.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::new(self.settings.retry_min, self.settings.retry_max);
        while !self.stop.is_cancelled() {
            self.waiter.looks();
            match self.round(&mut backoff).await {
                Ok(Round::Empty) => self.wait_for_more().await,
                Ok(Round::Progress) => self.recovered(&mut backoff),
                Ok(Round::Stuck { reason }) => self.stuck("sink", &reason, &mut backoff).await,
                Err(error) => {
                    self.stuck("store", &crate::chain(&error), &mut backoff)
                        .await;
                }
            }
        }
    }

    async fn round(&self, backoff: &mut Backoff) -> Result<Round, StoreError> {
        let lease = self.settings.lease;
        let max = self.sink.batch_max().max(1);
        let claims = self.store.claim(&self.name, max, lease).await?;
        if claims.is_empty() {
            return Ok(Round::Empty);
        }
        let notifications: Vec<Notification> = claims
            .iter()
            .map(|claim| claim.notification.clone())
            .collect();
        let outcomes = self.deliver(&notifications).await;
        let mut round = None;
        let mut settlements = Vec::with_capacity(claims.len());
        for (claim, outcome) in claims.iter().zip(outcomes) {
            let settlement = self.judge(claim, outcome, backoff);
            match (&settlement.1, &round) {
                (Settlement::Retry { reason, .. }, None) => {
                    round = Some(Round::Stuck {
                        reason: reason.clone(),
                    });
                }
                (Settlement::Retry { .. }, Some(_)) => {}
                _ => round = Some(Round::Progress),
            }
            settlements.push(settlement);
        }
        self.store.settle(&self.name, settlements).await?;
        Ok(round.unwrap_or(Round::Progress))
    }

    /// Hands over; there is an outcome for each.
    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let begun = Instant::now();
        let limit = self.settings.lease.saturating_sub(SETTLE_TIME);
        let delivery = tokio::time::timeout(limit, self.sink.deliver(notifications));
        let (mut outcomes, missing) = match delivery.await {
            Ok(outcomes) => (outcomes, "the sink did not say what became of it"),
            Err(_) => (Vec::new(), "the sink took too long"),
        };
        outcomes.resize_with(notifications.len(), || Outcome::Retry {
            reason: missing.to_owned(),
            after: None,
        });
        let labels = SinkMetrics::of(&self.name);
        let elapsed = begun.elapsed().as_secs_f64();
        self.metrics
            .sinks
            .attempt
            .get_or_create(&labels)
            .observe(elapsed);
        outcomes
    }

    /// What is to become of a claim.
    fn judge(
        &self,
        claim: &Claim,
        outcome: Outcome,
        backoff: &mut Backoff,
    ) -> (OutboxId, Settlement) {
        let settlement = match outcome {
            Outcome::Delivered => {
                self.count_delivered(&claim.notification);
                Settlement::Delivered
            }
            Outcome::Excluded => {
                let labels = SinkMetrics::of(&self.name);
                self.metrics.sinks.excluded.get_or_create(&labels).inc();
                Settlement::Delivered
            }
            Outcome::Rejected { reason } => self.give_up("rejected", reason),
            Outcome::Retry { reason, after } => {
                let attempts = claim.attempts.saturating_add(1);
                if attempts >= self.settings.attempts_max {
                    self.give_up("attempts", format!("tried {attempts} times: {reason}"))
                } else if claim.age >= self.settings.age_max {
                    let seconds = claim.age.as_secs();
                    self.give_up("age", format!("tried for {seconds} s: {reason}"))
                } else {
                    let labels = SinkMetrics::of(&self.name);
                    self.metrics.sinks.retries.get_or_create(&labels).inc();
                    let pause = backoff.pause_after(attempts).max(self.settings.retry_min);
                    Settlement::Retry {
                        after: after.map_or(pause, |after| after.max(pause)),
                        reason: shortened(reason),
                    }
                }
            }
        };
        (claim.id, settlement)
    }

    fn give_up(&self, why: &str, reason: String) -> Settlement {
        let labels = SinkMetrics::given_up(&self.name, why);
        self.metrics.sinks.dead_letters.get_or_create(&labels).inc();
        let reason = shortened(reason);
        tracing::warn!(sink = %self.name, why, reason, "a notification is given up; `dead-letters` lists it");
        Settlement::DeadLetter { reason }
    }

    fn count_delivered(&self, notification: &Notification) {
        let labels = SinkMetrics::of(&self.name);
        self.metrics.sinks.deliveries.get_or_create(&labels).inc();
        let event = Duration::from_nanos(notification.repeats.last_seen_ns);
        // Clocks of nodes may be ahead, and old captures are played, too.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let latency = now.saturating_sub(event).as_secs_f64();
        self.metrics
            .sinks
            .latency
            .get_or_create(&labels)
            .observe(latency);
    }

    async fn wait_for_more(&mut self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.waiter.wait() => {}
            () = tokio::time::sleep(self.settings.poll) => {}
        }
    }

    /// Waits before the next look, for what fails now would fail at once again.
    async fn stuck(&self, stage: &str, reason: &str, backoff: &mut Backoff) {
        let pause = backoff.pause().max(self.settings.retry_min / 2);
        if backoff.failures() == 1 {
            tracing::warn!(sink = %self.name, stage, reason, "a sink cannot be told; trying again");
        }
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    fn recovered(&self, backoff: &mut Backoff) {
        if backoff.failures() > 0 {
            tracing::info!(sink = %self.name, failures = backoff.failures(), "a sink can be told again");
            backoff.reset();
        }
    }
}

fn shortened(reason: String) -> String {
    match reason.char_indices().nth(REASON_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason,
    }
}

#[cfg(test)]
mod tests;
