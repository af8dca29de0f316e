//! What a command cannot work with.

use super::chain;
use saker_alert::escaped;
use saker_kube_manifests::DocumentError;
use saker_rule_cases::CaseError;
use saker_rule_fields::FieldSources;
use saker_rule_language::{did_you_mean, nearest};
use std::io;
use std::path::PathBuf;

/// Cases that are named where several fit.
const NAMES_SHOWN: usize = 8;

/// What a command was given and cannot work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// Files of cases are wrong; every error with its place.
    #[error("{}", told(.0))]
    Cases(Vec<CaseError>),
    /// A path holds no cases.
    #[error("no cases in {path}: it has no file that ends in .yaml or .yml, and no folder `tests` with one", path = .0.display())]
    NoCases(PathBuf),
    /// It cannot be told which rules cases are about.
    #[error("cannot tell which rules {path} is about; name them with --rules", path = .0.display())]
    NoRules(PathBuf),
    /// No case fits what was asked for.
    #[error("no case in {place} has '{text}' in its name{remedy}", remedy = appended(.remedy.as_deref()))]
    NoSuchCase {
        /// Where cases were looked for.
        place: String,
        /// What was asked for.
        text: String,
        /// What may have been meant.
        remedy: Option<String>,
    },
    /// More than one case fits.
    #[error("{} cases of {path} fit; name one of them: {}", .names.len(), some(.names), path = .path.display())]
    SeveralCases {
        /// The file.
        path: PathBuf,
        /// Their names.
        names: Vec<String>,
    },
    /// Nothing of a kind has this name.
    #[error("no {kind} is named '{name}'{remedy}", remedy = appended(.remedy.as_deref()))]
    NoSuchName {
        /// `rule`, `field` or `event`.
        kind: &'static str,
        /// The name.
        name: String,
        /// What may have been meant, or where all names are listed.
        remedy: Option<String>,
    },
    /// No events are of this source.
    #[error("there are no events of source '{0}'; sources are {known}", known = FieldSources::All.names().join(", "))]
    NoSuchSource(String),
    /// There is no such file or folder of cases.
    #[error("cannot read cases {path}", path = .path.display())]
    NoSuchPath {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A report cannot be written.
    #[error("cannot write {path}", path = .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is to be written exists.
    #[error("{path} exists; --force replaces it", path = .0.display())]
    Exists(PathBuf),
    /// A filter is wrong; every error with its place.
    #[error("{}", .0.join("\n\n"))]
    Filter(Vec<String>),
    /// Captures and recordings do not have what connections are seen by.
    #[error("captures hold no connections: leave out --capture to see those of this host")]
    NoFlowsInCaptures,
    /// A file cannot be read.
    #[error("cannot read {path}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of objects is not understood.
    #[error("{path}", path = .path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Which object, and why.
        source: DocumentError,
    },
    /// A file has no pods, and nothing that makes pods.
    #[error("no pods and no templates of pods in {path}, but {skipped} other objects", path = .path.display())]
    NoPods {
        /// The file.
        path: PathBuf,
        /// How many other objects it has.
        skipped: usize,
    },
    /// There is nothing to measure.
    #[error(
        "the cases have no event that can be measured: all are given by fields; give some as 'event'"
    )]
    NothingToMeasure,
}

impl InputError {
    /// Refuses a source that no events are of.
    pub(crate) fn check_source(source: &str) -> Result<(), Self> {
        if FieldSources::All.contains(source) {
            Ok(())
        } else {
            Err(Self::NoSuchSource(source.to_owned()))
        }
    }

    /// Nothing of a kind has this name.
    pub(crate) fn no_such_name<'a>(
        kind: &'static str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self::NoSuchName {
            kind,
            name: name.to_owned(),
            remedy: did_you_mean(&nearest(name, known)),
        }
    }

    /// The same error with a remedy if it has none.
    pub(crate) fn or_remedy(mut self, text: &str) -> Self {
        if let Self::NoSuchName { remedy, .. } = &mut self {
            remedy.get_or_insert_with(|| text.to_owned());
        }
        self
    }
}

/// Names as far as one can choose from them at a glance.
fn some(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES_SHOWN);
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
    let rest = if more > 0 {
        format!(", and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join(", "))
}

fn appended(remedy: Option<&str>) -> String {
    remedy.map_or_else(String::new, |remedy| format!("; {remedy}"))
}

fn told(errors: &[CaseError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| escaped(chain(error).as_bytes()))
        .collect();
    lines.join("\n")
}
