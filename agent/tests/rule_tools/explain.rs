use super::folder::Folder;

const CASES: &str = r"
- rule: Secret read
  cases:
    - name: cat reads it
      expect: [Secret read, Anything in etc]
      event: {type: openat, result: 3, args: {name: /etc/shadow, flags: O_RDONLY}}
      process: {name: cat}
    - name: passwd reads it
      expect: [Anything in etc]
      event: {type: openat, result: 3, args: {name: /etc/shadow, flags: O_RDONLY}}
      process: {name: passwd}
    - name: cat reads it through a link
      expect: [Secret read, Anything in etc]
      fields: {evt.type: openat, evt.rawres: 3, fd.name: /tmp/x, proc.name: cat}
      resolved: {fd.name: /etc/shadow, fd.directory: /etc}
";

fn explain(arguments: &[&str]) -> super::folder::Said {
    Folder::with_cases(CASES).saker(&[&["explain"], arguments].concat())
}

#[test]
fn a_rule_that_rests_shows_why() {
    let said = explain(&[
        "--case",
        "rules/tests/cases.yaml#passwd",
        "--rule",
        "Secret read",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(
        said.out,
        "\
event openat (rules/tests/cases.yaml:8: passwd reads it)

rule Secret read (rules/rules.yaml:8)
does not match; 1 comparison would have to come out otherwise
   false   all of
   true      all of  [macro opened]
   true        evt.type in (open, openat) <- openat
   true        evt.rawres >= 0 <- 3
   true      fd.name in (secret_files) <- /etc/shadow, among (/etc/shadow, /etc/gshadow)
   false     not
>* true        proc.name in (passwd) <- passwd
"
    );
}

#[test]
fn without_a_rule_matches_and_near_misses_are_shown() {
    let said = explain(&["--case", "rules/tests/cases.yaml#passwd reads it"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("rule Anything in etc"), "{}", said.out);
    assert!(!said.out.contains("rule Secret read"), "{}", said.out);
    assert!(
        said.out.ends_with(
            "\
near misses
  Secret read (rules/rules.yaml:8): 1 comparison would have to come out otherwise
>* true      proc.name in (passwd) <- passwd
"
        ),
        "{}",
        said.out
    );
    let none = explain(&["--case", "rules/tests/cases.yaml#passwd", "--near", "0"]);
    assert!(!none.out.contains("near misses"), "{}", none.out);
}

#[test]
fn the_earlier_rule_and_the_type_of_the_event_are_told() {
    let case = "rules/tests/cases.yaml#cat reads it";
    let rule = |name: &str| explain(&["--case", case, "--rule", name]).out;
    let later = rule("Anything in etc");
    assert!(
        later.contains("matches under requested paths, and 'Secret read' before it"),
        "{later}"
    );
    let other = rule("Shell started");
    assert!(
        other.contains("is not tried: it looks at events of type (execve), and this is openat"),
        "{other}"
    );
    let off = rule("Off");
    assert!(off.contains("is not tried: it is switched off"), "{off}");
}

#[test]
fn both_views_of_paths_are_shown_where_they_differ() {
    let said = explain(&[
        "--case",
        "rules/tests/cases.yaml#through a link",
        "--rule",
        "Secret read",
        "--output",
        "json",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let report = said.json();
    let rule = &report["rules"][0];
    assert_eq!(rule["outcome"], "matches");
    assert_eq!(rule["path_view"], "resolved");
    assert_eq!(rule["flips"], 0);
    let [requested, resolved] = [0, 1].map(|view| &rule["views"][view]);
    assert_eq!(requested["condition"]["verdict"], "false");
    assert_eq!(requested["deciding"], 2);
    assert_eq!(resolved["condition"]["verdict"], "true");
    let name = |view: &serde_json::Value| view["condition"]["and"][1]["comparison"].clone();
    assert_eq!(name(requested)["text"], "fd.name in (secret_files)");
    assert_eq!(name(requested)["value"]["known"], "/tmp/x");
    assert_eq!(name(resolved)["value"]["known"], "/etc/shadow");
    assert_eq!(name(resolved)["literals"][1], "/etc/gshadow");
}

#[test]
fn a_missing_value_says_why() {
    let cases = "
- rule: Shell started
  cases:
    - {name: only, expect: [], fields: {evt.type: execve, proc.name: sh}}
";
    let folder = Folder::with_cases(cases);
    let said = folder.saker(&["explain", "--case", "rules/tests/cases.yaml"]);
    assert_eq!(said.code, Some(0), "one case needs no name: {}", said.err);
    assert!(said.out.contains("no rule matches"), "{}", said.out);
    assert!(
        said.out
            .contains("proc.pname exists <- <missing: the event does not have it>"),
        "{}",
        said.out
    );
}

#[test]
fn what_is_not_there_is_refused() {
    explain(&["--case", "rules/tests/cases.yaml#reads it"]).is_refused(&[
        "3 cases of",
        "'cat reads it'",
        "'passwd reads it'",
    ]);
    explain(&["--case", "rules/tests/cases.yaml#cat raeds it"])
        .is_refused(&["no case in", "did you mean 'cat reads it'?"]);
    explain(&["--case", "rules/tests/none.yaml#x"]).is_refused(&["none.yaml"]);
    explain(&[
        "--case",
        "rules/tests/cases.yaml#passwd",
        "--rule",
        "Secret raed",
    ])
    .is_refused(&["no rule is named 'Secret raed'; did you mean 'Secret read'?"]);
    explain(&[]).is_refused(&["--case"]);
}

#[test]
fn requests_to_the_api_server_are_explained() {
    let cases = r#"
- rule: Command run in pod
  cases:
    - name: the control plane
      expect: []
      event: {audit: {user: {username: "system:node:a"}, objectRef: {subresource: exec}}}
"#;
    let folder = Folder::with_cases(cases);
    folder.write(
        "audit.yaml",
        r#"
- rule: Command run in pod
  desc: d
  source: k8s_audit
  condition: ka.target.subresource = exec and not ka.user.name startswith "system:"
  output: o
  priority: NOTICE
"#,
    );
    let explain = |rule: &str| {
        folder.saker(&[
            "explain",
            "--case",
            "rules/tests/cases.yaml",
            "--rules",
            "audit.yaml",
            "--rules",
            "rules",
            "--rule",
            rule,
        ])
    };
    let said = explain("Command run in pod");
    assert!(
        said.out.starts_with("event k8s_audit ("),
        "{}{}",
        said.out,
        said.err
    );
    let settled = r#">* true        ka.user.name startswith "system:" <- system:node:a"#;
    assert!(said.out.contains(settled), "{}", said.out);
    let other = explain("Secret read").out;
    let reason = "is not tried: it looks at events of source 'syscall'";
    assert!(other.contains(reason), "{other}");
}

#[test]
fn names_cannot_act_on_a_terminal() {
    let folder = Folder::with_cases("[]\n");
    folder.write(
        "loud.yaml",
        "- rule: \"loud\\e[31m\"\n  desc: d\n  condition: evt.type = openat\n  output: o\n  priority: INFO\n",
    );
    folder.write(
        "case.yaml",
        "- rule: \"loud\\e[31m\"\n  cases:\n    - name: \"a\\e[32m\"\n      expect: []\n      fields: {evt.type: openat}\n",
    );
    let said = folder.saker(&["explain", "--case", "case.yaml", "--rules", "loud.yaml"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(!said.out.contains('\x1b'), "{:?}", said.out);
    let said = folder.saker(&["rules", "test", "case.yaml", "--rules", "loud.yaml"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(!said.out.contains('\x1b'), "{:?}", said.out);
}
