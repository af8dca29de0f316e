//! Events of this host for commands that look at the events themselves.
//!
//! The same path as in `saker run`, up to the rules: a thread empties the kernel's rings, the caller's
//! looks at each event with the processes as they were at its time.

mod view;
mod wanted;

pub(crate) use wanted::Wanted;

use crate::cli::KubeArgs;
use crate::commands::chain;
use crate::config::FactsConfig;
use crate::fact_sources::{FactSources, Waker};
use crate::journal::{ContainerNotes, Journal};
use crate::pipeline::flows::{self, Flows};
use crate::pipeline::queue::{self, RecordReceiver};
use crate::pipeline::reader;
use crate::this_host::{self, boot_time_ns, wall_offset_ns};
use anyhow::Context;
use saker_capture_file::recording::Note;
use saker_event_decode::{EventView, WallClock};
use saker_flow_state::is_flow_record;
use saker_kernel_source::{KernelSource, KernelSourceError, LossCounters, host};
use saker_rule_fields::{EventContext, Host, Payload, Scratch};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use view::View;

/// How long to sleep when there is no event; the reader wakes the thread.
const WAIT: Duration = Duration::from_millis(200);

/// How often the clocks are compared and the watcher is told that time passes.
const UPKEEP: Duration = Duration::from_secs(1);

/// How often processes are looked for whose end was not seen; missed twice, they are ended.
const SWEEP: Duration = Duration::from_secs(120);

/// Looks at events.
pub(crate) trait Watcher {
    /// Looks at one event; breaks after the last.
    fn event(
        &mut self,
        seen: Seen<'_>,
        context: &EventContext<'_>,
    ) -> anyhow::Result<ControlFlow<()>>;

    /// Looks at an event of a connection; breaks after the last.
    fn flow(&mut self, _context: &EventContext<'_>) -> anyhow::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    /// Called about once a second.
    fn tick(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// How an event came.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Its record, as the kernel delivered it.
    pub(crate) record: &'a [u8],
    /// Whether it may have changed what is known of processes.
    pub(crate) is_for_state: bool,
}

/// Attached programs and what is needed to look at their events.
pub(crate) struct LiveEvents {
    source: KernelSource,
    losses: LossCounters,
    records: RecordReceiver,
    reader: JoinHandle<Result<(), KernelSourceError>>,
    stop: Arc<AtomicBool>,
    view: View,
    _fact_sources: FactSources,
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
    /// SIGTERM. A journal gets everything that the events' meaning depends on beside the events.
    ///
    /// What is known of containers and pods when an event comes is shown; nothing is waited for.
    pub(crate) fn start(wanted: Wanted, journal: Option<Journal>) -> anyhow::Result<Self> {
        if !host::may_load_programs() {
            return Err(KernelSourceError::NotPermitted.into());
        }
        let stop = Arc::new(AtomicBool::new(false));
        stop_on_signal(Arc::clone(&stop))?;
        let mut source = KernelSource::load(wanted.source_options())?;
        let reader = source.reader()?;
        let losses = source.counters()?;
        let (sender, records) = queue::records();
        source.attach()?;
        let satisfied = flows::satisfied_by(&mut source)?;
        for loss in source.losses() {
            eprintln!("saker: {}", chain(loss));
        }
        let config = FactsConfig::find(None, &KubeArgs::default())?;
        let (facts, fact_sources) = FactSources::start(config, wanted.needs, &Waker::default())?;
        let processes = this_host::processes(journal.as_ref());
        let flows = wanted.has_flows.then(|| {
            let mut flows = Flows::new(satisfied, None);
            flows.bootstrap(&processes);
            flows
        });
        let host = this_host::facts();
        if let Some(journal) = &journal {
            journal.add_users(&host.users);
            journal.add(Note::Started);
        }
        let reader = reader::spawn(reader, sender, thread::current(), Arc::clone(&stop))
            .context("cannot start the reader thread")?;
        Ok(Self {
            source,
            losses,
            records,
            reader,
            stop,
            view: View {
                processes,
                host,
                facts,
                journal,
                flows,
                scratch: Scratch::new(),
                clock: WallClock::new(wall_offset_ns()),
                number: 0,
            },
            _fact_sources: fact_sources,
            malformed: 0,
        })
    }

    /// The host, as it is now.
    pub(crate) const fn host(&self) -> &Host {
        &self.view.host
    }

    /// Shows every event until a signal, `until` or the watcher's word; then detaches.
    pub(crate) fn watch(
        mut self,
        until: Option<Instant>,
        watcher: &mut impl Watcher,
    ) -> anyhow::Result<Outcome> {
        let shown = self.show_all(until, watcher);
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
        watcher: &mut impl Watcher,
    ) -> anyhow::Result<()> {
        self.view.take_note();
        let mut container_notes = ContainerNotes::default();
        let mut upkeep = Instant::now() + UPKEEP;
        let mut sweep = Instant::now() + SWEEP;
        while !self.records.is_finished() {
            let now = Instant::now();
            if now >= upkeep {
                upkeep = now + UPKEEP;
                self.view.refresh();
                watcher.tick()?;
            }
            if now >= sweep {
                sweep = now + SWEEP;
                self.view.sweep();
            }
            if until.is_some_and(|until| now >= until) {
                self.stop.store(true, Ordering::Release);
            }
            let Some(record) = self.records.next() else {
                if self.view.show_flows(boot_time_ns(), watcher)?.is_break() {
                    return Ok(());
                }
                thread::park_timeout(WAIT);
                continue;
            };
            self.view.number += 1;
            let Ok(event) = EventView::parse(record) else {
                self.malformed += 1;
                continue;
            };
            let is_for_state = self.view.processes.may_be_changed_by(&event);
            let process = self.view.apply(&event);
            let time_boot_ns = event.header().time_boot_ns;
            if self.view.show_flows(time_boot_ns, watcher)?.is_break() {
                return Ok(());
            }
            let Some(process) = process.filter(|_| !is_flow_record(&event)) else {
                continue;
            };
            self.view.note(&process, &mut container_notes);
            let seen = Seen {
                record,
                is_for_state,
            };
            let payload = Payload::Syscall(&event);
            let context = self.view.context(payload, Some(&process));
            if watcher.event(seen, &context)?.is_break() {
                return Ok(());
            }
        }
        self.view.show_last_flows(watcher).map(drop)
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
