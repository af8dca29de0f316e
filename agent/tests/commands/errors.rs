//! What commands say of files that they cannot use.

use crate::run::Folder;

/// The only line on standard error.
fn error(folder: &Folder, arguments: &[&str]) -> String {
    let outcome = folder.run(arguments);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    let lines: Vec<&str> = outcome.errors.lines().collect();
    let [line] = lines.as_slice() else {
        panic!("{outcome:?}");
    };
    (*line).to_owned()
}

#[test]
fn a_wrong_configuration_is_named_once() {
    let folder = Folder::new(&[
        ("rules.yaml", ""),
        ("key.yaml", "priority: info\nprioritx: info\n"),
        ("shape.yaml", "priority: [info\n"),
        ("limit.yaml", "limits:\n  file_bytes: 0\n"),
        ("value.yaml", "rule_matching: some\n"),
    ]);
    let told = |config: &str| error(&folder, &["rules", "list", "-c", config, "rules.yaml"]);
    let key = told("key.yaml");
    assert!(key.contains("configuration file key.yaml: "), "{key}");
    assert!(key.ends_with("at line 2, column 1"), "{key}");
    assert_eq!(key.matches("prioritx").count(), 1, "{key}");
    let shape = told("shape.yaml");
    assert!(shape.contains("configuration file shape.yaml: "), "{shape}");
    assert!(!shape.contains("<input>"), "{shape}");
    assert_eq!(
        told("limit.yaml"),
        "saker: configuration file limit.yaml: limits.file_bytes: `0` is not allowed; a number from 1 to \
         1073741824"
    );
    assert_eq!(
        told("value.yaml"),
        "saker: configuration file value.yaml: rule_matching: `some` is not allowed; first or all"
    );
}

#[test]
fn a_wrong_file_of_cases_is_named_once() {
    let folder = Folder::new(&[
        ("rules.yaml", ""),
        ("cases.yaml", "- rule: r\n  caes: []\n"),
    ]);
    let arguments = ["rules", "test", "cases.yaml", "--rules", "rules.yaml"];
    let told = error(&folder, &arguments);
    assert!(
        told.starts_with("cases.yaml:2: not a list of cases: "),
        "{told}"
    );
    assert_eq!(told.matches("caes").count(), 1, "{told}");
    assert!(!told.contains("<input>"), "{told}");
}

#[test]
fn no_character_acts_on_the_terminal() {
    let folder = Folder::new(&[("rules.yaml", "")]);
    let name = "\u{1b}[2Jcases\n\u{202e}.yaml";
    let told = error(&folder, &["rules", "test", name, "--rules", "rules.yaml"]);
    assert!(told.contains("\\u001b[2Jcases\\n\\u202e.yaml"), "{told}");
    let named = "- rule: r\n  cases:\n  - name: \"a\\e[31mb\"\n    expect: [r]\n";
    folder.write("cases.yaml", named);
    let arguments = ["rules", "test", "cases.yaml", "--rules", "rules.yaml"];
    let outcome = folder.run(&arguments);
    assert!(!outcome.errors.contains('\u{1b}'), "{outcome:?}");
    assert!(outcome.errors.contains("a\\u001b[31mb"), "{outcome:?}");
}

#[test]
fn an_unknown_source_has_a_remedy() {
    let rule = "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n  source: \
                sycall\n";
    let folder = Folder::new(&[("rules.yaml", rule)]);
    let outcome = folder.run(&["rules", "check", "rules.yaml"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.out.contains("LOAD_UNKNOWN_SOURCE"), "{outcome:?}");
    assert!(
        outcome.out.contains("did you mean 'syscall'?"),
        "{outcome:?}"
    );
}
