use crate::diagnostic::Code;
use crate::load::{Loaded, load};
use crate::options::{ErrorReporting, LoadOptions};
use crate::span::SourceFile;
use crate::test_catalog::SmallCatalog;

fn load_text(text: &str) -> Loaded {
    load(
        &[SourceFile::new("rules.yaml", text)],
        &SmallCatalog,
        &LoadOptions::default(),
    )
}

/// The expanded condition of rule `r` after some items.
fn expanded(items: &str, condition: &str) -> String {
    let text = format!(
        "{items}- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n"
    );
    let loaded = load_text(&text);
    let set = loaded
        .rules
        .unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics));
    set.rules.last().unwrap().condition_text.to_string()
}

fn codes(text: &str) -> Vec<Code> {
    load_text(text)
        .diagnostics
        .iter()
        .map(|it| it.code)
        .collect()
}

#[test]
fn lists_are_put_in_as_text() {
    let lists = "- list: l\n  items: [a, b c, \"'d'\"]\n- list: empty\n  items: []\n";
    assert_eq!(
        expanded(lists, "proc.name in (l)"),
        "proc.name in (a, \"b c\", d)"
    );
    assert_eq!(
        expanded(lists, "proc.name in (x,l , y)"),
        "proc.name in (x, a, \"b c\", d, y)"
    );
    assert_eq!(
        expanded(lists, "proc.name in (x, empty)"),
        "proc.name in (x)"
    );
    assert_eq!(
        expanded(lists, "proc.name in (empty, x)"),
        "proc.name in (x)"
    );
    assert_eq!(expanded(lists, "proc.name in (empty)"), "proc.name in ()");
    assert_eq!(
        expanded(lists, "proc.name in (empty, empty)"),
        "proc.name in ()"
    );
    assert_eq!(
        expanded(lists, "proc.name in (ll, 'l')"),
        "proc.name in (ll, l)"
    );
}

#[test]
fn a_list_with_a_wrong_name_is_put_in_with_a_warning() {
    let lists = "- list: two words\n  items: [a, b]\n- list: k=v\n  items: [c]\n";
    assert_eq!(
        expanded(lists, "proc.name in (two words, k=v)"),
        "proc.name in (a, b, c)"
    );
    let rule = "- rule: r\n  desc: d\n  condition: proc.name in (two words, k=v)\n  output: o\n  \
                priority: INFO\n  warn_evttypes: false\n";
    let expected = [Code::InvalidListName, Code::InvalidListName];
    assert_eq!(codes(&format!("{lists}{rule}")), expected);
}

#[test]
fn lists_see_those_defined_before() {
    let lists = "- list: a\n  items: [x]\n- list: b\n  items: [a, y]\n- list: c\n  items: [b]\n";
    assert_eq!(expanded(lists, "proc.name in (b)"), "proc.name in (x, y)");
    // A list in a list in a list stays a name.
    assert_eq!(expanded(lists, "proc.name in (c)"), "proc.name in (a, y)");
    let later = "- list: a\n  items: [b]\n- list: b\n  items: [x]\n";
    assert_eq!(expanded(later, "proc.name in (a)"), "proc.name in (x)");
}

#[test]
fn macros_see_those_defined_before_their_last_change() {
    let macros =
        "- macro: a\n  condition: evt.type = open\n- macro: b\n  condition: a or proc.pid = 1\n";
    assert_eq!(
        expanded(macros, "b and a"),
        "((evt.type = open or proc.pid = 1) and evt.type = open)"
    );
    let appended = "- macro: b\n  condition: proc.pid = 1\n- macro: a\n  condition: evt.type = open\n- \
                    macro: b\n  condition: or a\n  override:\n    condition: append\n";
    assert_eq!(expanded(appended, "b"), "(proc.pid = 1 or evt.type = open)");
}

#[test]
fn macros_that_do_not_resolve_are_errors() {
    let early = "- macro: b\n  condition: a\n- macro: a\n  condition: evt.type = open\n";
    assert_eq!(codes(early), [Code::ErrValidate, Code::UnusedMacro]);
    let itself = "- macro: a\n  condition: evt.type = open\n- macro: a\n  condition: or a\n  override: \
                  {condition: append}\n";
    let loaded = load_text(itself);
    assert!(
        loaded.diagnostics[0]
            .message
            .contains("reference loop in macro 'a'")
    );
}

#[test]
fn a_broken_macro_is_reported_once() {
    let text = "- macro: a\n  condition: evt.type =\n- rule: r\n  desc: d\n  condition: a\n  output: o\n  \
                priority: INFO\n- rule: s\n  desc: d\n  condition: a\n  output: o\n  priority: INFO\n";
    assert_eq!(codes(text), [Code::ErrCompileCondition]);
}

#[test]
fn exceptions_become_conditions() {
    let rule = |exceptions: &str| {
        format!(
            "- rule: r\n  desc: d\n  condition: evt.type = open or evt.type = close\n  output: o\n  \
             priority: INFO\n  exceptions:\n{exceptions}"
        )
    };
    let text = |exceptions: &str| {
        let loaded = load_text(&rule(exceptions));
        let set = loaded
            .rules
            .unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics));
        set.rules[0]
            .condition_text
            .replace("((evt.type = open or evt.type = close) and not ", "")
    };
    assert_eq!(
        text(
            "  - name: e\n    fields: [proc.name, fd.name]\n    comps: [=, in]\n    values: [[a b, [c, d]], [e, f]]\n"
        ),
        "((proc.name = \"a b\" and fd.name in (c, d)) or (proc.name = e and fd.name in (f))))"
    );
    assert_eq!(
        text("  - name: e\n    fields: proc.name\n    values: [a, b c]\n"),
        "proc.name in (a, \"b c\"))"
    );
    assert_eq!(
        text("  - name: e\n    fields: proc.name\n"),
        "(evt.type = open or evt.type = close)"
    );
    let single = "  - name: e\n    fields: [proc.name]\n    comps: '='\n    values: [[a]]\n";
    assert_eq!(codes(&rule(single)), [Code::ErrValidate]);
}

#[test]
fn findings_point_into_the_file() {
    let text = "- rule: r\n  desc: d\n  condition: >\n    evt.type = open\n      and proc.nam = x\n  output: \
                \"a %proc.nam b\"\n  priority: INFO\n";
    let loaded = load_text(text);
    let place = &loaded.diagnostics[0];
    assert_eq!(
        &text[place.span.start as usize..place.span.end as usize],
        "proc.nam"
    );
    assert_eq!((place.position.line, place.position.column), (6, 15));
    let text = text.replace("%proc.nam b", "b");
    let loaded = load_text(&text);
    let place = &loaded.diagnostics[0];
    assert_eq!(
        &text[place.span.start as usize..place.span.end as usize],
        "proc.nam"
    );
    assert_eq!((place.position.line, place.position.column), (5, 11));
}

#[test]
fn overrides_apply_in_order() {
    let base = "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n  tags: [a]\n";
    let text = format!(
        "{base}- rule: r\n  condition: and proc.pid = 1\n  priority: ERROR\n  tags: [b]\n  enabled: false\n  \
         override: {{condition: append, priority: replace, tags: append, enabled: replace}}\n"
    );
    let rule = load_text(&text).rules.unwrap().rules.remove(0);
    assert_eq!(&*rule.condition_text, "(evt.type = open and proc.pid = 1)");
    assert_eq!(rule.priority, crate::Priority::Error);
    assert_eq!(rule.tags, ["a".into(), "b".into()]);
    assert!(!rule.enabled);
}

fn load_files(texts: &[&str], errors: ErrorReporting) -> Loaded {
    let files: Vec<SourceFile> = texts
        .iter()
        .map(|text| SourceFile::new("rules.yaml", text))
        .collect();
    let options = LoadOptions {
        errors,
        ..LoadOptions::default()
    };
    load(&files, &SmallCatalog, &options)
}

/// The code of the finding that Falco stops at.
fn first_code(text: &str) -> Vec<Code> {
    let loaded = load_files(&[text], ErrorReporting::First);
    loaded.diagnostics.iter().map(|it| it.code).collect()
}

const USES_MACRO: &str =
    "- rule: r\n  desc: d\n  condition: opens\n  output: o\n  priority: INFO\n";

#[test]
fn macros_of_later_files_are_not_seen() {
    let opens = "- macro: opens\n  condition: evt.type = open\n";
    assert!(
        load_files(&[opens, USES_MACRO], ErrorReporting::All)
            .rules
            .is_some()
    );
    let loaded = load_files(&[USES_MACRO, opens], ErrorReporting::All);
    let [error] = loaded.diagnostics.as_slice() else {
        panic!("{:#?}", loaded.diagnostics)
    };
    assert_eq!(error.code, Code::ErrValidate);
    assert!(error.remedy.as_ref().unwrap().contains("first"));
    // A later file may change a macro that an earlier one defines and uses.
    let changed =
        "- macro: opens\n  condition: or evt.type = close\n  override: {condition: append}\n";
    let loaded = load_files(
        &[&format!("{opens}{USES_MACRO}"), changed],
        ErrorReporting::All,
    );
    let text = &loaded.rules.unwrap().rules[0].condition_text;
    assert_eq!(&**text, "(evt.type = open or evt.type = close)");
}

#[test]
fn what_earlier_files_leave_unused_is_told_before_the_first_error() {
    let unused = "- macro: opens\n  condition: evt.type = open\n- list: l\n  items: [a]\n";
    let broken = "- macro: opens\n  condition: foo\n  override: {condition: append}\n";
    let found: Vec<Code> = load_files(&[unused, broken], ErrorReporting::First)
        .diagnostics
        .iter()
        .map(|it| it.code)
        .collect();
    let expected = [
        Code::UnusedMacro,
        Code::UnusedList,
        Code::ErrCompileCondition,
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_override_looks_for_its_rule_first() {
    let surplus =
        "- rule: r\n  condition: and proc.pid = 1\n  output: x\n  override: {condition: append}\n";
    assert_eq!(first_code(surplus), [Code::ErrValidate]);
    let rule =
        "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n";
    assert_eq!(codes(&format!("{rule}{surplus}")), [Code::ErrYamlValidate]);
    let absent = "- rule: r\n  condition: and proc.pid = 1\n  override: {condition: append, desc: replace}\n";
    assert_eq!(first_code(absent), [Code::ErrValidate]);
    assert_eq!(codes(&format!("{rule}{absent}")), [Code::ErrYamlValidate]);
}
