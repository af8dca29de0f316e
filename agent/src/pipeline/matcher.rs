//! The thread that keeps the process tree and has events judged.

use crate::pipeline::flows::{self, Flows};
use crate::pipeline::judge::{Arrival, Happening, Judge};
use crate::pipeline::queue::RecordReceiver;
use crate::statistics::Statistics;
use crate::this_host::{boot_time_ns, is_alive, wall_offset_ns};
use arc_swap::ArcSwap;
use saker_event_decode::{EventView, WallClock};
use saker_flow_state::is_flow_record;
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
    /// The connections; nothing happens to them unless they are collected.
    pub(crate) flows: Flows,
}

impl Matcher {
    /// Starts the thread. It ends when the reader is gone and every record is matched.
    pub(crate) fn spawn(self) -> std::io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("saker-matcher".to_owned())
            // Of which only what is used takes memory.
            .stack_size(saker_rego_policies::STACK_BYTES_WANTED)
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
            let is_idle = self.match_some(clock, &mut number, now) == 0;
            self.judge_flows(clock, &mut number, now, |flows, bench| {
                if is_idle {
                    // Nothing waits in the queue that happened before.
                    flows.tick(boot_time_ns());
                }
                flows.show_open_if_due(bench);
            });
            self.judge_pods(clock, &mut number, now);
            if is_idle {
                thread::park_timeout(self.patience(now));
            }
        }
        let now = Instant::now();
        self.judge_flows(clock, &mut number, now, |flows, bench| {
            flows.conclude_all(boot_time_ns());
            flows.show_open(bench);
        });
        self.judge.end(now);
        self.upkeep();
    }

    /// Does something about connections, and has judged what comes of it.
    fn judge_flows(
        &mut self,
        clock: WallClock,
        number: &mut u64,
        now: Instant,
        act: impl FnOnce(&mut Flows, &flows::Bench<'_>),
    ) {
        let rules = self.rules.load_full();
        let mut bench = flows::Bench {
            judge: &mut self.judge,
            rules: &rules,
            processes: &self.processes,
            clock,
            number,
            now,
        };
        act(&mut self.flows, &bench);
        self.flows.judge(&mut bench);
    }

    /// Has judged what happened to the pods of this node. They are kept where they are known: what is not
    /// taken now is the next time.
    fn judge_pods(&mut self, clock: WallClock, number: &mut u64, now: Instant) {
        let events = self.judge.pod_events(clock.wall_ns(boot_time_ns()));
        if events.is_empty() {
            return;
        }
        let rules = self.rules.load_full();
        for event in &events {
            *number += 1;
            let arrival = Arrival {
                what: Happening::Pod(event),
                process: None,
                processes: &self.processes,
                clock,
                number: *number,
            };
            self.judge.judge(arrival, &rules, now);
        }
    }

    /// Has the records judged that are there, up to a bound; gives how many there were.
    fn match_some(&mut self, clock: WallClock, number: &mut u64, now: Instant) -> usize {
        let Self {
            records,
            processes,
            rules,
            judge,
            flows,
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
            let process = flows::process_of(processes, &event);
            judge.take_note(processes.take_container_changes());
            flows.apply(&event, process.as_ref());
            flows.tick(event.header().time_boot_ns);
            if !is_flow_record(&event) {
                let arrival = Arrival {
                    what: Happening::Call(&event),
                    process: process.as_ref(),
                    processes: &*processes,
                    clock,
                    number: *number,
                };
                judge.judge(arrival, &rules, now);
            }
            flows.judge(&mut flows::Bench {
                judge,
                rules: &rules,
                processes,
                clock,
                number,
                now,
            });
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
        statistics.store_flows(self.flows.state());
        statistics.enrichment.store_held(self.judge.held());
    }
}
