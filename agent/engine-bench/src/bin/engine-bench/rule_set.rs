//! The rule sets that are measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use saker_engine_bench::generated_rules;
use saker_rule_engine::{CompileOptions, Indexing, RuleSet, RuleState};
use saker_rule_fields::Fields;
use saker_rule_language::{CheckedRuleSet, LoadOptions, Severity, SourceFile, load};
use serde::{Serialize, Serializer};

/// Falco's rules by maturity, as its files are named.
const STABLE: &str = "falco_rules.yaml";
const INCUBATING: &str = "falco-incubating_rules.yaml";
const SANDBOX: &str = "falco-sandbox_rules.yaml";

/// Which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetName {
    /// Those that ship with Saker.
    Shipped,
    /// Falco's stable rules.
    Stable,
    /// Falco's stable, incubating and sandbox rules.
    AllFalco,
    /// So many that differ in their literals only.
    Generated(usize),
}

impl SetName {
    /// What is measured when nothing is asked for.
    pub(crate) const ALL: [Self; 6] = [
        Self::Shipped,
        Self::Stable,
        Self::AllFalco,
        Self::Generated(100),
        Self::Generated(1_000),
        Self::Generated(10_000),
    ];

    /// Whether it can be read here; why not is told on standard error.
    pub(crate) fn is_there(self) -> bool {
        let files = self.files().into_iter().flatten();
        let Some(missing) = files.into_iter().find(|path| !path.exists()) else {
            return true;
        };
        eprintln!(
            "NOT MEASURED: {self}, for there is no {} (set SAKER_CONFORMANCE)",
            missing.display()
        );
        false
    }

    /// Its rules files, where it consists of files.
    fn files(self) -> Result<Vec<PathBuf>> {
        Ok(match self {
            Self::Shipped => yaml_files(&project().join("rules"))?,
            Self::Stable => vec![falco(STABLE)],
            Self::AllFalco => [STABLE, INCUBATING, SANDBOX].map(falco).into(),
            Self::Generated(_) => Vec::new(),
        })
    }

    /// The text of its files.
    pub(crate) fn sources(self) -> Result<Vec<SourceFile>> {
        if let Self::Generated(count) = self {
            return Ok(vec![SourceFile::new("generated", &generated_rules(count))]);
        }
        self.files()?
            .iter()
            .map(|path| {
                let text = fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                Ok(SourceFile::new(&path.display().to_string(), &text))
            })
            .collect()
    }
}

impl std::fmt::Display for SetName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shipped => f.write_str("shipped"),
            Self::Stable => f.write_str("stable"),
            Self::AllFalco => f.write_str("stable+incubating+sandbox"),
            Self::Generated(count) => write!(f, "generated-{count}"),
        }
    }
}

impl FromStr for SetName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |digits: &str| digits.parse().ok().filter(|count| *count > 0);
        match text {
            "shipped" => Ok(Self::Shipped),
            "stable" => Ok(Self::Stable),
            "stable+incubating+sandbox" => Ok(Self::AllFalco),
            _ => text
                .strip_prefix("generated-")
                .and_then(number)
                .map(Self::Generated)
                .ok_or_else(|| {
                    anyhow!("no such set; there are shipped, stable, stable+incubating+sandbox and generated-N")
                }),
        }
    }
}

impl Serialize for SetName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads the YAML of a set and checks its rules.
pub(crate) fn check(sources: &[SourceFile]) -> Result<CheckedRuleSet> {
    let loaded = load(sources, &Fields::new(), &LoadOptions::default());
    let error = loaded
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == Severity::Error);
    loaded
        .rules
        .ok_or_else(|| anyhow!("the rules have errors: {error:?}"))
}

/// Makes checked rules ready to be evaluated.
pub(crate) fn compile(checked: &CheckedRuleSet, indexing: Indexing) -> Result<RuleSet> {
    let options = CompileOptions {
        indexing,
        ..CompileOptions::default()
    };
    Ok(RuleSet::compile(checked, &options)?)
}

/// How many rules of a set take part.
pub(crate) fn enabled(rules: &RuleSet) -> usize {
    rules
        .rules()
        .iter()
        .filter(|rule| rule.state == RuleState::Enabled)
        .count()
}

fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn falco(file: &str) -> PathBuf {
    std::env::var_os("SAKER_CONFORMANCE")
        .map_or_else(|| project().join("../shared/conformance"), PathBuf::from)
        .join("falco-rules")
        .join(file)
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_it_is_written() {
        for name in SetName::ALL {
            assert_eq!(name.to_string().parse::<SetName>().unwrap(), name);
        }
        assert_eq!(
            "generated-7".parse::<SetName>().unwrap(),
            SetName::Generated(7)
        );
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "Stable", "generated-", "generated-0", "generated-x"] {
            assert!(name.parse::<SetName>().is_err(), "{name}");
        }
    }

    #[test]
    fn shipped_and_generated_rules_load() {
        let count = |name: SetName, indexing| {
            let checked = check(&name.sources().unwrap()).unwrap();
            enabled(&compile(&checked, indexing).unwrap())
        };
        assert!(count(SetName::Shipped, Indexing::Indexed) > 10);
        assert_eq!(count(SetName::Generated(100), Indexing::Linear), 100);
    }

    #[test]
    fn rules_with_errors_are_refused() {
        let source = SourceFile::new("wrong", "- rule: Wrong\n  condition: no.such = 1\n");
        assert!(check(&[source]).is_err());
    }
}
