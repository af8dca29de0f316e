//! What holds for the table as a whole.

use super::scene::Scene;
use crate::event_names::PARAMETER_NAMES;
use crate::{
    Availability, EVENT_NAMES, Emission, Fields, FlowEventName, PathView, Plurality, emission,
    events_markdown, markdown,
};
use saker_event_decode::EventBuilder;
use saker_event_schema::ROWS;
use saker_rule_language::{ArgumentRule, FieldCatalog, FieldType};

#[test]
fn names_are_unique_and_sorted() {
    let fields = Fields::new();
    let names: Vec<&str> = fields.iter().map(|(_, row)| row.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "a name stands twice");
    assert!(EVENT_NAMES.is_sorted_by(|a, b| a < b));
    assert!(PARAMETER_NAMES.is_sorted_by(|a, b| a < b));
    assert_eq!(names.len(), fields.len());
}

#[test]
fn names_have_the_form_that_the_language_reads() {
    for (_, row) in Fields::new().iter() {
        assert!(row.name.contains('.'), "{}", row.name);
        for part in row.name.split('.') {
            assert!(
                part.starts_with(|c: char| c.is_ascii_alphabetic()),
                "{}",
                row.name
            );
        }
        assert!(!row.doc.is_empty(), "{}", row.name);
    }
}

#[test]
fn ids_lead_back_to_their_rows() {
    let fields = Fields::new();
    for (id, row) in fields.iter() {
        assert_eq!(fields.id(row.name), Some(id));
        let definition = fields.field(row.sources.names()[0], row.name).unwrap();
        assert_eq!((definition.id, definition.name), (id, row.name));
        assert_eq!(definition.is_list, row.plurality == Plurality::List);
    }
}

#[test]
fn every_field_can_be_read_from_every_event() {
    for event in ROWS {
        let scene = Scene::new(EventBuilder::new(event.id));
        for view in [PathView::Requested, PathView::Resolved] {
            scene.with(view, |context, fields| {
                for (id, row) in fields.iter() {
                    let value = fields.extract(id, None, context);
                    let is_empty = matches!(row.availability, Availability::NotYet { .. })
                        || matches!(row.argument, ArgumentRule::Required(_))
                            && row.name != "evt.type.is";
                    assert!(
                        !is_empty || value.is_missing(),
                        "{} of {}",
                        row.name,
                        event.name
                    );
                }
            });
        }
    }
}

#[test]
fn sources() {
    let fields = Fields::new();
    assert!(fields.has_source("syscall"));
    assert!(fields.has_source("k8s_audit"));
    assert!(!fields.has_source("k8saudit"));
    for (name, in_syscall, in_audit) in [
        ("proc.name", true, false),
        ("evt.type", true, false),
        ("k8smeta.pod.name", true, false),
        ("ka.verb", false, true),
        ("jevt.value", false, true),
        ("evt.time", true, true),
        ("evt.pluginname", true, true),
    ] {
        for (source, expected) in [
            ("syscall", in_syscall),
            ("k8s_audit", in_audit),
            ("aws", false),
        ] {
            let is_known = fields.field(source, name).is_some();
            assert_eq!(is_known, expected, "{name} of {source}");
            let is_listed = fields.field_names(source).contains(&name);
            assert_eq!(is_listed, expected, "{name} of {source}");
        }
    }
    assert!(fields.event_types("k8s_audit").is_empty());
    for (name, in_flow) in [
        ("flow.security", true),
        ("proc.aname", true),
        ("user.name", true),
        ("fd.sip", true),
        ("k8s.server.ns", true),
        ("container.image", true),
        ("fd.num", false),
        ("evt.dir", false),
        ("evt.arg", false),
        ("ka.verb", false),
    ] {
        assert_eq!(fields.field("flow", name).is_some(), in_flow, "{name}");
    }
    assert!(fields.field("syscall", "flow.security").is_none());
}

#[test]
fn event_names() {
    let fields = Fields::new();
    // What the kernel says of connections is no event of rules.
    for row in ROWS.iter().filter(|row| row.category != "flow") {
        assert!(fields.is_event_type("syscall", row.name), "{}", row.name);
        assert_eq!(emission(row.name), Some(Emission::Emitted));
    }
    assert_eq!(emission("read"), Some(Emission::NameOnly));
    assert_eq!(emission("opne"), None);
    assert_eq!(emission("flow_opened"), None);
    for name in FlowEventName::all() {
        assert!(fields.is_event_type("flow", name.as_str()));
        assert!(!fields.is_event_type("syscall", name.as_str()));
        assert_eq!(FlowEventName::new(name.as_str()), Some(name));
        assert_eq!(emission(name.as_str()), Some(Emission::Emitted));
    }
    assert!(!fields.is_event_type("k8s_audit", "open"));
}

#[test]
fn arguments_of_events() {
    let fields = Fields::new();
    let arg = fields.id("evt.arg").unwrap();
    assert!(fields.is_argument("syscall", arg, "flags"));
    assert!(
        fields.is_argument("syscall", arg, "queuepct"),
        "of Falco's accept"
    );
    assert!(fields.is_argument("syscall", arg, "2"));
    assert!(!fields.is_argument("syscall", arg, "flagz"));
    let is = fields.id("evt.type.is").unwrap();
    assert!(fields.is_argument("syscall", is, "open"));
    assert!(!fields.is_argument("syscall", is, "opne"));
    let raw = fields.id("evt.rawarg").unwrap();
    let raw_type = |name| fields.dynamic_type("syscall", raw, name);
    assert_eq!(raw_type("res"), Some(FieldType::Int));
    assert_eq!(raw_type("flags"), Some(FieldType::Uint));
    assert_eq!(raw_type("name"), Some(FieldType::String));
    assert_eq!(raw_type("addr"), Some(FieldType::Bytes));
    assert_eq!(raw_type("uid"), Some(FieldType::Uint));
    assert_eq!(
        raw_type("queuepct"),
        Some(FieldType::Uint),
        "of Falco's accept"
    );
    assert_eq!(raw_type("made_up"), None);
}

#[test]
fn pages_name_everything() {
    let page = markdown();
    for (_, row) in Fields::new().iter() {
        assert!(
            page.contains(&format!("| `{}` |", row.name)),
            "{}",
            row.name
        );
    }
    assert!(page.contains("as the container's runtime tells"));
    assert!(page.contains("no: "));
    let page = events_markdown();
    for row in ROWS {
        assert!(
            page.contains(&format!("\n## {}\n", row.name)),
            "{}",
            row.name
        );
    }
}
