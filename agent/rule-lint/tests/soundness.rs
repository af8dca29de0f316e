//! Hints are certain: random rules are evaluated on random events, and no event may disprove a hint.

use proptest::prelude::*;
use saker_event_schema::{EventId, event};
use saker_rule_engine::{CompileOptions, Evaluation, Event, EventKind, Matching, RuleSet};
use saker_rule_fields::{FieldValue, Fields, PathView};
use saker_rule_language::{FieldRef, LoadOptions, SourceFile, load};
use saker_rule_lint::{HintCode, LintOptions, lint};
use std::net::{IpAddr, Ipv4Addr};

const TEXTS: &[&str] = &["", "a", "b", "ab", "ba", "aba", "A", "Ab"];

const TESTS: &[&str] = &[
    "evt.type = openat",
    "evt.type in (openat, clone)",
    "evt.type != openat",
    "evt.num = 0",
    "evt.num > 0",
    "evt.is_open_write = true",
    "evt.is_open_write != true",
];

const TEXT_FIELDS: &[&str] = &[
    "proc.name",
    "fd.name",
    "proc.aname",
    "proc.aname[1]",
    "tolower(proc.name)",
];

/// What an event says.
#[derive(Clone, Debug)]
struct Sample {
    id: EventId,
    name: Option<&'static str>,
    path: Option<&'static str>,
    ancestors: Vec<&'static str>,
    types: Vec<&'static str>,
    pid: Option<i64>,
    write: Option<bool>,
    addresses: Vec<u8>,
}

fn text(text: Option<&'static str>) -> FieldValue<'static> {
    text.map_or(FieldValue::Missing, |text| {
        FieldValue::text(text.as_bytes())
    })
}

fn list(values: Vec<FieldValue<'static>>) -> FieldValue<'static> {
    if values.is_empty() {
        FieldValue::Missing
    } else {
        FieldValue::List(values)
    }
}

impl Event for Sample {
    fn kind(&self) -> EventKind {
        EventKind::Row(self.id)
    }

    fn views_differ(&self) -> bool {
        false
    }

    fn field(&self, field: &FieldRef, _view: PathView) -> FieldValue<'_> {
        match &*field.name {
            "evt.type" => FieldValue::text(if self.id == event::OPENAT {
                b"openat"
            } else {
                b"clone"
            }),
            "evt.num" => FieldValue::Uint(7),
            "evt.is_open_write" => self.write.map_or(FieldValue::Missing, FieldValue::Bool),
            "proc.name" => text(self.name),
            "fd.name" => text(self.path),
            "proc.pid" => self.pid.map_or(FieldValue::Missing, FieldValue::Int),
            "proc.aname[1]" => text(self.ancestors.first().copied()),
            // A list of the language; the words serve as well as types of descriptors.
            "fd.types" => list(self.types.iter().map(|it| text(Some(it))).collect()),
            "proc.aname" => list(self.ancestors.iter().map(|it| text(Some(it))).collect()),
            "fd.ip" => {
                let address = |last: &u8| IpAddr::V4(Ipv4Addr::new(10, 0, 0, *last));
                list(
                    self.addresses
                        .iter()
                        .map(|it| FieldValue::Ip(address(it)))
                        .collect(),
                )
            }
            other => panic!("the test does not know {other}"),
        }
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let word = || prop::sample::select(TEXTS);
    (
        prop::sample::select(vec![event::OPENAT, event::CLONE]),
        prop::option::of(word()),
        prop::option::of(word()),
        prop::collection::vec(word(), 0..3),
        prop::collection::vec(word(), 0..3),
        prop::option::of(-1i64..6),
        prop::option::of(any::<bool>()),
        prop::collection::vec(1u8..4, 0..3),
    )
        .prop_map(
            |(id, name, path, ancestors, types, pid, write, addresses)| Sample {
                id,
                name,
                path,
                ancestors,
                types,
                pid,
                write,
                addresses,
            },
        )
}

fn atom() -> impl Strategy<Value = String> {
    let quoted = || prop::sample::select(TEXTS).prop_map(|text| format!("\"{text}\""));
    let words = move || prop::collection::vec(quoted(), 0..4).prop_map(|words| words.join(", "));
    let field = || prop::sample::select(TEXT_FIELDS);
    let comparison = prop::sample::select(vec![
        "=",
        "!=",
        "contains",
        "icontains",
        "startswith",
        "endswith",
        "glob",
    ]);
    let modified = prop::sample::select(vec![
        "in",
        "intersects",
        "startswith anyof",
        "endswith allof",
        "contains oneof",
        "= anyof",
        "!= allof",
    ]);
    let order = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    prop_oneof![
        2 => prop::sample::select(TESTS).prop_map(str::to_owned),
        8 => (field(), comparison, quoted()).prop_map(|(field, operator, text)| format!("{field} {operator} {text}")),
        6 => (field(), modified, words()).prop_map(|(field, operator, words)| format!("{field} {operator} ({words})")),
        2 => (prop::sample::select(vec!["in", "intersects"]), words()).prop_map(|(operator, words)| format!("fd.types {operator} ({words})")),
        1 => field().prop_map(|field| format!("{field} exists")),
        1 => Just("fd.types exists".to_owned()),
        4 => (order, -1..6).prop_map(|(operator, number)| format!("proc.pid {operator} {number}")),
        2 => prop::collection::vec(0..6, 0..3).prop_map(|numbers| {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            format!("proc.pid in ({})", numbers.join(", "))
        }),
        2 => (prop::sample::select(vec!["=", "!="]), 1..4).prop_map(|(operator, last)| format!("fd.ip {operator} 10.0.0.{last}")),
        1 => Just("fd.ip in (10.0.0.1, 10.0.0.2)".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    atom().prop_recursive(4, 12, 3, |inner| {
        let several = |word: &'static str| {
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(move |parts| format!("({})", parts.join(&format!(" {word} "))))
        };
        prop_oneof![
            3 => several("and"),
            2 => several("or"),
            1 => inner.clone().prop_map(|part| format!("not ({part})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn no_event_disproves_a_hint(
        conditions in prop::collection::vec(condition(), 3),
        events in prop::collection::vec(sample(), 40),
    ) {
        let rules: String = conditions
            .iter()
            .zip('a'..)
            .map(|(condition, name)| format!(
                "- rule: {name}\n  desc: d\n  condition: '{condition}'\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
            ))
            .collect();
        let sources = [SourceFile::new("rules.yaml", &rules)];
        let fields = Fields::new();
        let loaded = load(&sources, &fields, &LoadOptions::default());
        let Some(checked) = loaded.rules else {
            return Err(TestCaseError::fail(format!("{rules}{:?}", loaded.diagnostics)));
        };
        let lints = lint(&checked, &sources, &fields, &LintOptions::default());
        let options = CompileOptions { matching: Matching::All, ..CompileOptions::default() };
        let compiled = RuleSet::compile(&checked, &options).expect("it compiles");
        let mut evaluation = Evaluation::default();
        for event in &events {
            let fired: Vec<usize> = compiled
                .evaluate(event, &mut evaluation)
                .iter()
                .map(|it| it.rule.index())
                .collect();
            for hint in &lints.hints {
                let index = checked.rules.iter().position(|rule| rule.name == hint.rule).expect("a rule");
                let disproved = match hint.code {
                    HintCode::NeverTrue => fired.contains(&index),
                    HintCode::Shadowed => fired.first() == Some(&index),
                    _ => false,
                };
                prop_assert!(!disproved, "{}\n{hint:?}\n{event:?}", rules);
            }
        }
    }
}
