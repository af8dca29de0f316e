//! Reading rules from files and folders, and what there is to say about them.

use crate::config::Config;
use crate::rego;
use saker_rego_policies::LoadError as PoliciesError;
use saker_rule_engine::{CompileError, CompileOptions, PatternError, RuleSet, RuleState};
use saker_rule_fields::{Fields, Needs, RegoPolicies, builtin_plugins};
use saker_rule_language::{
    CheckedRule, CheckedRuleSet, ColorChoice, Diagnostic, Limits, LoadOptions, Severity,
    SourceFile, load, render,
};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// A file is larger than a setting permits.
    #[error(
        "rules file {path} has more than {limit} bytes; if this is meant, raise \
         'limits.file_bytes' in the configuration",
        path = .path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The setting, in bytes.
        limit: usize,
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
    #[error("cannot compile the rules{remedy}", remedy = setting_of(.0).map(raise).unwrap_or_default())]
    Compile(#[from] CompileError),
    /// Policies in Rego cannot be used.
    #[error("nothing was loaded, because of policies in Rego")]
    Policies(#[source] PoliciesError),
}

impl RulesError {
    /// The file or folder that could not be read.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Read { path, .. } | Self::TooLarge { path, .. } | Self::EmptyFolder { path } => {
                Some(path)
            }
            Self::Invalid { .. } | Self::Compile(_) | Self::Policies(_) => None,
        }
    }
}

/// The setting that a pattern is over, if it is over one.
pub(crate) fn setting_of(error: &CompileError) -> Option<&'static str> {
    match error {
        CompileError::Pattern { source, .. } => match source {
            PatternError::TooLong { .. } => Some("pattern_bytes"),
            PatternError::Automaton(_) => Some("automaton_bytes"),
            PatternError::Syntax(_) => None,
        },
        CompileError::Mismatch { .. } | CompileError::TooMany { .. } => None,
    }
}

fn raise(setting: &str) -> String {
    format!(" (if this is meant, raise 'limits.{setting}' in the configuration)")
}

/// How every command loads rules: what they require of plugins is held against those built in.
pub(crate) fn load_options(limits: &Limits) -> LoadOptions {
    LoadOptions {
        limits: limits.clone(),
        plugins: Some(builtin_plugins()),
        ..LoadOptions::default()
    }
}

/// Rules that are checked and not compiled.
pub(crate) struct CheckedRules {
    /// The rules.
    pub(crate) rules: CheckedRuleSet,
    /// The files with their texts, in the order of the set.
    pub(crate) sources: Vec<SourceFile>,
    /// Warnings with their places, rendered.
    pub(crate) warnings: String,
    /// Policies in Rego that the rules ask.
    pub(crate) rego: Option<Arc<RegoPolicies>>,
}

impl CheckedRules {
    /// Reads and checks rules.
    pub(crate) fn load(
        paths: &[PathBuf],
        limits: &Limits,
        color: ColorChoice,
    ) -> Result<Self, RulesError> {
        Self::load_with(paths, &load_options(limits), color, |_| None)
    }

    /// Reads and checks the rules from which alerts are raised: with what is added to their outputs.
    pub(crate) fn of_alerts(config: &Config, color: ColorChoice) -> Result<Self, RulesError> {
        let options = LoadOptions {
            append_output: config.append_output.clone(),
            ..load_options(&config.limits.language)
        };
        let policies = config.rego.as_ref().map(rego::load).transpose();
        let policies = policies.map_err(RulesError::Policies)?;
        let lists = |sources: &[SourceFile]| rego::lists(policies.as_deref(), sources);
        let mut checked = Self::load_with(&config.rules, &options, color, lists)?;
        checked.rego = policies;
        Ok(checked)
    }

    fn load_with(
        paths: &[PathBuf],
        options: &LoadOptions,
        color: ColorChoice,
        addition: impl FnOnce(&[SourceFile]) -> Option<SourceFile>,
    ) -> Result<Self, RulesError> {
        let mut sources = read_all(paths, &options.limits)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        let files = sources.len();
        sources.extend(addition(&sources));
        let loaded = load(&sources, &Fields::new(), options);
        let rendered = render_all(&loaded.diagnostics, &sources, color);
        let Some(rules) = loaded.rules else {
            let errors = loaded
                .diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
                .count();
            return Err(RulesError::Invalid { rendered, errors });
        };
        sources.truncate(files);
        Ok(Self {
            rules,
            sources,
            warnings: rendered,
            rego: None,
        })
    }
}

/// A loaded set and what there is to say about it.
pub(crate) struct LoadedRules {
    /// The compiled rules.
    pub(crate) rules: RuleSet,
    /// Warnings with their places, rendered.
    pub(crate) warnings: String,
    /// The files that the set was read from.
    pub(crate) files: Vec<PathBuf>,
    /// Policies in Rego that the rules ask.
    pub(crate) rego: Option<Arc<RegoPolicies>>,
}

impl LoadedRules {
    /// Reads, checks and compiles what the configuration names.
    pub(crate) fn load(config: &Config, color: ColorChoice) -> Result<Self, RulesError> {
        let mut checked = CheckedRules::of_alerts(config, color)?;
        let rules = &mut checked.rules.rules;
        rules.retain(|rule| config.sources.has(&rule.source));
        Ok(Self {
            rules: RuleSet::compile(&checked.rules, &config.compile_options())?,
            warnings: checked.warnings,
            files: checked
                .sources
                .iter()
                .map(|source| PathBuf::from(&*source.name))
                .collect(),
            rego: checked.rego,
        })
    }

    /// Whom rules and policies ask beside events.
    pub(crate) fn needs(&self) -> Needs {
        let of_policies = self.rego.as_ref().map(|policies| policies.needs());
        self.rules
            .needs()
            .with(of_policies.unwrap_or(Needs::NOTHING))
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

/// Compiles a set with these rules only, to see what they cost by themselves.
pub(crate) fn alone(
    checked: &CheckedRuleSet,
    rules: impl IntoIterator<Item = CheckedRule>,
    options: &CompileOptions,
) -> Result<RuleSet, CompileError> {
    let set = CheckedRuleSet {
        rules: rules.into_iter().collect(),
        files: Vec::new(),
        digest: checked.digest,
        required_plugins: Vec::new(),
    };
    RuleSet::compile(&set, options)
}

/// Reads the rules files that the paths name, in order; the files of a folder by name.
pub(crate) fn read_all(paths: &[PathBuf], limits: &Limits) -> Vec<Result<SourceFile, RulesError>> {
    let mut sources = Vec::new();
    for path in paths {
        match files_of(path) {
            Ok(files) => sources.extend(files.into_iter().map(|file| read(&file, limits))),
            Err(error) => sources.push(Err(error)),
        }
    }
    sources
}

/// Reads one file, and no more of it than permitted: its size may be a lie, or unknown.
fn read(path: &Path, limits: &Limits) -> Result<SourceFile, RulesError> {
    let limit = limits.file_bytes;
    let read_error = |source| RulesError::Read {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(read_error)?;
    let permitted = u64::try_from(limit).unwrap_or(u64::MAX);
    let too_large = || RulesError::TooLarge {
        path: path.to_owned(),
        limit,
    };
    if file.metadata().map_err(read_error)?.len() > permitted {
        return Err(too_large());
    }
    let mut text = Vec::new();
    file.take(permitted.saturating_add(1))
        .read_to_end(&mut text)
        .map_err(read_error)?;
    if text.len() > limit {
        return Err(too_large());
    }
    let text = String::from_utf8(text)
        .map_err(|error| read_error(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    Ok(SourceFile::new(&path.display().to_string(), &text))
}

/// The rules files that a path names.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, RulesError> {
    let read_error = |source| RulesError::Read {
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(read_error)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(read_error)? {
        let file = entry.map_err(read_error)?.path();
        if is_rules_file(&file) {
            found.push(file);
        }
    }
    if found.is_empty() {
        return Err(RulesError::EmptyFolder {
            path: path.to_owned(),
        });
    }
    found.sort();
    Ok(found)
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
pub(crate) fn count(number: usize, noun: &str) -> String {
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
        let files = files_of(folder.path()).expect("files");
        let names: Vec<_> = files.iter().filter_map(|file| file.file_name()).collect();
        assert_eq!(names, ["a.yaml", "b.yml"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = files_of(folder.path()).expect_err("empty").to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
        let missing = folder.path().join("missing.yaml");
        let error = files_of(&missing).expect_err("missing").to_string();
        assert!(error.contains("missing.yaml"), "{error}");
    }
}
