//! Falco's own rules load, compile and fire on Saker's events.

use std::path::Path;

use saker_rule_cases::{Bench, parse};
use saker_rule_engine::{CompileOptions, Matching, RuleSet};
use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, Loaded, Severity, SourceFile, load};

fn compiled(folder: &Path, files: &[&str]) -> RuleSet {
    let sources: Vec<SourceFile> = files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(folder.join("falco-rules").join(file)).unwrap();
            SourceFile::new(file, &text)
        })
        .collect();
    let Loaded {
        rules, diagnostics, ..
    } = load(&sources, &Fields::new(), &LoadOptions::default());
    let errors: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{files:?}: {errors:#?}");
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    let rules = rules.unwrap();
    let written = sources.iter().flat_map(|source| source.text.lines());
    let written = written.filter(|line| line.starts_with("- rule:")).count();
    assert_eq!(rules.rules.len(), written, "{files:?}");
    RuleSet::compile(&rules, &options).unwrap()
}

#[test]
fn all_rules_load_and_compile() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    for file in [
        "falco_rules.yaml",
        "falco-incubating_rules.yaml",
        "falco-sandbox_rules.yaml",
        "falco-deprecated_rules.yaml",
    ] {
        let rules = compiled(&folder, &[file]);
        assert!(!rules.rules().is_empty(), "{file}");
        // All deprecated rules are switched off.
        let is_in_use = rules.event_ids().count() > 0;
        assert_eq!(is_in_use, file != "falco-deprecated_rules.yaml", "{file}");
        if file != "falco_rules.yaml" {
            compiled(&folder, &["falco_rules.yaml", file]);
        }
    }
    compiled(&folder, &["k8s_audit_rules.yaml"]);
}

const CASES: &str = r#"
- rule: Read sensitive file untrusted
  cases:
    - name: cat shows the password hashes
      expect: [Read sensitive file untrusted]
      event: {type: openat, result: 3, args: {name: /etc/shadow, flags: O_RDONLY}}
      process: {name: cat, args: [cat, /etc/shadow]}
      ancestors: [{name: bash}]
    - name: sudo reads its rules
      expect: []
      event: {type: openat, result: 3, args: {name: /etc/sudoers, flags: O_RDONLY}}
      process: {name: sudo}

- rule: Netcat Remote Code Execution in Container
  cases:
    - name: netcat runs a shell
      expect: [Netcat Remote Code Execution in Container]
      event: {type: execve}
      process: {name: nc, args: [nc, -lp, "4444", -e, /bin/sh], container: 1f2e3d4c5b6a}
      ancestors: [{name: sh}]

- rule: Redirect STDOUT/STDIN to Network Connection in Container
  cases:
    - name: a shell's input becomes a connection
      expect: [Redirect STDOUT/STDIN to Network Connection in Container]
      event:
        type: dup2
        result: 0
        args: {oldfd: 3, newfd: 0, socket: {tcp: {local: "172.17.0.2:40000", remote: "203.0.113.7:4444"}}}
      process: {name: python3, container: 1f2e3d4c5b6a}

- rule: Fileless execution via memfd_create
  cases:
    - name: a program runs from memory
      expect: [Fileless execution via memfd_create]
      event: {type: execve}
      process: {name: "3", exe: "memfd:x", exe_flags: EXE_FROM_MEMFD}
      ancestors: [{name: python3}]

- rule: Drop and execute new binary in container
  cases:
    - name: a program that is not of the image runs
      expect: [Drop and execute new binary in container]
      event: {type: execve}
      process: {name: x, exe: /root/x, exe_flags: EXE_UPPER_LAYER, container: 1f2e3d4c5b6a}
      ancestors: [{name: sh}]

- rule: PTRACE attached to process
  cases:
    - name: a process is attached to
      expect: [PTRACE attached to process]
      event: {type: ptrace, args: {request: PTRACE_ATTACH, pid: 700}}
      process: {name: gdb}
      ancestors: [{name: bash}]

- rule: Clear Log Activities
  cases:
    - name: a log is emptied
      expect: [Clear Log Activities]
      event: {type: openat, result: 3, args: {name: /var/log/auth.log, flags: O_WRONLY|O_TRUNC}}
      process: {name: bash}

- rule: Execution from /dev/shm
  cases:
    - name: a program in shared memory runs
      expect: [Execution from /dev/shm]
      event: {type: execve}
      process: {name: x, exe: /dev/shm/x, args: [/dev/shm/x]}

- rule: Create Symlink Over Sensitive Files
  cases:
    - name: a link leads to the password hashes
      expect: [Create Symlink Over Sensitive Files]
      event: {type: symlinkat, args: {target: /etc/shadow, linkdirfd: -100, linkpath: /tmp/x}}
      process: {name: ln}

- rule: Linux Kernel Module Injection Detected
  cases:
    - name: a container without the capability fails to load a module
      expect: []
      event: {type: finit_module, result: -1, args: {fd: 3, uargs: ""}}
      process: {name: insmod, container: 1f2e3d4c5b6a}
"#;

#[test]
fn stable_rules_fire() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let rules = compiled(&folder, &["falco_rules.yaml"]);
    let bench = Bench::new(&rules);
    let file = parse(Path::new("inline"), CASES).unwrap();
    let mut failures = Vec::new();
    for (rule, case) in file.cases() {
        assert!(
            rules.rules().iter().any(|known| &*known.name == rule),
            "no rule '{rule}'"
        );
        let outcome = bench.run(case).unwrap();
        failures.extend(
            outcome
                .differences
                .iter()
                .map(|difference| format!("{}: {difference}", case.name)),
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn sandbox_rules_fire() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let rules = compiled(&folder, &["falco-incubating_rules.yaml"]);
    let bench = Bench::new(&rules);
    let text = r#"
- rule: Contact cloud metadata service from container
  cases:
    - name: a container asks for the machine's credentials
      expect: [Contact cloud metadata service from container]
      event:
        type: connect
        args: {fd: 3, tuple: {tcp: {local: "172.17.0.2:40000", remote: "169.254.169.254:80"}}, addr: "169.254.169.254:80"}
      process: {name: curl, container: 1f2e3d4c5b6a}
"#;
    for (rule, case) in parse(Path::new("inline"), text).unwrap().cases() {
        let outcome = bench.run(case).unwrap();
        let fired: Vec<&str> = outcome.alerts.iter().map(|alert| &*alert.rule).collect();
        assert!(fired.contains(&rule), "{fired:?}");
    }
}
