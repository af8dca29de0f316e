//! The rules files of Falco's captures and audit events load.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use saker_rule_fields::Fields;
use saker_rule_language::{Diagnostic, LoadOptions, SourceFile, load};
use serde_json::Value;

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

/// Names and texts.
type Files = Vec<(String, String)>;

/// Loads sets of files, each set once.
struct Loader {
    folder: PathBuf,
    fields: Fields,
    outcomes: BTreeMap<Files, Result<(), String>>,
}

impl Loader {
    /// Nothing where there are no conformance data.
    fn new() -> Option<Self> {
        Some(Self {
            folder: saker_conformance::folder()?,
            fields: Fields::new(),
            outcomes: BTreeMap::new(),
        })
    }

    fn read(&self, name: &str) -> String {
        read(&self.folder.join(name))
    }

    /// The text of a rules file, inline or by reference (`@path`).
    fn rules_text(&self, yaml: &str) -> String {
        match yaml.strip_prefix('@') {
            Some(path) => self.read(path),
            None => yaml.to_owned(),
        }
    }

    /// Whether files load.
    fn check(&mut self, files: Files) -> Result<(), String> {
        assert!(!files.is_empty());
        if let Some(outcome) = self.outcomes.get(&files) {
            return outcome.clone();
        }
        let sources: Vec<SourceFile> = files
            .iter()
            .map(|(name, text)| SourceFile::new(name, text))
            .collect();
        let loaded = load(&sources, &self.fields, &LoadOptions::default());
        let outcome = match loaded.rules {
            Some(_) => Ok(()),
            None => Err(listing(&loaded.diagnostics)),
        };
        self.outcomes.insert(files, outcome.clone());
        outcome
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn rules_of_capture_tests() {
    let Some(mut loader) = Loader::new() else {
        return;
    };
    let cases = loader.read("cases/capture_detection_falco_testing.jsonl");
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is one JSON object a line");
        let files = case["rules"].as_array().into_iter().flatten().map(|file| {
            let text = |key: &str| file[key].as_str().expect("a text");
            (text("name").to_owned(), loader.rules_text(text("yaml")))
        });
        let files = files.collect();
        if let Err(errors) = loader.check(files) {
            panic!("{}: {errors}", case["source"]);
        }
    }
}

#[test]
fn rules_of_audit_tests() {
    let Some(mut loader) = Loader::new() else {
        return;
    };
    let cases = loader.read("k8saudit/expected.jsonl");
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is one JSON object a line");
        let files = strings(&case["rules"])
            .into_iter()
            .map(|name| (name.to_owned(), loader.read(&format!("k8saudit/{name}"))));
        let files = files.collect();
        if let Err(errors) = loader.check(files) {
            panic!("{}: {errors}", case["test"]);
        }
    }
}
