//! From one stream of alerts to the queue of each output.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prost::Message;
use saker_alert_formats::Notification;
use saker_proto::{AlertId, v1};

use crate::counters::{Loss, OutputCounters, RouterCounters};
use crate::filter::Filter;
use crate::output::Routed;
use crate::queue::{Received, Receiver, Sender};
use crate::receipt::Receipt;
use crate::throttle::Throttle;

/// What throttling takes for the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The clock of this process: what is held back is let through on time.
    Present,
    /// The times of the events: the same capture gives the same result again.
    OfEvents,
}

/// The way to one output.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) minimum_priority: v1::Priority,
    pub(crate) filter: Filter,
    pub(crate) sender: Sender<Arc<Routed>>,
    pub(crate) counters: Arc<OutputCounters>,
}

impl Lane {
    fn takes(&self, alert: &v1::Alert) -> bool {
        alert.priority >= i32::from(self.minimum_priority) && self.filter.takes(alert)
    }
}

/// An alert as it was handed over.
#[derive(Debug)]
pub(crate) struct Raised<A> {
    pub(crate) alert: A,
    pub(crate) at: Instant,
    /// Of who wants to know when it is in safe hands.
    pub(crate) receipt: Option<Receipt>,
}

/// Makes messages of alerts, holds back what repeats, and gives the rest to the outputs.
pub(crate) struct Router<A> {
    pub(crate) alerts: Receiver<Raised<A>>,
    pub(crate) to_message: Box<dyn FnMut(A) -> v1::Alert + Send>,
    pub(crate) throttle: Throttle,
    pub(crate) time: Time,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) counters: Arc<RouterCounters>,
}

impl<A> Router<A> {
    /// Routes until no more alerts can come.
    pub(crate) fn run(mut self) {
        let began = Instant::now();
        let mut latest_ns = 0_u64;
        let mut out = Vec::new();
        loop {
            let received = self.alerts.receive(self.deadline(began));
            let raised_at = match &received {
                Received::Element(raised) => raised.at,
                Received::Nothing | Received::Ended => Instant::now(),
            };
            let mut receipt = None;
            match received {
                Received::Element(raised) => {
                    receipt = raised.receipt;
                    let alert = (self.to_message)(raised.alert);
                    let now_ns = match self.time {
                        Time::Present => nanoseconds(began.elapsed()),
                        Time::OfEvents => alert.time_unix_ns,
                    };
                    // Events of several captures, or processors, may come in another order.
                    latest_ns = latest_ns.max(now_ns);
                    self.throttle.expire(latest_ns, &mut out);
                    self.throttle.offer(Arc::new(alert), latest_ns, &mut out);
                }
                Received::Nothing => {
                    latest_ns = latest_ns.max(nanoseconds(began.elapsed()));
                    self.throttle.expire(latest_ns, &mut out);
                }
                Received::Ended => {
                    self.throttle.flush(&mut out);
                    self.route(&mut out, raised_at, None);
                    return;
                }
            }
            self.route(&mut out, raised_at, receipt.as_ref());
            // The outputs have promised to keep it, or another alert will tell of it.
            if let Some(receipt) = receipt {
                receipt.keep();
            }
        }
    }

    /// When the throttle has something to do although no alert comes.
    fn deadline(&self, began: Instant) -> Option<Instant> {
        match self.time {
            Time::OfEvents => None,
            Time::Present => {
                let deadline = self.throttle.deadline_ns()?;
                began.checked_add(Duration::from_nanos(deadline))
            }
        }
    }

    fn route(
        &mut self,
        out: &mut Vec<Arc<v1::Alert>>,
        raised_at: Instant,
        receipt: Option<&Receipt>,
    ) {
        self.counters
            .count_suppressed(self.throttle.take_suppressed());
        for alert in out.drain(..) {
            let bytes = alert.encoded_len();
            let priority = alert.priority();
            // The agent makes ids of sixteen bytes; another would be its own mistake.
            let id = AlertId::from_slice(&alert.id).unwrap_or(AlertId::from_bytes([0; 16]));
            let routed = Arc::new(Routed {
                notification: Notification::single(id, alert),
                bytes,
                raised: raised_at,
                receipt: receipt.cloned(),
            });
            for lane in &self.lanes {
                if !lane.takes(&routed.notification.alert) {
                    lane.counters.count_filtered();
                    continue;
                }
                lane.counters.count_offered();
                if let Some(receipt) = receipt {
                    receipt.promise();
                }
                let sent = lane.sender.send(priority, bytes, Arc::clone(&routed));
                lane.counters.count_lost(Loss::QueueFull, sent.displaced);
                lane.counters
                    .count_lost(Loss::Closed, u64::from(sent.is_closed));
            }
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
