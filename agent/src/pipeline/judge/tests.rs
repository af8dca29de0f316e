//! Time is what the tests say: nobody sleeps.

use super::*;
use crate::statistics::Statistics;
use saker_alert::{Alert, Node};
use saker_container_metadata::{ContainerInfo, Containers, Limits as ContainerLimits, Requests};
use saker_event_decode::EventBuilder;
use saker_event_schema::event;
use saker_process_state::{
    CgroupId, CgroupResolver, Limits, NoSource, ProcessState, Runtime, Users,
};
use saker_rule_engine::{CompileOptions, Matching};
use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, SourceFile, load};
use std::path::Path;
use tokio::sync::mpsc;

const WAIT: Duration = Duration::from_millis(500);

/// A cgroup outside of containers.
const HOST: u64 = 1;

/// cgroups of containers: the id of a container is its number, repeated.
const NGINX: u64 = 2;
const REDIS: u64 = 3;

const RULES: &str = r"
- rule: nginx runs something
  desc: a program in a container of this image
  condition: evt.type = execve and container.image.repository = nginx
  output: ran %proc.name
  priority: NOTICE
- rule: something runs
  desc: a program anywhere
  condition: evt.type = execve and proc.name startswith run
  output: ran %proc.name (parent=%proc.pname)
  priority: NOTICE
- rule: somebody opens
  desc: a file, with the image in the output
  condition: evt.type = openat and fd.name = /etc/shadow
  output: opened (image=%container.image.repository)
  priority: NOTICE
";

struct Numbers;

impl CgroupResolver for Numbers {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        Some(match id.0 {
            HOST => b"/user.slice".to_vec(),
            number => format!("/docker/{}", container_id(number).full()).into_bytes(),
        })
    }
}

fn container_id(cgroup: u64) -> ContainerId {
    ContainerId::new(&cgroup.to_string().repeat(64))
}

/// A host whose runtime is the test.
struct Stage {
    judge: Judge,
    processes: ProcessState,
    rules: Arc<RuleSet>,
    containers: Containers,
    _requests: Requests,
    alerts: mpsc::Receiver<Alert>,
    statistics: Arc<Statistics>,
    now: Instant,
    number: u64,
}

impl Stage {
    fn new(rules: &str, matching: Matching) -> Self {
        Self::with(rules, matching, bounds(WAIT))
    }

    fn with(rules: &str, matching: Matching, bounds: Bounds) -> Self {
        let limits = ContainerLimits {
            // The tests decide when it is over.
            wait: Duration::from_secs(3600),
            ..ContainerLimits::default()
        };
        let (containers, requests) = Containers::new(limits, Box::new(|| {}));
        let facts = Facts {
            containers: containers.clone(),
            ..Facts::none()
        };
        let (sender, alerts) = mpsc::channel(10_000);
        let statistics = Arc::new(Statistics::default());
        let raiser = Raiser {
            node: Node {
                hostname: "sparrow".into(),
                boot_id: "boot".into(),
            },
            alerts: Box::new(move |alert| sender.try_send(alert).expect("room for alerts")),
            statistics: Arc::clone(&statistics),
        };
        let host = Host::new("sparrow", Users::new(Path::new("/nonexistent")));
        Self {
            judge: Judge::new(facts, host, raiser, bounds),
            processes: ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(Numbers)),
            rules: compiled(rules, matching),
            containers,
            _requests: requests,
            alerts,
            statistics,
            now: Instant::now(),
            number: 0,
        }
    }

    /// An event happens.
    fn happens(&mut self, event: EventBuilder) {
        self.number += 1;
        let record = event.time_boot_ns(self.number * 1_000_000).build();
        let event = EventView::parse(&record).expect("a record");
        let process = self.processes.apply(&event);
        self.judge
            .take_note(self.processes.take_container_changes());
        let arrival = Arrival {
            what: Happening::Call(&event),
            process: Some(&process),
            processes: &self.processes,
            clock: WallClock::default(),
            number: self.number,
        };
        self.judge.judge(arrival, &self.rules, self.now);
    }

    fn passes(&mut self, time: Duration) {
        self.now += time;
        self.judge.review(self.now);
    }

    fn learn(&mut self, cgroup: u64, image: &str) {
        let mut info = ContainerInfo::new(container_id(cgroup), Runtime::Docker);
        info.image.repository = Some(image.into());
        self.containers.learn(info);
        self.passes(Duration::ZERO);
    }

    /// The texts of the alerts that came since.
    fn alerts(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.alerts.try_recv().ok())
            .map(|alert| match alert.enrichment {
                Enrichment::Complete => alert.message,
                Enrichment::Partial(_) => format!("{} partial", alert.message),
            })
            .collect()
    }
}

fn compiled(rules: &str, matching: Matching) -> Arc<RuleSet> {
    let source = SourceFile::new("rules.yaml", rules);
    let loaded = load(&[source], &Fields::new(), &LoadOptions::default());
    let checked = loaded.rules.expect("good rules");
    let options = CompileOptions {
        matching,
        ..CompileOptions::default()
    };
    Arc::new(RuleSet::compile(&checked, &options).expect("rules that compile"))
}

fn exec(pid: u32, name: &str, cgroup: u64) -> EventBuilder {
    EventBuilder::new(event::EXECVE)
        .pid(pid)
        .start_boot_ns(u64::from(pid))
        .comm(name)
        .exec_id(2)
        .cgroup_id(cgroup)
        .set("args", [name])
        .set("trusted_exepath", format!("/usr/bin/{name}").as_str())
        .set("filename", format!("/usr/bin/{name}").as_str())
}

fn open(pid: u32, name: &str, cgroup: u64) -> EventBuilder {
    EventBuilder::new(event::OPENAT)
        .pid(pid)
        .start_boot_ns(u64::from(pid))
        .cgroup_id(cgroup)
        .result(3)
        .set("name", name)
        .set("file_path", name)
}

#[test]
fn what_needs_nothing_does_not_wait() {
    let mut stage = Stage::new(RULES, Matching::First);
    stage.happens(exec(10, "run-on-host", HOST));
    stage.happens(open(10, "/etc/hosts", HOST));
    stage.happens(open(11, "/etc/hosts", NGINX));
    assert_eq!(stage.alerts(), ["ran run-on-host (parent=<NA>)"]);
    assert_eq!(stage.judge.held(), 0);
    assert_eq!(stage.judge.deadline(), None);
}

#[test]
fn no_later_rule_fires_while_an_earlier_one_waits() {
    for (image, alert) in [("nginx", "ran run"), ("redis", "ran run (parent=<NA>)")] {
        let mut stage = Stage::new(RULES, Matching::First);
        stage.happens(exec(10, "run", NGINX));
        assert_eq!(stage.alerts(), [""; 0]);
        assert_eq!(stage.judge.deadline(), Some(stage.now + WAIT));
        stage.passes(WAIT / 2);
        assert_eq!(stage.alerts(), [""; 0]);
        stage.learn(NGINX, image);
        assert_eq!(stage.alerts(), [alert]);
        assert_eq!(stage.judge.held(), 0);
    }
}

#[test]
fn all_that_match_come_together_and_in_order() {
    let mut stage = Stage::new(RULES, Matching::All);
    stage.happens(exec(10, "run", NGINX));
    assert_eq!(stage.alerts(), [""; 0]);
    stage.learn(NGINX, "nginx");
    assert_eq!(stage.alerts(), ["ran run", "ran run (parent=<NA>)"]);
}

#[test]
fn an_output_is_waited_for() {
    let mut stage = Stage::new(RULES, Matching::First);
    stage.happens(open(10, "/etc/shadow", NGINX));
    assert_eq!(stage.alerts(), [""; 0]);
    stage.learn(NGINX, "nginx");
    assert_eq!(stage.alerts(), ["opened (image=nginx)"]);
}

#[test]
fn when_the_time_is_over_what_is_known_decides() {
    let mut stage = Stage::new(RULES, Matching::First);
    stage.happens(exec(10, "run", NGINX));
    stage.happens(open(10, "/etc/shadow", REDIS));
    stage.passes(WAIT - Duration::from_millis(1));
    assert_eq!(stage.alerts(), [""; 0]);
    stage.passes(Duration::from_millis(1));
    assert_eq!(
        stage.alerts(),
        [
            "ran run (parent=<NA>) partial",
            "opened (image=<NA>) partial"
        ]
    );
    let lacking = stage.statistics.enrichment.lacking();
    assert_eq!(lacking.into_iter().collect::<Vec<_>>(), [("timed_out", 2)]);
    // Nothing comes twice.
    stage.learn(NGINX, "nginx");
    assert_eq!(stage.alerts(), [""; 0]);
}

#[test]
fn what_matches_queues_behind_its_container_and_nothing_else_does() {
    let rules = format!(
        "{RULES}
- rule: somebody makes a folder
  desc: reads nothing that has to be looked up
  condition: evt.type = mkdirat
  output: made %evt.arg.path
  priority: NOTICE
"
    );
    let mkdir = |cgroup: u64, path: &str| {
        EventBuilder::new(event::MKDIRAT)
            .pid(20)
            .start_boot_ns(20)
            .cgroup_id(cgroup)
            .set("path", path)
    };
    let mut stage = Stage::new(&rules, Matching::First);
    stage.happens(exec(10, "run", NGINX));
    stage.happens(mkdir(NGINX, "/behind"));
    stage.happens(open(10, "/etc/shadow", NGINX));
    stage.happens(mkdir(REDIS, "/elsewhere"));
    stage.happens(exec(11, "run-on-host", HOST));
    assert_eq!(
        stage.alerts(),
        ["made /elsewhere", "ran run-on-host (parent=<NA>)"]
    );
    assert_eq!(stage.judge.held(), 3);
    // The answer of one container says nothing about another.
    stage.learn(REDIS, "redis");
    assert_eq!(stage.alerts(), [""; 0]);
    stage.learn(NGINX, "nginx");
    assert_eq!(
        stage.alerts(),
        ["ran run", "made /behind", "opened (image=nginx)"]
    );
    stage.happens(mkdir(NGINX, "/later"));
    assert_eq!(stage.alerts(), ["made /later"]);
}

#[test]
fn an_event_keeps_the_processes_of_its_time() {
    let mut stage = Stage::new(RULES, Matching::First);
    stage.happens(exec(10, "parent", NGINX));
    stage.learn(NGINX, "other");
    let fork = EventBuilder::new(event::SCHED_PROCESS_FORK)
        .pid(10)
        .start_boot_ns(10)
        .cgroup_id(NGINX)
        .set("child_pid", 11_i64)
        .set("child_tid", 11_i64)
        .set("child_start", 11_u64)
        .set("child_exec_id", 2_u64)
        .set("child_cgroup", REDIS);
    stage.happens(fork);
    stage.happens(exec(11, "run", REDIS).ppid(10));
    stage.happens(exec(10, "changed", NGINX).exec_id(3));
    assert_eq!(stage.alerts(), [""; 0]);
    stage.learn(REDIS, "redis");
    assert_eq!(stage.alerts(), ["ran run (parent=parent)"]);
}

#[test]
fn an_event_keeps_the_rules_of_its_time() {
    let mut stage = Stage::new(RULES, Matching::First);
    stage.happens(exec(10, "run", NGINX));
    stage.rules = compiled(&RULES.replace("ran", "started"), Matching::First);
    stage.happens(exec(11, "run", NGINX));
    stage.learn(NGINX, "nginx");
    assert_eq!(stage.alerts(), ["ran run", "started run"]);
}

#[test]
fn at_the_end_all_are_judged() {
    let mut stage = Stage::new(RULES, Matching::First);
    stage.happens(exec(10, "run-first", NGINX));
    stage.happens(exec(11, "run-second", REDIS));
    stage.judge.end(stage.now);
    assert_eq!(
        stage.alerts(),
        [
            "ran run-first (parent=<NA>) partial",
            "ran run-second (parent=<NA>) partial"
        ]
    );
    let lacking = stage.statistics.enrichment.lacking();
    assert_eq!(lacking.into_iter().collect::<Vec<_>>(), [("shutdown", 2)]);
}

#[test]
fn the_oldest_makes_room() {
    let bounds = Bounds {
        of_queue_max: 2,
        all_max: 3,
        ..bounds(WAIT)
    };
    let mut stage = Stage::with(RULES, Matching::First, bounds);
    for (pid, cgroup) in [(10, NGINX), (11, NGINX), (12, REDIS)] {
        stage.happens(exec(pid, &format!("run-{pid}"), cgroup));
    }
    assert_eq!(stage.alerts(), [""; 0]);
    stage.happens(exec(13, "run-13", REDIS));
    assert_eq!(stage.alerts(), ["ran run-10 (parent=<NA>) partial"]);
    stage.happens(exec(14, "run-14", REDIS));
    assert_eq!(stage.alerts(), ["ran run-12 (parent=<NA>) partial"]);
    let lacking = stage.statistics.enrichment.lacking();
    assert_eq!(lacking.into_iter().collect::<Vec<_>>(), [("no_room", 2)]);
    // Those behind are still answered.
    stage.learn(NGINX, "nginx");
    assert_eq!(stage.alerts(), ["ran run-11"]);
}

#[test]
fn without_a_runtime_nobody_waits() {
    let mut stage = Stage::new(RULES, Matching::First);
    stage.containers = Containers::without_runtime();
    stage.judge.bench.facts.containers = stage.containers.clone();
    stage.happens(exec(10, "run", NGINX));
    assert_eq!(stage.alerts(), ["ran run (parent=<NA>) partial"]);
    let lacking = stage.statistics.enrichment.lacking();
    assert_eq!(lacking.into_iter().collect::<Vec<_>>(), [("no_runtime", 1)]);
}
