//! What policies say about events, and how they are stopped.

use saker_rego_policies::{Event, Judge, Judgment, Limits, PolicySet, Statistics, Syntax, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

const EXECVE: Event<'static> = Event {
    source: "syscall",
    event_type: Some("execve"),
};

fn judge(text: &str) -> Judge {
    let set = PolicySet::of_texts([("p.rego", text)], Syntax::V1, Limits::default());
    Judge::new(Arc::new(set.unwrap_or_else(|error| panic!("{error}"))))
}

fn json(text: &str) -> Value {
    Value::from_json_str(text).expect("json")
}

fn said(judgment: &Judgment) -> Vec<&str> {
    judgment
        .denials
        .iter()
        .map(|found| &*found.message)
        .collect()
}

#[test]
fn denials_and_warnings_are_told_apart() {
    let mut judge = judge(
        r#"package shop
deny contains sprintf("%s is no server", [input.proc.name]) if input.proc.name != "nginx"
violation contains {"msg": "as root", "details": {}} if input.user.uid == 0
warn contains "late" if input.late
"#,
    );
    let judgment = judge.evaluate(
        EXECVE,
        json(r#"{"proc": {"name": "sh"}, "user": {"uid": 0}, "late": true}"#),
    );
    assert_eq!(said(&judgment), ["sh is no server", "as root"]);
    assert_eq!(&*judgment.denials[1].policy, "shop.violation");
    assert_eq!(&*judgment.warnings[0].message, "late");
    let judgment = judge.evaluate(
        EXECVE,
        json(r#"{"proc": {"name": "nginx"}, "user": {"uid": 1}}"#),
    );
    assert_eq!(judgment, Judgment::default());
    assert_eq!(judgment.is_denied(), Some(false));
}

#[test]
fn events_that_nobody_wants_are_not_judged() {
    let mut judge = judge("package p\nsaker_events := [\"connect\"]\ndeny if true");
    assert!(!judge.wants(EXECVE));
    assert!(judge.evaluate(EXECVE, json("{}")).denials.is_empty());
    let connect = Event {
        event_type: Some("connect"),
        ..EXECVE
    };
    assert_eq!(said(&judge.evaluate(connect, json("{}"))), ["p.deny"]);
}

#[test]
fn one_event_leaves_nothing_behind_for_the_next() {
    let mut judge = judge("package p\nx := input.a\ndeny contains x if x");
    assert_eq!(said(&judge.evaluate(EXECVE, json(r#"{"a": "1"}"#))), ["1"]);
    assert!(said(&judge.evaluate(EXECVE, json("{}"))).is_empty());
    assert_eq!(said(&judge.evaluate(EXECVE, json(r#"{"a": "2"}"#))), ["2"]);
}

#[test]
fn objects_of_the_cluster_are_data() {
    let judge = judge(
        r#"package p
deny contains msg if {
    pod := data.kubernetes.pods[input.k8s.ns.name][input.k8s.pod.name]
    pod.metadata.labels.tier == "front"
    msg := "front"
}"#,
    );
    let mut judge = judge
        .with_kubernetes(json(
            r#"{"pods": {"shop": {"web": {"metadata": {"labels": {"tier": "front"}}}}}}"#,
        ))
        .expect("data");
    let input = r#"{"k8s": {"ns": {"name": "shop"}, "pod": {"name": "web"}}}"#;
    assert_eq!(said(&judge.evaluate(EXECVE, json(input))), ["front"]);
}

/// Evaluates what never ends or grows, and says how long that took.
fn stopped(text: &str) -> (Judgment, Duration, Arc<Statistics>) {
    let statistics = Arc::new(Statistics::default());
    let mut judge = judge(text).counting(Arc::clone(&statistics));
    let began = Instant::now();
    let judgment = judge.evaluate(EXECVE, json(r#"{"x": "aaaaaaaaaaaaaaaa"}"#));
    (judgment, began.elapsed(), statistics)
}

/// Far more than the limit, for machines that are busy; far less than these policies would take.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn comprehensions_that_never_end_are_stopped() {
    let (judgment, took, statistics) = stopped(
        r#"package p
n := numbers.range(1, 10000)
deny if count([1 | some a in n; some b in n; some c in n; a + b + c < 0]) > 0
warn contains "still judged" if true
"#,
    );
    assert!(took < PATIENCE, "{took:?}");
    assert_eq!(judgment.is_denied(), None);
    assert_eq!(judgment.warnings.len(), 1, "others are judged");
    assert_eq!(statistics.over_time(), 1);
}

#[test]
fn who_took_too_long_rests() {
    let statistics = Arc::new(Statistics::default());
    let text = "package p\nn := numbers.range(1, 10000)\ndeny if count([1 | some a in n; some b in n; a < b]) < 0";
    let mut judge = judge(text).counting(Arc::clone(&statistics));
    for _ in 0..10 {
        assert_eq!(judge.evaluate(EXECVE, json("{}")).is_denied(), None);
    }
    assert!(statistics.rested() >= 8, "{statistics:?}");
}

#[test]
fn texts_that_grow_are_stopped() {
    let mut text = "package p\nx0 := input.x\n".to_owned();
    let mut body = String::new();
    for number in 1..200 {
        let before = if number == 1 {
            "x0".to_owned()
        } else {
            format!("y{}", number - 1)
        };
        body.push_str(&format!(
            "    y{number} := concat(\"\", [{before}, {before}])\n"
        ));
    }
    text.push_str(&format!("deny if {{\n{body}    count(y199) == 0\n}}\n"));
    let (judgment, took, statistics) = stopped(&text);
    assert!(took < PATIENCE, "{took:?}");
    assert_eq!(judgment.is_denied(), None);
    assert_eq!(statistics.failed() + statistics.over_time(), 1);
}

#[test]
fn functions_that_make_much_of_little_are_stopped() {
    for call in [
        "count(numbers.range(1, 1000000000000))",
        "count(numbers.range_step(1, 1000000000000, 1))",
        "bits.lsh(1, 4000000000)",
        "count(net.cidr_expand(\"0.0.0.0/0\"))",
        "count(sprintf(\"%999999999d\", [1]))",
        "count(sprintf(\"%99999999999999999999d\", [1]))",
        "count(sprintf(concat(\"\", [\"%1\", input.fmt, \"d\"]), [1]))",
        "to_number(\"1e999999999\")",
        "json.unmarshal(\"1e999999999\")",
    ] {
        let (judgment, took, _) = stopped(&format!("package p\ndeny if {call} == 0\n"));
        assert!(took < PATIENCE, "{call}: {took:?}");
        assert!(judgment.denials.is_empty(), "{call}");
    }
}

#[test]
fn messages_of_shared_values_are_bounded() {
    let mut body = "    x0 := [1]\n".to_owned();
    for number in 1..40 {
        let before = number - 1;
        body.push_str(&format!("    x{number} := [x{before}, x{before}]\n"));
    }
    let (judgment, took, _) = stopped(&format!("package p\ndeny[\"k\"] := x39 if {{\n{body}}}\n"));
    assert!(took < PATIENCE, "{took:?}");
    assert!(said(&judgment).iter().all(|message| message.len() <= 1_024));
}

#[test]
fn a_conflict_is_no_verdict() {
    let (judgment, _, statistics) =
        stopped("package p\nx := 1 if input.x\nx := 2 if input.x\ndeny if x == 1\n");
    assert_eq!(judgment.is_denied(), None);
    assert_eq!(statistics.failed(), 1);
}

#[test]
fn printing_is_not_kept() {
    let (judgment, ..) = stopped("package p\ndeny if print(\"hello\", input.x)\n");
    assert_eq!(said(&judgment), ["p.deny"]);
}

/// The deepest that is permitted, in every way at once, on the small stack of a test's thread.
#[test]
fn the_deepest_policies_have_stack_enough() {
    let around = |inner: &str| format!("{}{inner}{}", "[".repeat(9), "]".repeat(9));
    let sum = |inner: &str| format!("1{} + count({inner})", " + 1".repeat(40));
    let mut text = "package p\nf0(x) := x\n".to_owned();
    for number in 1..30 {
        let before = format!("f{}(x)", number - 1);
        text.push_str(&format!("f{number}(x) := {}\n", sum(&around(&before))));
    }
    text.push_str("deny if f29(input.x)\n");
    let (judgment, _, statistics) = stopped(&text);
    assert_eq!(judgment.is_denied(), Some(true), "{statistics:?}");
}
