//! What an output is, and the thread that each has to itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use saker_alert_clients::Backoff;
use saker_alert_formats::Notification;

use crate::counters::{Loss, OutputCounters};
use crate::patience::{Patience, Paused};
use crate::queue::{Received, Receiver};
use crate::receipt::Receipt;

/// Alerts that are given to an output at once, at most.
const BATCH_MAX: usize = 256;

/// The first pause after a failure, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// An alert on its way to the outputs.
#[derive(Debug)]
pub(crate) struct Routed {
    pub(crate) notification: Notification,
    /// Bytes of the encoded alert.
    pub(crate) bytes: usize,
    /// When it was raised.
    pub(crate) raised: Instant,
    /// Of who wants to know when it is in safe hands.
    pub(crate) receipt: Option<Receipt>,
}

impl Routed {
    /// An output has it, or has refused it for good.
    fn keep(&self) {
        if let Some(receipt) = &self.receipt {
            receipt.keep();
        }
    }
}

/// Where alerts go. Belongs to a thread of its own, and may block.
pub(crate) trait Output: Send {
    /// Delivers alerts in their order, as far as it can.
    fn deliver(&mut self, batch: &[Arc<Routed>]) -> Progress;

    /// Opens its file again, if it has one.
    fn reopen(&mut self) {}

    /// Ends what it keeps open; no alert will come any more.
    fn end(&mut self, _patience: Duration) {}
}

/// How far a batch came.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Alerts of the front that were delivered.
    pub(crate) delivered: usize,
    /// Why the next one was not.
    pub(crate) failure: Option<Failure>,
}

impl Progress {
    /// So many, and no failure.
    pub(crate) const fn all(delivered: usize) -> Self {
        Self {
            delivered,
            failure: None,
        }
    }

    /// So many, then a failure.
    pub(crate) const fn until(delivered: usize, failure: Failure) -> Self {
        Self {
            delivered,
            failure: Some(failure),
        }
    }
}

/// Why an alert was not delivered.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may work later.
    Retry(String),
    /// Not with this alert.
    Reject(Loss, String),
    /// Nobody reads any more.
    Closed(io::Error),
}

/// The thread of an output.
pub(crate) struct Worker {
    pub(crate) output: Box<dyn Output>,
    pub(crate) alerts: Receiver<Arc<Routed>>,
    pub(crate) counters: Arc<OutputCounters>,
    pub(crate) patience: Arc<Patience>,
    /// Set when files are to be opened again.
    pub(crate) reopen: Arc<AtomicBool>,
    /// Whether it keeps alerts for somebody else to deliver, who counts them.
    pub(crate) is_spooled: bool,
}

impl Worker {
    /// Starts the thread. It ends when no more alerts can come, or nobody reads them any more; `ended` is told.
    pub(crate) fn spawn(
        self,
        ended: impl FnOnce(io::Result<()>) + Send + 'static,
    ) -> io::Result<thread::JoinHandle<()>> {
        // Linux keeps fifteen bytes of a name.
        let name: String = format!("out-{}", self.counters.name())
            .chars()
            .take(15)
            .collect();
        thread::Builder::new()
            .name(name)
            .spawn(move || ended(self.run()))
    }

    fn run(mut self) -> io::Result<()> {
        let mut backoff = Backoff::new(PAUSES.0, PAUSES.1);
        let mut batch = Vec::new();
        while self.receive(&mut batch) {
            if self.reopen.swap(false, Ordering::Relaxed) {
                self.output.reopen();
            }
            while !batch.is_empty() {
                let progress = self.output.deliver(&batch);
                let delivered = progress.delivered.min(batch.len());
                let latencies = batch.drain(..delivered).map(|alert| {
                    alert.keep();
                    alert.raised.elapsed()
                });
                if self.is_spooled {
                    latencies.for_each(drop);
                } else {
                    self.counters.count_delivered(latencies);
                }
                match progress.failure {
                    None => backoff.reset(),
                    Some(Failure::Retry(reason)) => {
                        self.say_retry(&reason, &backoff);
                        if self.patience.pause(backoff.pause()) == Paused::NoTimeLeft {
                            self.give_up(&batch, Loss::Shutdown);
                            return Ok(());
                        }
                    }
                    Some(Failure::Reject(loss, reason)) => {
                        self.say_lost(&reason);
                        self.counters.count_lost(loss, 1);
                        let refused = batch.drain(..1.min(batch.len()));
                        refused.for_each(|alert| alert.keep());
                    }
                    Some(Failure::Closed(error)) => {
                        self.give_up(&batch, Loss::Closed);
                        return Err(error);
                    }
                }
            }
        }
        let left = self.patience.left().unwrap_or(Duration::MAX);
        self.output.end(left);
        Ok(())
    }

    /// Waits for alerts and takes those that are there; false when there will be none.
    fn receive(&self, batch: &mut Vec<Arc<Routed>>) -> bool {
        match self.alerts.receive(None) {
            Received::Element(alert) => batch.push(alert),
            Received::Nothing | Received::Ended => return false,
        }
        let now = Some(Instant::now());
        while batch.len() < BATCH_MAX {
            match self.alerts.receive(now) {
                Received::Element(alert) => batch.push(alert),
                Received::Nothing | Received::Ended => break,
            }
        }
        true
    }

    fn give_up(&mut self, batch: &[Arc<Routed>], reason: Loss) {
        let held = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let waiting = self.alerts.close();
        self.counters
            .count_lost(reason, held.saturating_add(waiting));
        self.output.end(Duration::ZERO);
    }

    fn say_retry(&self, reason: &str, backoff: &Backoff) {
        self.counters.count_retry();
        let output = self.counters.name();
        // The first failure is news, what follows is not.
        if backoff.failures() == 0 {
            tracing::warn!(output, reason, "an output fails, it is tried again");
        } else {
            tracing::debug!(output, reason, "an output still fails");
        }
    }

    fn say_lost(&self, reason: &str) {
        let output = self.counters.name();
        if self.counters.lost().is_empty() {
            tracing::warn!(
                output,
                reason,
                "an alert is lost; further ones are counted only"
            );
        } else {
            tracing::debug!(output, reason, "an alert is lost");
        }
    }
}
