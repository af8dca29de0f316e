//! Everything that is wrong is told at once, and nothing is told twice.

use crate::diagnostic::Code;
use crate::load::load;
use crate::options::{ErrorReporting, LoadOptions};
use crate::span::SourceFile;
use crate::test_catalog::SmallCatalog;

/// Codes of all findings, each with the text it points at.
fn findings<'t>(files: &[&'t str], errors: ErrorReporting) -> Vec<(Code, &'t str)> {
    let sources: Vec<SourceFile> = files
        .iter()
        .map(|text| SourceFile::new("rules.yaml", text))
        .collect();
    let options = LoadOptions {
        errors,
        ..LoadOptions::default()
    };
    let loaded = load(&sources, &SmallCatalog, &options);
    assert!(loaded.rules.is_none());
    let found = loaded.diagnostics.iter().map(|it| {
        let text = files[it.span.file.0 as usize];
        (it.code, &text[it.span.start as usize..it.span.end as usize])
    });
    found.collect()
}

fn all(text: &str) -> Vec<(Code, &str)> {
    findings(&[text], ErrorReporting::All)
}

const CONDITION: Code = Code::ErrCompileCondition;
const OUTPUT: Code = Code::ErrCompileOutput;
const SHAPE: Code = Code::ErrYamlValidate;
const VALIDATE: Code = Code::ErrValidate;

#[test]
fn a_wrong_key_hides_neither_its_rule_nor_the_others() {
    let text = "\
- rule: first
  desc: d
  condition: evt.type = open and proc.nam = x
  output: \"%no.field\"
  priority: INFFO
- rule: second
  desc: d
  condition: evt.type = open and proc.pid = x
  output: o
  priority: INFO
  tags: [{a: b}]
  enabled: perhaps
- rule: third
  output: \"%no.other\"
  priority: INFO
";
    let expected = [
        (SHAPE, "INFFO"),
        (SHAPE, "perhaps"),
        (SHAPE, "{a: b}"),
        (SHAPE, "rule: third"),
        (SHAPE, "rule: third"),
        (OUTPUT, "no.field"),
        (CONDITION, "proc.nam"),
        (CONDITION, "x"),
        (OUTPUT, "no.other"),
    ];
    let found = all(text);
    let ends: Vec<(Code, &str)> = found
        .iter()
        .map(|(code, text)| (*code, text.trim_start_matches('%')))
        .collect();
    assert_eq!(ends, expected);
    assert_eq!(findings(&[text], ErrorReporting::First), found[..1]);
}

#[test]
fn a_list_that_could_not_be_read_is_no_unknown_word() {
    let text = "\
- list: types
  itms: [open]
- list: pids
  append: true
  items: [1]
- list: more
  items: [pids, 2]
- rule: r
  desc: d
  condition: evt.type in (types) and proc.pid in (more, many) and evt.type in (types, opn) and proc.pid = pids
  output: o
  priority: INFO
";
    let found = all(text);
    let errors: Vec<_> = found
        .iter()
        .filter(|(code, _)| *code != Code::DeprecatedItem)
        .copied()
        .collect();
    let expected = [
        (SHAPE, "list: types"),
        (VALIDATE, "list: pids"),
        (CONDITION, "many"),
        (CONDITION, "opn"),
    ];
    assert_eq!(errors, expected);
}

#[test]
fn what_uses_a_wrong_macro_is_checked_without_it() {
    let text = "\
- macro: unreadable
  conditon: evt.type = open
- macro: unparsed
  condition: evt.type =
- macro: outer
  condition: unparsed and proc.nam = a
- macro: appended
  condition: or evt.type = close
  override: {condition: append}
- rule: r
  desc: d
  condition: unreadable and outer and appended and absent and never and proc.pid = b
  output: o
  priority: INFO
";
    let found = all(text);
    let expected = [
        (SHAPE, "macro: unreadable"),
        (VALIDATE, "macro: appended"),
        (CONDITION, "="),
        (VALIDATE, "absent"),
        (VALIDATE, "never"),
        (CONDITION, "proc.nam"),
        (CONDITION, "b"),
    ];
    let trimmed: Vec<_> = found
        .iter()
        .map(|(code, text)| (*code, text.trim()))
        .collect();
    assert_eq!(trimmed.len(), expected.len(), "{found:#?}");
    for (found, expected) in trimmed.iter().zip(expected) {
        assert_eq!(found.0, expected.0, "{trimmed:#?}");
    }
    assert_eq!(trimmed[3..], expected[3..]);
}

#[test]
fn what_adds_to_a_wrong_rule_finds_it() {
    let text = "\
- rule: r
  desc: d
  source: [a]
  condition: evt.type = open
  output: o
  priority: INFO
- rule: r
  condition: and proc.pid = 1
  override: {condition: append}
- rule: r
  enabled: false
- rule: other
  condition: and proc.pid = 1
  priority: INFFO
  override: {condition: append, priority: replace}
";
    let found = all(text);
    let errors: Vec<_> = found
        .iter()
        .filter(|(code, _)| *code != Code::DeprecatedItem)
        .copied()
        .collect();
    let expected = [(SHAPE, "[a]"), (VALIDATE, "rule: other"), (SHAPE, "INFFO")];
    assert_eq!(errors, expected);
}

#[test]
fn a_wrong_exception_hides_no_other() {
    let text = "\
- rule: r
  desc: d
  condition: evt.type = open and proc.nam = x
  output: o
  priority: INFO
  exceptions:
  - nam: a
    fields: [proc.name]
  - name: b
    fields: [proc.nme]
  - name: c
    fields: [proc.name]
    comps: [like]
- rule: r
  exceptions:
  - name: a
    values: [[y]]
  override: {exceptions: append}
";
    let found: Vec<Code> = all(text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(found, [SHAPE, VALIDATE, VALIDATE, CONDITION]);
}

#[test]
fn a_file_that_cannot_be_read_may_define_anything() {
    let rule = "\
- rule: r
  desc: d
  condition: opens and evt.type in (kinds) and proc.nam = x and proc.pid in (1, '2x')
  output: o
  priority: INFO
- rule: absent
  condition: and proc.pid = 1
  override: {condition: append}
";
    let broken = "- macro: opens\n  condition: 'evt.type = open\n";
    let found = findings(&[broken, rule], ErrorReporting::All);
    assert_eq!(found[0].0, Code::ErrYamlParse);
    assert_eq!(found[1..], [(CONDITION, "proc.nam"), (CONDITION, "'2x'")]);
    // Macros and rules of later files are not seen from earlier ones, lists are.
    let found = findings(&[rule, broken], ErrorReporting::All);
    let codes: Vec<Code> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        codes,
        [VALIDATE, Code::ErrYamlParse, VALIDATE, CONDITION, CONDITION]
    );
    assert_eq!(findings(&[rule, broken], ErrorReporting::First).len(), 1);
}

#[test]
fn what_is_unused_is_told_where_all_uses_are_known() {
    let unused = "- macro: unused\n  condition: evt.type = open\n- list: l\n  items: [a]\n";
    let wrong =
        "- rule: r\n  desc: d\n  condition: proc.nam in (l)\n  output: o\n  priority: INFO\n";
    let text = format!("{unused}{wrong}");
    let codes = |text: &str| -> Vec<Code> { all(text).into_iter().map(|(code, _)| code).collect() };
    assert_eq!(codes(&text), [CONDITION, Code::UnusedMacro]);
    let unparsed = text.replace("in (l)", "in (l");
    assert_eq!(codes(&unparsed), [CONDITION]);
    let shapeless = text.replace("condition: proc", "conditon: proc");
    assert_eq!(codes(&shapeless), [SHAPE, Code::UnknownKey]);
}
