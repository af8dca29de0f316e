//! What policies in Rego see of events, and what fields show of what they say.

use super::scene::{CONTAINER_ID, DOCKER_CGROUP, Scene, audit_under, text};
use crate::{Facts, FieldValue, Fields, Needs, PathView, RegoHandle, RegoPolicies};
use saker_audit_source::{Batch, Limits as AuditLimits};
use saker_container_metadata::{Containers, Limits as ContainerLimits};
use saker_event_decode::EventBuilder;
use saker_event_schema::event;
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use saker_rego_policies::{
    Limits, LoadError, Outcome, PolicySet, Syntax, TestRun, Value as Json, run_tests,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn policies(text: &str) -> Result<RegoPolicies, LoadError> {
    let set = PolicySet::of_texts([("p.rego", text)], Syntax::V1, Limits::default());
    RegoPolicies::new(set?, &Fields::new())
}

fn refused(text: &str) -> String {
    policies(text).expect_err("refused").to_string()
}

#[test]
fn fields_that_there_are_not_are_errors() {
    let error = refused("package p\ndeny if input.proc.nam == \"sh\"\n");
    assert!(
        error.starts_with("p.rego:2:9: there is no field `proc.nam`"),
        "{error}"
    );
    assert!(error.contains("did you mean `input.proc.name`?"), "{error}");
    let error = refused("package p\ndeny if input.rego.deny\n");
    assert!(error.contains("what policies say themselves"), "{error}");
    let error = refused("package p\ndeny if input.evt.time == input.evt.time.s\n");
    assert!(error.contains("input[\"evt.time"), "{error}");
    let error = refused("package p\nsaker_events := [\"opanat\"]\ndeny if true\n");
    assert!(error.contains("`opanat`, which is no event"), "{error}");
    policies("package p\ndeny if input.evt.time == input[\"evt.time.s\"]\n").expect("both");
}

#[test]
fn policies_need_what_their_fields_need() {
    let needs = |text: &str| policies(text).expect("loads").needs();
    assert_eq!(
        needs("package p\ndeny if input.proc.name == \"sh\""),
        Needs::NOTHING
    );
    assert!(needs("package p\ndeny if input.container.name == \"web\"").asks_runtime());
    let of_cluster = needs("package p\ndeny if data.kubernetes.nodes[_]");
    assert!(
        of_cluster
            .scope()
            .contains(saker_kube_metadata::Scope::NODES)
    );
    let of_all = needs("package p\ndeny if { some name; input[name] == 1 }");
    assert!(of_all.asks_runtime() && !of_all.scope().is_empty());
}

/// The texts of docs/rego.md are loaded as they stand, and their tests pass.
#[test]
fn the_example_of_the_documentation_works() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rego.md");
    let page = fs::read_to_string(page).expect("docs/rego.md");
    let blocks = |language: &str| -> Vec<String> {
        let begin = format!("\n```{language}\n");
        let parts = page.split(&begin).skip(1);
        let blocks = parts.map(|part| part.split("\n```").next().expect("a block").to_owned());
        blocks.collect()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let texts = blocks("rego");
    assert_eq!(texts.len(), 3, "policy, tests, events");
    for (number, text) in texts.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.rego")), text).expect("written");
    }
    fs::write(folder.path().join("data.json"), &blocks("json")[0]).expect("written");
    let set = PolicySet::load(folder.path(), Syntax::V1, Limits::default());
    let policies = RegoPolicies::new(set.expect("loads"), &Fields::new()).expect("known fields");
    let run = TestRun {
        filter: None,
        time: Duration::from_secs(5),
        coverage: false,
        kubernetes: Json::new_object(),
    };
    let report = run_tests(policies.set(), &run).expect("runs");
    assert_eq!(report.results.len(), 3);
    for result in report.results {
        assert_eq!(result.outcome, Outcome::Passed, "{}", result.name);
    }
}

/// Facts with a policy in force, and nobody else to ask.
fn under(text: &str, facts: Facts) -> Facts {
    let rego = RegoHandle::new(facts.cluster.clone());
    rego.install(Some(Arc::new(policies(text).expect("loads"))));
    Facts { rego, ..facts }
}

fn value(scene: &Scene, name: &str) -> FieldValue<'static> {
    scene.with(PathView::Requested, |context, fields| {
        let id = fields.id(name).expect("a field");
        fields.extract(id, None, context).into_owned()
    })
}

fn unlink(path: &str) -> EventBuilder {
    EventBuilder::new(event::UNLINK).set("path", path)
}

const UNLINKS: &str = r#"package files
saker_events := {"unlink"}
deny contains sprintf("%s by %s", [input.evt.arg.path, input.source]) if {
    startswith(input["evt.arg.path"], "/etc/")
    input.evt.type == "unlink"
}
warn contains "no host" if input.container.name != "host"
"#;

#[test]
fn events_are_judged_by_their_fields() {
    let facts = under(UNLINKS, Facts::none());
    let scene = Scene::new(unlink("/etc/passwd")).with_facts(&facts);
    assert_eq!(value(&scene, "rego.deny"), FieldValue::Bool(true));
    assert_eq!(value(&scene, "rego.policy"), text("files.deny"));
    let said = FieldValue::List(vec![text("/etc/passwd by syscall")]);
    assert_eq!(value(&scene, "rego.violations"), said);
    let scene = Scene::new(unlink("/tmp/x")).with_facts(&facts);
    assert_eq!(value(&scene, "rego.deny"), FieldValue::Bool(false));
    assert_eq!(value(&scene, "rego.policy"), FieldValue::Missing);
    assert_eq!(value(&scene, "rego.violations"), FieldValue::Missing);
}

#[test]
fn an_event_is_judged_once_and_only_where_it_is_wanted() {
    let facts = under(UNLINKS, Facts::none());
    let scene = Scene::new(unlink("/etc/passwd")).with_facts(&facts);
    scene.with(PathView::Requested, |context, fields| {
        for name in [
            "rego.deny",
            "rego.policy",
            "rego.violations",
            "rego.warnings",
        ] {
            let id = fields.id(name).expect("a field");
            drop(fields.extract(id, None, context));
        }
    });
    assert_eq!(facts.rego.statistics().evaluations(), 2, "each rule once");
    let other = EventBuilder::new(event::RMDIR).set("path", "/etc/x");
    let scene = Scene::new(other).with_facts(&facts);
    assert_eq!(value(&scene, "rego.deny"), FieldValue::Bool(false));
    assert_eq!(facts.rego.statistics().evaluations(), 2);
}

#[test]
fn without_policies_nothing_is_said() {
    let scene = Scene::new(unlink("/etc/passwd"));
    assert_eq!(value(&scene, "rego.deny"), FieldValue::Missing);
    let facts = under(UNLINKS, Facts::none());
    facts.rego.install(None);
    let scene = scene.with_facts(&facts);
    assert_eq!(value(&scene, "rego.deny"), FieldValue::Missing);
}

#[test]
fn what_is_looked_up_is_waited_for() {
    let (containers, _requests) = Containers::new(ContainerLimits::default(), Box::new(|| {}));
    containers.appeared(&Arc::new(ContainerRef {
        id: ContainerId::new(CONTAINER_ID),
        runtime: Runtime::Docker,
        pod_uid: None,
        cgroup_path: b"/x"[..].into(),
    }));
    let facts = Facts {
        containers,
        ..Facts::none()
    };
    let facts = under(UNLINKS, facts);
    let event = unlink("/etc/passwd").cgroup_id(DOCKER_CGROUP);
    let mut scene = Scene::new(event).with_facts(&facts);
    assert_eq!(value(&scene, "rego.deny"), FieldValue::Pending);
    scene.end_patience();
    assert_eq!(
        value(&scene, "rego.deny"),
        FieldValue::Bool(true),
        "what is known now"
    );
}

#[test]
fn requests_to_the_api_server_are_whole() {
    let text = r#"package rbac
deny contains input.audit.requestObject.roleRef.name if input.ka.verb == "create"
deny contains "not for flows" if input.flow.security
"#;
    let facts = under(text, Facts::none());
    let parts = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","verb":"create","requestReceivedTimestamp":"2026-01-02T03:04:05.000000Z",
        "stageTimestamp":"2026-01-02T03:04:05.000000Z","requestObject":{"roleRef":{"name":"cluster-admin"}}}"#;
    let batch = Batch::from_body(parts.as_bytes(), &AuditLimits::default());
    let event = batch.events.into_iter().next().expect("one");
    audit_under(&event, &facts, |context, fields| {
        let id = fields.id("rego.violations").expect("a field");
        let said = fields.extract(id, None, context).into_owned();
        assert_eq!(said, FieldValue::List(vec![self::text("cluster-admin")]));
    });
}
