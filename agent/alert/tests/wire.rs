//! The message of an alert: bounded, safe to print, and complete.

use std::path::Path;

use saker_alert::{Agent, Alert, Node, Occurrence};
use saker_event_decode::{EventBuilder, EventView, WallClock};
use saker_event_schema::event;
use saker_process_state::{Limits, NoSource, ProcessState, Users};
use saker_proto::{AlertId, v1};
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::{EventContext, Fields, Host, Payload, Scratch, Surroundings};
use saker_rule_language::{LoadOptions, SourceFile, load};

const RULES: &str = "
- rule: Anything unlinked
  desc: Any file was removed.
  condition: evt.type = unlink
  output: Removed (file=%fd.name user=%user.uid pod=%k8s.pod.name)
  priority: NOTICE
  tags: [host, mitre_impact]
";

fn rules() -> RuleSet {
    let options = LoadOptions::default();
    let loaded = load(
        &[SourceFile::new("rules.yaml", RULES)],
        &Fields::new(),
        &options,
    );
    let checked = loaded.rules.expect("rules without errors");
    RuleSet::compile(&checked, &CompileOptions::default()).expect("rules that compile")
}

/// The message of the alert that a process raises that runs with these arguments.
fn message(arguments: &[&[u8]]) -> (Alert, v1::Alert) {
    let mut processes =
        ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(NoSource));
    let exec = EventBuilder::new(event::EXECVE)
        .pid(7)
        .comm("x\n\u{1b}[2J")
        .exec_id(2)
        .set("args", arguments.join(&b"\0"[..]))
        .set("trusted_exepath", b"/tmp/\xffx".as_slice())
        .set("cwd", "/home");
    let record = exec.build();
    processes.apply(&EventView::parse(&record).expect("a record"));
    let unlink = EventBuilder::new(event::UNLINK).pid(7).exec_id(2);
    let record = unlink.set("path", "/tmp/file").build();
    let view = EventView::parse(&record).expect("a record");
    let process = processes.apply(&view);
    let host = Host::new("sparrow", Users::new(Path::new("/nonexistent")));
    let surroundings = Surroundings {
        processes: Some(&processes),
        clock: &WallClock::new(1_000_000_000),
        host: &host,
        scratch: &Scratch::new(),
    };
    let context = EventContext::new(Payload::Syscall(&view), Some(&process), surroundings, 1);
    let node = Node {
        hostname: "sparrow".into(),
        boot_id: "boot".into(),
    };
    let rules = rules();
    let event = rules.event(&context);
    let mut evaluation = Evaluation::new();
    let found = rules.evaluate(&event, &mut evaluation)[0];
    let rule = rules.rule(found.rule).expect("the rule");
    let occurrence = Occurrence::of(&context);
    let alert = Alert::compose(&node, rule, &event, found.view, &occurrence)
        .with_details(context.subject(), rules.digest());
    let message = alert.to_wire(&Agent::new("0.1.0", "production"));
    (alert, message)
}

#[test]
fn the_message_has_what_the_alert_has() {
    let (alert, message) = message(&[b"x", b"-v"]);
    assert_eq!(AlertId::from_slice(&message.id), Some(alert.id));
    assert_eq!(message.time_unix_ns, alert.time_wall_ns);
    assert_eq!(message.rule, "Anything unlinked");
    assert_eq!(message.priority(), v1::Priority::Notice);
    assert_eq!(message.tags, ["host", "mitre_impact"]);
    assert_eq!(message.output, alert.message);
    assert_eq!(message.path_view(), v1::PathView::Requested);
    assert_eq!(message.enrichment(), v1::Enrichment::Complete);
    assert_eq!(message.cluster, "production");
    assert_eq!(message.event_type, "unlink");
    let names: Vec<_> = message.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, ["fd.name", "user.uid", "k8s.pod.name"]);
    let unknown = message.fields[2].value.as_ref().expect("a value");
    assert_eq!(unknown.kind, None);
    let node = message.node.expect("the node");
    assert_eq!((&*node.hostname, &*node.boot_id), ("sparrow", "boot"));
    let engine = message.engine.expect("the engine");
    assert_eq!(engine.version, "0.1.0");
    assert_eq!(
        engine.rules_digest,
        alert.rules.expect("rules").0.as_slice()
    );
    assert_eq!(
        engine.schema_digest,
        saker_rule_fields::schema_digest().0.as_slice()
    );
}

#[test]
fn the_texts_of_a_process_are_safe() {
    let (_, message) = message(&[b"x", b"a\nb\xff", b"", b"\xe2\x80\xae"]);
    let process = message.process.expect("the process");
    assert_eq!(process.pid, 7);
    assert_eq!(process.name, r"x\n\u001b[2J");
    assert_eq!(process.executable, r"/tmp/\xffx");
    assert_eq!(process.working_directory, "/home");
    assert_eq!(process.arguments, ["x", r"a\nb\xff", "", r"\u202e"]);
    assert!(!process.arguments_cut);
    assert_eq!(message.container, None);
    assert_eq!(message.pod, None);
}

#[test]
fn arguments_are_bounded_and_what_was_cut_is_said() {
    let long = [b'a'; 3_000];
    let (_, cut) = message(&[b"x", &long, &long]);
    let process = cut.process.expect("the process");
    let lengths: Vec<_> = process.arguments.iter().map(String::len).collect();
    assert_eq!(lengths, [1, 3_000, 4_096 - 1 - 1 - 3_000 - 1]);
    assert!(process.arguments_cut);
    let many = vec![&b""[..]; 400];
    let (_, cut) = message(&many);
    let process = cut.process.expect("the process");
    assert_eq!(process.arguments.len(), 256);
    assert!(process.arguments_cut);
}
