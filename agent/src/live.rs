//! Events of this host for commands that look at the events themselves.
//!
//! The same path as in `saker run`, up to the rules: a thread empties the kernel's rings, the caller's
//! looks at each event with the processes as they were at its time.

use crate::pipeline::queue::{self, RecordReceiver};
use crate::pipeline::reader;
use crate::this_host::{self, wall_offset_ns};
use anyhow::Context;
use saker_event_decode::{EventView, WallClock};
use saker_event_schema::EventId;
use saker_kernel_source::{KernelSource, KernelSourceError, LossCounters, SourceOptions, host};
use saker_process_state::ProcessState;
use saker_rule_fields::{EventContext, Host, Payload, Scratch, Surroundings};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// How long to sleep when there is no event; the reader wakes the thread.
const WAIT: Duration = Duration::from_millis(200);

/// How often the clocks are compared.
const UPKEEP: Duration = Duration::from_secs(1);

/// Attached programs and what is needed to look at their events.
pub(crate) struct LiveEvents {
    source: KernelSource,
    losses: LossCounters,
    records: RecordReceiver,
    reader: JoinHandle<Result<(), KernelSourceError>>,
    stop: Arc<AtomicBool>,
    processes: ProcessState,
    host: Host,
    malformed: u64,
}

/// What became of the events at the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// Events that the kernel could not deliver.
    pub(crate) lost: u64,
    /// Records that made no sense.
    pub(crate) malformed: u64,
}

impl LiveEvents {
    /// Attaches the programs for these events and reads the processes that run. It stops at SIGINT and
    /// SIGTERM.
    pub(crate) fn start(events: BTreeSet<EventId>) -> anyhow::Result<Self> {
        if !host::may_load_programs() {
            return Err(KernelSourceError::NotPermitted.into());
        }
        let options = SourceOptions {
            events,
            ..SourceOptions::default()
        };
        let stop = Arc::new(AtomicBool::new(false));
        stop_on_signal(Arc::clone(&stop))?;
        let mut source = KernelSource::load(options)?;
        let reader = source.reader()?;
        let losses = source.counters()?;
        let (sender, records) = queue::records();
        source.attach()?;
        let processes = this_host::processes();
        let reader = reader::spawn(reader, sender, thread::current(), Arc::clone(&stop))
            .context("cannot start the reader thread")?;
        Ok(Self {
            source,
            losses,
            records,
            reader,
            stop,
            processes,
            host: this_host::facts(),
            malformed: 0,
        })
    }

    /// Shows every event, with its record, until a signal, `until` or the caller's word; then detaches.
    pub(crate) fn watch(
        mut self,
        until: Option<Instant>,
        mut look: impl FnMut(&[u8], &EventContext<'_>) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<Outcome> {
        let shown = self.show_all(until, &mut look);
        self.stop.store(true, Ordering::Release);
        let recursion_misses = self.losses.recursion_misses();
        let detached = self.source.detach();
        drop(self.records);
        let read = self.reader.join();
        shown?;
        detached?;
        read.map_err(|_| anyhow::anyhow!("the reader thread panicked"))??;
        let counts = self.losses.all()?;
        let lost: u64 = counts.iter().map(|(_, counts)| counts.lost()).sum();
        Ok(Outcome {
            lost: lost + recursion_misses,
            malformed: self.malformed + self.losses.malformed(),
        })
    }

    fn show_all(
        &mut self,
        until: Option<Instant>,
        look: &mut impl FnMut(&[u8], &EventContext<'_>) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let scratch = Scratch::new();
        let mut clock = WallClock::new(wall_offset_ns());
        let mut upkeep = Instant::now() + UPKEEP;
        let mut number = 0;
        while !self.records.is_finished() {
            let now = Instant::now();
            if now >= upkeep {
                upkeep = now + UPKEEP;
                clock = WallClock::new(wall_offset_ns());
            }
            if until.is_some_and(|until| now >= until) {
                self.stop.store(true, Ordering::Release);
            }
            let Some(record) = self.records.next() else {
                thread::park_timeout(WAIT);
                continue;
            };
            number += 1;
            let Ok(event) = EventView::parse(record) else {
                self.malformed += 1;
                continue;
            };
            let process = self.processes.apply(&event);
            let surroundings = Surroundings {
                processes: Some(&self.processes),
                clock: &clock,
                host: &self.host,
                scratch: &scratch,
            };
            let payload = Payload::Syscall(&event);
            let context = EventContext::new(payload, Some(&process), surroundings, number);
            if look(record, &context)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Sets `stop` at SIGINT and SIGTERM.
fn stop_on_signal(stop: Arc<AtomicBool>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    // Listening begins here, so that no signal ends the process before the programs are detached.
    let (mut interrupt, mut terminate) = {
        let _context = runtime.enter();
        let listen = |kind| signal(kind).context("cannot listen for signals");
        (
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
        )
    };
    thread::Builder::new()
        .name("saker-signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            stop.store(true, Ordering::Release);
        })
        .context("cannot start the thread that waits for signals")?;
    Ok(())
}
