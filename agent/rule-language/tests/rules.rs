//! The rules files of Falco's captures and audit events load.

use std::cell::RefCell;
use std::collections::BTreeMap;

use saker_rule_language::{Diagnostic, LoadOptions, SourceFile, load};
use serde_json::Value;

use crate::catalog::FalcoCatalog;
use crate::data;

fn listing(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|it| format!("\n    {it}")).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The text of a rules file, inline or by reference (`@path`).
fn rules_text(yaml: &str) -> String {
    match yaml.strip_prefix('@') {
        Some(path) => data::read(path).expect("the data is there"),
        None => yaml.to_owned(),
    }
}

/// Names and texts.
type Files = Vec<(String, String)>;

/// Loads sets of files, each set once.
struct Loader {
    catalog: FalcoCatalog,
    outcomes: RefCell<BTreeMap<Files, Result<(), String>>>,
}

impl Loader {
    fn new() -> Option<Self> {
        Some(Self {
            catalog: FalcoCatalog::read()?,
            outcomes: RefCell::default(),
        })
    }

    /// Whether files load.
    fn check(&self, files: Files) -> Result<(), String> {
        assert!(!files.is_empty());
        if let Some(outcome) = self.outcomes.borrow().get(&files) {
            return outcome.clone();
        }
        let sources: Vec<SourceFile> = files
            .iter()
            .map(|(name, text)| SourceFile::new(name, text))
            .collect();
        let loaded = load(&sources, &self.catalog, &LoadOptions::default());
        let outcome = match loaded.rules {
            Some(_) => Ok(()),
            None => Err(listing(&loaded.diagnostics)),
        };
        self.outcomes.borrow_mut().insert(files, outcome.clone());
        outcome
    }
}

#[test]
fn rules_of_capture_tests() {
    let Some(loader) = Loader::new() else { return };
    let cases = data::read("cases/capture_detection_falco_testing.jsonl");
    for line in cases.expect("the data is there").lines() {
        let case: Value = serde_json::from_str(line).expect("a case is one JSON object a line");
        let files = case["rules"].as_array().into_iter().flatten().map(|file| {
            let text = |key: &str| file[key].as_str().expect("a text");
            (text("name").to_owned(), rules_text(text("yaml")))
        });
        if let Err(errors) = loader.check(files.collect()) {
            panic!("{}: {errors}", case["source"]);
        }
    }
}

#[test]
fn rules_of_audit_tests() {
    let Some(loader) = Loader::new() else { return };
    let cases = data::read("k8saudit/expected.jsonl").expect("the data is there");
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is one JSON object a line");
        let files = strings(&case["rules"])
            .into_iter()
            .map(|name| (name.to_owned(), rules_text(&format!("@k8saudit/{name}"))));
        if let Err(errors) = loader.check(files.collect()) {
            panic!("{}: {errors}", case["test"]);
        }
    }
}
