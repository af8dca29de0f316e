//! `ka.*`, `json.*` and the fields that every event has, of audit events.

use super::scene::{audit, find};
use crate::{FieldSources, FieldValue, Fields, K8S_AUDIT_SOURCE};
use proptest::prelude::*;
use saker_audit_source::{AuditEvent, Batch, Limits};
use saker_rule_language::FieldArgument;
use serde_json::{Value, json};

const TIME: &str = "2018-08-17T17:35:48.123456Z";

/// An event with these parts.
pub(super) struct Audit(AuditEvent);

impl Audit {
    pub(super) fn new(mut parts: Value) -> Self {
        let members = parts.as_object_mut().unwrap();
        members.insert("kind".into(), "Event".into());
        members.insert("stageTimestamp".into(), TIME.into());
        members.entry("auditID").or_insert("a1".into());
        let batch = Batch::from_body(parts.to_string().as_bytes(), &Limits::default());
        Self(batch.events.into_iter().next().unwrap())
    }

    /// An event whose request carries this object.
    pub(super) fn of_object(object: Value) -> Self {
        Self::new(json!({ "requestObject": object }))
    }

    pub(super) fn value(&self, text: &str) -> FieldValue<'static> {
        audit(&self.0, |context, fields| {
            let (id, argument) = find(fields, text);
            fields.extract(id, argument.as_ref(), context).into_owned()
        })
    }

    #[track_caller]
    pub(super) fn text(&self, field: &str, expected: &str) {
        assert_eq!(self.value(field), FieldValue::owned(expected), "{field}");
    }

    #[track_caller]
    pub(super) fn list(&self, field: &str, expected: &[&str]) {
        let expected = expected.iter().map(|text| FieldValue::owned(*text));
        assert_eq!(
            self.value(field),
            FieldValue::List(expected.collect()),
            "{field}"
        );
    }

    #[track_caller]
    pub(super) fn missing(&self, fields: &[&str]) {
        for field in fields {
            assert_eq!(self.value(field), FieldValue::Missing, "{field}");
        }
    }
}

fn request() -> Audit {
    Audit::new(json!({
        "auditID": "1-2",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/default/pods/web/exec?command=cat&command=%2Fetc%2F+x&stdin",
        "verb": "create",
        "user": {"username": "ann", "groups": ["dev", "system:authenticated"]},
        "impersonatedUser": {"username": "root"},
        "sourceIPs": ["10.0.0.1", "::1"],
        "userAgent": "kubectl/v1.30",
        "objectRef": {"resource": "pods", "namespace": "default", "name": "web", "subresource": "exec"},
        "responseStatus": {"metadata": {}, "code": 101, "reason": "Switching"},
        "responseObject": {"metadata": {"name": "answer"}},
        "annotations": {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": "",
            "authentication.openshift.io/decision": "deny",
            "authentication.openshift.io/username": "ann-os",
            "validation.policy.admission.k8s.io/validation_failure": "[]",
            "pod-security.kubernetes.io/audit-violations": "would violate",
            "cluster_name": "north"
        }
    }))
}

#[test]
fn requests() {
    let event = request();
    for (field, expected) in [
        ("ka.auditid", "1-2"),
        ("ka.stage", "ResponseComplete"),
        ("ka.verb", "create"),
        ("ka.uri.param[command]", "cat"),
        ("ka.uri.param[stdin]", ""),
        ("ka.user.name", "ann"),
        ("ka.impuser.name", "root"),
        ("ka.useragent", "kubectl/v1.30"),
        ("ka.target.name", "web"),
        ("ka.target.namespace", "default"),
        ("ka.target.resource", "pods"),
        ("ka.target.subresource", "exec"),
        ("ka.resp.name", "answer"),
        ("ka.response.code", "101"),
        ("ka.response.reason", "Switching"),
        ("ka.auth.decision", "allow"),
        ("ka.auth.reason", ""),
        ("ka.auth.openshift.decision", "deny"),
        ("ka.auth.openshift.username", "ann-os"),
        ("ka.validations.admission.policy.failure", "[]"),
        ("ka.security.pod.violations", "would violate"),
        ("ka.cluster.name", "north"),
        ("ka.req.configmap.name", "web"),
        ("ka.req.binding.subject.has_name[x]", "true"),
    ] {
        event.text(field, expected);
    }
    event.list("ka.user.groups", &["dev", "system:authenticated"]);
    event.list("ka.sourceips", &["10.0.0.1", "::1"]);
    event.list("ka.sourceips[1]", &["::1"]);
    event.missing(&[
        "ka.sourceips[2]",
        "ka.uri.param[tty]",
        "ka.target.pod.name",
        "ka.req.configmap.obj",
        "ka.req.pod.containers.image",
    ]);
}

#[test]
fn parameters_are_decoded() {
    let event = Audit::new(json!({"requestURI": "/x?a%20b=%2Fetc%2F+x%ff&q=%zz#a=1&c=2"}));
    assert_eq!(
        event.value("ka.uri.param[a b]"),
        FieldValue::owned(b"/etc/ x\xff".as_slice())
    );
    event.text("ka.uri.param[q]", "%zz");
    event.missing(&["ka.uri.param[c]"]);
    Audit::new(json!({"requestURI": "/x"})).missing(&["ka.uri.param[a]"]);
}

#[test]
fn the_name_of_a_pod_is_that_of_the_answer() {
    let of = |reference: Value| {
        Audit::new(
            json!({"objectRef": reference, "responseObject": {"metadata": {"name": "web-1"}}}),
        )
    };
    of(json!({"resource": "pods"})).text("ka.target.pod.name", "web-1");
    of(json!({"resource": "pods", "subresource": ""})).text("ka.target.pod.name", "web-1");
    of(json!({"resource": "services"})).missing(&["ka.target.pod.name"]);
    of(json!({"resource": "pods", "subresource": "exec"})).missing(&["ka.target.pod.name"]);
}

#[test]
fn what_is_no_text_is_shown_as_json() {
    let event =
        Audit::new(json!({"verb": null, "stage": true, "user": {"username": {"b": 1, "a": "x"}}}));
    event.text("ka.verb", "null");
    event.text("ka.stage", "true");
    event.text("ka.user.name", r#"{"b":1,"a":"x"}"#);
    Audit::new(json!({"user": {"groups": "dev"}})).missing(&["ka.user.groups"]);
    Audit::new(json!({"user": {"groups": []}})).missing(&["ka.user.groups"]);
}

#[test]
fn bindings() {
    let event = Audit::of_object(json!({
        "roleRef": {"name": "cluster-admin"},
        "subjects": [
            {"kind": "User", "name": "ann"},
            {"kind": "ServiceAccount", "name": "builder", "namespace": "ci"},
            {"kind": "ServiceAccount", "name": "lost"},
            {"kind": "Group", "name": "system:masters"},
            {"kind": "User"},
            "nonsense"
        ]
    }));
    event.text("ka.req.binding.role", "cluster-admin");
    event.list("ka.req.binding.subjects.user_names", &["ann"]);
    event.list(
        "ka.req.binding.subjects.serviceaccount_names",
        &["builder", "lost"],
    );
    event.list(
        "ka.req.binding.subjects.serviceaccount_ns_names",
        &["ci:builder"],
    );
    event.list("ka.req.binding.subjects.group_names", &["system:masters"]);
    let FieldValue::List(subjects) = event.value("ka.req.binding.subjects") else {
        panic!("a list")
    };
    assert_eq!(
        subjects[0],
        FieldValue::owned(r#"{"kind":"User","name":"ann"}"#)
    );
    assert_eq!(subjects[5], FieldValue::owned("nonsense"));
}

#[test]
fn roles() {
    let event = Audit::of_object(json!({"rules": [
        {"apiGroups": ["", "apps"], "resources": ["pods", "pods/exec"], "verbs": ["get"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["*"]},
        {"verbs": "list"}
    ]}));
    event.list("ka.req.role.rules.apiGroups", &["", "apps"]);
    event.list("ka.req.role.rules.resources", &["pods", "pods/exec"]);
    event.list("ka.req.role.rules.nonResourceURLs", &["/metrics"]);
    event.list("ka.req.role.rules.verbs", &["get", "*"]);
    event.list("ka.req.role.rules.verbs[1]", &["*"]);
    event.missing(&[
        "ka.req.role.rules.verbs[2]",
        "ka.req.role.rules.verbs[9]",
        "ka.req.role.rules.resources[1]",
    ]);
    let FieldValue::List(rules) = event.value("ka.req.role.rules") else {
        panic!("a list")
    };
    assert_eq!(rules[2], FieldValue::owned(r#"{"verbs":"list"}"#));
}

#[test]
fn services_and_configmaps() {
    let event = Audit::of_object(json!({
        "data": {"key": "password=x"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]}
    }));
    event.text("ka.req.configmap.obj", r#"{"key":"password=x"}"#);
    event.text("ka.req.service.type", "NodePort");
    event.list("ka.req.service.ports", &[r#"[{"port":80}]"#]);
    event.list("ka.req.service.ports[0]", &[r#"[{"port":80}]"#]);
}

#[test]
fn any_part_by_its_pointer() {
    let event = Audit::new(json!({
        "stage": "Panic", "list": [{"a": 1}, [2, 3]], "a/b": {"c~d": "deep"}, "": "nameless"
    }));
    for (field, expected) in [
        ("jevt.value[/stage]", "Panic"),
        ("json.value[stage]", "Panic"),
        ("json.value[/list/0]", r#"{"a":1}"#),
        ("json.value[/list/1/1]", "3"),
        ("json.value[/a~1b/c~0d]", "deep"),
        ("json.rawtime", "1534527348123456000"),
        ("jevt.rawtime", "1534527348123456000"),
    ] {
        event.text(field, expected);
    }
    event.missing(&[
        "jevt.value[/nothing]",
        "json.value[/list/2]",
        "json.value[/list/x]",
        "json.value[/stage/x]",
        "json.value[/list/]",
    ]);
    let whole = event.value("json.obj");
    let whole = String::from_utf8(whole.as_bytes().unwrap().to_vec()).unwrap();
    assert!(
        whole.starts_with("{\n  \"stage\": \"Panic\",\n  \"list\""),
        "{whole}"
    );
    assert_eq!(event.value("jevt.obj"), event.value("json.obj"));
}

#[test]
fn an_event_without_an_id_has_no_fields_of_its_own() {
    let batch = Batch::from_body(
        json!({"kind": "Event", "stageTimestamp": TIME, "verb": "get"})
            .to_string()
            .as_bytes(),
        &Limits::default(),
    );
    let event = Audit(batch.events.into_iter().next().unwrap());
    event.missing(&["ka.verb"]);
    event.text("json.value[/verb]", "get");
}

#[test]
fn fields_of_all_events() {
    let event = Audit::new(json!({"verb": "get"}));
    event.text("evt.source", "k8s_audit");
    event.text("evt.pluginname", "k8saudit");
    event.text("evt.time", "19:35:48.123456000");
    event.text("evt.time.iso8601", "2018-08-17T17:35:48.123456000+0000");
    event.text("evt.hostname", "sparrow");
    assert_eq!(event.value("evt.num"), FieldValue::Uint(7));
    assert_eq!(
        event.value("evt.rawtime"),
        FieldValue::AbsTime(1_534_527_348_123_456_000)
    );
    assert_eq!(event.value("evt.is_async"), FieldValue::Bool(false));
    let info = event.value("evt.plugininfo");
    let info: Value = serde_json::from_slice(info.as_bytes().unwrap()).unwrap();
    assert_eq!(info["verb"], "get");
    event.missing(&[
        "proc.name",
        "evt.type",
        "user.name",
        "evt.res",
        "evt.asynctype",
    ]);
}

/// JSON in which things stand that extractors look for, and other things where they look.
fn hostile() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "requestObject",
        "responseObject",
        "objectRef",
        "spec",
        "containers",
        "initContainers",
        "ephemeralContainers",
        "securityContext",
        "capabilities",
        "add",
        "image",
        "command",
        "args",
        "ports",
        "hostPort",
        "volumes",
        "hostPath",
        "path",
        "rules",
        "verbs",
        "subjects",
        "kind",
        "name",
        "namespace",
        "metadata",
        "runAsUser",
        "privileged",
        "requestURI",
        "sourceIPs",
        "user",
        "groups",
        "annotations",
        "stage",
        "0",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "?",
            "a?b=%",
            ":@:",
            "User",
            "ServiceAccount",
            "pods",
            "x:1/y"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_event_makes_a_field_panic(top in hostile(), object in hostile()) {
        let mut parts = match top {
            Value::Object(members) => Value::Object(members),
            other => json!({"requestObject": {"spec": other}}),
        };
        if let Some(members) = parts.as_object_mut() {
            members.entry("requestObject").or_insert(object);
        }
        let event = Audit::new(parts);
        let arguments = [
            None,
            Some(FieldArgument::Index(0)),
            Some(FieldArgument::Index(u32::MAX)),
            Some(FieldArgument::Key("".into())),
            Some(FieldArgument::Key("*".into())),
            Some(FieldArgument::Key("/requestObject/spec/~".into())),
        ];
        audit(&event.0, |context, fields: &Fields| {
            for (id, row) in fields.iter() {
                for argument in &arguments {
                    let value = fields.extract(id, argument.as_ref(), context);
                    assert!(!matches!(&value, FieldValue::List(values) if values.is_empty()), "{}", row.name);
                    // These need nothing of the event.
                    let without = ["saker.enrichment", "saker.path_view", "evt.outputtime"];
                    let has_it = row.sources.contains(K8S_AUDIT_SOURCE) || without.contains(&row.name);
                    assert!(has_it || value.is_missing(), "{}: {value:?}", row.name);
                    assert!(row.sources != FieldSources::K8sAudit || !matches!(value, FieldValue::Bool(_)));
                }
            }
        });
    }
}
