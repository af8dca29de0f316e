//! From a spool to an uplink: sends, acknowledges, tries again.
//!
//! A batch leaves the spool once its destination has it or refuses it for good. Whatever else happens, also
//! that a pump is dropped, it goes back and is sent again.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use saker_alert_clients::Backoff;
use saker_alert_spool::{Batch, BatchId, BatchLimits, SpoolHandle};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::uplink::{Outcome, Refusal, Uplink};

/// The pause after a first failure is at most this.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// And after many.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest time that a destination is left alone because it asks for it.
const LONGEST_REQUESTED_PAUSE: Duration = Duration::from_secs(300);
/// Refusals are logged at most this often.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How a pump goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PumpSettings {
    /// How much is sent at once.
    pub limits: BatchLimits,
    /// Batches under way at a time. After a failure it is one until the destination works again.
    pub batches_under_way: usize,
}

/// A pump in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PumpStats {
    /// Records that the destination has.
    pub delivered: u64,
    /// Records that the destination refused for good: lost, with the reason `refused`.
    pub refused: u64,
    /// Batches that were sent again.
    pub retries: u64,
    /// What went wrong with the last batch; none while all is well.
    pub trouble: Option<String>,
}

/// Sends the records of a spool in a task of its own, until it is finished or dropped.
#[derive(Debug)]
pub struct Pump {
    task: JoinHandle<()>,
    stats: Arc<Mutex<PumpStats>>,
    finish: watch::Sender<bool>,
    spool: SpoolHandle,
}

impl Pump {
    /// Starts to send. Within a tokio runtime. `name` is that of the output, for logs.
    #[must_use]
    pub fn spawn(
        name: &str,
        uplink: impl Uplink,
        spool: SpoolHandle,
        settings: PumpSettings,
    ) -> Self {
        let stats = Arc::<Mutex<PumpStats>>::default();
        let (finish, finishing) = watch::channel(false);
        let work = Work {
            name: name.to_owned(),
            uplink: Arc::new(uplink),
            spool: spool.clone(),
            settings,
            stats: Arc::clone(&stats),
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
            paused_until: None,
            refusals_unlogged: 0,
            refusals_logged_at: None,
        };
        Self {
            task: tokio::spawn(work.run(finishing)),
            stats,
            finish,
            spool,
        }
    }

    /// Numbers of now.
    #[must_use]
    pub fn stats(&self) -> PumpStats {
        lock(&self.stats).clone()
    }

    /// Goes on until the spool is empty, but no longer than this. The spool's statistics say what is left.
    pub async fn finish(mut self, patience: Duration) -> PumpStats {
        self.finish.send_replace(true);
        if tokio::time::timeout(patience, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
            // Until it is gone it has batches of the spool.
            if let Err(error) = (&mut self.task).await
                && error.is_panic()
            {
                tracing::error!(%error, "sending alerts failed");
            }
        }
        self.spool.flush().await;
        self.stats()
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the task has.
struct Work<U> {
    name: String,
    uplink: Arc<U>,
    spool: SpoolHandle,
    settings: PumpSettings,
    stats: Arc<Mutex<PumpStats>>,
    backoff: Backoff,
    paused_until: Option<Instant>,
    refusals_unlogged: u64,
    refusals_logged_at: Option<Instant>,
}

/// A batch that was sent. It goes back to the spool unless it is settled.
struct Sent {
    spool: SpoolHandle,
    batch: Option<BatchId>,
    records: usize,
}

impl Sent {
    async fn acknowledge(mut self) {
        if let Some(batch) = self.batch.take() {
            self.spool.acknowledge(batch).await;
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Some(batch) = self.batch.take() {
            self.spool.release(batch);
        }
    }
}

type Taking = Pin<Box<dyn Future<Output = Batch> + Send>>;

impl<U: Uplink> Work<U> {
    async fn run(mut self, mut finishing: watch::Receiver<bool>) {
        let mut under_way = FuturesUnordered::new();
        // Kept while batches come back: to ask anew each time would read the same records again and again.
        let mut taking: Option<Taking> = None;
        loop {
            let is_finishing = *finishing.borrow_and_update();
            if is_finishing && under_way.is_empty() && self.spool.stats().records == 0 {
                return;
            }
            let may_take = self.paused_until.is_none() && under_way.len() < self.batches_max();
            if may_take && taking.is_none() {
                taking = Some(self.take());
            }
            let paused_until = self.paused_until;
            tokio::select! {
                Some((sent, outcome)) = under_way.next() => self.settle(sent, outcome).await,
                batch = next(&mut taking), if may_take => {
                    taking = None;
                    under_way.push(self.send(batch));
                }
                () = sleep_until(paused_until), if paused_until.is_some() => self.paused_until = None,
                changed = finishing.changed(), if !is_finishing => {
                    if changed.is_err() {
                        return;
                    }
                    // One more attempt at once, however long the pause was to be.
                    self.paused_until = None;
                }
            }
        }
    }

    fn batches_max(&self) -> usize {
        if self.backoff.failures() > 0 {
            1
        } else {
            self.settings.batches_under_way.max(1)
        }
    }

    fn take(&self) -> Taking {
        let spool = self.spool.clone();
        let limits = self.settings.limits;
        Box::pin(async move { spool.next_batch(limits).await })
    }

    fn send(&self, batch: Batch) -> impl Future<Output = (Sent, Outcome)> + Send + use<U> {
        let sent = Sent {
            spool: self.spool.clone(),
            batch: Some(batch.id),
            records: batch.records.len(),
        };
        let uplink = Arc::clone(&self.uplink);
        async move {
            let outcome = uplink.send(batch.records).await;
            (sent, outcome)
        }
    }

    async fn settle(&mut self, sent: Sent, outcome: Outcome) {
        let records = sent.records;
        match outcome {
            Outcome::Delivered { refused } => {
                let refusals = refused.len().min(records);
                self.count(records.saturating_sub(refusals), refusals);
                self.log_refusals(&refused);
                self.all_is_well();
                sent.acknowledge().await;
            }
            Outcome::Rejected { reason } => {
                self.count(0, records);
                let refusals = (0..records).map(|index| Refusal {
                    index,
                    reason: reason.clone(),
                });
                self.log_refusals(&refusals.collect::<Vec<_>>());
                self.all_is_well();
                sent.acknowledge().await;
            }
            Outcome::Retry { reason, after } => {
                // Goes back before the next is taken.
                drop(sent);
                self.pause(reason, after);
            }
        }
    }

    fn count(&self, delivered: usize, refused: usize) {
        let mut stats = lock(&self.stats);
        stats.delivered = stats.delivered.saturating_add(as_count(delivered));
        stats.refused = stats.refused.saturating_add(as_count(refused));
    }

    fn all_is_well(&mut self) {
        self.backoff.reset();
        if lock(&self.stats).trouble.take().is_some() {
            tracing::info!(output = self.name, "alerts are delivered again");
        }
    }

    /// Batches that were under way together fail together, and count as one failure.
    fn pause(&mut self, reason: String, after: Option<Duration>) {
        let requested = after.unwrap_or_default().min(LONGEST_REQUESTED_PAUSE);
        let now = Instant::now();
        let until = match self.paused_until {
            Some(until) => until.max(now + requested),
            None => now + self.backoff.pause().max(requested),
        };
        self.paused_until = Some(until);
        let mut stats = lock(&self.stats);
        stats.retries = stats.retries.saturating_add(1);
        if stats.trouble.is_none() {
            tracing::warn!(
                output = self.name,
                reason,
                "alerts are not delivered; they wait in the spool"
            );
        } else {
            tracing::debug!(output = self.name, reason, "alerts are still not delivered");
        }
        stats.trouble = Some(reason);
    }

    fn log_refusals(&mut self, refusals: &[Refusal]) {
        let Some(first) = refusals.first() else {
            return;
        };
        self.refusals_unlogged = self
            .refusals_unlogged
            .saturating_add(as_count(refusals.len()));
        let now = Instant::now();
        let is_due = self
            .refusals_logged_at
            .is_none_or(|at| now.duration_since(at) >= REFUSAL_LOG_INTERVAL);
        if is_due {
            tracing::warn!(
                output = self.name,
                alerts = std::mem::take(&mut self.refusals_unlogged),
                reason = first.reason,
                "alerts were refused and are lost"
            );
            self.refusals_logged_at = Some(now);
        }
    }
}

async fn next(taking: &mut Option<Taking>) -> Batch {
    match taking {
        Some(taking) => taking.await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn as_count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
