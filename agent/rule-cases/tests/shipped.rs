//! The shipped rules do what their cases say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use saker_rule_cases::{Bench, CaseFile, files_in, load_file};
use saker_rule_engine::{CompileOptions, Matching, RuleSet, RuleState};
use saker_rule_fields::{Fields, K8S_AUDIT_SOURCE, POD_SOURCE};
use saker_rule_language::{CheckedRuleSet, LoadOptions, Loaded, Severity, SourceFile, load};

fn rules_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

fn checked() -> CheckedRuleSet {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(rules_directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    paths.sort();
    let sources: Vec<SourceFile> = paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            SourceFile::new(&name, &std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let Loaded {
        rules, diagnostics, ..
    } = load(&sources, &Fields::new(), &LoadOptions::default());
    for diagnostic in &diagnostics {
        eprintln!("{diagnostic:?}");
    }
    let problems = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity >= Severity::Warning);
    assert_eq!(
        problems.count(),
        0,
        "the shipped rules load without errors and warnings"
    );
    rules.unwrap()
}

fn compiled(matching: Matching) -> RuleSet {
    let options = CompileOptions {
        matching,
        ..CompileOptions::default()
    };
    RuleSet::compile(&checked(), &options).unwrap()
}

fn cases() -> Vec<CaseFile> {
    files_in(&rules_directory().join("tests"))
        .unwrap()
        .iter()
        .map(|path| load_file(path).unwrap())
        .collect()
}

#[test]
fn every_case_passes() {
    let rules = compiled(Matching::All);
    let bench = Bench::new(&rules);
    let mut failures = Vec::new();
    for file in cases() {
        let name = file.path.file_name().unwrap().to_string_lossy();
        for (_, case) in file.cases() {
            match bench.run(case) {
                Ok(outcome) => failures.extend(
                    outcome
                        .differences
                        .iter()
                        .map(|difference| format!("{name}: {}: {difference}", case.name)),
                ),
                Err(error) => failures.push(format!("{name}: {}: {error:?}", case.name)),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_rule_has_a_case_that_fires_and_one_that_does_not() {
    let rules = compiled(Matching::All);
    let mut seen: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for file in cases() {
        for (rule, case) in file.cases() {
            let (fires, rests) = seen.entry(rule.to_owned()).or_default();
            if case.expect.fires(rule) {
                *fires += 1;
            } else {
                *rests += 1;
            }
        }
    }
    for rule in rules.rules() {
        let (fires, rests) = seen.get(&*rule.name).copied().unwrap_or_default();
        assert!(
            fires > 0,
            "rule '{}' has no case in which it fires",
            rule.name
        );
        assert!(
            rests > 0,
            "rule '{}' has no case in which it does not fire",
            rule.name
        );
        seen.remove(&*rule.name);
    }
    assert!(
        seen.is_empty(),
        "cases of rules that are not there: {seen:?}"
    );
}

#[test]
fn every_rule_is_documented_and_can_fire() {
    let rules = compiled(Matching::First);
    assert!(rules.rules().len() >= 18);
    for rule in rules.rules() {
        let name = &rule.name;
        assert_eq!(rule.state, RuleState::Enabled, "'{name}'");
        assert!(
            rule.description.len() > 40,
            "'{name}' says what it is about"
        );
        let tags = |begin: &str| {
            rule.tags
                .iter()
                .filter(|tag| tag.starts_with(begin))
                .count()
        };
        assert!(tags("mitre_") > 0, "'{name}' has a tactic");
        assert!(tags("T1") > 0, "'{name}' has a technique");
        // No process belongs to a pod or a request.
        let has_process = !matches!(&*rule.source, POD_SOURCE | K8S_AUDIT_SOURCE);
        for field in [
            "proc.name",
            "proc.exepath",
            "proc.cmdline",
            "proc.pname",
            "proc.aname[2]",
            "container.id",
        ] {
            assert!(
                !has_process || rule.output.text.contains(&format!("%{field}")),
                "'{name}' prints {field}"
            );
        }
    }
}
