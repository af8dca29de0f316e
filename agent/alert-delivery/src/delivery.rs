//! All outputs together, from their start to their end.

mod report;
mod start;

pub use report::{OutputReport, Report};
pub use start::StartError;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use saker_alert_formats::{Clock, Colour};
use saker_alert_spool::{SpoolHandle, SpoolStats};
use saker_proto::v1;
use saker_tls::{CertificateState, ClientTls};
use tokio::runtime::Runtime;

use crate::counters::{Loss, OutputCounters, RouterCounters};
use crate::output::Routed;
use crate::patience::Patience;
use crate::pump::Pump;
use crate::queue::{Sender, Watcher, WhenFull};
use crate::receipt::Receipt;
use crate::router::{Raised, Time};

/// What outputs that gave up may still take to end.
const GRACE: Duration = Duration::from_secs(1);

/// How alerts are delivered, beside the settings.
pub struct Options<A> {
    /// Whether the raising side waits, or alerts are dropped.
    pub when_full: WhenFull,
    /// What throttling takes for the time.
    pub time: Time,
    /// Where spools are, instead of the folder of the settings: a name that is added to it.
    pub spool_suffix: &'static str,
    /// How lines begin.
    pub clock: Clock,
    /// Whether standard output is coloured.
    pub colour: Colour,
    /// Makes the message that is delivered of an alert.
    pub to_message: Box<dyn FnMut(A) -> v1::Alert + Send>,
    /// Called when nobody reads standard output any more.
    pub closed: Box<dyn FnOnce(io::Error) + Send>,
}

/// Takes alerts. What it takes is delivered or counted; when all clones are gone, no more can come.
#[derive(Debug)]
pub struct Inbox<A> {
    sender: Sender<Raised<A>>,
    counters: Arc<RouterCounters>,
}

impl<A> Clone for Inbox<A> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            counters: Arc::clone(&self.counters),
        }
    }
}

impl<A> Inbox<A> {
    /// Hands an alert over; `bytes` is what it takes, roughly. Blocks only if the delivery was started so.
    pub fn raise(&self, priority: v1::Priority, bytes: usize, alert: A) {
        self.hand_over(priority, bytes, alert, None);
    }

    /// The same, for who has to know when the alert is in safe hands.
    pub fn raise_with(&self, priority: v1::Priority, bytes: usize, alert: A, receipt: Receipt) {
        receipt.promise();
        self.hand_over(priority, bytes, alert, Some(receipt));
    }

    fn hand_over(&self, priority: v1::Priority, bytes: usize, alert: A, receipt: Option<Receipt>) {
        let raised = Raised {
            alert,
            at: Instant::now(),
            receipt,
        };
        let sent = self.sender.send(priority, bytes, raised);
        let lost = sent.displaced.saturating_add(u64::from(sent.is_closed));
        self.counters.count_raised(lost);
    }
}

/// The outputs at work. To be [finished](Self::finish) after the last [`Inbox`] is gone.
pub struct Delivery {
    counters: Arc<RouterCounters>,
    outputs: Vec<RunningOutput>,
    patience: Arc<Patience>,
    /// Disconnected when the router has ended.
    routed: Receiver<()>,
    /// Of the pumps; none without them.
    runtime: Option<Runtime>,
}

struct RunningOutput {
    view: OutputView,
    /// Disconnected when its thread has ended.
    ended: Receiver<()>,
    reopen: Arc<AtomicBool>,
    pump: Option<Pump>,
    /// Alerts that an earlier run left in the spool.
    found: u64,
}

/// An output, for metrics.
#[derive(Clone, Debug)]
pub struct OutputView {
    kind: &'static str,
    counters: Arc<OutputCounters>,
    queue: Watcher<Arc<Routed>>,
    spool: Option<SpoolHandle>,
    tls: Option<ClientTls>,
}

impl OutputView {
    /// Its kind, as configurations name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// What became of its alerts.
    #[must_use]
    pub fn counters(&self) -> &OutputCounters {
        &self.counters
    }

    /// Alerts that wait in memory.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.queue.depth()
    }

    /// Its spool, if it has one.
    #[must_use]
    pub fn spool(&self) -> Option<SpoolStats> {
        self.spool.as_ref().map(SpoolHandle::stats)
    }

    /// Alerts that did not arrive, by reason; what its spool lost included.
    #[must_use]
    pub fn lost(&self) -> BTreeMap<&'static str, u64> {
        let reasons = self.counters.lost().into_iter();
        let mut lost: BTreeMap<_, _> = reasons
            .map(|(reason, alerts)| (reason.as_str(), alerts))
            .collect();
        for (_, reason, alerts) in self.spool().unwrap_or_default().lost.iter() {
            let sum: &mut u64 = lost.entry(reason.as_str()).or_default();
            *sum = sum.saturating_add(alerts);
        }
        lost
    }

    /// The certificate that it shows, if it has one.
    #[must_use]
    pub fn certificate(&self) -> Option<CertificateState> {
        self.tls.as_ref().map(ClientTls::state)
    }
}

impl Delivery {
    /// The numbers of what all outputs share.
    #[must_use]
    pub fn counters(&self) -> Arc<RouterCounters> {
        Arc::clone(&self.counters)
    }

    /// The outputs, for metrics.
    #[must_use]
    pub fn outputs(&self) -> Vec<OutputView> {
        self.outputs
            .iter()
            .map(|output| output.view.clone())
            .collect()
    }

    /// Opens files again: they may have been renamed.
    pub fn reopen(&self) {
        for output in &self.outputs {
            output.reopen.store(true, Ordering::Relaxed);
        }
    }

    /// Delivers what is on its way, but no longer than this, and says what became of everything.
    #[must_use]
    pub fn finish(mut self, patience: Duration) -> Report {
        let end = Instant::now().checked_add(patience);
        let end = end.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
        self.patience.end_at(end);
        let grace = end + GRACE;
        let left = |until: Instant| until.saturating_duration_since(Instant::now());
        let is_ended = |ended: &Receiver<()>| {
            !matches!(
                ended.recv_timeout(left(grace)),
                Err(RecvTimeoutError::Timeout)
            )
        };
        is_ended(&self.routed);
        let mut pumps = Vec::new();
        let mut outputs = Vec::new();
        for mut output in self.outputs.drain(..) {
            let is_stuck = !is_ended(&output.ended);
            pumps.extend(output.pump.take());
            outputs.push((output, is_stuck));
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.block_on(join_all(
                pumps.into_iter().map(|pump| pump.finish(left(end))),
            ));
            runtime.shutdown_background();
        }
        let outputs = outputs.into_iter().map(|(output, is_stuck)| {
            let counters = &output.view.counters;
            if is_stuck && output.view.spool.is_none() {
                // Its thread blocks in a write, and what it holds will not arrive.
                let settled = counters
                    .delivered()
                    .saturating_add(counters.lost().values().sum());
                let unsettled = counters.offered().saturating_sub(settled);
                counters.count_lost(Loss::Shutdown, unsettled);
            }
            OutputReport::of(&output.view, output.found)
        });
        Report {
            raised: self.counters.raised(),
            lost: self.counters.lost(),
            suppressed: self.counters.suppressed().values().sum(),
            outputs: outputs.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
