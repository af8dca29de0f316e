//! From records of the kernel to alerts, without a kernel.

use super::*;
use crate::pipeline::matcher::Matcher;
use crate::pipeline::raiser::Raiser;
use crate::pipeline::{judge, queue};
use crate::statistics::Statistics;
use arc_swap::ArcSwap;
use saker_alert::{Alert, Node};
use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::{EventId, event, record_flag};
use saker_process_state::{Limits as ProcessLimits, NoSource, Users};
use saker_rule_engine::CompileOptions;
use saker_rule_fields::{Facts, Fields, Host};
use saker_rule_language::{LoadOptions, SourceFile, load};
use std::net::SocketAddr;
use std::sync::Mutex;
use tokio::sync::mpsc;

const MS: u64 = 1_000_000;

/// The first bytes of a TLS handshake: more are needed to say anything.
const HELLO_BEGIN: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

const RULES: &str = r"
- rule: classified
  desc: what a connection is became known
  condition: evt.type = flow_classified and fd.sport = 80
  output: '%proc.name %fd.name'
  priority: NOTICE
  source: flow
- rule: closed
  desc: a connection ended
  condition: evt.type = flow_closed
  output: '%proc.name %fd.name'
  priority: NOTICE
  source: flow
- rule: any call
  desc: records of sockets are no calls
  condition: evt.num >= 0
  output: '%evt.type'
  priority: NOTICE
";

/// A host without a kernel.
struct Stage {
    flows: Flows,
    judge: Judge,
    processes: ProcessState,
    rules: Arc<RuleSet>,
    alerts: mpsc::Receiver<Alert>,
    satisfied: Arc<Mutex<Vec<u64>>>,
    number: u64,
}

impl Stage {
    fn new(observer: Option<Box<dyn FlowObserver>>) -> Self {
        let (sender, alerts) = mpsc::channel(100);
        let raiser = Raiser {
            node: Node {
                hostname: "sparrow".into(),
                boot_id: "boot".into(),
            },
            alerts: Box::new(move |alert| sender.try_send(alert).expect("room for alerts")),
            statistics: Arc::new(Statistics::default()),
        };
        let host = Host::new("sparrow", Users::new(Path::new("/nonexistent")));
        let bounds = judge::bounds(Duration::from_millis(500));
        let satisfied = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&satisfied);
        let satisfied_by: TellSatisfied =
            Box::new(move |of| told.lock().expect("a list").push(of.cookie));
        let source = SourceFile::new("rules.yaml", RULES);
        let loaded = load(&[source], &Fields::new(), &LoadOptions::default());
        let checked = loaded.rules.expect("good rules");
        let rules = RuleSet::compile(&checked, &CompileOptions::default()).expect("rules");
        Self {
            flows: Flows::new(satisfied_by, observer),
            judge: Judge::new(Facts::none(), host, raiser, bounds),
            processes: ProcessState::new(
                ProcessLimits::default(),
                Box::new(NoSource),
                Box::new(NoSource),
            ),
            rules: Arc::new(rules),
            alerts,
            satisfied,
            number: 0,
        }
    }

    fn happens(&mut self, event: EventBuilder) {
        let record = event.build();
        let event = EventView::parse(&record).expect("a record");
        let process = process_of(&mut self.processes, &event);
        self.flows.apply(&event, process.as_ref());
        self.judge_flows();
    }

    fn ticks(&mut self, now_boot_ns: u64) {
        self.flows.tick(now_boot_ns);
        self.judge_flows();
    }

    fn judge_flows(&mut self) {
        let mut bench = Bench {
            judge: &mut self.judge,
            rules: &self.rules,
            processes: &self.processes,
            clock: WallClock::default(),
            number: &mut self.number,
            now: Instant::now(),
        };
        self.flows.judge(&mut bench);
    }

    fn alerts(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.alerts.try_recv().ok())
            .map(|alert| format!("{}: {}", alert.rule, alert.message))
            .collect()
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn socket(local: &str, remote: &str) -> Value {
    Value::tcp(address(local), address(remote))
}

/// A record about the connection of curl (pid 10).
fn of_curl(id: EventId, time: u64) -> EventBuilder {
    EventBuilder::new(id)
        .pid(10)
        .start_boot_ns(MS)
        .time_boot_ns(time)
        .comm("curl")
        .set("cookie", 7_u64)
        .set("socket", socket("10.0.0.1:40000", "10.0.0.2:80"))
}

fn payload(bytes: &[u8], time: u64) -> EventBuilder {
    of_curl(event::FLOW_PAYLOAD, time)
        .set("packet", socket("10.0.0.1:40000", "10.0.0.2:80"))
        .set("interface", 2_u64)
        .set("sent", u64::try_from(bytes.len()).expect("a length"))
        .set("payload", Value::flagged(bytes, 0))
}

fn closed(time: u64) -> EventBuilder {
    of_curl(event::FLOW_CLOSED, time)
        .set("opened", 10 * MS)
        .set("sent_bytes", 300_u64)
        .set("received_bytes", 5_000_u64)
        .set("was_established", 1_u64)
}

#[test]
fn a_connection_raises_alerts_when_it_is_classified_and_when_it_ends() {
    let mut stage = Stage::new(None);
    stage.happens(of_curl(event::FLOW_OPENED, 10 * MS));
    stage.happens(payload(HELLO_BEGIN, 11 * MS));
    assert_eq!(stage.alerts(), [""; 0]);
    stage.ticks(11 * MS + 2_000 * MS + RECORDS_LATE_NS);
    let name = "10.0.0.1:40000->10.0.0.2:80";
    assert_eq!(stage.alerts(), [format!("classified: curl {name}")]);
    assert_eq!(*stage.satisfied.lock().expect("a list"), [7]);
    stage.happens(closed(3_000 * MS));
    assert_eq!(stage.alerts(), [format!("closed: curl {name}")]);
    assert!(stage.flows.state().is_empty());
}

#[test]
fn the_matcher_shows_no_rule_the_records_themselves() {
    let Stage {
        flows,
        judge,
        processes,
        rules,
        mut alerts,
        ..
    } = Stage::new(None);
    let (mut sender, records) = queue::records();
    let matcher = Matcher {
        records,
        processes,
        rules: Arc::new(ArcSwap::new(rules)),
        judge,
        flows,
    };
    let thread = matcher.spawn().expect("a thread");
    let call = EventBuilder::new(event::MKDIRAT).time_boot_ns(9 * MS);
    for event in [
        call,
        of_curl(event::FLOW_OPENED, 10 * MS),
        payload(HELLO_BEGIN, 11 * MS),
    ] {
        sender.send(&event.build(), || thread.thread().unpark());
    }
    drop(sender);
    thread.join().expect("the matcher's end");
    let raised = std::iter::from_fn(|| alerts.try_recv().ok());
    let raised: Vec<_> = raised
        .map(|alert| format!("{}: {}", alert.rule, alert.message))
        .collect();
    assert_eq!(
        raised,
        [
            "any call: mkdirat",
            "classified: curl 10.0.0.1:40000->10.0.0.2:80"
        ]
    );
}

#[test]
fn ids_of_alerts_are_the_same_again_and_differ_from_each_other() {
    let ids = || {
        let mut stage = Stage::new(None);
        stage.happens(of_curl(event::FLOW_OPENED, 10 * MS));
        stage.happens(closed(20 * MS));
        let alerts = std::iter::from_fn(|| stage.alerts.try_recv().ok());
        alerts.map(|alert| alert.id.to_string()).collect::<Vec<_>>()
    };
    let first = ids();
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1]);
    assert_eq!(first, ids());
}

#[test]
fn the_process_that_accepts_is_named_not_the_one_that_listens() {
    let mut stage = Stage::new(None);
    let of_server = |id: EventId, time: u64| {
        let mut event = EventBuilder::new(id)
            .pid(20)
            .start_boot_ns(MS)
            .time_boot_ns(time)
            .comm("nginx-master");
        event.header_mut().flags = record_flag::INHERITED;
        event
            .set("cookie", 8_u64)
            .set("socket", socket("10.0.0.2:80", "10.0.0.1:40000"))
    };
    stage.happens(of_server(event::FLOW_OPENED, 10 * MS));
    let accept = EventBuilder::new(event::ACCEPT4)
        .pid(21)
        .start_boot_ns(2 * MS)
        .time_boot_ns(12 * MS)
        .comm("nginx-worker")
        .result(5)
        .set("tuple", socket("10.0.0.2:80", "10.0.0.1:40000"));
    stage.happens(accept);
    let end = of_server(event::FLOW_CLOSED, 20 * MS)
        .set("opened", 10 * MS)
        .set("was_established", 1_u64);
    stage.happens(end);
    let alerts = stage.alerts();
    assert!(
        alerts.iter().all(|alert| alert.contains("nginx-worker")),
        "{alerts:?}"
    );
    assert_eq!(alerts.len(), 1, "the server's end is at the local port");
}

#[test]
fn an_observer_sees_what_ended_and_what_is_open() {
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);
    impl Seen {
        fn add(&self, what: &str, event: &FlowEvent, context: &EventContext<'_>) {
            let name = context.process().map(|process| process.comm);
            let bytes = event.flow.traffic.received_bytes;
            let line = format!("{what} by {name:?}, {bytes} bytes");
            self.0.lock().expect("a list").push(line);
        }
    }
    impl FlowObserver for Seen {
        fn closed(&mut self, event: &FlowEvent, context: &EventContext<'_>) {
            self.add("closed", event, context);
        }
        fn open(&mut self, event: &FlowEvent, context: &EventContext<'_>) {
            self.add("open", event, context);
        }
        fn shown(&mut self, _: WallClock, _: u64) {
            self.0.lock().expect("a list").push("shown".to_owned());
        }
    }
    let seen = Seen::default();
    let mut stage = Stage::new(Some(Box::new(seen.clone())));
    stage.happens(of_curl(event::FLOW_OPENED, 10 * MS));
    let bench = Bench {
        judge: &mut stage.judge,
        rules: &stage.rules,
        processes: &stage.processes,
        clock: WallClock::default(),
        number: &mut stage.number,
        now: Instant::now(),
    };
    stage.flows.show_open_if_due(&bench);
    assert!(seen.0.lock().expect("a list").is_empty());
    stage.flows.show_open(&bench);
    stage.happens(closed(20 * MS));
    assert_eq!(
        *seen.0.lock().expect("a list"),
        [
            r#"open by Some("curl"), 0 bytes"#,
            "shown",
            r#"closed by Some("curl"), 5000 bytes"#
        ]
    );
}
