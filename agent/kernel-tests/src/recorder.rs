//! Loads the programs and keeps their records.

use crate::Recorded;
use saker_event_decode::EventView;
use saker_event_schema::{ROWS, event};
use saker_kernel_source::{EventReader, KernelSource, LossCounters, SourceOptions};
use std::time::{Duration, Instant};

/// How long a record may take to arrive; generous, because other tests run beside this one.
const PATIENCE: Duration = Duration::from_secs(20);

/// The loaded programs and their records.
pub struct Recorder {
    source: KernelSource,
    reader: EventReader,
    losses: LossCounters,
    records: Vec<Vec<u8>>,
}

impl Recorder {
    /// Reports every event of the table, but those of the test itself.
    ///
    /// # Panics
    ///
    /// Where the programs cannot be loaded: these tests need root and a kernel with BTF.
    #[must_use]
    pub fn start() -> Self {
        Self::with(SourceOptions {
            events: ROWS.iter().map(|row| row.id).collect(),
            bulk_ring_bytes: 1 << 24,
            lifecycle_ring_bytes: 1 << 22,
            ..SourceOptions::default()
        })
    }

    /// Reports what the options say.
    ///
    /// # Panics
    ///
    /// Where the programs cannot be loaded.
    #[must_use]
    pub fn with(options: SourceOptions) -> Self {
        let mut source = KernelSource::load(options).unwrap_or_else(|error| panic!("{error}"));
        let reader = source.reader().expect("the rings");
        let losses = source.counters().expect("the counters");
        source.attach().unwrap_or_else(|error| panic!("{error}"));
        Self {
            source,
            reader,
            losses,
            records: Vec::new(),
        }
    }

    /// The kernel side's counters.
    #[must_use]
    pub fn losses(&self) -> &LossCounters {
        &self.losses
    }

    /// Detaches the programs and reads what is left.
    ///
    /// # Panics
    ///
    /// Where detaching fails.
    pub fn stop(&mut self) {
        self.source.detach().expect("detached");
        self.drain();
    }

    /// Reads until the end of a process has arrived.
    ///
    /// # Panics
    ///
    /// Where it does not arrive.
    pub fn wait_for_end_of(&mut self, pid: u32) {
        let limit = Instant::now() + PATIENCE;
        while !self.has_end_of(pid) {
            assert!(
                Instant::now() < limit,
                "the end of process {pid} did not arrive"
            );
            self.read();
        }
    }

    /// Everything recorded so far, in order.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.records.iter().map(Vec::as_slice)
    }

    /// What a process did, in order.
    #[must_use]
    pub fn of(&self, pid: u32) -> Vec<Recorded> {
        let of_pid = |record: &&[u8]| view(record).header().pid == pid;
        self.records().filter(of_pid).map(Recorded::new).collect()
    }

    fn has_end_of(&self, pid: u32) -> bool {
        self.records().any(|record| {
            let view = view(record);
            view.id() == event::PROCEXIT
                && view.header().pid == pid
                && view
                    .row()
                    .slot("group_dead")
                    .and_then(|slot| view.unsigned(slot))
                    == Some(1)
        })
    }

    pub(crate) fn read(&mut self) {
        // Short: a scenario that ends is waited for.
        self.reader
            .wait(Duration::from_millis(10))
            .expect("the rings");
        self.reader
            .read(|record| self.records.push(record.to_vec()));
    }

    fn drain(&mut self) {
        loop {
            let outcome = self
                .reader
                .read(|record| self.records.push(record.to_vec()));
            if outcome.delivered == 0 && outcome.waiting == 0 {
                return;
            }
        }
    }
}

fn view(record: &[u8]) -> EventView<'_> {
    EventView::parse(record).expect("a record of our own kernel programs")
}
