//! Rules of the source `k8s_audit`: Falco's own on the events of its tests, and cases in YAML.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use saker_alert::{Alert, AlertId, Clock, JsonKeys, JsonRenderer, Node, Occurrence, TimeFormat};
use saker_audit_source::{AuditEvent, Batch, Limits};
use saker_event_decode::WallClock;
use saker_process_state::{Limits as ProcessLimits, NoSource, ProcessState, Users};
use saker_rule_cases::{Bench, CaseError, Problem, parse};
use saker_rule_engine::{CompileOptions, Evaluation, Matching, RuleSet, RuleState};
use saker_rule_fields::{
    EventContext, Fields, Host, Payload, Scratch, Surroundings, builtin_plugins,
};
use saker_rule_language::{LoadOptions, Severity, SourceFile, load};
use serde_json::Value;

fn compiled(files: &[SourceFile], matching: Matching) -> RuleSet {
    let options = LoadOptions {
        plugins: Some(builtin_plugins()),
        ..LoadOptions::default()
    };
    let loaded = load(files, &Fields::new(), &options);
    let errors: Vec<String> = loaded
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let options = CompileOptions {
        matching,
        ..CompileOptions::default()
    };
    RuleSet::compile(&loaded.rules.unwrap(), &options).unwrap()
}

/// The alerts that events raise, one after the other.
fn alerts(rules: &RuleSet, events: &[AuditEvent]) -> Vec<Alert> {
    let processes = ProcessState::new(
        ProcessLimits::default(),
        Box::new(NoSource),
        Box::new(NoSource),
    );
    let host = Host::new("test", Users::new(Path::new("/nonexistent")));
    let scratch = Scratch::new();
    let surroundings = Surroundings {
        processes: Some(&processes),
        clock: &WallClock::new(0),
        host: &host,
        scratch: &scratch,
    };
    let node = Node {
        hostname: "test".into(),
        boot_id: "test".into(),
    };
    let mut evaluation = Evaluation::new();
    let mut alerts = Vec::new();
    for (event, number) in events.iter().zip(1..) {
        let context = EventContext::new(Payload::K8sAudit(event), None, surroundings, number);
        let occurrence = Occurrence::of(&context);
        let event = rules.event(&context);
        for found in rules.evaluate(&event, &mut evaluation) {
            let rule = rules.rule(found.rule).unwrap();
            alerts.push(Alert::compose(&node, rule, &event, found.view, &occurrence));
        }
    }
    alerts
}

fn texts<'v>(case: &'v Value, key: &str) -> Vec<&'v str> {
    let array = case[key].as_array().unwrap();
    array.iter().map(|text| text.as_str().unwrap()).collect()
}

fn source(folder: &Path, name: &str) -> SourceFile {
    let path = folder.join(name);
    SourceFile::new(name, &fs::read_to_string(path).unwrap())
}

fn counted(alerts: &[Alert]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for alert in alerts {
        *counts.entry(&*alert.rule).or_insert(0) += 1;
    }
    counts
}

fn run(folder: &Path, case: &Value, rules: &RuleSet) {
    let name = &case["test"];
    let mut events = Vec::new();
    for file in texts(case, "events") {
        let batch = Batch::from_lines(&fs::read(folder.join(file)).unwrap(), &Limits::default());
        assert!(batch.errors.is_empty(), "{name}: {:?}", batch.errors);
        events.extend(batch.events);
    }
    let alerts = alerts(rules, &events);
    let counts = counted(&alerts);
    let expected = case["expect_rule_counts"].as_object().unwrap();
    assert_eq!(
        !alerts.is_empty(),
        case["expect_detections"] == true,
        "{name}"
    );
    let priorities = texts(case, "expect_priority");
    for (rule, count) in expected {
        assert_eq!(
            counts.get(&**rule),
            count.as_u64().as_ref(),
            "{name}: {counts:?}"
        );
        for alert in alerts.iter().filter(|alert| *alert.rule == **rule) {
            let priority = alert.priority.to_string().to_uppercase();
            let is_expected = priorities
                .iter()
                .any(|expected| priority.starts_with(expected));
            assert!(is_expected, "{name}: {priority}");
            assert_eq!(&*alert.source, "k8s_audit");
        }
    }
}

#[test]
fn falcos_tests() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let folder = folder.join("k8saudit");
    let cases = fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let mut ran = 0;
    let mut compiled_sets = BTreeMap::new();
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let files = texts(&case, "rules");
        let rules = compiled_sets.entry(files.join(" ")).or_insert_with(|| {
            let sources: Vec<SourceFile> = files.iter().map(|file| source(&folder, file)).collect();
            // Falco's default: the first rule that fires ends the search.
            compiled(&sources, Matching::First)
        });
        run(&folder, &case, rules);
        ran += 1;
    }
    assert!(ran > 20, "only {ran} cases");
}

#[test]
fn falcos_rules_can_match_and_are_of_their_source() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let files = [source(&folder, "falco-rules/k8s_audit_rules.yaml")];
    let rules = compiled(&files, Matching::First);
    assert!(rules.rules().len() > 30);
    assert_eq!(
        rules.event_ids().count(),
        0,
        "no event of the kernel is needed"
    );
    for rule in rules.rules() {
        assert_eq!(&*rule.source, "k8s_audit", "{}", rule.name);
    }
    let in_use = rules
        .rules()
        .iter()
        .filter(|rule| rule.state == RuleState::Enabled);
    assert!(in_use.count() > 30);
}

const RULES: &str = r#"
- rule: Command run in pod
  desc: A user runs a command in a pod.
  source: k8s_audit
  condition: ka.target.subresource = exec and not ka.user.name startswith "system:"
  output: Command run (time=%evt.time user=%ka.user.name command=%ka.uri.param[command] groups=%ka.user.groups reason=%ka.auth.reason)
  priority: NOTICE
- rule: Anything from the kernel
  desc: Never asked about requests.
  condition: evt.type exists or evt.num exists
  output: Kernel (%evt.type)
  priority: DEBUG
- rule: Privileged pod
  desc: A privileged container is created.
  source: k8s_audit
  condition: ka.verb = create and ka.req.pod.containers.privileged intersects (true)
  output: Privileged (images=%ka.req.pod.containers.image)
  priority: WARNING
"#;

const CASES: &str = r#"
- rule: Command run in pod
  cases:
    - name: a user runs a command
      expect: [Command run in pod]
      message: "Command run (time=22:13:20.000000000 user=ann command=/bin/sh -c x groups=(dev,ops) reason=<NA>)"
      event:
        audit:
          requestURI: /api/v1/namespaces/shop/pods/web/exec?command=%2Fbin%2Fsh+-c+x
          user: {username: ann, groups: [dev, ops]}
          objectRef: {resource: pods, subresource: exec}
    - name: the control plane does
      expect: []
      event:
        audit:
          user: {username: "system:node:a"}
          objectRef: {resource: pods, subresource: exec}
- rule: Privileged pod
  cases:
    - name: the second container is privileged
      expect: [Privileged pod]
      output: ["images=(a,b)"]
      event:
        audit:
          verb: create
          requestObject: {spec: {containers: [{image: a}, {image: b, securityContext: {privileged: true}}]}}
    - name: no container is privileged
      expect: []
      event:
        audit:
          verb: create
          requestObject: {spec: {containers: [{image: a, securityContext: {privileged: false}}]}}
- rule: Anything from the kernel
  cases:
    - name: a file is removed
      expect: [Anything from the kernel]
      event: {type: unlink, args: {path: /x}}
"#;

#[test]
fn cases_can_be_requests() {
    let rules = compiled(&[SourceFile::new("rules", RULES)], Matching::All);
    let bench = Bench::new(&rules);
    for (_, case) in parse(Path::new("inline"), CASES).unwrap().cases() {
        let outcome = bench.run(case).unwrap();
        assert!(
            outcome.differences.is_empty(),
            "{}: {:?}",
            case.name,
            outcome.differences
        );
    }
}

#[test]
fn a_request_has_no_process_and_a_time() {
    let rules = compiled(&[SourceFile::new("rules", RULES)], Matching::All);
    let bench = Bench::new(&rules);
    let run = |event: &str| {
        let text = format!("- rule: x\n  cases:\n    - {{name: y, expect: [], {event}}}\n");
        let file =
            parse(Path::new("inline"), &text).map_err(|mut errors| match errors.remove(0) {
                CaseError::Case { problem, .. } => *problem,
                other => panic!("{other}"),
            })?;
        let (_, case) = file.cases().next().unwrap();
        match bench.run(case) {
            Ok(_) => Ok(()),
            Err(CaseError::Case { problem, .. }) => Err(*problem),
            Err(other) => panic!("{other}"),
        }
    };
    assert!(run("event: {audit: {verb: get}}").is_ok());
    assert!(matches!(
        run("event: {audit: {stageTimestamp: now}}"),
        Err(Problem::Audit(_))
    ));
    for (event, expected) in [
        ("event: {audit: {kind: EventList, items: []}}", "items"),
        ("event: {type: open, audit: {}}", "type"),
        ("event: {audit: {}}, ancestors: [{name: sh}]", "ancestors"),
    ] {
        assert!(matches!(run(event), Err(Problem::NotOfAudit { key }) if key == expected));
    }
    assert!(matches!(
        run("event: {}"),
        Err(Problem::UnknownEvent { .. })
    ));
}

#[test]
fn alerts_of_requests_can_be_told_apart() {
    let rules = compiled(&[SourceFile::new("rules", RULES)], Matching::All);
    let event = |id: &str, stage: &str| {
        format!(
            r#"{{"kind":"Event","auditID":"{id}","stage":"{stage}","stageTimestamp":"2018-10-20T00:18:26Z",
                "user":{{"username":"ann"}},"objectRef":{{"subresource":"exec"}}}}"#
        )
        .replace('\n', "")
    };
    let lines = [
        event("1", "ResponseStarted"),
        event("1", "ResponseComplete"),
        event("2", "ResponseComplete"),
        event("2", "ResponseComplete"),
    ];
    let batch = Batch::from_lines(lines.join("\n").as_bytes(), &Limits::default());
    let alerts = alerts(&rules, &batch.events);
    let ids: Vec<AlertId> = alerts.iter().map(|alert| alert.id).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    assert_eq!(ids[2], ids[3], "the same event twice");
    let json = JsonRenderer::new(Clock::utc(TimeFormat::TimeOfDay), JsonKeys::default());
    let rendered: Value = serde_json::from_str(&json.line(&alerts[0])).unwrap();
    assert_eq!(rendered["source"], "k8s_audit");
    assert_eq!(rendered["time"], "2018-10-20T00:18:26.000000000Z");
    assert_eq!(
        rendered["output_fields"]["evt.time"],
        1_539_994_706_000_000_000_u64
    );
    assert_eq!(rendered["output_fields"]["ka.user.groups"], Value::Null);
}
