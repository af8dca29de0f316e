use super::folder::{Folder, run};
use std::path::Path;

const PASSING: &str = r"
- rule: Secret read
  cases:
    - name: cat reads it
      expect: [Secret read, Anything in etc]
      message: Secret read (file=/etc/shadow process=cat)
      event: {type: openat, result: 3, args: {name: /etc/shadow, flags: O_RDONLY}}
      process: {name: cat}
    - name: passwd may
      expect: []
      fields: {evt.type: openat, evt.rawres: 3, fd.name: /etc/shadow, proc.name: passwd}
";

const FAILING: &str = r"
- rule: Secret read
  cases:
    - name: fails
      expect: [Secret read, Shell started]
      output: [process=dog]
      message: Secret read (file=/etc/passwd process=cat)
      event: {type: openat, result: 3, args: {name: /etc/shadow}}
      process: {name: cat}
    - name: passes
      expect: []
      event: {type: openat, result: -2, args: {name: /etc/shadow}}
";

#[test]
fn the_cases_of_the_shipped_rules_pass() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let said = run(&workspace, &["rules", "test", "--coverage"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains(" passed, 0 failed in "), "{}", said.out);
    assert_eq!(said.out.lines().count(), 1, "no gaps: {}", said.out);
    let count = said
        .out
        .split(' ')
        .next()
        .and_then(|count| count.parse().ok());
    assert!(count > Some(100), "{}", said.out);
}

#[test]
fn the_shipped_rules_draw_no_hint() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let said = run(&workspace, &["rules", "check", "--strict", "rules"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
}

#[test]
fn cases_are_found_beside_their_rules() {
    let folder = Folder::with_cases(PASSING);
    for path in [
        &[][..],
        &["rules"],
        &["rules/tests"],
        &["rules/tests/cases.yaml"],
    ] {
        let said = folder.saker(&[&["rules", "test"], path].concat());
        assert_eq!(said.out, "2 passed, 0 failed in 1 file\n", "{path:?}");
        assert_eq!(said.code, Some(0));
    }
    let verbose = folder.saker(&["rules", "test", "-v", "--filter", "passwd"]);
    assert_eq!(
        verbose.out,
        "pass rules/tests/cases.yaml:9: Secret read: passwd may\n1 passed, 0 failed in 1 file\n"
    );
}

#[test]
fn what_fails_is_shown_with_what_differs() {
    let said = Folder::with_cases(FAILING).saker(&["rules", "test"]);
    assert_eq!(said.code, Some(1));
    assert_eq!(
        said.out,
        "\
FAIL rules/tests/cases.yaml:4: Secret read: fails
  rules (- expected, + fired)
      Secret read
    - Shell started
    + Anything in etc
  output lacks 'process=dog'
    Secret read (file=/etc/shadow process=cat)
  message (- expected, + actual)
    - Secret read (file=/etc/passwd process=cat)
                  ^^^^^^^^^^^^^^^^^
    + Secret read (file=/etc/shadow process=cat)
                  ^^^^^^^^^^^^^^^^^
1 passed, 1 failed in 1 file
"
    );
}

#[test]
fn results_come_as_json_and_junit() {
    let folder = Folder::with_cases(FAILING);
    let said = folder.saker(&["rules", "test", "--output", "json", "--junit", "report.xml"]);
    assert_eq!(said.code, Some(1));
    let results = said.json();
    assert_eq!(results["passed"], 1);
    assert_eq!(results["failed"], 1);
    let failed = &results["cases"][0];
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["line"], 4);
    assert_eq!(failed["differences"][0]["kind"], "rules");
    assert_eq!(failed["differences"][0]["fired"][1], "Anything in etc");
    let xml = std::fs::read_to_string(folder.path().join("report.xml")).expect("a report");
    for part in [
        r#"tests="2" skipped="0" failures="1" errors="0""#,
        r#"<testcase name="fails" classname="Secret read""#,
        "+ Anything in etc",
        "<failure",
    ] {
        assert!(xml.contains(part), "no '{part}' in {xml}");
    }
    let printed = folder.saker(&["rules", "test", "--output", "junit"]).out;
    assert!(printed.starts_with("<?xml"), "{printed}");
}

#[test]
fn rules_without_cases_are_listed() {
    let said = Folder::with_cases(PASSING).saker(&["rules", "test", "--coverage"]);
    assert_eq!(said.code, Some(0));
    assert_eq!(
        said.out,
        "rule 'Anything in etc' has no case\nrule 'Shell started' has no case\nrule 'Off' has no case\n\
         2 passed, 0 failed in 1 file\n"
    );
}

#[test]
fn a_case_that_names_no_rule_is_an_error() {
    let cases = "
- rule: Secret raed
  cases:
    - {name: a, expect: [], fields: {evt.type: open}}
- rule: Shell started
  cases:
    - {name: b, expect: [Shel started], fields: {evt.type: open}}
";
    let said = Folder::with_cases(cases).saker(&["rules", "test"]);
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.out,
        "\
ERROR rules/tests/cases.yaml:7: Shell started: b
  no rule is named 'Shel started'; did you mean 'Shell started'?
ERROR rules/tests/cases.yaml:2: no rule is named 'Secret raed'; did you mean 'Secret read'?
1 passed, 0 failed, 2 errors in 1 file
"
    );
}

#[test]
fn wrong_files_are_refused_with_every_place() {
    let cases = "
- rule: Secret read
  cases:
    - {name: a, expect: [], fields: {evt.type: open, fd.nmae: x}}
    - {name: b, expect: [], fields: {evt.type: open, evt.rawres: many}}
";
    Folder::with_cases(cases).saker(&["rules", "test"]).is_refused(&[
        "rules/tests/cases.yaml:4: case 'a': field 'fd.nmae'",
        "rules/tests/cases.yaml:5: case 'b': field 'evt.rawres' is a whole number, not the text 'many'",
    ]);
    let folder = Folder::with_cases(PASSING);
    folder.write("elsewhere/cases.yaml", PASSING);
    folder.write("bad.yaml", "- rule: r\n  condition: evt.type = open\n");
    folder.write("empty/readme.md", "");
    let refused = |arguments: &[&str], texts: &[&str]| {
        folder
            .saker(&[&["rules", "test"], arguments].concat())
            .is_refused(texts);
    };
    refused(&["elsewhere"], &["cannot tell which rules", "--rules"]);
    refused(&["empty"], &["no cases in empty"]);
    refused(&["missing"], &["missing"]);
    refused(&["--filter", "nothing like it"], &["nothing like it"]);
    refused(&["--rules", "bad.yaml"], &["bad.yaml", "error"]);
    refused(&["--junit", "no/such/folder.xml"], &["cannot write"]);
    refused(&["--nonsense"], &["--nonsense"]);
    let said = folder.saker(&["rules", "test", "elsewhere", "--rules", "rules"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[test]
fn an_event_that_cannot_be_built_is_an_error_of_its_case() {
    let cases = "
- rule: Secret read
  cases:
    - {name: a, expect: [], event: {type: openat, args: {nmae: x}}}
    - {name: b, expect: [], event: {type: openat, result: -1}}
";
    let said = Folder::with_cases(cases).saker(&["rules", "test"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.out.contains("cases.yaml:4: Secret read: a"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("1 passed, 0 failed, 1 error"),
        "{}",
        said.out
    );
}
