//! How conditions evaluate over mock fields. (Falco's own cases are run by the conformance suite.)

use saker_event_schema::event;
use saker_rule_engine::{
    CompileOptions, Evaluation, Event, EventKind, FieldValue, PathView, RuleSet,
};
use saker_rule_language::{
    ArgumentRule, CheckedRule, CheckedRuleSet, FieldCatalog, FieldDefinition, FieldId, FieldRef,
    FieldType, FieldUsage, check_condition,
};

/// Ids of the mock fields begin beyond those of the real table.
const FIRST_ID: u16 = 60_000;

/// Name, type, value.
type MockField = (&'static str, FieldType, fn() -> FieldValue<'static>);

const MOCKS: &[MockField] = &[
    ("c.true", FieldType::String, || FieldValue::text(b"1")),
    ("c.buffer", FieldType::Bytes, || {
        FieldValue::Bytes(b"hello"[..].into())
    }),
    ("c.missing", FieldType::String, || FieldValue::Missing),
    ("fd.name", FieldType::String, || {
        FieldValue::text(b"/opt/dir/subdir/file.txt")
    }),
    ("proc.name", FieldType::String, || {
        FieldValue::text(b"myexe")
    }),
    ("evt.source", FieldType::String, || {
        FieldValue::text(b"syscall")
    }),
    ("fd.num", FieldType::Int, || FieldValue::Int(-1)),
];

struct Mocks;

impl FieldCatalog for Mocks {
    fn field(&self, _source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        let position = MOCKS.iter().position(|(known, ..)| *known == name)?;
        let (name, value_type, _) = MOCKS.get(position)?;
        Some(FieldDefinition {
            id: FieldId(FIRST_ID + u16::try_from(position).unwrap()),
            name,
            value_type: *value_type,
            is_list: false,
            argument: ArgumentRule::None,
            usage: FieldUsage::default(),
        })
    }

    fn field_names(&self, _source: &str) -> Vec<&str> {
        MOCKS.iter().map(|(name, ..)| *name).collect()
    }

    fn has_source(&self, _source: &str) -> bool {
        true
    }

    fn event_types(&self, _source: &str) -> Vec<&str> {
        Vec::new()
    }
}

struct MockEvent;

impl Event for MockEvent {
    fn kind(&self) -> EventKind {
        EventKind::Row(event::OPENAT)
    }

    fn views_differ(&self) -> bool {
        false
    }

    fn field(&self, field: &FieldRef, _view: PathView) -> FieldValue<'_> {
        MOCKS[usize::from(field.id.0 - FIRST_ID)].2()
    }
}

fn holds(condition: &str) -> bool {
    let checked = check_condition(condition, "syscall", &Mocks)
        .unwrap_or_else(|errors| panic!("{condition}: {errors:?}"));
    let set = CheckedRuleSet::from_iter([CheckedRule::bare("case", checked.condition)]);
    let compiled = RuleSet::compile(&set, &CompileOptions::default()).unwrap();
    !compiled
        .evaluate(&MockEvent, &mut Evaluation::new())
        .is_empty()
}

#[test]
fn a_missing_field_makes_every_comparison_false() {
    for (condition, expected) in [
        ("c.missing = a", false),
        ("c.missing != a", false),
        ("not c.missing = a", true),
        ("not c.missing != a", true),
        ("c.missing exists", false),
        ("c.missing in (a, b)", false),
        ("c.missing = val(c.missing)", false),
        ("c.true = val(c.missing)", false),
        ("toupper(c.missing) = A", false),
        ("concat(c.true, c.missing) = 1", false),
        ("c.missing startswith ''", false),
    ] {
        assert_eq!(holds(condition), expected, "{condition}");
    }
}

#[test]
fn transformers_give_what_they_say() {
    for (condition, expected) in [
        ("basename(fd.name) = file.txt", true),
        ("len(fd.name) = 24", true),
        ("toupper(proc.name) = MYEXE", true),
        ("tolower(toupper(proc.name)) = val(proc.name)", true),
        ("join(\"-\", (proc.name, evt.source)) = myexe-syscall", true),
        ("join(\",\", ()) = \"\"", true),
        ("concat(proc.name, \"x\") = myexex", true),
        ("b64(concat(\"YWFh\", \"YmJi\")) = aaabbb", true),
        ("proc.name = val(evt.source)", false),
        ("c.buffer bcontains 656c6C", true),
        ("c.buffer bstartswith 656c", false),
        ("fd.num < 0", true),
        ("fd.name iglob /OPT/*", true),
        ("fd.name contains allof (opt, dir)", true),
    ] {
        assert_eq!(holds(condition), expected, "{condition}");
    }
}
