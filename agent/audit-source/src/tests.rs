use proptest::prelude::*;
use serde_json::json;
use std::fs;

use crate::{AuditError, Batch, Limits};

const TIME: &str = "2018-10-20T00:18:26.747868Z";

fn body(value: &serde_json::Value) -> Batch {
    Batch::from_body(value.to_string().as_bytes(), &Limits::default())
}

fn ids(batch: &Batch) -> Vec<&str> {
    let events = batch.events.iter();
    events.filter_map(|event| event.audit_id()).collect()
}

fn errors(batch: &Batch) -> Vec<String> {
    batch.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn one_event() {
    let batch =
        body(&json!({"kind": "Event", "auditID": "a", "stage": "Panic", "stageTimestamp": TIME}));
    assert_eq!(ids(&batch), ["a"]);
    let event = &batch.events[0];
    assert_eq!(event.stage(), Some("Panic"));
    assert_eq!(event.time_wall_ns(), 1_539_994_706_747_868_000);
    assert_eq!(event.json()["kind"], "Event");
    assert!(batch.errors.is_empty());
}

#[test]
fn items_of_a_list_need_no_kind() {
    let item = |id: &str| json!({"auditID": id, "stageTimestamp": TIME});
    let list = json!({"kind": "EventList", "items": [item("a"), item("b")]});
    assert_eq!(ids(&body(&list)), ["a", "b"]);
    let nested = json!([list, [{"kind": "Event", "auditID": "c", "stageTimestamp": TIME}]]);
    assert_eq!(ids(&body(&nested)), ["a", "b", "c"]);
    let empty = body(&json!({"kind": "EventList", "items": []}));
    assert!(empty.events.is_empty() && empty.errors.is_empty());
}

#[test]
fn what_is_no_event_is_named_and_the_rest_kept() {
    let batch = body(&json!([
        {"kind": "Event", "auditID": "a"},
        {"kind": "Pod"},
        {"kind": 0},
        {"kind": "EventList", "items": {}},
        7,
        {"kind": "Event", "auditID": "b", "stageTimestamp": "yesterday"},
        {"kind": "Event", "auditID": "c", "stageTimestamp": 4},
        {"kind": "Event", "auditID": "d", "stageTimestamp": "1969-12-31T00:00:00Z"},
        {"kind": "Event", "auditID": "e", "stageTimestamp": "9999-01-01T00:00:00Z"},
        {"kind": "Event", "auditID": "f", "stageTimestamp": TIME},
    ]));
    assert_eq!(ids(&batch), ["f"]);
    let kind = "no audit event; its 'kind' must be Event, or EventList with 'items'";
    let time = "'stageTimestamp' is not a time after RFC 3339 between 1970 and 2554";
    assert_eq!(
        errors(&batch),
        [
            "event 1: no 'stageTimestamp'".to_owned(),
            format!("event 2: {kind}"),
            format!("event 3: {kind}"),
            format!("event 4: {kind}"),
            format!("event 5: {kind}"),
            format!("event 6: {time}"),
            format!("event 7: {time}"),
            format!("event 8: {time}"),
            format!("event 9: {time}"),
        ]
    );
}

#[test]
fn lines() {
    let line = |id: &str| json!({"kind": "Event", "auditID": id, "stageTimestamp": TIME});
    let text = format!("{}\n\n  \r\nnonsense\n[{}]\n{{", line("a"), line("b"));
    let batch = Batch::from_lines(text.as_bytes(), &Limits::default());
    assert_eq!(ids(&batch), ["a", "b"]);
    assert_eq!(errors(&batch), ["line 4: not JSON", "line 6: not JSON"]);
    let batch = Batch::from_lines(b"{\"kind\": \"Pod\"}", &Limits::default());
    assert!(errors(&batch)[0].starts_with("line 1, event 1: no audit event"));
}

#[test]
fn limits_hold() {
    let event = |id: &str| json!({"kind": "Event", "auditID": id, "stageTimestamp": TIME});
    let text = json!([event("a"), event("long enough"), event("b"), event("c")]).to_string();
    let read = |limits| Batch::from_body(text.as_bytes(), &limits);
    let usual = Limits::default();
    let batch = read(Limits {
        input_bytes_max: text.len() - 1,
        ..usual
    });
    assert!(batch.events.is_empty());
    assert!(matches!(batch.errors[..], [AuditError::TooLarge { .. }]));
    let batch = read(Limits {
        input_bytes_max: text.len(),
        event_bytes_max: event("a").to_string().len(),
        ..usual
    });
    assert_eq!(ids(&batch), ["a", "b", "c"]);
    assert!(matches!(
        batch.errors[..],
        [AuditError::EventTooLarge { .. }]
    ));
    let batch = read(Limits {
        events_max: 2,
        ..usual
    });
    assert_eq!(ids(&batch), ["a", "long enough"]);
    assert_eq!(errors(&batch), ["more than 2 events; send smaller batches"]);
    let lines = "x\n".repeat(100);
    let few = Limits {
        events_max: 3,
        ..usual
    };
    assert_eq!(Batch::from_lines(lines.as_bytes(), &few).errors.len(), 4);
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = "[".repeat(100_000);
    let batch = Batch::from_body(deep.as_bytes(), &Limits::default());
    assert!(matches!(batch.errors[..], [AuditError::Json { .. }]));
}

#[test]
fn falcos_events_are_events() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let mut seen = 0;
    for entry in fs::read_dir(folder.join("k8saudit/events")).unwrap() {
        let path = entry.unwrap().path();
        let batch = Batch::from_lines(&fs::read(&path).unwrap(), &Limits::default());
        // This one tests that nonsense is refused.
        if path.ends_with("fal_01_003.json") {
            assert!(matches!(batch.errors[..], [AuditError::Kind { .. }]));
            continue;
        }
        assert!(
            batch.errors.is_empty(),
            "{}: {:?}",
            path.display(),
            batch.errors
        );
        assert!(!batch.events.is_empty(), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 20, "only {seen} files");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let limits = Limits::default();
        let read = Batch::from_body(&bytes, &limits);
        prop_assert!(read.events.len() + read.errors.len() <= 1);
        drop(Batch::from_lines(&bytes, &limits));
    }

    #[test]
    fn no_words_make_it_panic(words in prop::collection::vec(
        prop::sample::select(vec!["{", "}", "[", "]", ",", ":", "\"kind\"", "\"Event\"", "\"items\"",
            "\"EventList\"", "\"stageTimestamp\"", "\"2018-10-20T00:18:26Z\"", "null", "1e999", "\n"]),
        0..40,
    )) {
        let text = words.concat();
        let limits = Limits { events_max: 4, ..Limits::default() };
        for batch in [Batch::from_body(text.as_bytes(), &limits), Batch::from_lines(text.as_bytes(), &limits)] {
            prop_assert!(batch.events.len() <= 4 && batch.errors.len() <= 5);
        }
    }
}
