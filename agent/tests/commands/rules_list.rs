//! `saker rules list`.

use crate::run::Folder;
use serde_json::json;

const RULES: &str = "\
- rule: File opened
  desc: A file was opened.
  condition: evt.type in (open, openat, openat2, creat, close) and fd.name = /x
  output: opened %fd.name
  priority: INFO
  tags: [host, files]
- rule: Program run
  desc: A program was run.
  condition: evt.type = execve and proc.name = x
  output: run %proc.name
  priority: ERROR
  enabled: false
  tags: [host]
";

fn names(folder: &Folder, arguments: &[&str]) -> Vec<String> {
    let all = [
        &["rules", "list", "--output", "json", "rules.yaml"],
        arguments,
    ]
    .concat();
    let list = folder.run(&all).json();
    let rules = list["rules"].as_array().expect("rules").iter();
    rules
        .map(|rule| rule["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn a_table_for_people() {
    let folder = Folder::new(&[("rules.yaml", RULES)]);
    let outcome = folder.run(&["rules", "list", "rules.yaml"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.out,
        "\
RULE         PRIORITY       SOURCE   ENABLED  EVENTS                      TAGS
File opened  Informational  syscall  yes      close,creat,open,openat,+1  files,host
Program run  Error          syscall  no       execve                      host

2 rules
"
    );
    let long = folder.run(&["rules", "list", "--long", "rules.yaml"]).out;
    assert!(
        long.contains("  description  A file was opened.\n"),
        "{long}"
    );
    assert!(long.contains("close,creat,open,openat,openat2"), "{long}");
}

#[test]
fn rules_are_chosen_by_tag_and_source() {
    let folder = Folder::new(&[("rules.yaml", RULES)]);
    assert_eq!(names(&folder, &["--tag", "files"]), ["File opened"]);
    assert_eq!(
        names(&folder, &["--tag", "files", "--tag", "host"]).len(),
        2
    );
    assert_eq!(names(&folder, &["--tag", "none"]).len(), 0);
    assert_eq!(names(&folder, &["--source", "syscall"]).len(), 2);
    assert_eq!(names(&folder, &["--source", "k8s_audit"]).len(), 0);
    let mistyped = folder.run(&["rules", "list", "--source", "k8s", "rules.yaml"]);
    assert_eq!(mistyped.code, Some(2));
    assert_eq!(
        mistyped.errors,
        "saker: there are no events of source 'k8s'; sources are syscall, k8s_audit, flow, pod\n"
    );
}

#[test]
fn the_json_shape() {
    let folder = Folder::new(&[("rules.yaml", RULES)]);
    let list = folder
        .run(&["rules", "list", "-o", "json", "rules.yaml"])
        .json();
    assert_eq!(
        list["rules"][1],
        json!({
            "name": "Program run",
            "description": "A program was run.",
            "priority": "Error",
            "source": "syscall",
            "enabled": false,
            "tags": ["host"],
            "event_types": ["execve"],
            "event_types_excluded": [],
            "file": "rules.yaml",
            "condition": "(evt.type = execve and proc.name = x)",
            "output": "run %proc.name",
        })
    );
}

#[test]
fn the_rules_of_the_configuration_are_the_default() {
    let folder = Folder::new(&[
        ("rules.yaml", RULES),
        ("saker.yaml", "rules_files: [rules.yaml]\n"),
    ]);
    let outcome = folder.run(&["rules", "list", "--config", "saker.yaml"]);
    assert!(outcome.out.ends_with("\n2 rules\n"), "{outcome:?}");
}

#[test]
fn rules_that_do_not_load_are_not_listed() {
    let folder = Folder::new(&[(
        "rules.yaml",
        &RULES.replace("proc.name = x", "proc.nam = x"),
    )]);
    let outcome = folder.run(&["rules", "list", "rules.yaml"]);
    assert_eq!(outcome.code, Some(2));
    assert_eq!(outcome.out, "");
    assert!(outcome.errors.contains("proc.nam"), "{outcome:?}");
}

#[test]
fn names_cannot_speak_to_the_terminal() {
    let rules = RULES.replace("rule: File opened", "rule: \"File\\e[2J opened\"");
    let folder = Folder::new(&[("rules.yaml", &rules)]);
    for arguments in [
        &["rules", "list", "rules.yaml"][..],
        &["rules", "list", "-l", "rules.yaml"],
    ] {
        let outcome = folder.run(arguments);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(!outcome.out.contains('\u{1b}'), "{outcome:?}");
    }
}

#[test]
fn that_nothing_fits_is_said() {
    let folder = Folder::new(&[
        ("rules.yaml", RULES),
        ("none.yaml", "- list: l\n  items: []\n"),
    ]);
    let told = |arguments: &[&str]| {
        let outcome = folder.run(&[&["rules", "list"], arguments].concat());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.errors
    };
    assert_eq!(
        told(&["rules.yaml", "--tag", "hots", "--tag", "x\u{7}y"]),
        "saker: no rule has tag 'hots' or tag 'x\\u0007y'; did you mean 'host'?\n"
    );
    assert_eq!(
        told(&["rules.yaml", "--tag", "host", "--source", "k8s_audit"]),
        "saker: no rule has tag 'host' and source 'k8s_audit'\n"
    );
    assert!(told(&["none.yaml"]).ends_with("hold no rule\n"));
    assert_eq!(told(&["rules.yaml", "--tag", "host"]), "");
}
