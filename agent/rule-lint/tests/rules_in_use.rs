//! Rules that are in use give few hints, and each of them is right.

use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, SourceFile, load};
use saker_rule_lint::{Hint, HintCode, LintOptions, lint};
use std::fs;
use std::path::{Path, PathBuf};

fn hints(files: &[PathBuf]) -> Vec<Hint> {
    let sources: Vec<SourceFile> = files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            SourceFile::new(&file.display().to_string(), &text)
        })
        .collect();
    let fields = Fields::new();
    let loaded = load(&sources, &fields, &LoadOptions::default());
    let rules = loaded
        .rules
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let lints = lint(&rules, &sources, &fields, &LintOptions::default());
    assert!(lints.complete);
    lints.hints
}

/// The rules with a hint of this kind.
fn rules(hints: &[Hint], code: HintCode) -> Vec<&str> {
    let of_code = hints.iter().filter(|hint| hint.code == code);
    of_code.map(|hint| &*hint.rule).collect()
}

#[test]
fn the_shipped_rules_can_all_fire() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the rules")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    files.sort();
    for hint in hints(&files) {
        assert_eq!(hint.code, HintCode::SimplerOperator, "{hint:?}");
    }
}

/// Hints about an official file that is loaded after the stable one.
fn official(file: &str) -> Option<Vec<Hint>> {
    let folder = saker_conformance::folder()?.join("falco-rules");
    Some(hints(&[folder.join("falco_rules.yaml"), folder.join(file)]))
}

#[test]
fn the_official_rules_that_never_fire_are_those_that_say_so() {
    let Some(incubating) = official("falco-incubating_rules.yaml") else {
        return;
    };
    // Its list of namespaces is empty until someone fills it.
    assert_eq!(
        rules(&incubating, HintCode::NeverTrue),
        ["Network Connection outside Local Subnet"]
    );
    // The rule before it matches the same connections, whatever macros except of them here.
    assert_eq!(
        rules(&incubating, HintCode::Shadowed),
        ["Contact cloud metadata service from container"]
    );
    let Some(sandbox) = official("falco-sandbox_rules.yaml") else {
        return;
    };
    // The macro of allowed containers allows all until someone replaces it.
    assert_eq!(
        rules(&sandbox, HintCode::NeverTrue),
        ["Launch Disallowed Container"]
    );
    assert_eq!(rules(&sandbox, HintCode::Shadowed), [""; 0]);
    assert_eq!(rules(&sandbox, HintCode::AlwaysTrue), [""; 0]);
}
