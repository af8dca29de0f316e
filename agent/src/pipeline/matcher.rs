//! The thread that keeps the process tree and has events judged.

use crate::pipeline::judge::{Arrival, Judge};
use crate::pipeline::queue::RecordReceiver;
use crate::statistics::Statistics;
use crate::this_host::{boot_time_ns, is_alive, wall_offset_ns};
use arc_swap::ArcSwap;
use saker_event_decode::{EventView, WallClock};
use saker_process_state::{BootTime, ProcessState};
use saker_rule_engine::RuleSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the matcher sleeps when there is nothing to match; the reader wakes it, and who learned
/// something that an event waits for.
const WAIT: Duration = Duration::from_millis(500);

/// How often the clock, the users and the statistics are brought up to date.
const UPKEEP: Duration = Duration::from_secs(1);

/// How often processes are looked for whose end was not seen; missed twice, they are ended.
const SWEEP: Duration = Duration::from_secs(120);

/// Records between two looks at the time.
const RECORDS_BETWEEN_LOOKS: usize = 1024;

/// Everything that the matcher works with.
pub(crate) struct Matcher {
    /// The records.
    pub(crate) records: RecordReceiver,
    /// The processes.
    pub(crate) processes: ProcessState,
    /// The rules in force; a reload puts others there.
    pub(crate) rules: Arc<ArcSwap<RuleSet>>,
    /// Who judges the events.
    pub(crate) judge: Judge,
}

impl Matcher {
    /// Starts the thread. It ends when the reader is gone and every record is matched.
    pub(crate) fn spawn(self) -> std::io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("saker-matcher".to_owned())
            .spawn(move || self.run())
    }

    fn run(mut self) {
        self.judge
            .take_note(self.processes.take_container_changes());
        let mut clock = WallClock::new(wall_offset_ns());
        let mut next_upkeep = Instant::now();
        let mut next_sweep = Instant::now() + SWEEP;
        let mut number = 0;
        while !self.records.is_finished() {
            let now = Instant::now();
            if now >= next_upkeep {
                next_upkeep = now + UPKEEP;
                clock = WallClock::new(wall_offset_ns());
                self.upkeep();
            }
            if now >= next_sweep {
                next_sweep = now + SWEEP;
                self.processes
                    .retain_alive(BootTime(boot_time_ns()), is_alive);
                self.judge
                    .take_note(self.processes.take_container_changes());
            }
            self.judge.review(now);
            if self.match_some(clock, &mut number, now) == 0 {
                thread::park_timeout(self.patience(now));
            }
        }
        self.judge.end(Instant::now());
        self.upkeep();
    }

    /// Has the records judged that are there, up to a bound; gives how many there were.
    fn match_some(&mut self, clock: WallClock, number: &mut u64, now: Instant) -> usize {
        let Self {
            records,
            processes,
            rules,
            judge,
        } = self;
        let rules = rules.load_full();
        let mut matched = 0;
        while matched < RECORDS_BETWEEN_LOOKS {
            let Some(record) = records.next() else { break };
            matched += 1;
            *number += 1;
            let Ok(event) = EventView::parse(record) else {
                judge.raiser().statistics.malformed.fetch_add(1, Relaxed);
                continue;
            };
            let process = processes.apply(&event);
            judge.take_note(processes.take_container_changes());
            let arrival = Arrival {
                record,
                event: &event,
                process: &process,
                processes: &*processes,
                clock,
                number: *number,
            };
            judge.judge(arrival, &rules, now);
        }
        matched
    }

    /// How long to sleep: until the next event has waited long enough, if one waits.
    fn patience(&self, now: Instant) -> Duration {
        self.judge.deadline().map_or(WAIT, |deadline| {
            deadline.saturating_duration_since(now).min(WAIT)
        })
    }

    fn statistics(&self) -> &Statistics {
        &self.judge.raiser().statistics
    }

    fn upkeep(&mut self) {
        self.judge.forget_ended();
        let host = self.judge.host();
        host.users.refresh(boot_time_ns());
        // Changes twice a year where summer time is kept.
        host.utc_offset_s = jiff::Zoned::now().offset().seconds();
        let statistics = self.statistics();
        statistics.store_processes(self.processes.len(), self.processes.stats());
        statistics.enrichment.store_held(self.judge.held());
    }
}
