//! Arbitrary input never panics, and costs bounded stack, time and memory.

use std::cell::Cell;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use saker_rule_language::{
    ArgumentForms, ArgumentRule, ColorChoice, FieldCatalog, FieldDefinition, FieldId, FieldType,
    FieldUsage, Limits, LoadOptions, Loaded, SourceFile, check_condition, check_template, load,
    parse_condition, render,
};

/// A few fields, enough to come past the names.
struct SmallCatalog;

const FIELDS: &[(&str, FieldType, bool, ArgumentRule)] = &[
    ("proc.name", FieldType::String, false, ArgumentRule::None),
    (
        "proc.aname",
        FieldType::String,
        false,
        ArgumentRule::Optional(ArgumentForms::Index),
    ),
    (
        "proc.args",
        FieldType::String,
        true,
        ArgumentRule::Optional(ArgumentForms::Index),
    ),
    (
        "proc.env",
        FieldType::String,
        false,
        ArgumentRule::Optional(ArgumentForms::Key),
    ),
    ("proc.pid", FieldType::Int, false, ArgumentRule::None),
    ("evt.type", FieldType::String, false, ArgumentRule::None),
    ("evt.num", FieldType::Uint, false, ArgumentRule::None),
    ("evt.buffer", FieldType::Bytes, false, ArgumentRule::None),
    (
        "evt.rawarg",
        FieldType::Dynamic,
        false,
        ArgumentRule::Required(ArgumentForms::IndexOrKey),
    ),
    ("fd.ip", FieldType::IpAddr, false, ArgumentRule::None),
    ("fd.net", FieldType::IpNet, false, ArgumentRule::None),
    ("fd.port", FieldType::Port, false, ArgumentRule::None),
    ("thread.cpu", FieldType::Double, false, ArgumentRule::None),
];

impl FieldCatalog for SmallCatalog {
    fn field(&self, _source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        let index = FIELDS.iter().position(|(known, ..)| *known == name)?;
        let (name, value_type, is_list, argument) = FIELDS[index];
        let id = FieldId(u16::try_from(index).expect("few fields"));
        let usage = FieldUsage::default();
        Some(FieldDefinition {
            id,
            name,
            value_type,
            is_list,
            argument,
            usage,
        })
    }

    fn field_names(&self, _source: &str) -> Vec<&str> {
        FIELDS.iter().map(|(name, ..)| *name).collect()
    }

    fn has_source(&self, source: &str) -> bool {
        source == "syscall"
    }

    fn event_types(&self, _source: &str) -> Vec<&str> {
        vec!["open", "close", "execve"]
    }
}

fn load_text(text: &str) -> Loaded {
    let file = SourceFile::new("rules.yaml", text);
    let loaded = load(
        std::slice::from_ref(&file),
        &SmallCatalog,
        &LoadOptions::default(),
    );
    for diagnostic in &loaded.diagnostics {
        assert!(diagnostic.span.start <= diagnostic.span.end);
        assert!(
            diagnostic.span.end as usize <= file.text.len(),
            "{diagnostic:?}"
        );
        let text = render(diagnostic, &file, ColorChoice::Never);
        assert!(text.contains(diagnostic.code.name()));
    }
    assert_eq!(loaded.rules.is_none(), has_error(&loaded));
    loaded
}

fn has_error(loaded: &Loaded) -> bool {
    loaded
        .diagnostics
        .iter()
        .any(|it| it.code.name().starts_with("LOAD_ERR_"))
}

/// Pieces of conditions, so that random ones come past the lexer.
fn condition() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("proc.name"),
        Just("proc.aname[2]"),
        Just("proc.env[\"A\"]"),
        Just("evt.type"),
        Just("fd.ip"),
        Just("fd.net"),
        Just("fd.port"),
        Just("evt.num"),
        Just("evt.buffer"),
        Just("evt.rawarg.x"),
        Just("thread.cpu"),
        Just("="),
        Just("!="),
        Just("<="),
        Just("in"),
        Just("pmatch"),
        Just("intersects"),
        Just("regex"),
        Just("glob"),
        Just("bcontains"),
        Just("exists"),
        Just("oneof"),
        Just("("),
        Just(")"),
        Just(","),
        Just("and"),
        Just("or"),
        Just("not"),
        Just("not("),
        Just("val("),
        Just("tolower("),
        Just("join("),
        Just("getopt("),
        Just("'a b'"),
        Just("\"\\x80\\x00\""),
        Just("\"[a-z]+{\""),
        Just("127.0.0.1"),
        Just("::1/64"),
        Just("-1"),
        Just("0x10"),
        Just("https"),
        Just("open"),
        Just("m"),
        Just("l"),
        Just("%proc.name"),
        Just("%10tolower("),
    ];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_loads_or_is_refused(text in any::<String>()) {
        load_text(&text);
    }

    #[test]
    fn any_bytes_load_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        load_text(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_yaml_characters_load_or_are_refused(text in "[-\\[\\]{}:,>|'\"#&*!%@ \\n\\tabé\u{feff}\\\\]{0,120}") {
        load_text(&text);
    }

    #[test]
    fn any_condition_is_checked_or_refused(text in condition()) {
        if let Ok(expression) = parse_condition(&text) {
            prop_assert!(!expression.to_string().is_empty());
        }
        if let Err(errors) = check_condition(&text, "syscall", &SmallCatalog) {
            prop_assert!(!errors.is_empty());
        }
        drop(check_template(&text, "syscall", &SmallCatalog));
    }

    #[test]
    fn any_characters_are_a_condition_or_refused(text in "[a-c.=()'\"\\\\ \\[\\],%é\u{0}0-9]{0,60}") {
        drop(check_condition(&text, "syscall", &SmallCatalog));
        drop(check_template(&text, "syscall", &SmallCatalog));
    }

    #[test]
    fn any_rule_loads_or_is_refused(condition in condition(), output in condition(), value in condition()) {
        let quoted = |text: &str| text.replace('\'', "''");
        load_text(&format!(
            "- list: l\n  items: [a, '{}']\n- macro: m\n  condition: '{}'\n- rule: r\n  desc: d\n  \
             condition: >\n    {}\n  output: '{}'\n  priority: INFO\n  exceptions:\n  - name: e\n    \
             fields: [proc.name]\n    values: [['{}']]\n",
            quoted(&value), quoted(&condition), condition, quoted(&output), quoted(&value),
        ));
    }
}

/// Runs with a quarter of a thread's usual stack.
fn with_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(run)
        .expect("a thread");
    thread.join().expect("no panic");
}

/// A condition of `and`, `or` and `not` nested `depth` deep: a chain of macros, each four levels.
fn deep_rules(depth: usize) -> String {
    assert_eq!(depth % 4, 1);
    let mut text = String::from("- macro: m0\n  condition: evt.type = open\n");
    for index in 1..=depth / 4 {
        text.push_str(&format!(
            "- macro: m{index}\n  condition: not (evt.num > 1 or not (evt.num > 2 and m{}))\n",
            index - 1
        ));
    }
    let last = depth / 4;
    format!("{text}- rule: r\n  desc: d\n  condition: m{last}\n  output: o\n  priority: INFO\n")
}

#[test]
fn the_deepest_condition_fits_a_small_stack() {
    with_small_stack(|| {
        let loaded = load_text(&deep_rules(249));
        let set = loaded.rules.expect("the depth is within its limit");
        drop(set.clone());
        assert!(has_error(&load_text(&deep_rules(253))));
    });
}

#[test]
fn nesting_is_refused_beyond_its_limit() {
    with_small_stack(|| {
        for piece in ["(", "not(", "not (", "tolower(", "a.b in (", "join(\"\", ("] {
            assert!(parse_condition(&piece.repeat(100_000)).is_err());
        }
        assert!(parse_condition(&format!("{}a.b exists", "not ".repeat(100_000))).is_ok());
        assert!(
            check_template(
                &format!("%{}", "tolower(".repeat(5_000)),
                "syscall",
                &SmallCatalog
            )
            .is_err()
        );
    });
}

#[test]
fn growth_is_refused_beyond_its_limit() {
    let mut lists = String::new();
    let mut macros = String::from("- macro: m0\n  condition: evt.num = 1 or evt.num = 2\n");
    for index in 1..40 {
        lists.insert_str(
            0,
            &format!(
                "- list: l{index}\n  items: [l{next}, l{next}]\n",
                next = index + 1
            ),
        );
        macros.push_str(&format!(
            "- macro: m{index}\n  condition: m{0} or m{0}\n",
            index - 1
        ));
    }
    let rule = |condition: &str| {
        format!("- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n")
    };
    assert!(has_error(&load_text(&format!("{macros}{}", rule("m39")))));
    // By order of definition, each list puts in the next.
    let ordered: String = (1..40)
        .map(|index| {
            format!(
                "- list: l{index}\n  items: [l{next}, l{next}]\n",
                next = index + 1
            )
        })
        .collect();
    assert!(has_error(&load_text(&format!(
        "{ordered}{}",
        rule("proc.name in (l1)")
    ))));
    drop(load_text(&format!("{lists}{}", rule("proc.name in (l1)"))));
}

#[test]
fn a_thousand_mistyped_names_among_ten_thousand_are_no_stall() {
    let mut text = String::new();
    for index in 0..10_000 {
        text.push_str(&format!(
            "- macro: one_of_many_macros_{index}\n  condition: evt.type = open\n"
        ));
    }
    for index in 0..2_000 {
        text.push_str(&format!(
            "- rule: r{index}\n  desc: d\n  condition: one_of_meny_macros_{index}\n  output: o\n  \
             priority: INFO\n"
        ));
    }
    let started = Instant::now();
    let loaded = load_text(&text);
    assert_eq!(loaded.diagnostics.len(), Limits::default().diagnostics);
    assert!(loaded.diagnostics[0].remedy.is_some());
    // Comparing every name with every other takes minutes.
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn large_files_are_refused() {
    let limits = Limits {
        file_bytes: 100,
        ..Limits::default()
    };
    let options = LoadOptions {
        limits,
        ..LoadOptions::default()
    };
    let loaded = load(
        &[SourceFile::new("a", &"#".repeat(101))],
        &SmallCatalog,
        &options,
    );
    assert!(has_error(&loaded));
}

#[test]
fn diagnostics_are_bounded_but_the_first_error_is_kept() {
    let mut text: String = (0..2000)
        .map(|index| format!("- unknown{index}: x\n"))
        .collect();
    text.push_str("- list:\n");
    let loaded = load_text(&text);
    assert_eq!(loaded.diagnostics.len(), 1001);
    assert!(has_error(&loaded));
}

/// Counts how often all names are looked through for those like a wrong one.
#[derive(Default)]
struct CountingCatalog(Cell<usize>);

impl FieldCatalog for CountingCatalog {
    fn field(&self, source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        SmallCatalog.field(source, name)
    }

    fn field_names(&self, source: &str) -> Vec<&str> {
        self.0.set(self.0.get() + 1);
        SmallCatalog.field_names(source)
    }

    fn has_source(&self, source: &str) -> bool {
        SmallCatalog.has_source(source)
    }

    fn event_types(&self, source: &str) -> Vec<&str> {
        SmallCatalog.event_types(source)
    }
}

#[test]
fn the_search_for_errors_ends_with_the_room_for_them() {
    let conditions = |rules: usize, tests: usize| {
        let condition = vec!["proc.nam = x"; tests].join(" and ");
        (0..rules)
            .map(|index| {
                format!(
                    "- rule: r{index}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n"
                )
            })
            .collect::<String>()
    };
    for (rules, tests) in [(1, 50_000), (5000, 1), (1000, 50)] {
        let catalog = CountingCatalog::default();
        let file = SourceFile::new("rules.yaml", &conditions(rules, tests));
        let loaded = load(&[file], &catalog, &LoadOptions::default());
        assert!(has_error(&loaded));
        assert!(catalog.0.get() <= 1100, "{rules} rules of {tests}");
    }
}

#[test]
fn literals_that_look_like_fields_cost_no_search() {
    let catalog = CountingCatalog::default();
    let values = vec!["registry.example"; 1000].join(", ");
    let condition = format!("proc.name in ({values}, proc.name)");
    let checked = check_condition(&condition, "syscall", &catalog).expect("it is correct");
    assert_eq!(checked.warnings.len(), 1);
    assert_eq!(catalog.0.get(), 0);
}
