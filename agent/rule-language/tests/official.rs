//! The official rules files load without an error, and mean what they say.

use saker_rule_language::{CheckedRuleSet, LoadOptions, SourceFile, load};

use crate::catalog::FalcoCatalog;
use crate::data;

/// Loads files of the official rules; the number of their rules is known.
fn load_official(names: &[&str]) -> Option<CheckedRuleSet> {
    let catalog = FalcoCatalog::read()?;
    let files: Vec<SourceFile> = names
        .iter()
        .map(|name| {
            data::read(&format!("falco-rules/{name}")).map(|text| SourceFile::new(name, &text))
        })
        .collect::<Option<_>>()?;
    let loaded = load(&files, &catalog, &LoadOptions::default());
    for diagnostic in &loaded.diagnostics {
        println!("{diagnostic}");
    }
    let set = loaded.rules.expect("official rules load");
    let written: usize = files
        .iter()
        .map(|file| {
            file.text
                .lines()
                .filter(|line| line.starts_with("- rule:"))
                .count()
        })
        .sum();
    println!("{names:?}: {} rules of {written} written", set.rules.len());
    assert_eq!(set.rules.len(), written);
    Some(set)
}

#[test]
fn stable() {
    load_official(&["falco_rules.yaml"]);
}

#[test]
fn incubating() {
    load_official(&["falco_rules.yaml", "falco-incubating_rules.yaml"]);
}

#[test]
fn sandbox() {
    load_official(&["falco_rules.yaml", "falco-sandbox_rules.yaml"]);
}

#[test]
fn deprecated() {
    load_official(&["falco_rules.yaml", "falco-deprecated_rules.yaml"]);
}

#[test]
fn k8s_audit() {
    load_official(&["k8s_audit_rules.yaml"]);
}
