//! Lines and objects are those that Falco prints for the same alert.

use std::sync::Arc;

use jiff::tz::TimeZone;
use saker_alert::{
    Alert, AlertId, Clock, Colour, JsonKeys, JsonRenderer, Node, OutputField, OutputValue,
    Presence, Subject, TextRenderer, TimeFormat,
};
use saker_container_metadata::Reason;
use saker_rule_engine::{Enrichment, PathView};
use saker_rule_language::Priority;

fn alert(time_wall_ns: u64) -> Alert {
    Alert {
        id: AlertId::from_bytes([0; 16]),
        time_wall_ns,
        rule: "open_from_cat".into(),
        priority: Priority::Warning,
        source: "syscall".into(),
        tags: ["filesystem", "process", "testing"].map(Arc::from).into(),
        node: Node {
            hostname: "test-falco-hostname".into(),
            boot_id: "boot".into(),
        },
        message: "An open was seen (command=cat /dev/null)".into(),
        fields: vec![OutputField {
            name: "proc.cmdline".into(),
            value: OutputValue::Text("cat /dev/null".into()),
        }],
        path_view: PathView::Requested,
        enrichment: Enrichment::Complete,
        subject: Subject::default(),
        rules: None,
    }
}

fn clock() -> Clock {
    Clock::new(TimeZone::UTC, TimeFormat::Iso8601)
}

#[test]
fn text_lines_are_falcos() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let expected =
        std::fs::read_to_string(folder.join("scap/single_rule_with_cat_write.txt")).unwrap();
    let renderer = TextRenderer::new(clock(), Colour::Never);
    for line in expected.lines() {
        let (time, _) = line.split_once("+0000: ").unwrap();
        let time: jiff::Timestamp = format!("{time}Z").parse().unwrap();
        let time = u64::try_from(time.as_nanosecond()).unwrap();
        assert_eq!(renderer.line(&alert(time)), line);
    }
}

#[test]
fn json_objects_are_falcos() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let expected =
        std::fs::read_to_string(folder.join("scap/single_rule_with_cat_write.json")).unwrap();
    let keys = JsonKeys {
        id: Presence::Hidden,
        ..JsonKeys::default()
    };
    let renderer = JsonRenderer::new(clock(), keys);
    let mut compared = 0;
    for line in expected.lines().filter(|line| !line.is_empty()) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        let time = object["output_fields"]["evt.time.iso8601"]
            .as_u64()
            .unwrap();
        assert_eq!(renderer.line(&alert(time)), line);
        compared += 1;
    }
    assert!(compared > 0);
}

#[test]
fn nothing_in_an_alert_ends_its_line() {
    let hostile = Alert {
        message: saker_alert::escaped(b"file=/tmp/a\n12:00:00.000000000: Debug \x1b[2Jforged\xff"),
        ..alert(0)
    };
    let line = TextRenderer::new(clock(), Colour::Never).line(&hostile);
    assert!(
        line.chars().all(|character| !character.is_control()),
        "{line}"
    );
    let coloured = TextRenderer::new(clock(), Colour::Always).line(&hostile);
    assert!(
        coloured.contains("\u{1b}[33mWarning\u{1b}[0m "),
        "{coloured}"
    );
    let json = JsonRenderer::new(clock(), JsonKeys::default()).line(&hostile);
    assert!(
        json.chars().all(|character| !character.is_control()),
        "{json}"
    );
}

#[test]
fn json_keeps_types_and_order() {
    let typed = Alert {
        fields: [
            ("user.uid", OutputValue::from(0_u64)),
            ("evt.rawres", OutputValue::from(-13_i64)),
            ("container.id", OutputValue::Null),
            ("proc.is_exe_upper_layer", OutputValue::Bool(true)),
        ]
        .map(|(name, value)| OutputField {
            name: name.into(),
            value,
        })
        .into(),
        path_view: PathView::Resolved,
        ..alert(7)
    };
    let json = JsonRenderer::new(clock(), JsonKeys::default()).line(&typed);
    let fields = r#", "output_fields": {"evt.time.iso8601":7,"user.uid":0,"evt.rawres":-13,"container.id":null,"proc.is_exe_upper_layer":true,"saker.path_view":"resolved"}, "id": "00000000000000000000000000000000"}"#;
    assert!(json.ends_with(fields), "{json}");
}

#[test]
fn what_was_not_known_is_said_and_nothing_else() {
    let mut alert = alert(7);
    let text = TextRenderer::new(clock(), Colour::Never);
    let json = JsonRenderer::new(clock(), JsonKeys::default());
    assert!(!text.line(&alert).contains("saker"));
    assert!(!json.line(&alert).contains("saker"));
    alert.enrichment = Enrichment::Partial(Reason::TimedOut);
    let line = text.line(&alert);
    assert!(
        line.ends_with("(command=cat /dev/null) saker.enrichment=partial"),
        "{line}"
    );
    let object: serde_json::Value = serde_json::from_str(&json.line(&alert)).unwrap();
    assert_eq!(object["output"], line);
    assert_eq!(object["output_fields"]["saker.enrichment"], "partial");
    // Where the rule's output shows it, it is there once.
    alert.fields.push(OutputField {
        name: "saker.enrichment".into(),
        value: OutputValue::Text("partial".into()),
    });
    let object = json.line(&alert);
    assert_eq!(
        object.matches("\"saker.enrichment\"").count(),
        1,
        "{object}"
    );
}
