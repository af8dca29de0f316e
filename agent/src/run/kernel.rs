//! What the kernel tells: from its programs to the threads that read and judge its records.

use crate::commands::chain;
use crate::config::Config;
use crate::fact_sources::Waker;
use crate::ledger::{self, LedgerKeeper};
use crate::live::Wanted;
use crate::pipeline::flows::{self, Flows};
use crate::pipeline::judge::{self, Judge};
use crate::pipeline::matcher::Matcher;
use crate::pipeline::raiser::Raiser;
use crate::pipeline::{queue, reader};
use crate::this_host;
use anyhow::Context;
use arc_swap::ArcSwap;
use saker_event_schema::EventId;
use saker_kernel_source::{
    EventReader, KernelSource, KernelSourceError, LossCounters, SourceOptions,
};
use saker_rule_engine::RuleSet;
use saker_rule_fields::Facts;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// The programs, loaded.
pub(super) struct LoadedSource {
    source: KernelSource,
    events: EventReader,
    losses: Arc<LossCounters>,
}

/// The programs, at work.
pub(super) struct AttachedSource {
    loaded: LoadedSource,
    attached: usize,
}

/// What its threads need of the others.
pub(super) struct KernelSurroundings<'a> {
    pub(super) config: &'a Config,
    pub(super) facts: &'a Facts,
    pub(super) rules: &'a Arc<ArcSwap<RuleSet>>,
    pub(super) waker: &'a Waker,
    pub(super) keeps_ledger: bool,
}

/// The programs and the threads that read what they tell.
pub(super) struct KernelSide {
    source: KernelSource,
    losses: Arc<LossCounters>,
    stop: Arc<AtomicBool>,
    reader: JoinHandle<Result<(), KernelSourceError>>,
    matcher: JoinHandle<()>,
    ledger: Option<LedgerKeeper>,
    attached: usize,
    /// Whether connections are seen, which is decided at the start.
    sees_flows: bool,
}

/// What is left at the end.
pub(super) struct Ended {
    /// Whether everything was read.
    pub(super) read: Result<(), KernelSourceError>,
    /// What was counted.
    pub(super) losses: Losses,
}

/// What the kernel counted.
pub(crate) struct Losses {
    /// By event.
    pub(crate) counters: Arc<LossCounters>,
    /// Read before the programs were unloaded.
    pub(crate) recursion_misses: u64,
}

impl LoadedSource {
    /// Loads what is wanted.
    pub(super) fn load(config: &Config, wanted: &Wanted) -> anyhow::Result<Self> {
        let options = SourceOptions {
            lifecycle_ring_bytes: config.lifecycle_ring_bytes,
            bulk_ring_bytes: config.bulk_ring_bytes,
            ..wanted.source_options()
        };
        let mut source = KernelSource::load(options)?;
        let events = source.reader()?;
        let losses = Arc::new(source.counters()?);
        Ok(Self {
            source,
            events,
            losses,
        })
    }

    /// From now on records come.
    pub(super) fn attach(mut self) -> anyhow::Result<AttachedSource> {
        let attached = self.source.attach()?;
        for loss in self.source.losses() {
            tracing::warn!("{}", chain(loss));
        }
        Ok(AttachedSource {
            loaded: self,
            attached,
        })
    }
}

impl AttachedSource {
    /// Whether connections are seen.
    pub(super) fn sees_flows(&self) -> bool {
        self.loaded.source.sees_connections()
    }

    /// Reads the processes that run, and starts the threads.
    pub(super) fn watch(
        self,
        raiser: Raiser,
        surroundings: &KernelSurroundings<'_>,
    ) -> anyhow::Result<KernelSide> {
        let Self {
            loaded:
                LoadedSource {
                    mut source,
                    events,
                    losses,
                },
            attached,
        } = self;
        let KernelSurroundings { config, facts, .. } = *surroundings;
        let (record_sender, records) = queue::records();
        let bounds = judge::bounds(config.facts.wait);
        // First attach, then read /proc: what begins in between is seen twice, not missed.
        let processes = this_host::processes(None);
        let (observer, ledger) = if surroundings.keeps_ledger {
            let (observer, keeper) = ledger::start(config, facts, Arc::clone(&losses))?;
            (Some(observer), Some(keeper))
        } else {
            (None, None)
        };
        let mut flows = Flows::new(flows::satisfied_by(&mut source)?, observer);
        let sees_flows = source.sees_connections();
        if sees_flows {
            flows.bootstrap(&processes);
        }
        let matcher = Matcher {
            records,
            processes,
            rules: Arc::clone(surroundings.rules),
            judge: Judge::new(facts.clone(), this_host::facts(), raiser, bounds),
            flows,
        };
        let matcher = matcher.spawn().context("cannot start the matcher thread")?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = matcher.thread().clone();
        surroundings.waker.wakes(&thread);
        let reader = reader::spawn(events, record_sender, thread, Arc::clone(&stop))
            .context("cannot start the reader thread")?;
        Ok(KernelSide {
            source,
            losses,
            stop,
            reader,
            matcher,
            ledger,
            attached,
            sees_flows,
        })
    }
}

impl KernelSide {
    /// What is counted.
    pub(super) fn losses(&self) -> &Arc<LossCounters> {
        &self.losses
    }

    /// Programs that are attached.
    pub(super) const fn attached(&self) -> usize {
        self.attached
    }

    /// Whether connections are seen.
    pub(super) const fn sees_flows(&self) -> bool {
        self.sees_flows
    }

    /// Whether who talks to whom is kept.
    pub(super) const fn keeps_ledger(&self) -> bool {
        self.ledger.is_some()
    }

    /// Only these are reported from now on.
    pub(super) fn select(&mut self, events: BTreeSet<EventId>) -> anyhow::Result<()> {
        Ok(self.source.select(events)?)
    }

    /// Detaches, and lets everything that is on its way be judged.
    pub(super) fn end(mut self) -> anyhow::Result<Ended> {
        let recursion_misses = self.losses.recursion_misses();
        self.source.detach()?;
        self.stop.store(true, Ordering::Release);
        let read = self
            .reader
            .join()
            .map_err(|_| anyhow::anyhow!("the reader thread panicked"))?;
        self.matcher
            .join()
            .map_err(|_| anyhow::anyhow!("the matcher thread panicked"))?;
        // Nobody enters anything any more.
        if let Some(ledger) = self.ledger {
            ledger.finish();
        }
        Ok(Ended {
            read,
            losses: Losses {
                counters: self.losses,
                recursion_misses,
            },
        })
    }
}
