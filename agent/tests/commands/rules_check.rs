//! `saker rules check`: every output, and the exit codes.

use crate::run::{Folder, Outcome};
use serde_json::{Value, json};

const GOOD: &str = "\
- rule: General
  desc: d
  condition: evt.type in (open, openat) and fd.name startswith /etc/
  output: opened %fd.name
  priority: INFO
";

const WARNED: &str = "\
- rule: Coloured
  desc: d
  condition: evt.type = execve
  output: run %proc.name
  priority: INFO
  colour: red
";

const SHADOWED: &str = "\
- rule: Special
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow
  output: opened %fd.name
  priority: CRITICAL
";

/// Two mistakes, one of them in the third line after a letter of two bytes.
const BAD: &str = "\
- rule: Bäd
  desc: d
  condition: evt.type = open and proc.name = \"ä\" and proc.nam = cat
  output: opened %fd.nme
  priority: INFO
";

fn check(files: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let folder = Folder::new(files);
    let names = files.iter().map(|(name, _)| *name);
    let all: Vec<&str> = ["rules", "check"]
        .into_iter()
        .chain(arguments.iter().copied())
        .chain(names)
        .collect();
    folder.run(&all)
}

#[test]
fn rules_without_a_finding() {
    let outcome = check(&[("good.yaml", GOOD)], &["--strict"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.out,
        "1 rule in 1 file: 0 errors, 0 warnings, 0 hints\n"
    );
    assert_eq!(outcome.errors, "");
}

#[test]
fn warnings_and_hints_fail_only_if_asked_to() {
    for file in [
        ("w.yaml", WARNED.to_owned()),
        ("h.yaml", format!("{GOOD}{SHADOWED}")),
    ] {
        let files = [(file.0, &*file.1)];
        assert_eq!(check(&files, &[]).code, Some(0));
        assert_eq!(check(&files, &["--strict"]).code, Some(2));
        assert_eq!(check(&files, &["-W"]).code, Some(2));
    }
}

#[test]
fn findings_for_people_show_place_and_remedy() {
    let outcome = check(&[("bad.yaml", BAD)], &[]);
    assert_eq!(outcome.code, Some(2));
    let wanted = "\
error[LOAD_ERR_COMPILE_CONDITION]: nonexistent field 'proc.nam'
 --> bad.yaml:3:54
  |
3 |   condition: evt.type = open and proc.name = \"ä\" and proc.nam = cat
  |                                                      ^^^^^^^^
  |
  = note: in rule 'Bäd'
  = help: did you mean 'proc.name'";
    assert!(outcome.out.contains(wanted), "{}", outcome.out);
    assert!(!outcome.out.contains('\u{1b}'), "colour without a terminal");
    assert!(
        outcome
            .out
            .ends_with("1 file; the rules do not load: 2 errors, 0 warnings, 0 hints\n"),
        "{}",
        outcome.out
    );
}

#[test]
fn hints_stand_beside_warnings() {
    let outcome = check(&[("a.yaml", GOOD), ("b.yaml", SHADOWED)], &[]);
    assert!(
        outcome
            .out
            .starts_with("note[LINT_SHADOWED]: the rule never fires: 'General'"),
        "{}",
        outcome.out
    );
    assert!(outcome.out.contains(" --> b.yaml:1:9"), "{}", outcome.out);
    assert!(
        outcome
            .out
            .ends_with("2 rules in 2 files: 0 errors, 0 warnings, 1 hint\n")
    );
    let folder = Folder::new(&[
        ("saker.yaml", "rule_matching: all\n"),
        ("a.yaml", GOOD),
        ("b.yaml", SHADOWED),
    ]);
    let all = folder.run(&[
        "rules",
        "check",
        "--config",
        "saker.yaml",
        "a.yaml",
        "b.yaml",
    ]);
    assert!(all.out.contains("0 hints"), "every rule fires: {}", all.out);
}

#[test]
fn all_files_are_looked_at_even_if_one_cannot_be_read() {
    let folder = Folder::new(&[("bad.yaml", BAD)]);
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    std::fs::write(folder.path().join("binary.yaml"), b"- rule: \xff\n").expect("a file");
    let outcome = folder.run(&[
        "rules",
        "check",
        "--output",
        "json",
        "missing.yaml",
        "empty",
        "binary.yaml",
        "bad.yaml",
    ]);
    assert_eq!(outcome.code, Some(2));
    let report = outcome.json();
    let files: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|it| {
            (
                it["file"].as_str().expect("a file"),
                it["code"].as_str().expect("a code"),
            )
        })
        .collect();
    assert_eq!(
        files,
        [
            ("missing.yaml", "LOAD_ERR_FILE_READ"),
            ("empty", "LOAD_ERR_FILE_READ"),
            ("binary.yaml", "LOAD_ERR_FILE_READ"),
            ("bad.yaml", "LOAD_ERR_COMPILE_CONDITION"),
            ("bad.yaml", "LOAD_ERR_COMPILE_OUTPUT"),
        ]
    );
}

#[test]
fn a_folder_gives_its_files_by_name() {
    let folder = Folder::new(&[
        ("rules/b.yaml", SHADOWED),
        ("rules/a.yml", GOOD),
        ("rules/notes.txt", "no rules"),
        ("rules/tests/c.yaml", "no rules either"),
    ]);
    let report = folder
        .run(&["rules", "check", "-o", "json", "rules"])
        .json();
    assert_eq!(report["files"], json!(["rules/a.yml", "rules/b.yaml"]));
}

#[test]
fn the_json_shape() {
    let outcome = check(&[("w.yaml", WARNED)], &["--output", "json"]);
    assert_eq!(
        outcome.json(),
        json!({
            "successful": true,
            "files": ["w.yaml"],
            "rules": 1,
            "errors": 0,
            "warnings": 1,
            "hints": 0,
            "findings": [{
                "severity": "warning",
                "code": "LOAD_UNKNOWN_KEY",
                "description": "unknown key in item",
                "message": "unknown key 'colour', the key will be ignored",
                "file": "w.yaml",
                "span": {
                    "line": 6, "column": 3, "end_line": 6, "end_column": 9,
                    "start_byte": WARNED.find("colour"),
                    "end_byte": WARNED.find("colour").map(|at| at + "colour".len()),
                },
                "item": {"type": "rule", "name": "Coloured"},
                "context": [
                    {"type": "rules content", "name": "w.yaml"},
                    {"type": "rule", "name": "Coloured"},
                ],
                "remedy": null,
            }],
        })
    );
}

#[test]
fn columns_count_characters_and_offsets_bytes() {
    let report = check(&[("bad.yaml", BAD)], &["--output", "json"]).json();
    let finding = &report["findings"][0];
    assert_eq!(finding["code"], "LOAD_ERR_COMPILE_CONDITION");
    assert_eq!(finding["span"]["column"], 54, "{finding}");
    assert_eq!(
        finding["span"]["start_byte"],
        BAD.find("proc.nam ").unwrap_or_default()
    );
    assert_eq!(report["rules"], Value::Null);
    assert_eq!(report["successful"], false);
}

#[test]
fn falcos_json_shape() {
    let outcome = check(
        &[("w.yaml", WARNED), ("a.yaml", GOOD), ("b.yaml", SHADOWED)],
        &["--output", "falco-json"],
    );
    assert_eq!(outcome.code, Some(0));
    let position = |line, column, offset: Option<usize>| json!({"name": "w.yaml", "line": line, "column": column, "offset": offset});
    let report = outcome.json();
    assert_eq!(
        report["falco_load_results"][0],
        json!({
            "name": "w.yaml",
            "successful": true,
            "schema_valid": false,
            "schema_warnings": ["[0]: unknown key 'colour'"],
            "errors": [],
            "warnings": [{
                "code": "LOAD_UNKNOWN_KEY",
                "codedesc": "unknown key in item",
                "message": "unknown key 'colour', the key will be ignored",
                "context": {
                    "locations": [
                        {
                            "item_type": "rules content",
                            "item_name": "",
                            "position": position(0, 0, Some(0)),
                        },
                        {
                            "item_type": "rule",
                            "item_name": "Coloured",
                            "position": position(0, 2, Some(2)),
                        },
                    ],
                    "snippet": "  colour: red\n  ^\n",
                },
            }],
        })
    );
    // Falco knows no hints.
    for file in [1, 2] {
        let result = &report["falco_load_results"][file];
        assert_eq!(result["warnings"], json!([]), "{result}");
        assert_eq!(result["successful"], true);
    }
    let bad = check(&[("bad.yaml", BAD)], &["--output", "falco-json"]);
    assert_eq!(bad.code, Some(2));
    let result = &bad.json()["falco_load_results"][0];
    assert_eq!(result["successful"], false);
    let locations = &result["errors"][0]["context"]["locations"];
    assert_eq!(locations[1]["item_name"], "Bäd", "{locations}");
}

/// What SARIF 2.1.0 requires of a log with one run, and code scanning on GitHub beyond it.
fn assert_is_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "saker");
    assert!(driver["semanticVersion"].is_string());
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        assert!(rule["id"].is_string());
        assert!(rule["shortDescription"]["text"].is_string());
    }
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index"));
        assert_eq!(rules[index.expect("small")]["id"], result["ruleId"]);
        let level = result["level"].as_str().expect("a level");
        assert!(["error", "warning", "note"].contains(&level));
        assert!(
            !result["message"]["text"]
                .as_str()
                .expect("a text")
                .is_empty()
        );
        let locations = result["locations"].as_array().expect("locations");
        assert_eq!(locations.len(), 1);
        let place = &locations[0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].is_string());
        let region = &place["region"];
        let number = |key: &str| {
            region[key]
                .as_u64()
                .unwrap_or_else(|| panic!("{key}: {region}"))
        };
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        assert!(number("endLine") >= number("startLine"));
        if number("endLine") == number("startLine") {
            assert!(number("endColumn") >= number("startColumn"));
        }
    }
}

#[test]
fn sarif_for_code_review() {
    let folder = Folder::new(&[
        ("my rules/w.yaml", WARNED),
        ("my rules/x.yaml", GOOD),
        ("my rules/y.yaml", SHADOWED),
    ]);
    let whole = folder.path().join("my rules");
    for path in ["my rules", "./my rules", whole.to_str().expect("text")] {
        let log = folder
            .run(&["rules", "check", "--output", "sarif", path])
            .json();
        assert_is_sarif(&log);
        let results = &log["runs"][0]["results"];
        let found: Vec<(&str, &str, &str)> = results
            .as_array()
            .expect("results")
            .iter()
            .map(|result| {
                let place = &result["locations"][0]["physicalLocation"];
                (
                    result["ruleId"].as_str().unwrap_or_default(),
                    result["level"].as_str().unwrap_or_default(),
                    place["artifactLocation"]["uri"]
                        .as_str()
                        .unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("LOAD_UNKNOWN_KEY", "warning", "my%20rules/w.yaml"),
                ("LINT_SHADOWED", "note", "my%20rules/y.yaml"),
            ]
        );
    }
}

#[test]
fn sarif_of_errors_and_unreadable_files() {
    let folder = Folder::new(&[("bad.yaml", BAD)]);
    let outcome = folder.run(&[
        "rules",
        "check",
        "-o",
        "sarif",
        "bad.yaml",
        "/missing/x.yaml",
    ]);
    assert_eq!(outcome.code, Some(2));
    let log = outcome.json();
    assert_is_sarif(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(results.iter().all(|result| result["level"] == "error"));
    let last = results.last().expect("a result");
    let uri = &last["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(uri["uri"], "file:///missing/x.yaml");
}

#[test]
fn bad_usage() {
    assert_eq!(check(&[], &[]).code, Some(2));
    assert_eq!(
        check(&[("a.yaml", GOOD)], &["--output", "xml"]).code,
        Some(2)
    );
    let outcome = check(&[("a.yaml", GOOD)], &["--config", "missing.yaml"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.errors.contains("missing.yaml"), "{outcome:?}");
}

#[test]
fn the_official_rules_load() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let stable = folder.join("falco-rules/falco_rules.yaml");
    let outcome = Folder::new(&[]).run(&[
        "rules",
        "check",
        "--output",
        "json",
        stable.to_str().expect("text"),
    ]);
    assert_eq!(outcome.code, Some(0));
    let report = outcome.json();
    assert_eq!(
        (&report["errors"], &report["warnings"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn what_files_require_of_plugins_is_checked() {
    let requiring = |version: &str| {
        format!("- required_plugin_versions:\n  - name: k8saudit\n    version: {version}\n{GOOD}")
    };
    let met = check(&[("met.yaml", &requiring("0.7.0"))], &[]);
    assert_eq!(met.code, Some(0), "{}", met.out);
    let unmet = check(&[("unmet.yaml", &requiring("99.0.0"))], &[]);
    assert_eq!(unmet.code, Some(2), "{}", unmet.out);
    assert!(unmet.out.contains("k8saudit"), "{}", unmet.out);
}
