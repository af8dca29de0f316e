//! Reading rules from files and folders, and what there is to say about them.

use crate::config::Config;
use saker_rule_engine::{CompileError, CompileOptions, RuleSet, RuleState};
use saker_rule_fields::Fields;
use saker_rule_language::{
    ColorChoice, Diagnostic, LoadOptions, Severity, SourceFile, load, render,
};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Rules that cannot be used; the message is complete.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// A file or folder could not be read.
    #[error("cannot read rules {path}", path = .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder has no rules.
    #[error("no rules in folder {path}: it has no file that ends in .yaml or .yml", path = .path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The language says no.
    #[error("{text}{count} in the rules; nothing was loaded", text = .rendered, count = count(*.errors, "error"))]
    Invalid {
        /// Every diagnostic with its place.
        rendered: String,
        /// How many of them are errors.
        errors: usize,
    },
    /// The compiler says no.
    #[error("cannot compile the rules")]
    Compile(#[from] CompileError),
}

/// A loaded set and what there is to say about it.
pub(crate) struct LoadedRules {
    /// The compiled rules.
    pub(crate) rules: RuleSet,
    /// Warnings with their places, rendered.
    pub(crate) warnings: String,
    /// The files that the set was read from.
    pub(crate) files: Vec<PathBuf>,
}

impl LoadedRules {
    /// Reads, checks and compiles what the configuration names.
    pub(crate) fn load(config: &Config, color: ColorChoice) -> Result<Self, RulesError> {
        let files = files_of(&config.rules)?;
        let mut sources = Vec::with_capacity(files.len());
        for path in &files {
            let text = fs::read_to_string(path).map_err(|source| RulesError::Read {
                path: path.clone(),
                source,
            })?;
            sources.push(SourceFile::new(&path.display().to_string(), &text));
        }
        let fields = Fields::new();
        let loaded = load(&sources, &fields, &LoadOptions::default());
        let rendered = render_all(&loaded.diagnostics, &sources, color);
        let Some(checked) = loaded.rules else {
            let errors = loaded
                .diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
                .count();
            return Err(RulesError::Invalid { rendered, errors });
        };
        let options = CompileOptions {
            matching: config.matching,
            minimum_priority: Some(config.priority),
            ..CompileOptions::default()
        };
        let rules = RuleSet::compile(&checked, &options)?;
        Ok(Self {
            rules,
            warnings: rendered,
            files,
        })
    }

    /// How many rules take part.
    pub(crate) fn enabled(&self) -> usize {
        self.rules
            .rules()
            .iter()
            .filter(|rule| rule.state == RuleState::Enabled)
            .count()
    }
}

/// The rules files that the paths name, in order; the files of a folder by name.
pub(crate) fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RulesError> {
    let mut files = Vec::new();
    for path in paths {
        let read_error = |source| RulesError::Read {
            path: path.clone(),
            source,
        };
        if !fs::metadata(path).map_err(read_error)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(path).map_err(read_error)? {
            let file = entry.map_err(read_error)?.path();
            if is_rules_file(&file) {
                found.push(file);
            }
        }
        if found.is_empty() {
            return Err(RulesError::EmptyFolder { path: path.clone() });
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}

/// As Falco: only .yaml and .yml files of a folder are rules, and folders in it are not entered.
pub(crate) fn is_rules_file(path: &Path) -> bool {
    let named = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    named && !path.is_dir()
}

fn render_all(diagnostics: &[Diagnostic], sources: &[SourceFile], color: ColorChoice) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let source = sources.iter().find(|source| source.name == diagnostic.file);
        match source {
            Some(source) => text.push_str(&render(diagnostic, source, color)),
            None => text.push_str(&diagnostic.to_string()),
        }
        text.push_str("\n\n");
    }
    text
}

/// `1 error`, `2 errors`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_yaml_files_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.yml", "a.yaml", "notes.txt"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        fs::create_dir(folder.path().join("tests.yaml")).expect("a folder in it");
        let files = files_of(&[folder.path().to_owned()]).expect("files");
        let names: Vec<_> = files.iter().filter_map(|file| file.file_name()).collect();
        assert_eq!(names, ["a.yaml", "b.yml"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = files_of(&[folder.path().to_owned()])
            .expect_err("empty")
            .to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
        let missing = folder.path().join("missing.yaml");
        let error = files_of(std::slice::from_ref(&missing))
            .expect_err("missing")
            .to_string();
        assert!(error.contains("missing.yaml"), "{error}");
    }
}
