//! Fields with several values compare as Falco's do.

use std::path::Path;

use saker_rule_cases::{Bench, parse};
use saker_rule_engine::{CompileOptions, Matching, RuleSet};
use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, SourceFile, load};

/// Conditions, each a rule of its own, and whether they hold.
fn check(case: &str, conditions: &[(&str, bool)]) {
    let rules: String = conditions
        .iter()
        .enumerate()
        .map(|(position, (condition, _))| {
            format!(
                "- rule: r{position}\n  desc: d\n  condition: evt.type in (connect, execve) and ({condition})\n  \
                 output: o\n  priority: NOTICE\n"
            )
        })
        .collect();
    let loaded = load(
        &[SourceFile::new("test.yaml", &rules)],
        &Fields::new(),
        &LoadOptions::default(),
    );
    let checked = loaded
        .rules
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    let compiled = RuleSet::compile(&checked, &options).unwrap();
    let file = parse(Path::new("inline"), case).unwrap();
    let (_, case) = file.cases().next().unwrap();
    let alerts = Bench::new(&compiled).run(case).unwrap().alerts;
    for (position, (condition, expected)) in conditions.iter().enumerate() {
        let holds = alerts
            .iter()
            .any(|alert| *alert.rule == *format!("r{position}"));
        assert_eq!(holds, *expected, "{condition}");
    }
}

#[test]
fn either_end_of_a_connection_will_do() {
    let case = r#"
- rule: none
  cases:
    - name: a connection
      expect: []
      event:
        type: connect
        args: {fd: 3, tuple: {tcp: {local: "172.40.111.222:54321", remote: "142.251.111.147:443"}}, addr: "142.251.111.147:443"}
"#;
    check(
        case,
        &[
            ("fd.sip = 142.251.111.147", true),
            ("fd.cip = 172.40.111.222", true),
            ("fd.ip = 142.251.111.147", true),
            ("fd.ip = 172.40.111.222", true),
            ("fd.ip != 142.251.111.147", false),
            ("fd.ip != 10.0.0.1", true),
            ("fd.ip in (10.0.0.1, 172.40.111.222)", true),
            ("fd.net = 142.251.0.0/16", true),
            ("fd.net != 142.251.0.0/16", false),
            ("fd.net != 10.0.0.0/8", true),
            ("fd.net in (10.0.0.0/8, 172.40.0.0/16)", true),
            ("fd.snet = 172.40.0.0/16", false),
            ("fd.port = 443", true),
            ("fd.port = https", true),
            ("fd.port != 443", false),
            ("fd.sport = 443", true),
            ("fd.sport in (80, https)", true),
            ("fd.sport >= 1024", false),
            ("fd.sip = ::1", false),
        ],
    );
}

#[test]
fn one_ancestor_is_enough() {
    let case = r"
- rule: none
  cases:
    - name: a program
      expect: []
      event: {type: execve}
      process: {name: ls, args: [ls, -l]}
      ancestors: [{name: bash}, {name: sshd}, {name: systemd}]
";
    check(
        case,
        &[
            ("proc.aname = sshd", true),
            ("proc.aname in (sshd, login)", true),
            ("proc.aname in (login, cron)", false),
            ("proc.aname != sshd", true),
            ("proc.aname[2] = sshd", true),
            ("proc.aname[2] != sshd", false),
            ("proc.aname[9] != sshd", false),
            ("not proc.aname[9] = sshd", true),
            ("proc.pname = bash", true),
            ("proc.aname startswith sys", true),
        ],
    );
}
