//! Output templates over mock fields. (Falco's own cases are run by the conformance suite.)

use saker_alert::{OutputField, OutputValue, fields, render};
use saker_event_schema::event;
use saker_rule_engine::{Event, EventKind, FieldValue, PathView};
use saker_rule_language::{
    ArgumentForms, ArgumentRule, FieldArgument, FieldCatalog, FieldDefinition, FieldId, FieldRef,
    FieldType, FieldUsage, check_template,
};

/// A failed call of a process `init` in `/test/dir`, as the cases have it.
struct MockEvent;

const NAMES: &[(&str, FieldType, ArgumentRule)] = &[
    ("proc.name", FieldType::String, ArgumentRule::None),
    ("proc.pid", FieldType::Int, ArgumentRule::None),
    ("thread.tid", FieldType::Int, ArgumentRule::None),
    ("fd.type", FieldType::String, ArgumentRule::None),
    ("evt.asynctype", FieldType::String, ArgumentRule::None),
    (
        "proc.aname",
        FieldType::String,
        ArgumentRule::Optional(ArgumentForms::Index),
    ),
    (
        "proc.apid",
        FieldType::Int,
        ArgumentRule::Optional(ArgumentForms::Index),
    ),
    (
        "evt.arg",
        FieldType::String,
        ArgumentRule::Required(ArgumentForms::IndexOrKey),
    ),
    ("test.line", FieldType::String, ArgumentRule::None),
    ("test.list", FieldType::String, ArgumentRule::None),
];

struct Mocks;

impl FieldCatalog for Mocks {
    fn field(&self, _source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        let position = NAMES.iter().position(|(known, ..)| *known == name)?;
        let (name, value_type, argument) = NAMES.get(position)?;
        Some(FieldDefinition {
            id: FieldId(u16::try_from(position).ok()?),
            name,
            value_type: *value_type,
            is_list: false,
            argument: *argument,
            usage: FieldUsage::default(),
        })
    }

    fn field_names(&self, _source: &str) -> Vec<&str> {
        NAMES.iter().map(|(name, ..)| *name).collect()
    }

    fn has_source(&self, _source: &str) -> bool {
        true
    }

    fn event_types(&self, _source: &str) -> Vec<&str> {
        Vec::new()
    }
}

impl Event for MockEvent {
    fn kind(&self) -> EventKind {
        EventKind::Row(event::OPENAT)
    }

    fn views_differ(&self) -> bool {
        false
    }

    fn field(&self, field: &FieldRef, _view: PathView) -> FieldValue<'_> {
        match (NAMES[usize::from(field.id.0)].0, &field.argument) {
            ("proc.name", _) | ("proc.aname", Some(FieldArgument::Index(0))) => {
                FieldValue::text(b"init")
            }
            ("proc.pid" | "thread.tid", _) | ("proc.apid", Some(FieldArgument::Index(0))) => {
                FieldValue::Int(1)
            }
            ("evt.arg", _) => FieldValue::text(b"/test/dir"),
            ("test.line", _) => FieldValue::text(b"a\nb\xff"),
            ("test.list", _) => {
                FieldValue::list(vec![FieldValue::text(b"bash"), FieldValue::text(b"init")])
            }
            _ => FieldValue::Missing,
        }
    }
}

fn rendered(template: &str) -> Option<String> {
    let template = check_template(template, "syscall", &Mocks).unwrap();
    render(&template, &MockEvent, PathView::Requested)
}

fn typed(template: &str) -> Vec<OutputField> {
    let template = check_template(template, "syscall", &Mocks).unwrap();
    fields(&template, &MockEvent, PathView::Requested, 7)
}

#[test]
fn a_template_without_its_values_gives_nothing() {
    assert_eq!(rendered("start %proc.name %fd.type end"), None);
    let printed = rendered("*start %proc.name %fd.type end");
    assert_eq!(printed.as_deref(), Some("start init <NA> end"));
}

#[test]
fn the_ancestor_without_a_level_is_the_process_itself() {
    assert_eq!(rendered("%proc.apid").as_deref(), Some("1"));
    let found = typed("%proc.apid %proc.apid[0]");
    let values: Vec<_> = found.iter().map(|field| &field.value).collect();
    assert_eq!(values, [&OutputValue::Unsigned(1); 2]);
}

#[test]
fn a_width_pads_or_cuts() {
    assert_eq!(rendered("[%10proc.name]").as_deref(), Some("[init      ]"));
    assert_eq!(rendered("[%2proc.name]").as_deref(), Some("[in]"));
    assert_eq!(rendered("*[%6fd.type]").as_deref(), Some("[<NA>  ]"));
}

#[test]
fn values_keep_their_type_and_come_once() {
    let found = typed("*%proc.pid %fd.type %proc.pid %toupper(proc.name)");
    let expected = [
        ("proc.pid", OutputValue::Unsigned(1)),
        ("fd.type", OutputValue::Null),
        ("proc.name", OutputValue::Text("init".into())),
        ("toupper(proc.name)", OutputValue::Text("INIT".into())),
    ];
    assert_eq!(found.len(), expected.len());
    for (field, (name, value)) in found.iter().zip(expected) {
        assert_eq!((&*field.name, &field.value), (name, &value));
    }
}

#[test]
fn hostile_text_is_escaped_and_several_values_are_joined() {
    assert_eq!(rendered("%test.line").as_deref(), Some("a\\nb\\xff"));
    assert_eq!(rendered("%test.list").as_deref(), Some("bash init"));
}
