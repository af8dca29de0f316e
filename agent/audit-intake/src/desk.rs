//! The thread on which everything that comes is read and judged, one batch after the other.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use saker_alert_delivery::{Fate, Receipt};
use saker_audit_source::{AuditError, AuditEvent, Batch, Limits};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use crate::counters::{AuditCounters, Refused};
use crate::recent::{EventKey, Outcome, Recent};

/// Batches that may wait for the thread; their bytes have a bound of their own.
const BATCHES_MAX: usize = 64;

/// Events that are remembered: some minutes of a busy API server, and about 10 MiB.
const REMEMBERED_MAX: usize = 65_536;

/// Says what an event means. Alerts that it raises take the receipt along.
pub trait Judge: Send + 'static {
    /// Called before the first event of a batch: what is in force now judges all of it.
    fn begin(&mut self) {}

    /// Judges one event.
    fn judge(&mut self, event: &AuditEvent, receipt: &Receipt);
}

/// What is to be read.
pub(crate) enum Input {
    /// The body of a request.
    Body(Bytes),
    /// Whole lines of a file.
    Lines(Vec<u8>),
}

impl Input {
    fn len(&self) -> usize {
        match self {
            Self::Body(bytes) => bytes.len(),
            Self::Lines(bytes) => bytes.len(),
        }
    }
}

struct Job {
    input: Input,
    /// Who sent it, for the log.
    sender: Arc<str>,
    answer: oneshot::Sender<Judged>,
    /// Room that it takes; given back when it is judged.
    _room: Option<OwnedSemaphorePermit>,
}

/// What came of a batch.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Events that are in order, those that were known included.
    pub(crate) events: usize,
    /// The first of what is not, if there is any.
    pub(crate) error: Option<AuditError>,
    outcomes: Vec<Outcome>,
}

impl Judged {
    /// Waits until every alert is in safe hands, or one is lost.
    pub(crate) async fn fate(self) -> Fate {
        for mut outcome in self.outcomes {
            let told = outcome.wait_for(Option::is_some).await;
            if told.map_or(Fate::Lost, |told| told.unwrap_or(Fate::Lost)) == Fate::Lost {
                return Fate::Lost;
            }
        }
        Fate::Kept
    }
}

/// Where batches are handed in; a clone leads to the same thread, which ends when all are gone.
#[derive(Clone, Debug)]
pub struct Desk {
    jobs: mpsc::Sender<Job>,
    counters: Arc<AuditCounters>,
}

/// The thread.
#[derive(Debug)]
pub struct DeskThread(JoinHandle<()>);

impl DeskThread {
    /// Waits until the thread has judged everything; gives whether it did.
    #[must_use]
    pub fn join(self) -> bool {
        self.0.join().is_ok()
    }
}

impl Desk {
    /// Starts the thread. Events are remembered for `window`.
    ///
    /// # Errors
    ///
    /// Where there are no threads left.
    pub fn start(
        judge: impl Judge,
        limits: Limits,
        window: Duration,
        counters: Arc<AuditCounters>,
    ) -> io::Result<(Self, DeskThread)> {
        let (jobs, received) = mpsc::channel(BATCHES_MAX);
        let clerk = Clerk {
            judge,
            limits,
            counters: Arc::clone(&counters),
            recent: Recent::new(window, REMEMBERED_MAX),
        };
        let thread = thread::Builder::new()
            .name("saker-audit".to_owned())
            .spawn(move || clerk.run(received))?;
        let desk = Self { jobs, counters };
        Ok((desk, DeskThread(thread)))
    }

    /// What is counted.
    #[must_use]
    pub fn counters(&self) -> &Arc<AuditCounters> {
        &self.counters
    }

    /// Hands a batch in and waits until it is judged; `None` where the thread has ended.
    pub(crate) async fn judge(
        &self,
        input: Input,
        sender: Arc<str>,
        room: Option<OwnedSemaphorePermit>,
    ) -> Option<Judged> {
        let (answer, judged) = oneshot::channel();
        let job = Job {
            input,
            sender,
            answer,
            _room: room,
        };
        self.jobs.send(job).await.ok()?;
        judged.await.ok()
    }
}

struct Clerk<J> {
    judge: J,
    limits: Limits,
    counters: Arc<AuditCounters>,
    recent: Recent,
}

impl<J: Judge> Clerk<J> {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.blocking_recv() {
            self.counters.count_bytes(job.input.len());
            let batch = match &job.input {
                Input::Body(body) => Batch::from_body(body, &self.limits),
                Input::Lines(lines) => Batch::from_lines(lines, &self.limits),
            };
            let judged = self.take(batch, &job.sender);
            // Who asked may have gone; what is judged is judged.
            drop(job.answer.send(judged));
        }
    }

    fn take(&mut self, batch: Batch, sender: &str) -> Judged {
        for error in &batch.errors {
            self.tell(error, sender);
        }
        let mut errors = batch.errors;
        let is_cut = |error: &AuditError| matches!(error, AuditError::TooMany { .. });
        if let Some(index) = errors.iter().position(is_cut) {
            // Those that were not looked at cannot be acknowledged, so the whole is refused.
            return Judged {
                events: 0,
                error: Some(errors.swap_remove(index)),
                outcomes: Vec::new(),
            };
        }
        let (tell, outcome) = watch::channel(None);
        let receipt = Receipt::new(move |fate| {
            tell.send_replace(Some(fate));
        });
        let mut outcomes = vec![outcome.clone()];
        let now = Instant::now();
        self.judge.begin();
        let events = batch.events.len();
        for event in batch.events {
            let key = EventKey::of(&event);
            if let Some(known) = key.and_then(|key| self.recent.outcome(&key)) {
                self.counters.count_duplicate();
                if !outcomes.iter().any(|other| other.same_channel(known)) {
                    outcomes.push(known.clone());
                }
                continue;
            }
            self.judge.judge(&event, &receipt);
            self.counters.count_judged();
            if let Some(key) = key {
                self.recent.add(key, outcome.clone(), now);
            }
        }
        drop(receipt);
        Judged {
            events,
            error: errors.into_iter().next(),
            outcomes,
        }
    }

    /// Names what is no event, without filling the log.
    fn tell(&self, error: &AuditError, sender: &str) {
        let reason = Refused::of(error);
        let count = self.counters.count_refused(reason);
        // The first, and then each time that there are twice as many.
        if count.is_power_of_two() {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(
                sender,
                %error,
                cause,
                reason = reason.as_str(),
                count,
                "what is no audit event was left out"
            );
        }
    }
}
