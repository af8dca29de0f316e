use super::folder::Folder;

const CASES: &str = r"
- rule: Secret read
  cases:
    - name: cat reads it
      expect: [Secret read, Anything in etc]
      event: {type: openat, result: 3, args: {name: /etc/shadow}}
    - name: another file
      expect: []
      event: {type: openat, result: 3, args: {name: /tmp/x}}
    - name: given by fields
      expect: []
      fields: {evt.type: openat}
- rule: Shell started
  cases:
    - name: a shell
      expect: [Shell started]
      event: {type: execve}
      process: {name: sh}
      ancestors: [{name: sshd}]
    - name: another program
      expect: []
      event: {type: execve}
      process: {name: ls}
";

#[test]
fn shares_and_times_are_reported_for_each_rule() {
    let folder = Folder::with_cases(CASES);
    let said = folder.saker(&["rules", "bench", "--seconds", "1", "--output", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let report = said.json();
    assert_eq!(report["events"], 4);
    assert_eq!(report["cases_left_out"], 1);
    let rules = report["rules"].as_array().expect("rules");
    let rule = |name: &str| {
        let mut rules = rules.iter();
        rules.find(|rule| rule["rule"] == name).expect("the rule")
    };
    for (name, types, reached, matched) in [
        ("Secret read", &["open", "openat"][..], 2, 1),
        ("Anything in etc", &["open", "openat"], 2, 1),
        ("Shell started", &["execve"], 2, 1),
    ] {
        let rule = rule(name);
        assert_eq!(rule["event_types"], serde_json::json!(types));
        assert_eq!(rule["reached"], reached, "{name}");
        assert_eq!(rule["matched"], matched, "{name}");
        let ns = |key: &str| rule["ns_per_event"][key].as_f64().expect("a number");
        assert!(ns("least") <= ns("median") && ns("median") <= ns("most"));
    }
    assert_eq!(rules.len(), 3, "a rule that is off is not measured");
    let without = report["ns_per_event_without_rules"]["median"].as_f64();
    assert!(without > Some(0.0), "{report}");
}

#[test]
fn a_generated_node_can_stand_in_for_cases() {
    let folder = Folder::with_cases(CASES);
    let line = [
        "rules",
        "bench",
        "--rules",
        "rules",
        "--generated",
        "500",
        "--seconds",
        "1",
        "--output",
        "json",
    ];
    let said = folder.saker(&line);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let report = said.json();
    assert_eq!(report["events"], 500);
    let rules = report["rules"].as_array().expect("rules");
    let reached = |name: &str| {
        rules
            .iter()
            .find(|rule| rule["rule"] == name)
            .expect("the rule")["reached"]
            .as_u64()
    };
    assert!(
        reached("Secret read") > reached("Shell started"),
        "{report}"
    );
    let said = folder.saker(&["rules", "bench", "--generated", "500"]);
    assert_eq!(said.code, Some(2), "rules have to be named");
}

#[test]
fn one_rule_is_measured_by_its_name() {
    let folder = Folder::with_cases(CASES);
    let arguments = ["rules", "bench", "--seconds", "1", "--rule", "Secret read"];
    let said = folder.saker(&arguments);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out.contains("50.0%    25.0%  Secret read"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("Shell started"), "{}", said.out);
    assert!(
        said.out
            .ends_with("4 events; 1 case given by fields left out\n"),
        "{}",
        said.out
    );
}

#[test]
fn nothing_to_measure_is_refused() {
    let cases = "
- rule: Secret read
  cases:
    - {name: a, expect: [], fields: {evt.type: open}}
";
    Folder::with_cases(cases)
        .saker(&["rules", "bench"])
        .is_refused(&["no event that can be measured"]);
    let folder = Folder::with_cases(CASES);
    folder
        .saker(&["rules", "bench", "--rule", "Secret raed"])
        .is_refused(&["did you mean 'Secret read'?"]);
    folder
        .saker(&["rules", "bench", "--seconds", "0"])
        .is_refused(&["--seconds"]);
}
