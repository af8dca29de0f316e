//! The thread that keeps the process tree and evaluates the rules.

use crate::pipeline::queue::RecordReceiver;
use crate::statistics::Statistics;
use crate::this_host::{boot_time_ns, is_alive, wall_offset_ns};
use arc_swap::ArcSwap;
use saker_alert::{Alert, Node, Occurrence};
use saker_event_decode::{EventView, WallClock};
use saker_process_state::{BootTime, ProcessState};
use saker_rule_engine::{Evaluation, Match, RuleSet};
use saker_rule_fields::{EventContext, Host, Payload, Scratch, Surroundings};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How long the matcher sleeps when there is nothing to match; the reader wakes it.
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
    /// The host.
    pub(crate) host: Host,
    /// What makes alerts of matches.
    pub(crate) raiser: Raiser,
}

/// Makes alerts of matches and hands them on.
pub(crate) struct Raiser {
    /// The host as alerts name it.
    pub(crate) node: Node,
    /// Where alerts go. The matcher never waits for it.
    pub(crate) alerts: mpsc::Sender<Alert>,
    /// What is counted.
    pub(crate) statistics: Arc<Statistics>,
}

impl Matcher {
    /// Starts the thread. It ends when the reader is gone and every record is matched.
    pub(crate) fn spawn(self) -> std::io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("saker-matcher".to_owned())
            .spawn(move || self.run())
    }

    fn run(self) {
        let Self {
            mut records,
            mut processes,
            rules,
            mut host,
            raiser,
        } = self;
        let scratch = Scratch::new();
        let mut evaluation = Evaluation::new();
        let mut clock = WallClock::new(wall_offset_ns());
        let mut next_upkeep = Instant::now();
        let mut next_sweep = Instant::now() + SWEEP;
        let mut number = 0;
        while !records.is_finished() {
            if Instant::now() >= next_upkeep {
                next_upkeep = Instant::now() + UPKEEP;
                clock = WallClock::new(wall_offset_ns());
                upkeep(&mut host, &processes, &raiser.statistics);
            }
            if Instant::now() >= next_sweep {
                next_sweep = Instant::now() + SWEEP;
                processes.retain_alive(BootTime(boot_time_ns()), is_alive);
            }
            let rules = rules.load_full();
            let mut matched = 0;
            while matched < RECORDS_BETWEEN_LOOKS {
                let Some(record) = records.next() else { break };
                matched += 1;
                number += 1;
                let Ok(event) = EventView::parse(record) else {
                    raiser.statistics.malformed.fetch_add(1, Relaxed);
                    continue;
                };
                let process = processes.apply(&event);
                let surroundings = Surroundings {
                    processes: Some(&processes),
                    clock: &clock,
                    host: &host,
                    scratch: &scratch,
                };
                let payload = Payload::Syscall(&event);
                let context = EventContext::new(payload, Some(&process), surroundings, number);
                let event_of_rules = rules.event(&context);
                for found in rules.evaluate(&event_of_rules, &mut evaluation) {
                    raiser.raise(&rules, &event_of_rules, *found, &event, clock);
                }
            }
            if matched == 0 {
                thread::park_timeout(WAIT);
            }
        }
        upkeep(&mut host, &processes, &raiser.statistics);
    }
}

fn upkeep(host: &mut Host, processes: &ProcessState, statistics: &Statistics) {
    host.users.refresh(boot_time_ns());
    // Changes twice a year where summer time is kept.
    host.utc_offset_s = jiff::Zoned::now().offset().seconds();
    statistics.store_processes(processes.len(), processes.stats());
}

impl Raiser {
    /// Composes an alert and hands it on; counts it as lost where the channel is full.
    fn raise<E: saker_rule_engine::Event>(
        &self,
        rules: &RuleSet,
        event_of_rules: &E,
        found: Match,
        event: &EventView<'_>,
        clock: WallClock,
    ) {
        let Some(rule) = rules.rule(found.rule) else {
            return;
        };
        let header = event.header();
        let occurrence = Occurrence {
            time_wall_ns: clock.wall_ns(header.time_boot_ns),
            time_boot_ns: header.time_boot_ns,
            cpu: header.cpu,
            sequence: header.sequence,
        };
        let alert = Alert::compose(&self.node, rule, event_of_rules, found.view, &occurrence);
        self.statistics.count_alert(&alert);
        if self.alerts.try_send(alert).is_err() {
            self.statistics.alerts_lost.fetch_add(1, Relaxed);
        }
    }
}
